// The map as numbers: its cells, what each is worth, and where their borders lie.

import { effective, remember, remembered } from "./limits.js";

/**
 * @typedef {import("../types.js").MapPage} MapPage
 * @typedef {import("../types.js").MapState} MapState
 * @typedef {import("../types.js").Cells} Cells
 * @typedef {Pick<MapState, "dim" | "lam">} Place
 */

const FLOOR = -8;                                      // of log₂ n_e/n_r: the least there is

/**
 * Whole numbers in equal ratios, where these are far enough apart.
 * @param {number} low @param {number} high @param {number} cells
 */
export function between(low, high, cells) {
  const rows = Array.from({ length: cells }, (_, i) =>
    Math.floor(low * (high / low) ** (i / (cells - 1)) + 0.5));
  return rows.filter((n, i) => n !== rows[i - 1]);
}

/**
 * The rows of the map's cells.
 * @param {Pick<MapPage, "cells">} page @param {number} dim
 */
export const axes = (page, dim) =>
  ({ n_r: between(dim, 10 * dim, page.cells), n_s: between(dim, 100 * dim, page.cells) });

/** @param {number} ratio */
const log2 = (ratio) => Math.max(FLOOR, Math.log2(ratio));

/** @param {Place} place */
const mapKey = ({ dim, lam }) => `${dim} ${lam}`;

/**
 * Whether theory's map has been worked out.
 * @param {Place} place
 */
export const hasTheory = (place) => remembered(mapKey(place));

/**
 * Theory's map: log₂ n_e/n_r by rows of n_s.
 * @param {Pick<MapPage, "cells">} page @param {Place} place @returns {Cells}
 */
export function theoryMap(page, { dim, lam }) {
  return remember(mapKey({ dim, lam }), () => {
    const { n_r, n_s } = axes(page, dim);
    const worth = (/** @type {number} */ r, /** @type {number} */ s) =>
      log2(effective({ dim, lam, n_r: r, n_s: s }) / r);
    return { n_r, n_s, worth: n_s.map((s) => n_r.map((r) => worth(r, s))) };
  });
}

/**
 * Whether this state's map was simulated too.
 * @param {MapPage} page @param {Place} place
 */
export const hasRecord = (page, { dim, lam }) =>
  page.simulated?.dim === dim && page.simulated.lams.includes(lam);

/** @param {MapPage} page @param {MapState} state @returns {Cells | null} */
export function simulatedMap(page, state) {
  if (!state.simulated || !page.simulated || !hasRecord(page, state)) return null;
  const { n_r, n_s, lams, worth } = page.simulated;
  return { n_r, n_s, worth: worth[lams.indexOf(state.lam)] };
}

/**
 * Borders between cells, half-way on a log axis.
 * @param {number[]} at
 */
export function edges(at) {
  const log = at.map(Math.log), middle = log.slice(1).map((x, i) => (x + log[i]) / 2);
  return [log[0], ...middle, log[log.length - 1]].map(Math.exp);
}
