// What every training set is made of, as madkit.live.scenes.gaussian.composition has it.

import { shares } from "./plan.js";

/**
 * @typedef {import("../types.js").Source} Source
 * @typedef {import("../types.js").Part} Part
 */

/**
 * @param {Source[]} sources @param {number} generations @param {number} n_ini
 * @returns {[number, Part[]][]}
 */
export function composition(sources, generations, n_ini) {
  /** @type {Part[]} */
  let now = [["real", 0, n_ini]];
  return Array.from({ length: generations }, (_, i) => {
    const before = now;
    if (i) now = sources.flatMap((source) => partsOf(source, i + 1, n_ini, before))
      .filter(([, , rows]) => rows);
    return [i + 1, now];
  });
}

/**
 * @param {Source} source @param {number} t @param {number} n_ini @param {Part[]} before
 * @returns {Part[]}
 */
function partsOf(source, t, n_ini, before) {
  if (source.kind === "previous") return before;
  if (source.kind === "real") return [["real", 0, n_ini]];
  if (source.kind === "fresh") return [["fresh", 0, source.n ?? 0]];
  const newest = shares(source, t).map((rows, age) =>
    /** @type {Part} */ (["synthetic", t - 1 - age, rows]));
  return newest.filter(([, born]) => born > 0).reverse();
}
