// Where loops end, and what their rows are worth there, by the formulas of madkit.theory.limits.

import { step } from "./recursion.js";
import { distance, realOnly } from "../engine/wasserstein.js";

/**
 * @typedef {import("../types.js").MapState} MapState
 * @typedef {Omit<MapState, "simulated">} Cell
 */

/**
 * E W₂² for t → ∞: limits._fresh_limit.
 * @param {Cell} cell
 */
export function limit({ dim, n_r, n_s, lam }) {
  const total = n_r + n_s, p = n_r / total, q = n_s / total;
  const m = (n_r - p / (1 + q)) / (total - 1 - lam * (n_s - q / (1 + q)));
  const rest = (/** @type {{ keep: number, add: number }} */ { keep, add }) => add / (1 - keep);
  const f = rest(step({ n_r, n_s, lam }, { m, f: 0 }).f);
  const { u, skew } = step({ n_r, n_s, lam }, { m, f });
  return distance(dim, { m, u: rest(u), f, skew: rest(skew) });
}

/**
 * What has been worked out: yardsticks by d, maps by d and λ; the oldest go first.
 * @type {Map<string, any>}
 */
const kept = new Map();

/** @param {string} key */
export const remembered = (key) => kept.has(key);

/** @template T @param {string} key @param {() => T} compute @returns {T} */
export function remember(key, compute) {
  if (!kept.has(key)) kept.set(key, compute());
  if (kept.size > 250) kept.delete(kept.keys().next().value);
  return kept.get(key);
}

/**
 * log W₂² of so many real rows alone, tabulated over log n.
 * @param {number} dim
 */
const yardstick = (dim) => remember(`yardstick ${dim}`, () => {
  const rows = Float64Array.from({ length: 500 }, (_, i) =>
    Math.log(2) + (i / 499) * Math.log(65 * dim));
  return { rows, scores: rows.map((x) => Math.log(realOnly(Math.exp(x), dim))) };
});

/**
 * How many real rows alone do as well: the inverse of `realOnly`.
 * @param {number} w2 @param {number} dim
 */
export function rowsOf(w2, dim) {
  const { rows, scores } = yardstick(dim), score = Math.log(w2);
  if (score >= scores[0]) return 0;
  let low = 0, high = scores.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (scores[middle] > score) low = middle;
    else high = middle;
  }
  const share = (score - scores[low]) / (scores[high] - scores[low]);
  return Math.exp(rows[low] + share * (rows[high] - rows[low]));
}

/**
 * n_e: what the rows of a cell are worth in the end.
 * @param {Cell} cell
 */
export const effective = (cell) => rowsOf(limit(cell), cell.dim);

/**
 * n_s*, beyond which synthetic rows harm however many real ones there are; Infinity for λ = 1.
 * @param {number} dim @param {number} lam
 */
export const asymptote = (dim, lam) =>
  (4 * (2 - lam) + (dim + 1) * (0.5 + 1.5 * lam - lam ** 2)) / (1 - lam) ** 2;
