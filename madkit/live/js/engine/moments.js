// Expected moments of the fits of every loop, by the recursion of madkit.theory.recursion: groups
// of rows, each centred on an earlier mean, with an error of their own.

import { distance } from "./wasserstein.js";

/**
 * @typedef {import("../types.js").Groups} Groups
 * @typedef {{ n: number, at: number, within: number, spread: number, pull: number }} Group
 *   rows; their centre's place; the scatter within; the variance of new rows; how Σ passes on
 */

/**
 * m, u, f and s of each generation.
 * @param {Groups} plan @param {number} ddof
 */
export function moments(plan, ddof) {
  const { n_ini: n, rows } = plan, memory = 1 + Math.max(0, ...plan.of.map(({ age }) => age));
  const kept = 2 + memory, found = [start(n, ddof)];
  const wheres = { distance: square(kept), wobble: square(kept), skew: cube(kept) };
  wheres.distance[0][1] = wheres.distance[1][0] = 1 / n;
  wheres.wobble[1][1] = found[0].f;
  wheres.skew[1][1][1] = found[0].f ** 2 / found[0].m;
  let scatter = n - 1, total = n;
  for (let t = 2; t <= rows.length; t++) {
    const place = (/** @type {number} */ k) => (k < 2 ? k : 2 + ((k - 2) % memory));
    const groups = plan.of.flatMap((of, g) => groupOf(of, rows[t - 1][g], t, n, found, scatter))
      .map((group) => ({ ...group, at: place(group.at) }));
    total = groups.reduce((sum, group) => sum + group.n, 0);
    scatter = moved(wheres.distance, groups, total, place(t));
    inherit(wheres, groups, total, ddof, place(t));
    const m = scatter / (total - ddof), f = wheres.wobble[place(t)][place(t)];
    const third = wheres.skew[place(t)][place(t)][place(t)];
    found.push({ m, u: wheres.distance[0][place(t)], f,
                 s: f > 1e-100 ? (third * m) / f ** 2 : found[t - 2].s });
  }
  return found;
}

/** @param {number} n @param {number} ddof */
const start = (n, ddof) =>
  ({ m: (n - 1) / (n - ddof), u: 1 / n, f: (n - 1) / (n - ddof) ** 2, s: 1 });

/** @param {number} n */
const square = (n) => Array.from({ length: n }, () => Array(n).fill(0));

/** @param {number} n */
const cube = (n) => Array.from({ length: n }, () => square(n));

/**
 * A group of the training set of t, where it has rows; its centre as a generation.
 * @param {{ kind: string, age: number, lam: number }} of @param {number} n
 * @param {number} t @param {number} n_ini @param {{ m: number }[]} found
 * @param {number} scatter of the training set before @returns {Group[]}
 */
function groupOf({ kind, age, lam }, n, t, n_ini, found, scatter) {
  if (!n) return [];
  if (kind === "real") return [{ n, at: 1, within: n_ini - 1, spread: 0, pull: 1 }];
  if (kind === "previous") return [{ n, at: t - 1, within: scatter, spread: 0, pull: 1 }];
  if (kind === "fresh") return [{ n, at: 0, within: n - 1, spread: 1, pull: 0 }];
  const spread = lam * found[t - 2 - age].m;
  return [{ n, at: t - 1 - age, within: (n - 1) * spread, spread, pull: lam }];
}

/**
 * Put the next mean into its place among the distances; the scatter of its training set.
 * @param {number[][]} distances @param {Group[]} groups @param {number} total
 * @param {number} place
 */
function moved(distances, groups, total, place) {
  const share = distances.map(() => 0);
  let within = 0, own = 0, error = 0;
  for (const { n, at, within: inside, spread } of groups) {
    const w = n / total;
    share[at] += w;
    within += inside;
    own += (w * spread) / n;                             // Σ w_g v_g
    error += (w * w * spread) / n;                       // Σ w_g² v_g
  }
  const near = distances.map((row) => dotted(row, share)), h = dotted(share, near) / 2;
  distances.forEach((row, k) => row[place] = near[k] + (error - h));
  distances[place] = distances.map((row) => row[place]);
  distances[place][place] = 0;
  return within + total * (h + own - error);
}

/** @param {number[]} a @param {number[]} b */
const dotted = (a, b) => a.reduce((sum, one, i) => sum + one * b[i], 0);

/**
 * Put the next fit into its place among the second and third moments of the fluctuations: it
 * inherits those of its centres, and adds its own, larger where Σ_k is.
 * @param {{ wobble: number[][], skew: number[][][] }} wheres @param {Group[]} groups
 * @param {number} total @param {number} ddof @param {number} place
 */
function inherit({ wobble, skew }, groups, total, ddof, place) {
  const old = wobble.map(() => 0), leaning = wobble.map(() => 0);
  let own = 0, third = 0;
  for (const { n, at, spread, pull } of groups) {
    const w = ((n / total) * (total - 1)) / (total - ddof), size = n * (1 - 1 / total);
    const fresh = w * spread, each = fresh / size;
    old[at] += w * pull;
    leaning[at] += w * pull * each;
    own += fresh * each;
    third += fresh * each ** 2;
  }
  const lean = wobble.map((row) => dotted(row, leaning));
  const variance = wobble.map((row) => dotted(row, old));
  const pair = wobble.map((_, i) => wobble.map((_, j) =>
    old.reduce((sum, one, k) => sum + one * skew[k][i][j], 0)));
  const single = pair.map((row, i) => dotted(row, old) + lean[i]);
  single[place] = dotted(single.map((one, i) => one + 2 * lean[i]), old) + third;
  pair.forEach((row, i) => row[place] = single[i]);
  pair[place] = single.slice();
  skew.forEach((side, i) => {
    side[place] = pair[i].slice();
    side.forEach((row, j) => row[place] = pair[i][j]);
  });
  skew[place] = pair.map((row) => row.slice());
  wobble.forEach((row, i) => row[place] = variance[i]);
  wobble[place] = variance.slice();
  wobble[place][place] = dotted(variance, old) + own;
}

/**
 * E W₂² of each generation.
 * @param {ReturnType<typeof moments>} found @param {number} dim
 */
export const expectedW2 = (found, dim) => found.map(({ m, u, f, s }) =>
  (f > 0 && m > 1e-100 ? distance(dim, { m, u, f, skew: (s * f ** 2) / m })
    : (u + (1 - Math.sqrt(m)) ** 2) * dim));
