// The Gaussian mixture, fitted by EM, as madkit.models.mixture: nothing is added to a variance,
// flat components are limits, and those that find no rows are dead.

import { blurred } from "./kde.js";
import { centresOf, ownOf } from "./kmeans.js";
import { eigen, FLAT, rootOf } from "./roots.js";

/**
 * @typedef {import("./pcg64.js").Pcg64} Pcg64
 * @typedef {import("../types.js").Mixed} Mixed
 */

const TOL = 1e-3, STEPS = 100, TINY = 1e-300;

/**
 * What k Gaussians emit that learnt these rows.
 * @param {Float64Array} x rows @param {number} d @param {number} k @param {Pcg64} dice
 * @returns {import("../types.js").Emits}
 */
export function fitMixture(x, d, k, dice) {
  const { weights, means, roots } = learnt(x, d, centresOf(x, d, k, dice));
  let sum = 0;
  const upTo = weights.map((weight) => sum += weight);
  return (count, lam, source) => {
    const rows = new Float64Array(count * d), s = Math.sqrt(lam);
    for (let i = 0; i < count; i++) {
      const u = source.uniform() * sum, own = upTo.findIndex((most) => u < most);
      blurred(rows, i * d, means, own * d, roots, 4 * own, s, d, source);
    }
    return rows;
  };
}

/**
 * EM from the rows' nearest centres, until the likelihood stands still.
 * @param {Float64Array} x @param {number} d @param {Float64Array} centres
 * @returns {Mixed}
 */
export function learnt(x, d, centres) {
  const k = centres.length / d, n = x.length / d, r = new Float64Array(k * n);
  const far = x.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  const rounding = (8 * Number.EPSILON * far) ** 2;
  /** @type {Mixed} */
  const mixed = { weights: Array(k).fill(0), means: new Float64Array(k * d),
                  covs: new Float64Array(3 * k), roots: new Float64Array(4 * k),
                  likelihood: -Infinity };
  ownOf(x, d, centres).forEach((own, i) => r[own * n + i] = 1);
  for (let step = 0; step < STEPS; step++) {
    const before = mixed.likelihood;
    for (let j = 0; j < k; j++) maximise(mixed, x, d, r, j);
    mixed.likelihood = expect(mixed, x, d, r, rounding);
    if (mixed.likelihood - before < TOL) break;
  }
  return mixed;
}

/**
 * Weight, mean and covariance of component j, by its responsibilities.
 * @param {Mixed} mixed @param {Float64Array} x @param {number} d @param {Float64Array} r
 * @param {number} j
 */
function maximise({ weights, means, covs }, x, d, r, j) {
  const n = x.length / d, at = j * n;
  let size = 0, mx = 0, my = 0, a = 0, b = 0, c = 0;
  for (let i = 0; i < n; i++) size += r[at + i];
  weights[j] = size / n;
  const one = 1 / Math.max(size, TINY);
  for (let i = 0; i < n; i++) {
    const share = r[at + i] * one;
    if (share === 0) continue;
    mx += share * x[i * d];
    if (d === 2) my += share * x[i * d + 1];
  }
  for (let i = 0; i < n; i++) {
    const share = r[at + i] * one;
    if (share === 0) continue;
    const u = x[i * d] - mx, v = d === 2 ? x[i * d + 1] - my : 0;
    a += share * u * u;
    b += share * u * v;
    c += share * v * v;
  }
  means[j * d] = mx;
  if (d === 2) means[j * d + 1] = my;
  covs.set([a, b, c], 3 * j);
}

/**
 * The responsibilities into r, and the mean log-likelihood of a row.
 * @param {Mixed} mixed @param {Float64Array} x @param {number} d @param {Float64Array} r
 * @param {number} rounding
 */
function expect({ weights, means, covs, roots }, x, d, r, rounding) {
  const n = x.length / d, k = weights.length, most = new Float64Array(n).fill(-Infinity);
  for (let j = 0; j < k; j++) {
    const own = eigen(covs, 3 * j), [small, large, cos, sin] = own;
    const least = Math.max(FLAT * large, rounding, TINY);
    roots.set(rootOf(own, least), 4 * j);
    const s = 1 / Math.sqrt(Math.max(small, least)), l = 1 / Math.sqrt(Math.max(large, least));
    const volume = Math.log(l) + (d === 2 ? Math.log(s) : 0);
    const constant = Math.log(weights[j]) + volume - d / 2 * Math.log(2 * Math.PI);
    const mx = means[j * d], my = d === 2 ? means[j * d + 1] : 0;
    for (let i = 0; i < n; i++) {
      const u = x[i * d] - mx, v = d === 2 ? x[i * d + 1] - my : 0;
      const along = l * (cos * u + sin * v), across = d === 2 ? s * (cos * v - sin * u) : 0;
      const joint = constant - (along * along + across * across) / 2;
      r[j * n + i] = joint;
      if (joint > most[i]) most[i] = joint;
    }
  }
  return normalised(r, most, k);
}

/**
 * Logarithms become shares of each row; the mean logarithm of a row's sum.
 * @param {Float64Array} r @param {Float64Array} most @param {number} k
 */
function normalised(r, most, k) {
  const n = most.length, sums = new Float64Array(n);
  for (let j = 0; j < k; j++)
    for (let i = 0; i < n; i++) {
      const below = r[j * n + i] - most[i];
      sums[i] += r[j * n + i] = below > -745 ? Math.exp(below) : 0;
    }
  for (let j = 0; j < k; j++) for (let i = 0; i < n; i++) r[j * n + i] /= sums[i];
  let whole = 0;
  for (let i = 0; i < n; i++) whole += (most[i] + Math.log(sums[i])) / n;
  return whole;
}
