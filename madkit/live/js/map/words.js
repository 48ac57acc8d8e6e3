// The map in words, as madkit.live.scenes.phases says them.

import { effective, rowsOf } from "./limits.js";
import { theoryPath } from "./recursion.js";

/**
 * @typedef {import("../types.js").MapPage} MapPage
 * @typedef {import("../types.js").MapState} MapState
 * @typedef {import("../types.js").MapTrack} MapTrack
 */

const LATE = 0.02;               // a loop whose n_e is further from the limit's is on its way

/** @param {number} n */
export const thousands = (n) => n.toLocaleString("en");

/**
 * A number of rows that need not be whole.
 * @param {number} n
 */
export const rowsWords = (n) => (n >= 9.95 ? thousands(Math.round(n)) : n.toFixed(1));

/** @param {MapTrack} track */
export const seedsWords = ({ w2 }) => `${w2.length} seed${w2.length > 1 ? "s" : ""}`;

/**
 * What the ratio n_e/n_r says.
 * @param {number} ratio
 */
export function verdict(ratio) {
  if (ratio > 1.01) return "Synthetic data helps";
  return ratio < 0.99 ? "Synthetic data harms" : "Synthetic data changes nothing";
}

/**
 * A state in words: the verdict, and its numbers.
 * @param {Pick<MapPage, "generations">} page @param {MapState} state
 * @param {MapTrack | null | undefined} track
 */
export function caption(page, state, track) {
  const n_e = effective(state), ratio = n_e / state.n_r, { lam, dim } = state;
  const theory = `with λ = ${lam} and d = ${dim}, ${thousands(state.n_r)} real and ` +
    `${thousands(state.n_s)} synthetic rows a generation are in the end worth ${rowsWords(n_e)} ` +
    `real rows alone, n_e/n_r = ${ratio.toFixed(2)} (theory).`;
  if (!track) return [verdict(ratio), theory];
  const path = theoryPath(state, page.generations), last = path[path.length - 1];
  const late = Math.abs(rowsOf(last, dim) / n_e - 1) > LATE;
  return [verdict(ratio), `${theory} Simulated: generation ${track.t[track.t.length - 1]} is as ` +
    `good as ${rowsWords(track.rows[0])}${errorWords(track)} real rows ` +
    `(${seedsWords(track)})${late ? " and is still on its way" : ""}.`];
}

/**
 * The standard error of what a track's last generation is worth.
 * @param {MapTrack} track
 */
function errorWords({ rows: [worth, error] }) {
  if (error == null) return "";
  return ` ± ${worth >= 9.95 ? Math.max(1, Math.round(error)) : error.toFixed(1)}`;
}
