// The named loops of madkit.loops, as sums of sources, by the settings that they take.

/** @typedef {import("../types.js").Source} Source */
/** @typedef {{ n: number, p: number, lam?: number }} Given */

/** @type {Record<string, (given: Given) => Source[]>} */
export const LOOPS = {
  fully_synthetic: ({ n, lam }) => [{ kind: "synthetic", n, lam }],
  synthetic_augmentation: ({ n, lam }) => [{ kind: "real" }, { kind: "synthetic", n, lam }],
  accumulate: ({ n, lam }) => [{ kind: "previous" }, { kind: "synthetic", n, lam }],
  fresh_data: ({ n, p, lam }) => {
    const fresh = roundedEven(p * n);
    return [{ kind: "fresh", n: fresh }, { kind: "synthetic", n: n - fresh, lam }];
  },
  fresh_beside: ({ n, ...given }) => LOOPS.fresh_data({ n: 2 * n, ...given }),
};

/**
 * The default n_ini: the rows that a loop adds each generation.
 * @param {Source[]} sources
 */
const initialRows = (sources) => sources.reduce((sum, { n = 0 }) => sum + n, 0);

/**
 * The real rows of generation 1: n_ini where it is set, or the setting that a page's loops all
 * start from, or the default.
 * @param {import("../types.js").Loop} loop @param {Record<string, number>} given by name
 * @param {Source[]} sources
 */
export const rowsAtStart = ({ starts = "" }, given, sources) =>
  given.n_ini ?? given[starts] ?? initialRows(sources);

/**
 * The nearest whole number; of two, the even one, as Python rounds.
 * @param {number} x
 */
function roundedEven(x) {
  const below = Math.floor(x), half = x - below === 0.5;
  return half ? below + (below % 2) : Math.round(x);
}
