// The kernel density estimate: every row, blurred by h²Σ̂ with Scott's h = n^(−1/(d+4)), as
// madkit.models.kde.

import { eigen, FLAT, momentsOf, rootOf } from "./roots.js";
import { normal } from "./ziggurat.js";

/** @typedef {import("./pcg64.js").Pcg64} Pcg64 */

/**
 * What it emits by: see mixture.js.
 * @param {Float64Array} x rows @param {number} d
 * @returns {import("../types.js").Emits}
 */
export function fitKde(x, d) {
  const n = x.length / d, R = scott(x, d);
  return (count, lam, from) => {
    const rows = new Float64Array(count * d), s = Math.sqrt(lam);
    for (let i = 0; i < count; i++)
      blurred(rows, i * d, x, Math.floor(from.uniform() * n) * d, R, 0, s, d, from);
    return rows;
  };
}

/**
 * The kernel's root R: R Rᵀ = h²Σ̂.
 * @param {Float64Array} x rows @param {number} d
 */
export function scott(x, d) {
  const h = (x.length / d) ** (-1 / (d + 4)), own = eigen(momentsOf(x, d, 1).cov, 0);
  return rootOf(own, FLAT * own[1]).map((one) => h * one);
}

/**
 * Into `to` at i: the place in `at` at j, and s R z, z normal.
 * @param {Float64Array} to @param {number} i @param {Float64Array} at @param {number} j
 * @param {ArrayLike<number>} R @param {number} k where R begins @param {number} s
 * @param {number} d @param {Pcg64} dice
 */
export function blurred(to, i, at, j, R, k, s, d, dice) {
  const z = normal(dice), more = d === 2 ? normal(dice) : 0;
  if (d === 1) {
    to[i] = at[j] + s * R[k + 1] * z;                    // of a number, the root of its variance
    return;
  }
  to[i] = at[j] + s * (R[k] * z + R[k + 1] * more);
  to[i + 1] = at[j + 1] + s * (R[k + 2] * z + R[k + 3] * more);
}
