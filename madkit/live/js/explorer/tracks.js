// What is read from tracks: places in time, values, rows.

/**
 * @typedef {import("../types.js").Page} Page
 * @typedef {import("../types.js").Track} Track
 * @typedef {import("../types.js").ShownSide} ShownSide
 */

/**
 * The last place whose generation is not beyond t.
 * @param {number[]} generations @param {number} t
 */
export const place = (generations, t) => Math.max(0, generations.findLastIndex((g) => g <= t));

/** @param {Track} track @param {string} name @param {number} t @returns {number} */
export const valueAt = (track, name, t) =>
  track.curves[name]?.median?.[place(track.t, t)] ?? NaN;

/**
 * The last generation that there is of what is shown.
 * @param {ShownSide[]} shown
 */
export const reach = (shown) =>
  Math.max(1, ...shown.flatMap(({ tracks }) => tracks.map((track) => track.t.at(-1) ?? 1)));

/**
 * The generations that stand behind t as outlines.
 * @param {number} t
 */
export const ghostsOf = (t) => [...new Set([1, Math.round(t / 2)])].filter((g) => g < t);

const OF_ROWS = ["recall", "sliced_w2"];               // which judge what is no Gaussian

/**
 * The metrics that what is shown has curves of; before anything is shown, all.
 * @param {Page} page @param {ShownSide[]} shown
 */
export function metricsOf(page, shown) {
  const has = (/** @type {string} */ name) =>
    shown.some(({ tracks }) => tracks.some((track) => track.curves[name]));
  const known = page.metrics.filter(({ name }) => has(name));
  const ofRows = page.metrics.filter(({ name }) => OF_ROWS.includes(name));
  const rows = ofRows.length === 2 && ofRows.every(({ name }) => has(name));
  if (page.draw && rows) return ofRows;
  return known.length ? known : page.metrics;
}

/** @param {Page} page @param {Track} track @returns {import("../types.js").LoopLook} */
export const loopOf = (page, track) =>
  page.loops.find(({ label }) => label === track.label)
    ?? { colour: "#333333", dash: [], marker: "" };

/**
 * A track with real rows alone: what is shown before anything has run.
 * @param {number[][]} real @returns {Track}
 */
export const nothing = (real) => ({
  key: "", label: "real data", t: [0], kept: [0], curves: {}, composition: [], seeds: 0,
  mean: null, root: null, emitted: null, images: null,
  rows: { shape: [1, 0, 2], data: new Float32Array(0) },
  real: { shape: [real.length, 2], data: /** @type {any} */ (real.flat()) },
});

/**
 * Mean and root of seed s in generation t, or the last there is.
 * @param {Track} track @param {number} s @param {number} t
 */
export function fitOf(track, s, t) {
  const mean = /** @type {import("../types.js").Numbers} */ (track.mean);
  const root = /** @type {import("../types.js").Numbers} */ (track.root);
  const [, T, d] = mean.shape, at = Math.min(place(track.t, t), T - 1), i = s * T + at;
  return { kept: track.t[at], mean: mean.data.subarray(i * d, (i + 1) * d),
           root: root.data.subarray(i * d * d, (i + 1) * d * d) };
}

/**
 * The rows that a fit emits: mean + √λ · root z.
 * @param {Track} track @param {import("../types.js").Fit} fit
 */
export function emitted(track, { mean, root }) {
  if (!track.emitted) return [];
  const [m, d] = track.emitted.shape, z = track.emitted.data, scale = Math.sqrt(track.lam ?? 1);
  const rows = [];
  for (let i = 0; i < m; i++) {
    const row = Array.from(mean);
    for (let j = 0; j < d; j++)
      for (let k = 0; k < d; k++) row[j] += scale * root[j * d + k] * z[i * d + k];
    rows.push(row);
  }
  return rows;
}
