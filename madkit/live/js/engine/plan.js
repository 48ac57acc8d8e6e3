// What is not random: which groups of rows every training set is made of, as in madkit.exact.plan.

/**
 * @typedef {import("../types.js").Source} Source
 * @typedef {import("../types.js").Groups} Groups
 */

/**
 * A loop's groups of rows, in order: a synthetic source makes `memory` of them, newest first.
 * @param {Source[]} sources @param {number} n_ini real rows of generation 1 @param {number} dim
 * @param {number} generations @returns {Groups}
 */
export function plan(sources, n_ini, dim, generations) {
  const of = sources.flatMap((source) =>
    Array.from({ length: memoryOf(source) }, (_, k) => ({ kind: source.kind, age: k,
                                                          lam: source.lam ?? 1 })));
  const fresh = sum(sources.filter(({ kind }) => kind === "fresh").map(({ n }) => n ?? 0));
  const ranks = [Math.min(dim, n_ini - 1)], rows = [of.map(() => 0)];
  const reach = fresh ? dim : of.some(({ lam }) => lam) ? ranks[0] : 0;
  for (let t = 2, total = n_ini; t <= generations; t++) {
    const groups = sources.flatMap((source) => groupsOf(source, t, n_ini, total, ranks));
    total = sum(groups.map(([n]) => n));
    if (total < 2) throw new RangeError(`generation ${t} has ${total} rows, expected at least 2`);
    rows.push(groups.map(([n]) => n));
    ranks.push(Math.min(sum(groups.map(([, span]) => span)) - 1, reach));
  }
  const real = fresh + (sources.some(({ kind }) => kind === "real") ? n_ini : 0);
  const later = ranks.length > 1 ? Math.min(...ranks.slice(1)) : dim;
  return { n_ini, dim, of, rows, ranks, full: real >= dim + 2 || (fresh >= dim && later === dim),
           chain: sources.length === 1 && of.length === 1 && of[0].kind === "synthetic" };
}

/** @param {number[]} values */
const sum = (values) => values.reduce((a, b) => a + b, 0);

/** @param {Source} source */
const memoryOf = (source) => (source.kind === "synthetic" ? source.memory ?? 1 : 1);

/**
 * [rows, rows that span as much] of each group that a source puts into the training set of t.
 * @param {Source} source @param {number} t @param {number} n_ini @param {number} total rows before
 * @param {number[]} ranks @returns {[number, number][]}
 */
function groupsOf(source, t, n_ini, total, ranks) {
  const { kind, n = 0, lam = 1 } = source;
  if (kind === "real") return [[n_ini, ranks[0] + 1]];
  if (kind === "previous") return [[total, ranks[t - 2] + 1]];
  if (kind === "fresh") return [[n, n]];
  return shares(source, t).map((rows, age) =>
    [rows, Math.min(rows, lam && t - 2 - age >= 0 ? ranks[t - 2 - age] + 1 : 1)]);
}

/**
 * The rows that a synthetic source takes of the newest generation, of the one before, …
 * @param {Source} source @param {number} t
 */
export function shares(source, t) {
  const memory = memoryOf(source), n = source.n ?? 0, k = Math.min(memory, t - 1);
  return Array.from({ length: memory }, (_, age) =>
    (age >= k ? 0 : Math.floor(n / k) + (age ? 0 : n % k)));
}
