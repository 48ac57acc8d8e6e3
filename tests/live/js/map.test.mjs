// The map without a browser: theory, cells, boundaries, states and words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { boundary } from "../../../madkit/live/js/map/boundary.js";
import * as map from "../../../madkit/live/js/map/cells.js";
import { along, nearest } from "../../../madkit/live/js/map/hands.js";
import { asymptote, effective, limit, rowsOf } from "../../../madkit/live/js/map/limits.js";
import { quantiles } from "../../../madkit/live/js/map/loop_plot.js";
import { mapPlot } from "../../../madkit/live/js/map/map_plot.js";
import { theoryPath } from "../../../madkit/live/js/map/recursion.js";
import { shade } from "../../../madkit/live/js/map/shades.js";
import { keyOf, problem } from "../../../madkit/live/js/map/states.js";
import { realOnly, rootTrace } from "../../../madkit/live/js/engine/wasserstein.js";
import { caption, rowsWords, seedsWords, verdict } from "../../../madkit/live/js/map/words.js";
import { encode, parsed } from "../../../madkit/live/js/shared/states.js";
import { golden, near, number } from "./golden.mjs";

// --- theory ------------------------------------------------------------------------------------

test("E tr W^½ and the yardstick are theory.wasserstein's", () => {
  const { root_trace, real_only } = golden("wasserstein");
  for (const [dim, nu, s, value] of root_trace)
    near(rootTrace(dim, nu, s), value, 1e-9, `${dim}, ${nu}, ${s}`);
  for (const [n, dim, value] of real_only) near(realOnly(n, dim), value, 1e-9, `${n}, ${dim}`);
});

test("a loop's course is theory.recursion's", () => {
  for (const [cell, path] of golden("recursion"))
    near(theoryPath(cell, path.length), path, 1e-8, JSON.stringify(cell));
});

test("a loop's end, what its rows are worth, and n_s* are theory.limits'", () => {
  const { cells, asymptote: high, rows } = golden("limits");
  for (const [cell, w2, worth] of cells) {
    near(limit(cell), w2, 1e-8, JSON.stringify(cell));
    near(effective(cell), worth, 2e-4, JSON.stringify(cell));
  }
  for (const [dim, lam, most] of high)
    near(asymptote(dim, lam), number(most), 1e-9, `${dim}, ${lam}`);
  for (const [w2, dim, worth] of rows) near(rowsOf(w2, dim), worth, 2e-4, `${w2}, ${dim}`);
});

// --- the map -----------------------------------------------------------------------------------

test("cells lie and are worth as Python says", () => {
  const { cells, axes: known, worth } = golden("cells");
  for (const [dim, [n_r, n_s]] of Object.entries(known))
    assert.deepEqual(map.axes({ cells }, Number(dim)), { n_r, n_s });
  for (const [dim, lam, some] of worth) {
    const all = map.theoryMap({ cells }, { dim, lam }).worth;
    some.forEach((row, j) => row.forEach((value, i) =>
      assert.ok(Math.abs(all[6 * j][6 * i] - value) < 1e-3, `${dim}, ${lam}: ${value}`)));
  }
  assert.deepEqual(map.between(2, 4, 9), [2, 3, 4]);
});

test("colours are those of the still map", () => {
  const { shades, still } = golden("cells");
  for (const [worth, colour] of still)
    shade({ shades }, worth).forEach((x, i) =>
      assert.ok(Math.abs(x - colour[i]) < 4, `${worth}: ${x}`));
});

test("borders lie half-way on a log axis", () => {
  near(map.edges([1, 4, 16]), [1, 2, 8, 16], 1e-12);
});

const grid = (worth, n = 9) => {
  const at = Array.from({ length: n }, (_, i) => 2 ** i);
  return { n_r: at, n_s: at, worth: at.map((s, j) => at.map((r, i) => worth(i, j, r, s))) };
};

test("the boundary is where worth is 0", () => {
  const line = boundary(grid((i, j) => j - 3.25));
  assert.equal(line.length, 1);
  assert.equal(line[0].length, 9);
  for (const [, s] of line[0]) near(s, 2 ** 3.25, 1e-12);
  const slope = boundary(grid((i, j, r, s) => Math.log2(s / r) - 0.5));
  assert.equal(slope.length, 1);
  for (const [r, s] of slope[0]) near(s / r, Math.SQRT2, 1e-9);
});

