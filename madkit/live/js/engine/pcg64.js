// PCG64 DXSM (O'Neill 2014; Steele and Vigna 2021), NumPy's generator of 64 random bits, and
// how NumPy's SeedSequence makes it begin: all random numbers of madkit.exact come from these.

import { hash64 } from "./blake2b.js";

const FULL = 0x2360ed051fc65da44385df649fccf645n;        // multiplies the state once, at the start
const M0 = 0xe4dd58b5, M1 = 0xda942042;               // and this 64-bit word at each step
const MASK = (1n << 128n) - 1n;

/**
 * The generator of a seed's stream, such as "normal": see madkit.exact.draws.generator.
 * @param {number} seed @param {string} name
 */
export function generator(seed, name) {
  const [low, high] = hash64(`${seed}/str:exact/str:${name}`);
  return new Pcg64(spread([((low >>> 1) | (high << 31)) >>> 0, high >>> 1]));
}

/**
 * NumPy's SeedSequence: eight well-mixed words of 32 bits from two.
 * @param {number[]} entropy
 */
export function spread(entropy) {
  let constant = 0x43b0d7e5;
  const hashed = (/** @type {number} */ value) => {
    const mixed = value ^ constant;
    constant = Math.imul(constant, 0x931e8875);
    const product = Math.imul(mixed, constant);
    return product ^ (product >>> 16);
  };
  const pool = [0, 1, 2, 3].map((i) => hashed(entropy[i] ?? 0));
  for (let from = 0; from < 4; from++)
    for (let to = 0; to < 4; to++)
      if (from !== to) {
        const sum = Math.imul(0xca01f9dd, pool[to]) - Math.imul(0x4973f715, hashed(pool[from]));
        pool[to] = sum ^ (sum >>> 16);
      }
  constant = 0x8b51f9dd;
  return Array.from({ length: 8 }, (_, i) => {
    const mixed = pool[i % 4] ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    const product = Math.imul(mixed, constant);
    return (product ^ (product >>> 16)) >>> 0;
  });
}

/** Each `next` puts 64 random bits into `low` and `high`. */
export class Pcg64 {
  low = 0;
  high = 0;
  s0 = 0;                                                // 128 bits in limbs, the lowest first
  s1 = 0;
  s2 = 0;
  s3 = 0;
  a0 = 0;
  a1 = 0;
  a2 = 0;
  a3 = 0;

  /** @param {number[]} words eight of 32 bits: where it starts, and which of the sequences it is */
  constructor(words) {
    const [start, sequence] = [words.slice(0, 4), words.slice(4)].map(joined);
    const add = ((sequence << 1n) | 1n) & MASK;
    const state = (((add + start) & MASK) * FULL + add) & MASK;
    [this.s0, this.s1, this.s2, this.s3] = limbs(state);
    [this.a0, this.a1, this.a2, this.a3] = limbs(add);
  }

  next() {
    this.#give();
    this.#step();
  }

  /** The output is the state's upper half, xored, shifted, and multiplied by its lower one. */
  #give() {
    let low = (this.s2 ^ this.s3) >>> 0, high = this.s3;
    high = (Math.imul(low, M1) + Math.imul(high, M0) + upper(low, M0)) >>> 0;
    low = Math.imul(low, M0);
    low = (low ^ (high >>> 16)) >>> 0;
    const odd = (this.s0 | 1) >>> 0;
    this.high = (Math.imul(low, this.s1) + Math.imul(high, odd) + upper(low, odd)) >>> 0;
    this.low = Math.imul(low, odd) >>> 0;
  }

  /** state × multiplier + add, in limbs of 32 bits; a sum of five of these is exact. */
  #step() {
    const { s0, s1, s2, s3 } = this;
    let sum = low32(s0, M0) + this.a0;
    this.s0 = sum >>> 0;
    sum = carry(sum) + upper(s0, M0) + low32(s0, M1) + low32(s1, M0) + this.a1;
    this.s1 = sum >>> 0;
    sum = carry(sum) + upper(s0, M1) + upper(s1, M0) + low32(s1, M1) + low32(s2, M0)
      + this.a2;
    this.s2 = sum >>> 0;
    sum = carry(sum) + upper(s1, M1) + upper(s2, M0) + low32(s2, M1) + low32(s3, M0)
      + this.a3;
    this.s3 = sum >>> 0;
  }

  /** 53 random bits, in [0, 1). */
  uniform() {
    this.next();
    return (this.high * 2097152 + (this.low >>> 11)) / 9007199254740992;
  }
}

/** @param {number[]} words of 32 bits: two of 64, the upper first, each its low half first */
const joined = ([b0, b1, a0, a1]) =>
  (BigInt(a1) << 32n | BigInt(a0)) | (BigInt(b1) << 32n | BigInt(b0)) << 64n;

/** @param {bigint} value */
const limbs = (value) =>
  [0n, 32n, 64n, 96n].map((shift) => Number((value >> shift) & 0xffffffffn));

/** @param {number} a @param {number} b */
const low32 = (a, b) => Math.imul(a, b) >>> 0;

/** @param {number} sum */
const carry = (sum) => Math.floor(sum / 4294967296);

/**
 * The upper half of a product of two words of 32 bits.
 * @param {number} a @param {number} b
 */
function upper(a, b) {
  const first = a * (b & 0xffff), second = a * (b >>> 16);          // of 48 bits, so exact
  return Math.floor((second + Math.floor(first / 65536)) / 65536);
}
