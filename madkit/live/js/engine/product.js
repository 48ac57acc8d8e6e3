// Loops of one source: a product of independent fits, as in madkit.theory.product; exact.

import { digamma, logGamma } from "./gamma.js";

/** @typedef {import("../types.js").Source} Source */

/**
 * What a fit adds, summed over the fits behind each generation, and a step over its samplings.
 * @param {Source[]} sources @param {number} n_ini @param {number} generations
 * @param {(n: number) => number} of @param {number} step
 * @returns {number[] | null} null where the law does not hold: sums, memory
 */
function overFits([source, more], n_ini, generations, of, step) {
  const { kind, n = 0, lam = 1, memory = 1 } = source;
  if (more || memory > 1 || kind === "previous") return null;
  const first = of(n_ini), each = kind === "real" ? first : of(n);
  return Array.from({ length: generations }, (_, t) => {
    if (!t || kind !== "synthetic") return t ? each : first;
    return first + t * (each + step * Math.log(lam));
  });
}

/**
 * E log det Σ_t.
 * @param {Source[]} sources @param {number} n_ini @param {number} generations @param {number} dim
 */
export const expectedLogdet = (sources, n_ini, generations, dim) =>
  overFits(sources, n_ini, generations, (n) => {
    if (n <= dim) return -Infinity;
    let sum = 0;
    for (let i = 1; i <= dim; i++) sum += digamma((n - i) / 2) + Math.log(2 / (n - 1));
    return sum;
  }, dim);

/**
 * E σ_t in one dimension.
 * @param {Source[]} sources @param {number} n_ini @param {number} generations
 */
export const expectedSigma = (sources, n_ini, generations) =>
  overFits(sources, n_ini, generations, (n) =>
    logGamma(n / 2) - logGamma((n - 1) / 2) + Math.log(2 / (n - 1)) / 2, 0.5)
    ?.map(Math.exp) ?? null;
