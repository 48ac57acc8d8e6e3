// All that is random: mean and scatter of standard normal rows, by Bartlett's decomposition, as in
// madkit.exact.draws. Loops share the numbers, and no number depends on n, p or λ.

import { chi } from "./chi.js";
import { Sequences } from "./sequences.js";

/** @typedef {import("../types.js").Groups} Groups */

const ROOTS = 24;

export class Draws {
  /** @type {Map<string, Float64Array>} */
  #roots = new Map();

  /** @param {number[]} seeds @param {number} dim 1 or 2 */
  constructor(seeds, dim) {
    this.seeds = seeds;
    this.dim = dim;
    this.sequences = new Sequences(seeds);
  }

  /**
   * What is seen of the new groups of a loop, from generation 2 on.
   * @param {Groups} plan
   */
  later({ of, rows }) {
    const drawn = of.flatMap(({ kind }, g) => (kind === "fresh" || kind === "synthetic" ? g : []));
    return this.of(rows.map((groups) => drawn.map((g) => groups[g])),
                   drawn.map((g) => (of[g].kind === "fresh" ? 1 : of[g].lam)));
  }

  /**
   * What is seen of groups of rows of N(0, λ I).
   * @param {number[][]} rows [generation − 1][group] @param {number[]} lam of each group
   */
  of(rows, lam) {
    return new Seen(this, this.#rootsOf(rows), rows, lam);
  }

  /** @param {number[][]} rows */
  #rootsOf(rows) {
    const key = JSON.stringify(rows), found = this.#roots.get(key) ??
      chi(this.sequences, rows, this.dim);
    this.#roots.delete(key);
    this.#roots.set(key, found);                         // used last, thrown away last
    const [oldest] = this.#roots.keys();
    if (this.#roots.size > ROOTS) this.#roots.delete(oldest);
    return found;
  }
}

/** √λ [A | z/√n] of groups of n rows: A Aᵀ is their scatter, z/√n their mean. */
export class Seen {
  /**
   * @param {Draws} draws @param {Float64Array} roots @param {number[][]} rows
   * @param {number[]} lam
   */
  constructor({ sequences, dim, seeds }, roots, rows, lam) {
    const G = lam.length, width = dim === 2 ? 3 : 1, count = rows.length * G * width;
    this.normals = seeds.map((_, s) => (count ? sequences.first("normal", s, count) : null));
    this.over = Float64Array.from(rows.flat().map((n, i) =>
      Math.sqrt(lam[i % G]) / Math.sqrt(Math.max(n, 1))));
    this.below = Float64Array.from(rows.flat().map((n, i) => (n > 1 ? Math.sqrt(lam[i % G]) : 0)));
    this.G = G;
    this.dim = dim;
    this.width = width;
    this.roots = roots;
    this.each = rows.length * G * dim;
    this.root = lam.map(Math.sqrt);
  }

  /**
   * Put the five numbers of seed s, generation t + 1 and group g into `to` at place i.
   * @param {Float64Array} to @param {number} i @param {number} s @param {number} t
   * @param {number} g
   */
  put(to, i, s, t, g = 0) {
    const at = t * this.G + g, z = /** @type {Float64Array} */ (this.normals[s]);
    const chi = s * this.each + at * this.dim, from = at * this.width, over = this.over[at];
    to[i] = this.root[g] * this.roots[chi];
    to[i + 3] = over * z[from];
    if (this.dim === 1) return;
    to[i + 1] = this.below[at] * z[from + 2];
    to[i + 2] = this.root[g] * this.roots[chi + 1];
    to[i + 4] = over * z[from + 1];
  }
}
