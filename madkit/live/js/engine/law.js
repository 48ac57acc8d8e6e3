// A Gaussian that eats its own output, by its exact law: no rows are drawn, as in madkit.exact.law.
//
// The truth is N(0, I) in d = 1 or 2. A fit is N(μ, F Fᵀ) with F lower triangular: five numbers,
// F₀₀, F₁₀, F₁₁, μ₀, μ₁; in d = 1 the second, third and last are 0. What is seen of a group of
// rows has the same five: F Fᵀ is their scatter, μ their mean.

import { pool, sharesOf } from "./pool.js";

/**
 * @typedef {import("../types.js").Groups} Groups
 * @typedef {import("../types.js").Fits} Fits
 * @typedef {import("./draws.js").Draws} Draws
 * @typedef {{ path: Float64Array, log: Float64Array | null, s: number }} Trail of one seed
 */

/**
 * The fits of every seed in every generation.
 * @param {Groups} plan @param {Draws} draws
 * @param {number} ddof a covariance is scatter/(rows − ddof): 1 unbiased, 0 maximum likelihood
 * @param {boolean} logged whether log det is wanted, too
 * @param {Float64Array | null} [room] for the fits, where a former law's are no longer needed
 * @returns {Fits}
 */
export function law(plan, draws, ddof, logged = true, room = null) {
  const seeds = draws.seeds.length, generations = plan.rows.length, each = 5 * generations;
  const fits = room?.length === seeds * each ? room : new Float64Array(seeds * each);
  const logs = logged ? new Float64Array(seeds * generations) : null;
  const first = draws.of([[plan.n_ini]], [1]), later = draws.later(plan);
  const grow = plan.chain ? chained(plan, later, ddof) : pooled(plan, later, ddof);
  for (let s = 0; s < seeds; s++) {
    const path = fits.subarray(s * each, (s + 1) * each);
    const log = logs && logs.subarray(s * generations, (s + 1) * generations);
    first.put(path, 0, s, 0);
    scale(path, 0, 1 / Math.sqrt(plan.n_ini - ddof));
    if (log) log[0] = logOf(path, 0, plan.dim);
    grow({ path, log, s });
  }
  return { seeds, generations, dim: plan.dim, fits, logs };
}

/**
 * Fully synthetic: a product of fits, F_t = F_{t−1} B_t, whose logarithm is a sum.
 * @param {Groups} plan @param {import("./draws.js").Seen} later @param {number} ddof
 * @returns {(trail: Trail) => void}
 */
function chained({ rows, dim }, later, ddof) {
  const step = new Float64Array(5), over = Float64Array.from(rows, ([n]) =>
    1 / Math.sqrt(n - ddof));
  return ({ path, log, s }) => {
    for (let t = 1; t < over.length; t++) {
      later.put(step, 0, s, t, 0);
      emit(path, 5 * t, path, 5 * (t - 1), step);
      scale(path, 5 * t, over[t]);
      if (!log) continue;
      scale(step, 0, over[t]);
      log[t] = log[t - 1] + logOf(step, 0, dim);
    }
  };
}

/**
 * Any sum of sources: what is seen of every group is pooled.
 * @param {Groups} plan @param {import("./draws.js").Seen} later @param {number} ddof
 * @returns {(trail: Trail) => void}
 */
function pooled({ of, rows, ranks, full, n_ini, dim }, later, ddof) {
  const G = of.length, T = rows.length, groups = new Float64Array(5 * G);
  const seen = new Float64Array(5), data = new Float64Array(5), shares = rows.map(sharesOf);
  const over = Float64Array.from(shares, ({ total }) => 1 / Math.sqrt(total - ddof));
  const kinds = of.map(({ kind }) => kind), ages = of.map(({ age }) => age);
  const start = Math.sqrt(n_ini - ddof);
  return ({ path, log, s }) => {
    data.set(path.subarray(0, 5));
    scale(data, 0, start);
    const real = kinds.includes("real") ? data.slice() : data;
    for (let t = 1; t < T; t++) {
      for (let g = 0, drawn = 0; g < G; g++) {
        const kind = kinds[g];
        if (kind === "real") copy(groups, 5 * g, real);
        else if (kind === "previous") copy(groups, 5 * g, data);
        else if (kind === "fresh") later.put(groups, 5 * g, s, t, drawn++);
        else {
          later.put(seen, 0, s, t, drawn++);
          emit(groups, 5 * g, path, 5 * Math.max(t - 1 - ages[g], 0), seen);
        }
      }
      pool(data, groups, shares[t], full ? -1 : ranks[t]);
      copy(path, 5 * t, data);
      scale(path, 5 * t, over[t]);
      if (log) log[t] = logOf(path, 5 * t, dim);
    }
  };
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

/** @param {Float64Array} to @param {number} i @param {Float64Array} five */
function copy(to, i, five) {
  for (let k = 0; k < 5; k++) to[i + k] = five[k];
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
