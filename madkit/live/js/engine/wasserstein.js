// E W₂² between a fit and the truth N(0, I), by the formulas of madkit.theory.wasserstein.

/** @typedef {{ m: number, u: number, f: number, skew: number }} Moments */

const NODES = 128;
const SIN2 = Float64Array.from({ length: NODES }, (_, i) =>
  Math.sin(((i + 0.5) * Math.PI) / (2 * NODES)) ** 2);
const COS2 = SIN2.map((x) => 1 - x);                   // cos²θ
const LOGS = COS2.map(Math.log);
const COS_2 = COS2.map((x) => 2 * x - 1);              // cos 2θ

/**
 * (1/d) E tr W^½ for d → ∞: see wasserstein._free.
 * @param {number} x @param {number} y
 */
function free(x, y) {
  let sum = 0;
  if (y > 1) {
    const power = (1 + 1 / Math.abs(x)) / 2;
    for (let i = 0; i < NODES; i++) sum += Math.exp(power * LOGS[i]) * Math.sqrt(1 - SIN2[i] / y);
    return (2 / Math.sqrt(y)) * sum / NODES;
  }
  const power = 1 / (2 * x);
  for (let i = 0; i < NODES; i++) {
    const left = 1 - y * SIN2[i];
    sum += COS2[i] * (power === 0.5 ? Math.sqrt(left) : Math.exp(power * Math.log(left)));
  }
  return 2 * sum / NODES;
}

/**
 * What is left of it for finite d.
 * @param {number} dim @param {number} nu
 */
function finite(dim, nu) {
  const large = Math.max(dim, nu), small = Math.min(dim, nu), g = small / large;
  const root = 2 * Math.sqrt(g);
  let edge = 0;
  for (let i = 0; i < NODES; i++) edge += Math.sqrt(1 + g + root * COS_2[i]) / NODES;
  return 1 + ((1 - edge) / 2 + (7 * small) / (128 * large ** 2)) / (small * free(1, g));
}

/** @param {number} dim @param {number} nu */
export function rootTrace(dim, nu, s = 1) {
  let x = 3 - 2 * s;
  if (Math.abs(x) < 1e-6) x = 1e-6;
  const one = Math.max(x, 1e-6);
  return dim * free(x, (x * dim) / nu) * finite(dim, nu / one) ** (1 / one);
}

/**
 * E W₂² of a fit on n real rows alone.
 * @param {number} n @param {number} dim
 */
export const realOnly = (n, dim) => dim / n + 2 * (dim - rootTrace(dim, n - 1));

/**
 * E W₂² of a fit of these moments; skew is s f²/m.
 * @param {number} dim @param {Moments} moments
 */
export const distance = (dim, { m, u, f, skew }) =>
  (u + (1 - Math.sqrt(m)) ** 2) * dim
    + 2 * Math.sqrt(m) * (dim - rootTrace(dim, m ** 2 / f, (skew * m) / f ** 2));
