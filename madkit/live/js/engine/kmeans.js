// Where a mixture starts: greedy k-means++ (Arthur and Vassilvitskii 2007), then Lloyd's
// iterations, as in madkit.models.mixture.

/** @typedef {import("./pcg64.js").Pcg64} Pcg64 */

const LLOYD = 20;

/**
 * k centres of rows.
 * @param {Float64Array} x @param {number} d @param {number} k @param {Pcg64} dice
 */
export function centresOf(x, d, k, dice) {
  const centres = spreadOut(x, d, k, dice), n = x.length / d;
  let own = ownOf(x, d, centres);
  for (let step = 0; step < LLOYD; step++) {
    const sums = new Float64Array(k * d), sizes = new Float64Array(k);
    for (let i = 0; i < n; i++) {
      sizes[own[i]] += 1;
      for (let j = 0; j < d; j++) sums[own[i] * d + j] += x[i * d + j];
    }
    sums.forEach((sum, i) => {
      const size = sizes[Math.floor(i / d)];
      if (size) centres[i] = sum / size;                 // none: it stays
    });
    const before = own;
    own = ownOf(x, d, centres);
    if (own.every((one, i) => one === before[i])) break;
  }
  return centres;
}

/**
 * The centre nearest to each row, the first of equals.
 * @param {Float64Array} x @param {number} d @param {Float64Array} centres
 */
export function ownOf(x, d, centres) {
  const n = x.length / d, own = new Int32Array(n), near = new Float64Array(n).fill(Infinity);
  for (let c = 0; c < centres.length; c += d)
    for (let i = 0; i < n; i++) {
      const far = apart(x, i * d, centres, c, d);
      if (far < near[i]) {
        near[i] = far;
        own[i] = c / d;
      }
    }
  return own;
}

/**
 * k rows, each the best of a few candidates drawn with probability ∝ D², D the distance to the
 * nearest row chosen before.
 * @param {Float64Array} x @param {number} d @param {number} k @param {Pcg64} dice
 */
function spreadOut(x, d, k, dice) {
  const n = x.length / d, centres = new Float64Array(k * d), tries = 2 + Math.floor(Math.log(k));
  let near = new Float64Array(n), nearer = new Float64Array(n), tried = new Float64Array(n);
  let i = Math.floor(dice.uniform() * n);
  centres.set(x.subarray(i * d, i * d + d));
  for (let row = 0; row < n; row++) near[row] = apart(x, row * d, centres, 0, d);
  for (let c = 1; c < k; c++) {
    let best = Infinity;
    for (const candidate of drawnBy(near, tries, dice)) {
      let sum = 0;
      for (let row = 0; row < n; row++)
        sum += tried[row] = Math.min(near[row], apart(x, row * d, x, candidate * d, d));
      if (sum >= best) continue;
      [best, i] = [sum, candidate];
      [nearer, tried] = [tried, nearer];
    }
    [near, nearer] = [nearer, near];
    centres.set(x.subarray(i * d, i * d + d), c * d);
  }
  return centres;
}

/**
 * Places drawn by these weights; by none, all alike.
 * @param {Float64Array} weights @param {number} count @param {Pcg64} dice
 */
function drawnBy(weights, count, dice) {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i];
  return Array.from({ length: count }, () => {
    const u = dice.uniform(), most = u * sum;
    if (!sum) return Math.floor(u * weights.length);
    let i = 0;
    for (let upTo = weights[0]; !(most < upTo) && i < weights.length - 1;) upTo += weights[++i];
    return i;
  });
}

/**
 * ‖a − b‖².
 * @param {Float64Array} a @param {number} i @param {Float64Array} b @param {number} j
 * @param {number} d
 */
function apart(a, i, b, j, d) {
  const u = a[i] - b[j], v = d === 2 ? a[i + 1] - b[j + 1] : 0;
  return u * u + v * v;
}
