// Bets without a browser: what may be one, how far it is from the answer, what is drawn.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as bets from "../../../madkit/live/js/predict/bets.js";
import { Session } from "../../../madkit/live/js/predict/session.js";
import { standIn } from "../../../madkit/live/js/shared/stand_in.js";
import { golden, near } from "./golden.mjs";

const CASES = golden("bets"), life = { schedule: () => {} };

test("good bets are Python's, and their distance and its words too", () => {
  let good = 0;
  for (const [page, answer, tried] of CASES)
    for (const [bet, score, verdict, reasons] of tried) {
      const what = JSON.stringify([page.kind, bet]);
      assert.equal(bets.problem(page, { bet }) === "", score !== undefined || bet === null, what);
      if (score === undefined) continue;
      good += 1;
      const whole = Array.isArray(bet) ? [...page.known, ...bet.slice(page.known.length)] : bet;
      assert.equal(bets.verdict(page, answer, whole), verdict, what);
      assert.equal(bets.reasons(page, answer, whole), reasons, what);
      if (page.kind === "choice") continue;
      const apart = bets.distances(page, answer, whole).map(Math.abs);
      near(1 - apart.reduce((a, b) => a + b) / apart.length, score, 1e-9, what);
    }
  assert.ok(good > 15);
});

test("states of another shape are refused", () => {
  for (const state of [null, 3, "bet", {}, [], { bet: null, more: 1 }])
    assert.notEqual(bets.problem(CASES[0][0], state), "");
});

test("the answer is folded, and opens", () => {
  for (const [page, answer] of CASES) {
    assert.deepEqual(bets.opened(page.sealed), answer);
    assert.ok(!JSON.stringify(page).includes("So it is."));
  }
});

test("places of an axis and its values are inverse", () => {
  for (const [page] of CASES.filter(([{ kind }]) => kind !== "choice"))
    for (const at of [0, 0.25, 0.5, 1])
      near(bets.place(page, bets.valueAt(page, at)) + 1, at + 1, 0.02, page.unit);
});

const session = (i, state = { bet: null }) => {
  const [page] = CASES[i];
  return new Session(page, standIn({ page, state }), life);
};

test("a curve is straight between what was drawn, and whole at its end", () => {
  const one = session(0);
  assert.deepEqual([one.curve, one.ready], [[100], null]);
  one.draw(2, 40);
  assert.deepEqual([one.curve, one.ready], [[100, 70, 40], null]);
  one.draw(3, 40);
  one.draw(1, 40, true);                                 // back, in one stroke
  assert.deepEqual(one.ready, [100, 40, 40, 40]);
  one.draw(0, 7);                                        // what is known stays
  assert.equal(one.curve[0], 100);
  one.clear();
  assert.deepEqual([one.curve, one.ready], [[100], null]);
});

test("a bet stands once it is placed", () => {
  const one = session(2);
  assert.equal(one.settle(), false);
  one.think(40);
  assert.deepEqual([one.settle(), one.model.get("state")], [true, { bet: 40 }]);
  one.think(36);
  assert.deepEqual([one.settle(), one.state, one.answer.value], [false, { bet: 40 }, 36.4]);
});

test("a session begins where the state is, and ignores what is none", () => {
  assert.equal(session(2, { bet: 12.25 }).draft, 12.25);
  assert.deepEqual(session(0, { bet: [100, 1, 2, 3] }).curve, [100, 1, 2, 3]);
  const wrong = session(2, { bet: 1e9 });
  assert.ok(!wrong.placed && wrong.trouble.startsWith("bet: "));
});
