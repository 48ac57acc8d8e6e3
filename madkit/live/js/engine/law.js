// A Gaussian that eats its own output, by its exact law: no rows are drawn, as in madkit.exact.law.
//
// The truth is N(0, I) in d = 1 or 2. A fit is N(μ, F Fᵀ) with F lower triangular: five numbers,
// F₀₀, F₁₀, F₁₁, μ₀, μ₁; in d = 1 the second, third and last are 0. What is seen of a group of
// rows has the same five: F Fᵀ is their scatter, μ their mean.

import { pool } from "./pool.js";

/**
 * @typedef {import("../types.js").Groups} Groups
 * @typedef {import("../types.js").Fits} Fits
 * @typedef {import("./draws.js").Draws} Draws
 */

/**
 * The fits of every seed in every generation.
 * @param {Groups} plan @param {Draws} draws
 * @param {number} ddof a covariance is scatter/(rows − ddof): 1 unbiased, 0 maximum likelihood
 * @returns {Fits}
 */
export function law(plan, draws, ddof) {
  const seeds = draws.seeds.length, generations = plan.rows.length, each = 5 * generations;
  const fits = new Float64Array(seeds * each), logs = new Float64Array(seeds * generations);
  const first = draws.of([[plan.n_ini]], [1]), later = draws.later(plan);
  const grow = plan.chain ? chained : pooled;
  for (let s = 0; s < seeds; s++) {
    const path = fits.subarray(s * each, (s + 1) * each);
    const log = logs.subarray(s * generations, (s + 1) * generations);
    first.put(path, 0, s, 0);
    scale(path, 0, 1 / Math.sqrt(plan.n_ini - ddof));
    log[0] = logOf(path, 0, plan.dim);
    grow(path, log, plan, later, s, ddof);
  }
  return { seeds, generations, dim: plan.dim, fits, logs };
}

/**
 * Fully synthetic: a product of fits, F_t = F_{t−1} B_t, whose logarithm is a sum.
 * @param {Float64Array} path @param {Float64Array} log @param {Groups} plan
 * @param {import("./draws.js").Seen} later @param {number} s @param {number} ddof
 */
function chained(path, log, plan, later, s, ddof) {
  const step = new Float64Array(5);
  for (let t = 1; t < log.length; t++) {
    later.put(step, 0, s, t);
    emit(path, 5 * t, path, 5 * (t - 1), step);
    const one = 1 / Math.sqrt(plan.rows[t][0] - ddof);
    scale(path, 5 * t, one);
    scale(step, 0, one);
    log[t] = log[t - 1] + logOf(step, 0, plan.dim);
  }
}

/**
 * Any sum of sources: what is seen of every group is pooled.
 * @param {Float64Array} path @param {Float64Array} log @param {Groups} plan
 * @param {import("./draws.js").Seen} later @param {number} s @param {number} ddof
 */
function pooled(path, log, plan, later, s, ddof) {
  const { of, rows, ranks, full, n_ini } = plan, G = of.length;
  const groups = new Float64Array(5 * G), seen = new Float64Array(5), real = path.slice(0, 5);
  scale(real, 0, Math.sqrt(n_ini - ddof));
  const data = real.slice();
  for (let t = 1; t < log.length; t++) {
    for (let g = 0, drawn = 0; g < G; g++) {
      const { kind, age } = of[g];
      if (kind === "real") groups.set(real, 5 * g);
      else if (kind === "previous") groups.set(data, 5 * g);
      else {
        later.put(seen, 0, s, t, drawn++);
        if (kind === "fresh") groups.set(seen, 5 * g);
        else emit(groups, 5 * g, path, 5 * Math.max(t - 1 - age, 0), seen);
      }
    }
    const total = pool(data, groups, rows[t], full ? -1 : ranks[t]);
    path.set(data, 5 * t);
    scale(path, 5 * t, 1 / Math.sqrt(total - ddof));
    log[t] = logOf(path, 5 * t, plan.dim);
  }
}

/**
 * Rows of N(μ, F Fᵀ) where `seen` are of N(0, I): into `to` at place i, of the fit at j.
 * @param {Float64Array} to @param {number} i @param {Float64Array} fit @param {number} j
 * @param {Float64Array} seen
 */
function emit(to, i, fit, j, seen) {
  const a = fit[j], b = fit[j + 1], c = fit[j + 2];
  to[i] = a * seen[0];
  to[i + 1] = b * seen[0] + c * seen[1];
  to[i + 2] = c * seen[2];
  to[i + 3] = fit[j + 3] + a * seen[3];
  to[i + 4] = fit[j + 4] + b * seen[3] + c * seen[4];
}

/** @param {Float64Array} fit @param {number} i @param {number} by */
function scale(fit, i, by) {
  fit[i] *= by;
  fit[i + 1] *= by;
  fit[i + 2] *= by;
}

/** @param {Float64Array} fit @param {number} i @param {number} dim */
const logOf = (fit, i, dim) =>
  Math.log(Math.abs(fit[i])) + (dim === 2 ? Math.log(Math.abs(fit[i + 2])) : 0);
