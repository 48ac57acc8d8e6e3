// The explorer without a browser: states, keys, packs, words, ranges, points that are drawn.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Asking } from "../../../madkit/live/js/explorer/asking.js";
import { cloudPlan } from "../../../madkit/live/js/explorer/squares.js";
import { partsAt } from "../../../madkit/live/js/explorer/composition.js";
import { Grown } from "../../../madkit/live/js/explorer/grown.js";
import { Known } from "../../../madkit/live/js/explorer/known.js";
import { alike, unpack } from "../../../madkit/live/js/explorer/pack.js";
import * as pages from "../../../madkit/live/js/explorer/page.js";
import { columnsOf, linesOf, rangeOf } from "../../../madkit/live/js/explorer/plots.js";
import { pixels, scaleOf, windowOf } from "../../../madkit/live/js/explorer/plane.js";
import { layout, present, sheetPlan, spot } from "../../../madkit/live/js/explorer/sheet.js";
import { rounded, stamp, STAMPS } from "../../../madkit/live/js/explorer/stamps.js";
import * as tracks from "../../../madkit/live/js/explorer/tracks.js";
import * as words from "../../../madkit/live/js/explorer/words.js";
import { encode, parsed, PREFIX } from "../../../madkit/live/js/shared/states.js";
import { bytes, golden, near, number } from "./golden.mjs";

const states = golden("page");

/** What a page shows of a state, once all tracks are there. */
const shownOf = (page, given, all) => pages.sides(given).map((side) => ({ side, given,
  tracks: pages.keys(page, side, given).map((key) => all.find((track) => track.key === key)) }));

// --- states ------------------------------------------------------------------------------------

test("the page takes the states that Python takes, and no others", () => {
  for (const { page, state, good } of states.cases) {
    const why = pages.problem(states.pages[page], state);
    const what = `${page}, ${JSON.stringify(state).slice(0, 200)}`;
    assert.equal(why === "", good, `${what}: ${why || "good"}`);
  }
});

test("keys are Python's", () => {
  for (const { page, state, keys } of states.cases.filter(({ good }) => good)) {
    const keysOf = (side) => pages.keys(states.pages[page], side, state);
    assert.deepEqual(pages.sides(state).map(keysOf), keys);
  }
  for (const [points, hash] of states.hashes) assert.equal(pages.hash(points), hash);
  assert.deepEqual([pages.LEAST, pages.MOST, pages.HALF, PREFIX],
                   [states.least, states.most, states.half, states.prefix]);
});

test("words go from Python to the page and back", () => {
  for (const { page, state, text } of states.cases.filter(({ good }) => good)) {
    assert.deepEqual(pages.decode(states.pages[page], text), state);
    assert.deepEqual(parsed(encode(state)), state);
  }
});

