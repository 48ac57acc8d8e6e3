// Roots of covariances in d = 1, 2: what the models for rows sample by, as in madkit.models.
//
// Rows lie in one Float64Array, row by row. A covariance is three numbers, Σ₀₀, Σ₀₁, Σ₁₁; in d = 1
// the last two are 0.

export const FLAT = 64 * Number.EPSILON;               // a smaller share of the largest is rounding

/**
 * Eigenvalues, and the direction of the larger one; in d = 1 there is one.
 * @param {ArrayLike<number>} cov @param {number} i where its three numbers begin
 * @returns {[small: number, large: number, cos: number, sin: number]}
 */
export function eigen(cov, i) {
  const a = cov[i], b = cov[i + 1], c = cov[i + 2];
  const middle = (a + c) / 2, half = Math.hypot((a - c) / 2, b);
  const angle = Math.atan2(2 * b, a - c) / 2;
  return [middle - half, middle + half, Math.cos(angle), Math.sin(angle)];
}

/**
 * R with R Rᵀ = Σ, as R₀₀, R₀₁, R₁₀, R₁₁; a direction of variance ≤ `least` stands still.
 * @param {[number, number, number, number]} of @param {number} least
 */
export function rootOf([small, large, cos, sin], least) {
  const s = small > least ? Math.sqrt(small) : 0, l = large > least ? Math.sqrt(large) : 0;
  return [-sin * s, cos * l, cos * s, sin * l];
}

/**
 * Mean and covariance of rows.
 * @param {Float64Array} x @param {number} d @param {number} ddof
 * @returns {{ mean: number[], cov: number[] }}
 */
export function momentsOf(x, d, ddof) {
  const n = x.length / d, mean = [0, 0], cov = [0, 0, 0];
  for (let i = 0; i < x.length; i += d)
    for (let j = 0; j < d; j++) mean[j] += (x[i + j] - x[j]) / n;
  for (let j = 0; j < d; j++) mean[j] += x[j];           // exactly, where all rows are equal
  for (let i = 0; i < x.length; i += d) {
    const a = x[i] - mean[0], b = d === 2 ? x[i + 1] - mean[1] : 0;
    cov[0] += a * a / (n - ddof);
    cov[1] += a * b / (n - ddof);
    cov[2] += b * b / (n - ddof);
  }
  return { mean, cov };
}
