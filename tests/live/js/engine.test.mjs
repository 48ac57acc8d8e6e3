// The engine without a browser: generators, the exact law, and theory, as Python has them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hash64 } from "../../../madkit/live/js/engine/blake2b.js";
import { unpack } from "../../../madkit/live/js/explorer/pack.js";
import { valuesOf, wanted } from "../../../madkit/live/js/explorer/page.js";
import { Draws } from "../../../madkit/live/js/engine/draws.js";
import { Engine } from "../../../madkit/live/js/engine/engine.js";
import { law } from "../../../madkit/live/js/engine/law.js";
import { MEASURES } from "../../../madkit/live/js/engine/measures.js";
import { expectedW2, moments } from "../../../madkit/live/js/engine/moments.js";
import { generator } from "../../../madkit/live/js/engine/pcg64.js";
import { plan } from "../../../madkit/live/js/engine/plan.js";
import { Quantiles } from "../../../madkit/live/js/engine/quantiles.js";
import { Sequences } from "../../../madkit/live/js/engine/sequences.js";
import { exponential, normal } from "../../../madkit/live/js/engine/ziggurat.js";
import { bytes, golden, near, number } from "./golden.mjs";

const cases = golden("engine");
const named = ({ sources, n_ini, dim, ddof }) => JSON.stringify([sources, n_ini, dim, ddof]);
const planOf = ({ sources, n_ini, dim, at }) => plan(sources, n_ini, dim, at.at(-1));

// --- what is drawn -----------------------------------------------------------------------------

test("a digest is BLAKE2b's", () => {
  assert.deepEqual(hash64(""), [0x57a0a6e4, 0xb4b27974]);          // as Python's hashlib has it
  assert.deepEqual(hash64("abc"), [0xd814bbd8, 0x5995d533]);
  assert.deepEqual(hash64("x".repeat(128)), [0x74e31c90, 0x0224e1e8]);
  assert.throws(() => hash64("x".repeat(129)), RangeError);
});

test("generators give NumPy's numbers", () => {
  for (const [seed, name, kind, some, sum] of golden("draws")) {
    const from = generator(seed, name), next = kind === "standard_normal" ? normal : exponential;
    const numbers = Array.from({ length: 5000 }, () => next(from));
    near([0, 1, 2, 4999].map((i) => numbers[i]), some, 1e-11, `${seed}, ${name}`);
    near(numbers.reduce((a, b) => a + b, 0), sum, 1e-9, `sum of ${seed}, ${name}`);
  }
});

test("a sequence goes on where it was", () => {
  const [short, long] = [new Sequences([3]), new Sequences([3])];
  short.first("normal", 0, 10);
  assert.deepEqual(short.first("normal", 0, 1000).slice(0, 1000),
                   long.first("normal", 0, 1000).slice(0, 1000));
});

// --- the exact law -----------------------------------------------------------------------------

test("fits are those of mk.exact.run with these seeds", () => {
  for (const one of cases) {
    const fits = law(planOf(one), new Draws(one.seeds, one.dim), one.ddof);
    for (const [name, seeds] of Object.entries(one.measured)) {
      const values = new Float64Array(fits.seeds * fits.generations);
      MEASURES[name](fits, values);
      seeds.forEach((path, s) => path.forEach((value, i) =>
        close(values[(one.at[i] - 1) * fits.seeds + s], value, `${named(one)} ${name} of seed ${s}`)));
    }
  }
});

/** Within 1e-9 of it; what is a rounding of 0 may be so here too. */
function close(actual, value, what) {
  const wanted = number(value), most = 1e-9 * Math.abs(wanted) + 1e-14;
  assert.ok(actual === wanted || Math.abs(actual - wanted) <= most,
            `${what}: expected ${value}, got ${actual}`);
}

test("λ and the order in which settings come change no number", () => {
  const draws = new Draws([0, 1], 2), of = (n, lam) =>
    law(plan([{ kind: "fresh", n: 10 }, { kind: "synthetic", n, lam }], 50, 2, 20), draws, 1).fits;
  const first = of(40, 0.9);
  of(30, 0.5);
  assert.deepEqual(of(40, 0.9), first);
  assert.notDeepEqual(of(40, 0.8), first);
});