test("what is wrong is said in words", () => {
  const page = states.pages.loops, good = states.cases[0].state;
  const why = (change) => pages.problem(page, { ...good, ...change });
  assert.equal(why({ t: 13 }), "t: expected a whole number from 1 to 12, got 13");
  assert.equal(why({ t: NaN }), "t: expected a whole number from 1 to 12, got NaN");
  assert.equal(why({ speed: undefined }), "speed: expected 1, 2, 4, got undefined");
  assert.equal(why({ tab: "B" }), "tab: expected A, got \"B\"");
  const side = (change) => why({ A: { ...good.A, ...change } });
  assert.match(why({ more: 1 }), /^state: expected only t, tab, A, B, drawn, .*, got "more"$/);
  assert.match(side({ n: -1 }), /^A\.n: expected a whole number from 0 to \d+ \(a place/);
  assert.match(side({ loop: "x".repeat(99) }), /^A\.loop: expected all, .*got "x{58}…$/);
  assert.match(why({ drawn: { points: [[1, 1]] } }), /^drawn\.points: expected 5 to 2000 .* got 1$/);
  assert.match(pages.problem(page, null), /^state: expected an object, got null$/);
  const run = { ...states.cases.find((one) => one.page === "run").state, drawn: {} };
  assert.match(pages.problem(states.pages.run, run), /^drawn: expected null \(nothing can be/);
  assert.throws(() => pages.decode(page, PREFIX + "e30"), { message: /^t: expected a whole/ });
});

test("a setting matters where a loop takes it", () => {
  const page = states.pages.loops, state = states.cases[0].state;
  const of = (loop) => ({ ...state, A: { ...state.A, loop } });
  assert.ok(pages.takes(page, "A", of("fresh data"), "p"));
  assert.ok(!pages.takes(page, "A", of("fully synthetic"), "p"));
  assert.ok(pages.takes(page, "A", of("all"), "p"));
  const [only, ...more] = pages.loopsOf(page, "A", of("augmentation"));
  assert.deepEqual([only.label, more], ["augmentation", []]);
});

// --- packs and tracks --------------------------------------------------------------------------

test("arrays come out of a pack as Python put them in", () => {
  const { pack, arrays, median, theory, coarse } = golden("pack"), read = unpack(bytes(pack));
  arrays.forEach((expected, i) => {
    for (const [name, [shape, data]] of Object.entries(expected)) {
      assert.deepEqual(read[i][name].shape, shape);
      near(Array.from(read[i][name].data), data, 1e-11, name);
    }
  });
  const [{ curves: { trace }, ...track }] = read;
  assert.deepEqual(Array.from(trace.median), median.map(number));
  assert.deepEqual(Array.from(trace.theory), theory);
  assert.deepEqual([trace.low, trace.words], [null, "expectation"]);
  assert.deepEqual([track.key, track.t, track.kept, track.rows, track.composition],
                   ["a:n1", [1, 2, 3], [1, 3], null, [[1, [["real", 0, 10]]]]]);
  assert.deepEqual([read[1].key, read[1].label, read[1].mean], ["ü", "λ = 1", null]);
  near(Array.from(unpack(bytes(coarse))[0].mean.data), [1 / 3, -2 / 3], 2 ** -11);
});

test("a pack may stand anywhere in memory; nothing is nothing", () => {
  const packed = bytes(golden("pack").pack), moved = new Uint8Array(packed.length + 3);
  moved.set(packed, 3);
  for (const view of [packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.length),
                      moved.subarray(3), new DataView(moved.buffer, 3)])
    assert.equal(unpack(view).length, 2);
  for (const none of [null, undefined, new Uint8Array(0)]) assert.deepEqual(unpack(none), []);
});

test("arrays are alike by their numbers", () => {
  const array = (...data) => ({ shape: [data.length], data: Float32Array.from(data) });
  assert.ok(alike(array(1, 2), array(1, 2)) && !alike(array(1, 2), array(1, 3)));
  assert.ok(!alike(array(1), array(1, 1)) && !alike(null, array(1)) && !alike(array(1), null));
});

test("emitted rows are those of the still picture", () => {
  const { pack, rows, outline } = golden("tracks"), [track] = unpack(bytes(pack));
  near(tracks.emitted(track, tracks.fitOf(track, 0, 2)), rows, 1e-5);
  near(tracks.emitted(track, tracks.fitOf(track, 0, 99)), rows, 1e-5);
  near(2.4477, outline, 1e-4);
});

test("the last generation that is not beyond t", () => {
  assert.deepEqual([0, 1, 2, 3, 5, 9].map((t) => tracks.place([1, 3, 5], t)), [0, 0, 0, 1, 2, 2]);
  assert.deepEqual([1, 2, 3, 10].map(tracks.ghostsOf), [[], [1], [1, 2], [1, 5]]);
  assert.equal(tracks.reach([]), 1);
});

// --- words -------------------------------------------------------------------------------------

test("captions and settings are Python's", () => {
  const { pages: all, cases } = golden("words");
  for (const { page, state, pack, caption, settings } of cases) {
    const shown = shownOf(all[page], state, unpack(bytes(pack)));
    const t = Math.min(state.t, tracks.reach(shown));
    assert.equal(words.caption(all[page], { ...state, t }, shown), caption);
    const settingsOf = (side) => words.settings(all[page], side, state);
    assert.deepEqual(pages.sides(state).map(settingsOf), settings);
  }
});

test("values of metrics are said as Python says them", () => {
  for (const [kind, value, text] of golden("words").values)
    assert.equal(words.valued({ kind }, number(value)), text, `${kind} ${value}`);
});

test("a tiny share fits its place", () => {
  const metric = { kind: "share", short: "variance left" };
  assert.equal(words.short(metric, 3e-9, () => true), "variance left 3·10⁻⁷ %");
  assert.equal(words.short(metric, 3e-9, (text) => text.length < 21), "variance left ≈ 0 %");
  assert.equal(words.short(metric, 3e-9, () => false), "≈ 0 %");
  assert.equal(words.short(metric, 0.3, () => false), "30 %");
});

const side = (label, more) => ({ side: "A", given: {}, tracks: [{ label, t: [1, 2, 3], curves: {},
  composition: [[1, [["real", 0, 50]]],
         [2, [["fresh", 0, 10], ["synthetic", 1, 20], ["synthetic", 2, 20]]]],
  mean: null, rows: null, images: null, real: null, ...more }] });

test("compositions in words", () => {
  const first = side("pool"), say = (t, ...shown) => words.compositionWords({ t }, shown);
  assert.equal(say(1, first), "pool: 50 real");
  assert.equal(say(7, first), "pool: 10 fresh, 40 synthetic of generations 1–2");
  const single = side("pure", { composition: [[1, [["synthetic", 4, 9]]]] });
  assert.equal(say(1, first, { ...single, side: "B" }),
               "A pool: 50 real; B pure: 9 synthetic of generation 4");
  assert.equal(say(1, side("none", { composition: [] })), "");
  assert.deepEqual(partsAt(first.tracks[0], 1), [["real", 0, 50]]);
});

test("what the squares and the curves show, in words", () => {
  const cloud = (t, more, truth) => words.cloudWords({ t }, side("a", more).tracks[0], truth);
  const kept = { images: {}, real: {}, kept: [1] };
  assert.equal(cloud(2, kept), "The first images of generation 1, below real ones.");
  assert.equal(cloud(2, kept, { labels: [0, 1], of: 2 }), "Images of generation 1, below real " +
               "ones: the first three of each label, none chosen.");
  assert.match(cloud(2, kept, { labels: [0, 50], of: 99 }), /2 of 99 labels, evenly spread.$/);
  assert.equal(cloud(3, { rows: {} }), "Grey: real data. Colour: what generation 3 emits.");
  assert.equal(cloud(3, { mean: { shape: [3, 3, 2] } }),
               "Grey: real data. Colour: what generation 3 emits. " +
               "Outlines hold 95 %; thin: 2 other seeds; dashed: generations 1 and 2.");
  assert.equal(cloud(1, { mean: { shape: [2, 3, 1] } }),
               "Grey: real data. Curve: the fit of generation 1; thin: 1 other seed. " +
               "Ticks: what it emits.");
  const curves = (curve, seeds) => words.curveWords([side("a", { seeds, curves: { x: curve } })]);
  assert.equal(curves({ low: [1], high: [1], theory: [1], words: "expectation" }, 200),
               "Line: median of 200 seeds, band: 10–90 %; thin dashes: expectation");
  const none = { low: null, high: null, theory: null, words: "" };
  assert.equal(curves(none, 1), "Line: one seed, no band");
  assert.equal(curves({ ...none, theory: [1] }, 2), "thin dashes: theory");
});

test("capitals, but λ stays λ", () => {
  assert.deepEqual(["fresh", "λ = 1", "A", ""].map(words.capital), ["Fresh", "λ = 1", "A", ""]);
});

// --- where things stand ------------------------------------------------------------------------

test("a metric's range holds its curves", () => {
  const lines = (...values) => [{ track: { curves: { x: { median: values, low: null } } } }];
  const metric = { name: "x", log: false, range: null };
  assert.deepEqual(rangeOf({ ...metric, range: [0, 1] }, lines(5)), [0, 1]);
  assert.deepEqual(rangeOf(metric, lines(NaN)), [0, 1]);
  near(rangeOf(metric, lines(0.1, 1)), [0, 1.045], 1e-12);
  near(rangeOf(metric, lines(10, 11)), [9.95, 11.05], 1e-12);
  const [low, high] = rangeOf({ ...metric, log: true }, lines(-1, 0, 0.01, 100));
  assert.ok(0 < low && low < 0.01 && high > 100);
});

test("lines of A and B are named once where they are one", () => {
  const track = (key, label) => ({ key, label, curves: {} }), page = { loops: [], generations: 5 };
  const view = { page, shown: [{ side: "A", tracks: [track("a", "pool"), track("b", "fresh")] },
                               { side: "B", tracks: [track("a", "pool"), track("c", "fresh")] }] };
  assert.deepEqual(linesOf(view).map(({ name, silent }) => [name, silent]),
                   [["A\u00a0=\u00a0B pool", false], ["A\u00a0fresh", false],
                    ["A\u00a0=\u00a0B pool", true], ["B\u00a0fresh", false]]);
  const single = linesOf({ page, shown: view.shown.slice(0, 1) });
  assert.deepEqual(single.map(({ name }) => name), ["pool", "fresh"]);
});

test("plots stand side by side where there is room for the names", () => {
  const metrics = [1, 2];
  assert.deepEqual([columnsOf(metrics, 2, 700), columnsOf(metrics, 5, 700)], [2, 1]);
  assert.equal(columnsOf([1], 1, 2000), 1);
});

test("squares stand in rows, A beside B where each shows one", () => {
  const shown = (n, side = "A") => ({ side, tracks: Array(n).fill({ images: null }) });
  const boxes = ({ blocks }) =>
    blocks.flatMap(({ panels }) => panels.map(({ x, y, size }) => [x, y, size]));
  assert.deepEqual(boxes(cloudPlan([shown(3)], 510)),
                   [[0, 46, 162], [174, 46, 162], [348, 46, 162]]);
  const [a, b] = boxes(cloudPlan([shown(1), shown(1, "B")], 510));
  assert.ok(a[1] === b[1] && b[0] === a[0] + a[2] + 12);
  const [c, d] = boxes(cloudPlan([shown(2), shown(2, "B")], 510)).filter((_, i) => i % 2 === 0);
  assert.ok(c[0] === d[0] && d[1] > c[1] + c[2]);
});

test("sheets are laid out as Python lays them out", () => {
  for (const { given, laid, spots, there } of golden("sheets")) {
    const [, , each, size] = given, what = JSON.stringify(given);
    assert.deepEqual(layout(...given), laid, what);
    assert.deepEqual([0, 1, 5, 29].map((i) => spot(laid, i, each, size, 20)), spots, what);
    assert.deepEqual([1, 2, 5, 6].map((i) => present([2, 3, 0], i, each)), there, what);
  }
});

test("real images stand once, above the runs of A and of B", () => {
  globalThis.window = { devicePixelRatio: 1 };
  const images = { shape: [2, 30, 28, 28] }, track = (key) => ({ key, images, real: {} });
  const shown = [{ side: "A", tracks: [track("a")] }, { side: "B", tracks: [track("b")] }];
  const labels = Array.from({ length: 10 }, (_, i) => i);
  const { rows, height } = sheetPlan({ page: { truth: { labels } }, shown }, 910);
  assert.deepEqual(rows.map(({ real, side }) => (real ? "real" : side)), ["real", "A", "B"]);
  assert.ok(rows[0].y === 0 && rows[1].y < rows[2].y && rows[2].y < height);
  assert.deepEqual(rows.map(({ head }) => head > 0), [false, true, true]);
});

test("the plane is drawn to scale", () => {
  const page = { truth: { half: 3 } }, to = scaleOf(page, { drawn: null }, [10, 20, 60, 60]);
  assert.deepEqual([to.x(-3), to.x(3), to.y(3), to.y(0)], [10, 70, 20, 50]);
  assert.deepEqual(windowOf({ truth: { window: [0, 1, 2, 3] } }, { drawn: null }), [0, 1, 2, 3]);
  assert.deepEqual(windowOf({ truth: { window: [0, 1, 2, 3] } }, { drawn: {} }), [-4, 4, -4, 4]);
  const rows = { shape: [2, 2, 2], data: Float32Array.of(0, 0, 1, 1, 3, 0, NaN, NaN) };
  assert.deepEqual(pixels(rows, 1, to), [[70, 50]]);
});

test("points that are drawn lie in the window, in two decimals", () => {
  assert.deepEqual(rounded([[1.234, -9], [-0.001, 4.004]]), [[1.23, -4], [0, 4]]);
  assert.equal(rounded(Array(9999).fill([0, 0])).length, 2000);
  for (const name of STAMPS) {
    const points = stamp(name), state = { ...states.cases[0].state, drawn: { points } };
    assert.deepEqual(stamp(name), points, "always the same");
    assert.equal(points.length, 180);
    assert.equal(pages.problem(states.pages.loops, state), "");
  }
});

// --- asking ------------------------------------------------------------------------------------

/** A page with one slider, a kernel that only listens, clocks that stand still. */
function asked(more = {}) {
  const page = { ...states.pages.loop, heavy: false, offline: false, ...more };
  const sent = [], status = { kind: "" }, clocks = [];
  const life = { guard: (act) => act, schedule: () => {} };
  const model = { send: (message) => sent.push(message), get: () => status };
  const start = states.cases.find((one) => one.page === "loop").state;
  globalThis.window = { setTimeout: (act, ms) => clocks.push([ms, act]) };
  const asking = new Asking(page, model, life);
  const at = (place) => ({ ...start, A: { ...start.A, lam: place } });
  const keys = (state) => pages.wanted(page, state).map(({ key }) => key);
  return { asking, sent, start, at, keys, clocks, status, page };
}

test("a page asks for what it lacks, one question at a time", () => {
  const { asking, sent, start, at, keys } = asked();
  asking.begin(start, null);
  assert.deepEqual(sent, [{ state: start, keys: keys(start), shown: true }]);
  for (const place of [1, 2, 3]) asking.follow(at(place));
  assert.equal(sent.length, 1, "the others wait");
  asking.heard({ answer: true }, [null]);
  assert.deepEqual(sent.map((one) => one.state.A.lam), [start.A.lam, 3], "the newest alone is asked");
  assert.deepEqual(asking.shown, []);
});

test("a page says so where nobody answers, or something else is answered", () => {
  const { asking, start, clocks } = asked();
  asking.begin(start, null);
  for (const [ms, act] of clocks) {
    act();
    assert.match(asking.busy, ms < 1000 ? /^computing …$/ : /^The kernel does not answer: /);
  }
  asking.heard({ answer: true }, [null]);
  assert.match(asking.busy, /^Page and kernel disagree on what was asked: run the cell again/);
  const other = asked();
  other.status.kind = "error";                          // the kernel said why in words of its own
  other.asking.begin(start, null);
  other.asking.heard({ answer: true }, [null]);
  assert.equal(other.asking.busy, "");
});

test("a page without a kernel asks nobody", () => {
  const { asking, sent, start, clocks } = asked({ offline: true });
  asking.begin(start, null);
  assert.deepEqual([sent.length, clocks.length, asking.needs(start).length], [0, 0, 1]);
});

test("what is drawn grows here, and the kernel gets it when it is whole", async () => {
  const { asking, sent, start, keys, page } = asked();
  const state = { ...start, drawn: { points: stamp("ring"), model: "kde" } }, [key] = keys(state);
  assert.ok(asking.known.engine.knows(page.loops[0]) && page.generations === 5);
  asking.begin(state, null);
  assert.deepEqual(asking.needs(state), [], "no kernel is asked");
  while (!sent.length) await new Promise((done) => setTimeout(done, 5));
  asking.end();
  const [{ made }] = sent, track = asking.known.tracks.get(key);
  assert.deepEqual([made.key, made.state, track.t], [key, state, [1, 2, 3, 4, 5]]);
  const rows = new Float32Array(bytes(made.rows).buffer);
  assert.deepEqual(rows, track.rows.data);
  assert.deepEqual([track.rows.shape, track.real.shape], [[5, 400, 2], [400, 2]]);
  assert.equal(track.curves.recall.median.length, 5);
  assert.equal(asking.grown.share, null);
});

test("more rows than can be drawn are refused in words", () => {
  const { asking, start, page } = asked();
  page.controls = page.controls.map((one) => (one.name === "n" ? { ...one,
    values: one.values.map(() => 1e6) } : one));
  asking.begin({ ...start, drawn: { points: stamp("ring") } }, null);
  asking.end();
  assert.match(asking.grown.trouble, /at most 20,000 of them, not 1,000,000: choose a smaller n/);
});

test("loops on drawn points start with the rows that the slider says", () => {
  const page = states.pages.loops, state = { ...states.cases[0].state, B: null, tab: "A" };
  const points = [[0, 0], [1, 1], [2, 0], [0, 2], [1, 3]], grown = new Grown(new Known(page));
  const jobs = [];
  grown.hired.ask = (given) => jobs.push(...given);
  grown.follow({ ...state, A: { ...state.A, loop: "all" }, drawn: { points } });
  const n = page.controls[0].values[state.A.n];
  assert.deepEqual(jobs.map(({ n_ini }) => n_ini), page.loops.map(() => n));
});
