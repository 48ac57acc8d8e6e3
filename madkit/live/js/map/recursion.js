// From one generation to the next, by the formulas of madkit.theory.recursion.

import { distance } from "../engine/wasserstein.js";

/** @typedef {import("../types.js").MapState} MapState */

/**
 * What one generation does to m, u, f and skew: x → keep x + add.
 * @param {{ n_r: number, n_s: number, lam: number }} loop @param {{ m: number, f: number }} now
 */
export function step({ n_r, n_s, lam }, { m, f }) {
  const total = n_r + n_s, p = n_r / total, q = n_s / total, one = 1 / (total - 1);
  return {
    m: { keep: one * lam * (n_s - q), add: one * (n_r - p) },
    u: { keep: q * q, add: (p + lam * q * m) / total },
    f: { keep: (lam * q) ** 2, add: one * (p + q * (lam * m) ** 2) },
    skew: { keep: (lam * q) ** 3,
            add: one ** 2 * (p + q * (lam * m) ** 3) + 3 * one * q ** 2 * lam ** 3 * m * f },
  };
}

/** @param {{ keep: number, add: number }} part @param {number} x */
const next = (part, x) => part.keep * x + part.add;

/**
 * E W₂² of generations 1 … T; the first is fitted on n_r real rows.
 * @param {Omit<MapState, "simulated">} state @param {number} T
 */
export function theoryPath(state, T) {
  const { dim, n_r, n_s } = state, one = 1 / (n_r - 1), total = n_r + n_s;
  let now = { m: 1, u: 1 / n_r, f: one, skew: one ** 2 };
  return Array.from({ length: T }, (_, t) => {
    if (t) {
      const { m, u, f, skew } = step(state, now);
      const drift = ((n_r * n_s) / total / (total - 1)) * now.u;    // the spread of the centres
      now = { m: next(m, now.m) + drift, u: next(u, now.u), f: next(f, now.f),
              skew: next(skew, now.skew) };
    }
    return distance(dim, now);
  });
}
