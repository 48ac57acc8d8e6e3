// Metrics of emitted rows against test rows of the truth, as madkit.metrics has them.

import { eigen, FLAT, momentsOf, rootOf } from "./roots.js";

const NEAREST = 5;                                       // neighbours whose ball recall looks into
const ROUND = 1 + 1e-9;                                  // distances closer than this are equal

/** Judges as many emitted rows as there are test rows. */
export class Judge {
  /** @param {Float64Array} real test rows @param {number} d @param {number[]} angles of lines */
  constructor(real, d, angles) {
    this.real = real;
    this.d = d;
    this.lines = d === 2 ? halfTurn(angles) : [[1, 0]];
    this.seen = momentsOf(real, d, 1);
    /** @type {Float64Array[]} */
    this.sorted = [];
    this.#sweep(real, (places) => this.sorted.push(places.slice()));
  }

  /**
   * The values of metrics by name.
   * @param {string[]} names @param {Float64Array} fake @returns {Record<string, number>}
   */
  of(names, fake) {
    const moments = momentsOf(fake, this.d, 1);
    return Object.fromEntries(names.map((name) => [name, this.#value(name, fake, moments)]));
  }

  /**
   * @param {string} name @param {Float64Array} fake
   * @param {{ mean: number[], cov: number[] }} moments
   */
  #value(name, fake, { mean, cov }) {
    const { real, d, seen } = this;
    if (name === "recall") return recalled(real, fake, d);
    if (name === "sliced_w2") return this.#sliced(fake);
    if (name === "trace") return (cov[0] + cov[2]) / (seen.cov[0] + seen.cov[2]);
    const away = (mean[0] - seen.mean[0]) ** 2 + (mean[1] - seen.mean[1]) ** 2;
    if (name === "mean_error") return away;
    if (name === "logdet") return logdetOf(cov, d);
    return Math.max(0, away + cov[0] + cov[2] + seen.cov[0] + seen.cov[2]
      - 2 * nuclear(seen.cov, cov));
  }

  /**
   * Rows along each line in turn, in order: from one line to the next few rows change places.
   * @param {Float64Array} x @param {(places: Float64Array, k: number) => void} see
   */
  #sweep(x, see) {
    const { real, d, lines } = this, n = x.length / d, places = new Float64Array(n);
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    lines.forEach(([cos, sin], k) => {
      for (let i = 0; i < n; i++) {
        const j = order[i], at = j * d;
        const place = cos * (x[at] - real[0]) + (d === 2 ? sin * (x[at + 1] - real[1]) : 0);
        let to = i;
        for (; to && places[to - 1] > place; to--) {
          places[to] = places[to - 1];
          order[to] = order[to - 1];
        }
        places[to] = place;
        order[to] = j;
      }
      see(places, k);
    });
  }

  /** @param {Float64Array} fake */
  #sliced(fake) {
    let sum = 0;
    this.#sweep(fake, (places, k) => {
      const other = this.sorted[k];
      for (let i = 0; i < places.length; i++) sum += (places[i] - other[i]) ** 2;
    });
    return Math.sqrt(sum / this.lines.length / this.sorted[0].length);
  }
}

/**
 * Lines in the order in which a half turn meets them: a line and its opposite are one.
 * @param {number[]} angles
 */
const halfTurn = (angles) => angles.map((a) => a - Math.PI * Math.floor(a / Math.PI))
  .sort((a, b) => a - b).map((a) => [Math.cos(a), Math.sin(a)]);

/**
 * The share of real rows in the ball of a fake row, which reaches to its 5th nearest other.
 * @param {Float64Array} real @param {Float64Array} fake @param {number} d
 */
function recalled(real, fake, d) {
  const m = fake.length, n = real.length, inside = new Uint8Array(n);
  for (let i = 0; i < m; i += d) {
    const x = fake[i], y = d === 2 ? fake[i + 1] : 0, near = Array(NEAREST).fill(Infinity);
    for (let j = 0; j < m; j += d) {
      const u = fake[j] - x, v = d === 2 ? fake[j + 1] - y : 0, far = u * u + v * v;
      if (j === i || far >= near[NEAREST - 1]) continue;
      let k = NEAREST - 1;
      for (; k && near[k - 1] > far; k--) near[k] = near[k - 1];
      near[k] = far;
    }
    const reach = near[NEAREST - 1] * ROUND;
    for (let j = 0; j < n; j += d) {
      const u = real[j] - x, v = d === 2 ? real[j + 1] - y : 0;
      if (u * u + v * v <= reach) inside[j] = 1;
    }
  }
  return inside.reduce((sum, one) => sum + one, 0) / (n / d);
}

/**
 * tr (A^½ B A^½)^½: the nuclear norm of R_Aᵀ R_B.
 * @param {number[]} a @param {number[]} b
 */
function nuclear(a, b) {
  const [P, Q] = [a, b].map((cov) => rootOf(eigen(cov, 0), FLAT * (cov[0] + cov[2])));
  const m = [P[0] * Q[0] + P[2] * Q[2], P[0] * Q[1] + P[2] * Q[3],
             P[1] * Q[0] + P[3] * Q[2], P[1] * Q[1] + P[3] * Q[3]];
  const squares = m.reduce((sum, one) => sum + one * one, 0);
  return Math.sqrt(squares + 2 * Math.abs(m[0] * m[3] - m[1] * m[2]));
}

/** @param {number[]} cov @param {number} d */
function logdetOf([a, b, c], d) {
  if (d === 1) return Math.log(a);
  const rest = 1 - b * b / (a * c);                      // of correlations: units do not matter
  return rest > FLAT ? Math.log(a) + Math.log(c) + Math.log(rest) : -Infinity;
}
