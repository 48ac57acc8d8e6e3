// A loop on rows that are drawn, generation by generation: madkit.steps for what one draws, types
// or drops. The truth is a Gaussian around each point, all alike likely.
//
// The law is that of mk.run with the same model; the numbers are a generator's of the page's own,
// the same whenever, and wherever, a seed comes again.

import { fitKde } from "./kde.js";
import { fitMixture } from "./mixture.js";
import { generator } from "./pcg64.js";
import { normal } from "./ziggurat.js";

/** @typedef {import("../types.js").Eating} Eating */

const SPREAD = 0.12;                                     // around a point

/**
 * Rows of the truth, one after another, of a stream.
 * @param {number[][]} points @param {number} seed @param {string} name
 * @returns {(n: number) => Float64Array}
 */
export function truthOf(points, seed, name) {
  const from = generator(seed, name), d = points[0].length;
  return (n) => {
    const rows = new Float64Array(n * d);
    for (let i = 0; i < n; i++) {
      const point = points[Math.floor(from.uniform() * points.length)];
      for (let j = 0; j < d; j++) rows[i * d + j] = point[j] + SPREAD * normal(from);
    }
    return rows;
  };
}

/**
 * What generation 1, 2, … emits: the first rows of what the next one is fitted on. Throws an Error
 * in words where there are no rows to fit.
 * @param {Eating} job
 * @param {Map<number, import("../types.js").Emits>} firsts fits of generation 1, by n_ini: loops
 *   that learn the same share them
 * @returns {Generator<Float64Array, never>}
 */
export function* eaten({ sources, n_ini, points, model, components, seed, emit }, firsts) {
  const real = truthOf(points, seed, "drawn.real"), d = points[0].length, first = real(n_ini);
  const lam = sources.find(({ kind }) => kind === "synthetic")?.lam ?? 1;
  const most = Math.max(emit, ...sources.map(({ kind, n }) => (kind === "synthetic" ? n ?? 0 : 0)));
  let data = first, rows = first;
  for (let t = 1; ; t++) {
    if (t > 1) data = together(sources.map(({ kind, n = 0 }) => {
      if (kind === "real") return first;
      if (kind === "previous") return data;
      return kind === "fresh" ? real(n) : rows.subarray(0, n * d);
    }));
    if (data.length < 2 * d)
      throw Error(`generation ${t} has ${data.length / d} rows, expected at least 2`);
    const emits = (t === 1 && firsts.get(n_ini)) || (model === "kde" ? fitKde(data, d)
      : fitMixture(data, d, components, generator(seed, `drawn.fit.${t}`)));
    if (t === 1) firsts.set(n_ini, emits);
    rows = emits(most, lam, generator(seed, `drawn.sample.${t}`));
    yield rows.subarray(0, emit * d);
  }
}

/** @param {Float64Array[]} parts */
function together(parts) {
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
