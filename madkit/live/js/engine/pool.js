// The scatter and the mean of several groups of rows together, as in madkit.exact.rows.

/** @typedef {{ rows: Float64Array, share: Float64Array, total: number }} Shares of groups */

/**
 * The rows of each group, their share of all, and how many all are.
 * @param {number[]} rows @returns {Shares}
 */
export function sharesOf(rows) {
  const total = rows.reduce((sum, n) => sum + n, 0);
  return { rows: Float64Array.from(rows), share: Float64Array.from(rows, (n) => n / total), total };
}

/**
 * Into `to`. The scatter's factor is lower triangular with diagonal ≥ 0.
 * @param {Float64Array} to five numbers @param {Float64Array} groups five each: see law.js
 * @param {Shares} shares of each group
 * @param {number} rank of the scatter, beyond which its factor is 0; −1: full, surely
 */
export function pool(to, groups, { rows, share }, rank) {
  let m0 = 0, m1 = 0;
  for (let g = 0; g < rows.length; g++) {
    m0 += share[g] * groups[5 * g + 3];
    m1 += share[g] * groups[5 * g + 4];
  }
  to[3] = m0;
  to[4] = m1;
  if (rank < 0) cholesky(to, groups, rows);
  else projected(to, groups, rows, rank);
}

/** @param {Float64Array} to @param {Float64Array} groups @param {Float64Array} rows */
function cholesky(to, groups, rows) {
  let s00 = 0, s10 = 0, s11 = 0;
  for (let g = 0, i = 0; g < rows.length; g++, i += 5) {
    const a = groups[i], b = groups[i + 1], c = groups[i + 2], n = rows[g];
    const x = groups[i + 3] - to[3], y = groups[i + 4] - to[4];
    s00 += a * a + n * x * x;
    s10 += a * b + n * x * y;
    s11 += b * b + c * c + n * y * y;
  }
  const a = Math.sqrt(s00), b = a && s10 / a;
  to[0] = a;
  to[1] = b;
  to[2] = Math.sqrt(Math.max(s11 - b * b, 0));
}

/**
 * By the columns themselves, twice over, as exact as these whatever their rank: no square is lost.
 * @param {Float64Array} to @param {Float64Array} groups @param {Float64Array} rows
 * @param {number} rank
 */
function projected(to, groups, rows, rank) {
  /** @type {number[]} */
  const upper = [];
  /** @type {number[]} */
  const lower = [];
  for (let g = 0, i = 0; g < rows.length; g++, i += 5) {
    const root = Math.sqrt(rows[g]);
    upper.push(groups[i], 0, root * (groups[i + 3] - to[3]));
    lower.push(groups[i + 1], groups[i + 2], root * (groups[i + 4] - to[4]));
  }
  const a = rank > 0 ? Math.hypot(...upper) : 0;
  let b = 0;
  for (let again = 0; again < 2 && a > 0; again++) {
    const along = dot(upper, lower) / a;
    upper.forEach((x, i) => lower[i] -= (along / a) * x);
    b += along;
  }
  to[0] = a;
  to[1] = b;
  to[2] = rank > 1 ? Math.hypot(...lower) : 0;
}

/** @param {number[]} x @param {number[]} y */
const dot = (x, y) => x.reduce((sum, one, i) => sum + one * y[i], 0);