test("a training set of one row is refused", () => {
  assert.throws(() => plan([{ kind: "synthetic", n: 1, lam: 1 }], 5, 2, 3), /generation 2 has 1/);
});

// --- a page's tracks ---------------------------------------------------------------------------

test("tracks are those that Python makes", () => {
  const like = { emitted: null, real: null };
  for (const { page, state, pack } of golden("made")) {
    const engine = new Engine(page), found = wanted(page, state).map(({ key, side, loop }) => {
      assert.ok(engine.knows(loop), loop.label);
      return engine.track(key, loop, valuesOf(page, loop, state[side]), state.seed, like);
    });
    const given = unpack(bytes(pack));
    assert.deepEqual(new Set(found.map(({ key }) => key)), new Set(given.map(({ key }) => key)));
    for (const track of given) alike(found.find(({ key }) => key === track.key), track);
  }
});

/** Numbers agree as float32 does, all else is the same. */
function alike(made, track) {
  for (const name of ["label", "t", "lam", "seeds", "composition"])
    assert.deepEqual(made[name], track[name], `${track.key} ${name}`);
  for (const name of ["mean", "root"]) {
    assert.deepEqual(made[name].shape, track[name].shape);
    likeFloats(made[name].data, track[name].data, `${track.key} ${name}`);
  }
  assert.deepEqual(Object.keys(made.curves), Object.keys(track.curves));
  for (const [name, curve] of Object.entries(track.curves))
    for (const part of ["low", "median", "high", "theory"])
      if (curve[part] === null) assert.equal(made.curves[name][part], null, `${name} ${part}`);
      else likeFloats(made.curves[name][part], curve[part], `${track.key} ${name} ${part}`);
}

function likeFloats(made, wanted, what) {
  assert.equal(made.length, wanted.length, what);
  wanted.forEach((x, i) => assert.ok(Object.is(made[i], x) || Math.abs(made[i] - x)
    <= 2e-7 * Math.abs(x) + 1e-9, `${what}[${i}]: expected ${x}, got ${made[i]}`));
}

// --- what is expected, and shown ---------------------------------------------------------------

test("moments and E W₂² are theory's", () => {
  for (const one of cases) {
    const found = moments(planOf(one), one.ddof), w2 = expectedW2(found, one.dim);
    for (const name of ["m", "u", "f", "s"])
      near(one.at.map((t) => found[t - 1][name]), one.expected[name], 1e-10, `${named(one)} ${name}`);
    near(one.at.map((t) => w2[t - 1]), one.expected.w2_squared, 1e-8, named(one));
  }
});

test("quantiles over seeds are NumPy's, whatever was asked before", () => {
  for (const [rows, found] of golden("quantiles")) {
    const seeds = rows.length, T = rows[0].length, of = new Quantiles(seeds, T);
    const flat = (turn) => Float64Array.from({ length: seeds * T }, (_, i) =>
      number(rows[(i + turn) % seeds][Math.floor(i / seeds)]));
    for (const turn of [0, 1, Math.floor(seeds / 2), 0])
      near(of.of(flat(turn)).map((one) => Array.from(one)), found, 1e-11, `turned by ${turn}`);
  }
});

test("while values move, quantiles are those of values in order", () => {
  const seeds = 201, T = 10, kept = new Quantiles(seeds, T), from = new Sequences([0]);
  const [x, y] = ["normal", "luck"].map((name) => from.first(name, 0, seeds * T));
  for (let step = 0; step < 60; step++) {               // now and then all are others, or many equal
    const values = Float64Array.from({ length: seeds * T }, (_, i) =>
      (step % 20 ? Math.round(40 * x[i] + step * y[i]) + 0 : x[(i + step) % (seeds * T)]));
    kept.of(values).forEach((line, q) => line.forEach((value, t) =>
      assert.equal(value, values.slice(t * seeds, (t + 1) * seeds).sort()[[20, 100, 180][q]])));
  }
});
