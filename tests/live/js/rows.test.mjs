// Loops on rows without a browser: fits and metrics are Python's, whole loops have its law.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eaten } from "../../../madkit/live/js/engine/eaten.js";
import { Judge } from "../../../madkit/live/js/engine/judge.js";
import { scott } from "../../../madkit/live/js/engine/kde.js";
import { LOOPS } from "../../../madkit/live/js/engine/loops.js";
import { learnt } from "../../../madkit/live/js/engine/mixture.js";
import { made, Runner } from "../../../madkit/live/js/engine/runner.js";
import { golden, number } from "./golden.mjs";

const flat = (rows) => Float64Array.from(rows.flat());
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
/** The standard error of their mean. */
const errorOf = (some) =>
  Math.sqrt(mean(some.map((x) => (x - mean(some)) ** 2)) / some.length);
const close = (actual, expected, what) => {
  const wanted = number(expected), room = 1e-9 * Math.abs(wanted) + 1e-12;
  assert.ok(actual === wanted || Math.abs(actual - wanted) <= room,
            `${what}: expected ${expected}, got ${actual}`);
};
const listed = (actual, expected, what) =>
  expected.flat(2).forEach((one, i) => close(actual[i], one, `${what}[${i}]`));

/** Three numbers of a covariance as a matrix, row by row. */
const matrix = ([a, b, c], d) => (d === 1 ? [a] : [a, b, b, c]);

test("a kernel and a mixture are Python's, of flat, equal and few rows too", () => {
  for (const { rows, d, kernel, weights, means, covs, likelihood } of golden("fits")) {
    const x = flat(rows), what = `${rows.length} rows of ${d}`, [a, b, c, e] = scott(x, d);
    const found = d === 1 ? [b * b] : [a * a + b * b, a * c + b * e, a * c + b * e, c * c + e * e];
    listed(found, kernel, `kernel of ${what}`);
    const mixed = learnt(x, d, x.slice(0, 3 * d));
    listed(mixed.weights, weights, `weights of ${what}`);
    listed(mixed.means, means, `means of ${what}`);
    [0, 1, 2].forEach((j) => listed(matrix(mixed.covs.slice(3 * j, 3 * j + 3), d), covs[j],
                                    `covariance ${j} of ${what}`));
    close(mixed.likelihood, likelihood, `likelihood of ${what}`);
  }
});

test("metrics of rows are Python's", () => {
  for (const { real, fake, angles, values } of golden("judged")) {
    const d = real[0].length, { trace, ...others } = values, names = Object.keys(others);
    const judge = new Judge(flat(real), d, angles), found = judge.of(["trace", ...names], flat(fake));
    for (const name of names) close(found[name], others[name], `${name} in ${d}`);
    close(found.trace * (judge.seen.cov[0] + judge.seen.cov[2]), trace, `trace in ${d}`);
  }
});

const job = ({ model, points, components, p, lam, n, emit, generations }, seed) => ({
  key: "k", sources: LOOPS.fresh_data({ n, p, lam }), n_ini: n, points, model, components, seed, emit,
  generations, metrics: ["logdet", "w2_squared", "recall"], angles: [] });

/** How far apart two samples' distribution functions are. */
function kolmogorov(a, b) {
  const share = (values, x) => values.filter((one) => one <= x).length / values.length;
  return Math.max(...[...a, ...b].map((x) => Math.abs(share(a, x) - share(b, x))));
}

test("loops have the law of mk.run: means within 4.5 standard errors, Kolmogorov at 10⁻⁵", () => {
  for (const law of golden("laws")) {
    const seen = {};
    for (let seed = 0; seed < 240; seed++) {
      for (const { t, values } of made({ id: 1, jobs: [job(law, seed)] }))
        for (const [name, value] of Object.entries(values)) (seen[`${name} ${t}`] ??= []).push(value);
    }
    for (const [name, values] of Object.entries(law.values)) {
      const mine = seen[name], what = `${law.model}, ${name}`;
      const error = Math.hypot(errorOf(values), errorOf(mine));
      assert.ok(Math.abs(mean(mine) - mean(values)) <= 4.5 * error + 1e-12,
                `${what}: ${mean(mine)} against ${mean(values)}, error ${error}`);
      const most = 2.47 * Math.sqrt(1 / values.length + 1 / mine.length);
      assert.ok(kolmogorov(values, mine) < most, `${what}: ${kolmogorov(values, mine)} > ${most}`);
    }
  }
});

// --- runs --------------------------------------------------------------------------------------

const [some] = golden("laws"), again = (seed, more) => [...made({ id: 1, jobs: [
  { ...job(some, seed), ...more }] })];

test("a seed's rows come again, whatever is run beside it; another seed's are others", () => {
  const [alone] = again(3).slice(-1), beside = [...made({ id: 1, jobs: [job(some, 4), job(some, 3)] })];
  assert.deepEqual(beside.at(-1).rows, alone.rows);
  assert.notDeepEqual(beside.at(-2).rows, alone.rows);
  assert.equal(alone.rows.length, 2 * some.emit);
  const sources = LOOPS.fully_synthetic({ n: 40, lam: 1 }), emit = 100;
  const rows = [...again(0, { sources, n_ini: 40, emit })].map((one) => one.rows);
  const few = [...again(0, { sources, n_ini: 40, emit: 50 })].map((one) => one.rows);
  few.forEach((one, i) => assert.deepEqual(one, rows[i].slice(0, 100), "rows asked for change no run"));
});

test("a loop left without rows ends in words, the others go on", () => {
  const sources = LOOPS.fresh_data({ n: 1, p: 1, lam: 1 });
  const told = [...made({ id: 1, jobs: [{ ...job(some, 0), sources, n_ini: 9 }, job(some, 0)] })];
  assert.deepEqual(told.filter(({ error }) => error).map(({ error }) => error),
                   ["generation 2 has 1 rows, expected at least 2"]);
  assert.equal(told.at(-1).t, some.generations);
});

test("a newer question ends the older one", async () => {
  const told = await new Promise((done) => {
    const heard = [], runner = new Runner((one) => {
      heard.push(one);
      if (heard.length === 1) runner.start({ id: 2, jobs: [job(some, 1)] });
      if (one.id === 2 && one.t === some.generations) setTimeout(() => {
        runner.end();
        done(heard);
      });
    });
    runner.start({ id: 1, jobs: [{ ...job(some, 0), generations: 1e6 }] });
  });
  assert.deepEqual(told.filter(({ id }) => id === 2).map(({ t }) => t), [1, 2, 3, 4, 5, 6]);
  assert.equal(told.at(-1).id, 2);
});