test("a ring closes, two lines are two, none is none", () => {
  const ring = boundary(grid((i, j) => 6.1 - (i - 4) ** 2 - (j - 4) ** 2));
  assert.equal(ring.length, 1);
  const [first, last] = [ring[0][0], ring[0].at(-1)];
  for (const axis of [0, 1]) assert.ok(Math.abs(Math.log2(first[axis] / last[axis])) < 1.01);
  assert.equal(boundary(grid((i) => (i - 2.5) * (i - 5.5))).length, 2);
  assert.deepEqual(boundary(grid(() => 1)), []);
});

test("the simulated map is shown where it was recorded and is asked for", () => {
  const simulated = { dim: 5, lams: [0.8, 0.9], n_r: [5], n_s: [6], worth: [[[1]], [[2]]] };
  const page = { simulated };
  const state = { dim: 5, lam: 0.9, n_r: 5, n_s: 6, simulated: true };
  assert.deepEqual(map.simulatedMap(page, state), { n_r: [5], n_s: [6], worth: [[2]] });
  for (const change of [{ simulated: false }, { lam: 0.7 }, { dim: 10 }])
    assert.equal(map.simulatedMap(page, { ...state, ...change }), null);
  assert.ok(!map.hasRecord({ simulated: null }, state));
  assert.equal(map.simulatedMap({ simulated: null }, state), null);
});

test("pixels and rows are each other's inverse", () => {
  const plot = mapPlot({ dim: 30 }, 700, 500);
  for (const [r, s] of [[30, 30], [77, 1234], [300, 3000]])
    near(plot.rows(plot.x(r), plot.y(s)), [r, s], 1e-12);
});

test("cells are found and counted along an axis", () => {
  const at = [5, 7, 10, 14, 20];
  assert.deepEqual([5.9, 6.1, 99].map((n) => nearest(at, n)), [5, 7, 20]);
  const moves = [[7, 1], [8, 1], [8, -1], [7, 5], [20, 1], [20, -3], [5, -1]];
  assert.deepEqual(moves.map(([n, by]) => along(at, n, by)), [10, 10, 7, 20, 20, 7, 5]);
});

test("quantiles are numpy's", () => {
  for (const [w2, expected] of golden("quantiles")) near(quantiles(w2), expected, 1e-11);
});

// --- states and words --------------------------------------------------------------------------

test("the page takes the states that Python takes, and no others", () => {
  const { page, cases } = golden("phases");
  for (const { state, good, key, text } of cases) {
    const why = problem(page, state);
    assert.equal(why === "", good, `${JSON.stringify(state)}: ${why || "good"}`);
    if (!good) continue;
    assert.equal(keyOf(state), key);
    assert.deepEqual(parsed(text), state);
    assert.deepEqual(parsed(encode(state)), state);
  }
});

test("what is wrong is said in words", () => {
  const { page } = golden("phases");
  const state = { dim: 100, lam: 0.85, n_r: 250, n_s: 1000, simulated: false };
  const refused = (change, why) =>
    assert.equal(problem(page, change && { ...state, ...change }), why);
  refused({}, "");
  refused({ dim: 7 }, "dim: expected one of 5, 10, 30, 100, got 7");
  refused({ lam: 0.855 }, "lam: expected a number from 0.5 to 1 in steps of 0.01, got 0.855");
  refused({ n_s: 1e9 }, "n_s: expected a whole number from 100 to 10,000, got 1000000000");
  refused({ simulated: 1 }, "simulated: expected true or false, got 1");
  refused(null, "state: expected exactly dim, lam, n_r, n_s, simulated, got null");
});

test("captions are Python's", () => {
  const { page, captions, rows, verdicts } = golden("phases");
  for (const [state, track, text] of captions) {
    const [head, numbers] = caption(page, state, track);
    assert.equal(`${head}: ${numbers}`, text);
  }
  for (const [n, text] of rows) assert.equal(rowsWords(n), text);
  for (const [ratio, text] of verdicts) assert.equal(verdict(ratio), text);
  assert.deepEqual([[1], [1, 2]].map((w2) => seedsWords({ w2 })), ["1 seed", "2 seeds"]);
});
