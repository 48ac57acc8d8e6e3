// What is measured of fits against the truth N(0, I): numbers [generation][seed], into an array
// that is used again and again.

/**
 * @typedef {import("../types.js").Fits} Fits
 * @typedef {(fits: Fits, to: Float64Array) => void} Measure
 */

/** @type {Record<string, Measure>} */
export const MEASURES = { trace: variance, mean_error: meanError, logdet, w2_squared: w2Squared };

/** @type {Measure} */
function variance({ fits, seeds, generations }, to) {
  for (let s = 0, i = 0; s < seeds; s++)
    for (let t = 0; t < generations; t++, i += 5)
      to[t * seeds + s] = fits[i] * fits[i] + fits[i + 1] * fits[i + 1] + fits[i + 2] * fits[i + 2];
}

/** @type {Measure} */
function meanError({ fits, seeds, generations }, to) {
  for (let s = 0, i = 3; s < seeds; s++)
    for (let t = 0; t < generations; t++, i += 5)
      to[t * seeds + s] = fits[i] * fits[i] + fits[i + 1] * fits[i + 1];
}

/** @type {Measure} */
function logdet({ logs, seeds, generations }, to) {
  if (!logs) throw Error("log det: expected a law that has logarithms");
  for (let s = 0; s < seeds; s++)
    for (let t = 0; t < generations; t++) to[t * seeds + s] = 2 * logs[s * generations + t];
}

/**
 * ‖μ‖² + ‖Σ^½ − I‖², Σ^½ as in `roots`.
 * @type {Measure}
 */
function w2Squared({ fits, seeds, generations, dim }, to) {
  for (let s = 0, i = 0; s < seeds; s++)
    for (let t = 0; t < generations; t++, i += 5) {
      const a = fits[i], b = fits[i + 1], c = fits[i + 2], m0 = fits[i + 3], m1 = fits[i + 4];
      const sum = rootSum(a, b, c), x = (dim === 1 ? a : (a * a + a * c) / sum) - 1;
      const y = (a * b) / sum, z = dim === 1 ? 0 : (b * b + c * c + a * c) / sum - 1;
      to[t * seeds + s] = m0 * m0 + m1 * m1 + x * x + 2 * y * y + z * z;
    }
}

/**
 * √(tr Σ + 2 √det Σ).
 * @param {number} a @param {number} b @param {number} c F₀₀, F₁₀, F₁₁
 */
const rootSum = (a, b, c) => Math.max(Math.sqrt(a * a + b * b + c * c + 2 * a * c), 1e-300);

/**
 * Symmetric roots Σ^½ = (Σ + √det I)/√(tr + 2 √det) of fits: R₀₀, R₁₀, R₁₁ each.
 * @param {Fits} fits @param {number} seeds of so many, the first
 */
export function roots({ fits, generations, dim }, seeds) {
  const all = new Float64Array(seeds * generations * 3);
  for (let i = 0, j = 0; j < all.length; i += 5, j += 3) {
    const a = fits[i], b = fits[i + 1], c = fits[i + 2], s = a * c;
    if (dim === 1) {
      all[j] = a;
      continue;
    }
    const t = rootSum(a, b, c);
    all[j] = (a * a + s) / t;
    all[j + 1] = (a * b) / t;
    all[j + 2] = (b * b + c * c + s) / t;
  }
  return all;
}
