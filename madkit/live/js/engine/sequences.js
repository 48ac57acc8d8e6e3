// Endless sequences of random numbers, one of each seed and name: those of madkit.exact.draws.

import { generator } from "./pcg64.js";
import { exponential, normal } from "./ziggurat.js";

/**
 * @typedef {{ from: import("./pcg64.js").Pcg64, made: number, numbers: Float64Array }} Sequence
 */

export class Sequences {
  /** @type {Map<string, Sequence[]>} */
  #known = new Map();

  /** @param {number[]} seeds */
  constructor(seeds) {
    this.seeds = seeds;
  }

  /**
   * At least the first `count` numbers of seed number s: normal ones, or exponential ones where
   * the name begins with "luck". Not to be written to.
   * @param {string} name @param {number} s @param {number} count
   */
  first(name, s, count) {
    const of = this.#known.get(name) ?? [];
    this.#known.set(name, of);
    of[s] ??= { from: generator(this.seeds[s], name), made: 0, numbers: new Float64Array(0) };
    if (of[s].made < count) extend(of[s], count, name.startsWith("luck") ? exponential : normal);
    return of[s].numbers;
  }
}

/**
 * @param {Sequence} one @param {number} count
 * @param {(from: import("./pcg64.js").Pcg64) => number} next
 */
function extend(one, count, next) {
  if (one.numbers.length < count) {
    const larger = new Float64Array(Math.max(count, 2 * one.numbers.length));
    larger.set(one.numbers);
    one.numbers = larger;
  }
  while (one.made < count) one.numbers[one.made++] = next(one.from);
}
