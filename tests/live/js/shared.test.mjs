// What both pages share: numbers in words, colours, ticks, states as text, what stands for a model.

import assert from "node:assert/strict";
import { test } from "node:test";
import { born } from "../../../madkit/live/js/explorer/composition.js";
import { contrast, css, ink, mix, rgb } from "../../../madkit/live/js/shared/colours.js";
import { sheafOf } from "../../../madkit/live/js/shared/readout.js";
import { plain } from "../../../madkit/live/js/shared/numbers.js";
import { standIn } from "../../../madkit/live/js/shared/stand_in.js";
import { encode, parsed } from "../../../madkit/live/js/shared/states.js";
import { fitted, wrapped } from "../../../madkit/live/js/shared/text.js";
import { generationTicks, ticksOf } from "../../../madkit/live/js/shared/ticks.js";
import { clamp, clone, differ, same } from "../../../madkit/live/js/shared/values.js";
import { golden, near, number } from "./golden.mjs";

const LIGHT = { paper: [255, 255, 255], text: [34, 34, 34], dark: false };
const DARK = { paper: [17, 17, 17], text: [238, 238, 238], dark: true };

test("numbers in words are Python's", () => {
  for (const [value, digits, text] of golden("numbers"))
    assert.equal(plain(number(value), digits), text, `plain(${value}, ${digits})`);
});

test("synthetic rows have Python's colours by birth generation", () => {
  for (const [t, last, colour] of golden("colours").born)
    born(t, last).forEach((x, i) =>
      assert.ok(Math.abs(x - rgb(colour)[i]) <= 0.5, `born(${t}, ${last}): ${x}`));
});

test("colours are read as pages write them", () => {
  assert.deepEqual(rgb("#D55E00"), [213, 94, 0]);
  assert.deepEqual(rgb("rgba(1, 2, 3, 0.5)"), [1, 2, 3, 0.5]);
  assert.deepEqual(rgb([1, 2, 3]), [1, 2, 3]);
  assert.equal(css([1.4, 2.6, 3], 0.5), "rgba(1,3,3,0.5)");
  assert.deepEqual(mix("#000000", "#FFFFFF", 0.2), [51, 51, 51]);
});

test("contrast is WCAG's", () => {
  near(contrast("#000000", "#FFFFFF"), 21, 1e-12);
  near(contrast("#FFFFFF", "#767676"), 4.54, 0.001);
  assert.equal(contrast("#123456", "#123456"), 1);
});

test("ink can be read on any paper", () => {
  const { named } = golden("colours");
  for (const look of [LIGHT, DARK])
    for (const colour of [...Object.values(named), "#E69F00", "#56B4E9", "#CC79A7", "#5D3A9B"])
      assert.ok(contrast(ink(colour, look), look.paper) >= 4.5, `${colour} on ${look.paper}`);
  assert.equal(ink("#000000", LIGHT), css([0, 0, 0]), "what can be read stays");
});

test("ticks are round numbers inside the range, no nearer than their room allows", () => {
  assert.deepEqual(ticksOf([0, 1.5], false, 200), [0, 0.5, 1, 1.5]);
  assert.deepEqual(ticksOf([-0.3, 0.3], false, 120), [-0.2, 0, 0.2]);
  near(ticksOf([1e-4, 1], true, 200), [1e-4, 1e-3, 1e-2, 1e-1, 1], 1e-12);
  assert.deepEqual(ticksOf([1, 50], true, 200), [1, 10]);
  assert.deepEqual(ticksOf([2, 9], true, 200), [2, 5]);
  for (const range of [[0, 7], [3, 3.01], [-5, 1e4]]) {
    const ticks = ticksOf(range, false, 240);
    assert.ok(ticks.length >= 2 && ticks.length <= 8, `${range}: ${ticks}`);
    assert.ok(ticks.every((v) => v >= range[0] - 1e-9 && v <= range[1] + 1e-9));
  }
});

test("generations are counted from 1, in round steps", () => {
  assert.deepEqual(generationTicks(50, 400), [1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
  assert.deepEqual(generationTicks(50, 150), [1, 20, 40]);
  assert.deepEqual(generationTicks(5, 400), [1, 2, 3, 4, 5]);
  assert.deepEqual(generationTicks(1, 400), [1]);
});

test("a state comes back from its word", () => {
  const state = { t: 3, A: { loop: "λ = 1 ≥ ½ 🦆" }, B: null, more: [1, -2.5, true] };
  const word = encode(state);
  assert.match(word, /^madkit1:[\w-]+$/);
  assert.deepEqual(parsed(`  ${word}\n`), state);
});

test("a word is found in a mail, whatever the mail did to it", () => {
  const state = { t: 3, A: { loop: "λ = 1 ≥ ½ 🦆>>??" } }, word = encode(state);
  const [front, back] = [word.slice(0, 30), word.slice(30)];
  for (const text of [`“${word}”`, `> ${front}\n> ${back}\n`, `${front}=\r\n${back}`,
                      `${front} \u200b${back}. Look!`, word.replaceAll("--", "—"),
                      `<file:///a%20b.html#madkit1=${word.replace(":", "%3A")}>`])
    assert.deepEqual(parsed(text), state, text);
});

test("what is no word is refused in words", () => {
  const refused = (text, why) => assert.throws(() => parsed(text), { message: why });
  refused("", /^state: expected a word that begins with madkit1:, got nothing$/);
  refused("a".repeat(3000), /got a{20}$/);
  for (const text of ["madkit1:%%", "madkit1:hello", "madkit1:", encode({ t: 1 }).slice(0, -3)])
    refused(text, /^state: expected a word made by “copy state”, got one that is cut off/);
});

test("values are copied and compared", () => {
  const value = { a: [1, { b: 2 }] }, copy = clone(value);
  copy.a[1].b = 3;
  assert.equal(value.a[1].b, 2);
  assert.ok(same({ a: 1 }, { a: 1 }) && !same([1], [2]));
  assert.ok(differ([value], [copy]) && !differ([value, 1], [value, 1]) && differ([1], [1, 2]));
  assert.deepEqual([clamp(5, 1, 3), clamp(-5, 1, 3), clamp(2, 1, 3)], [3, 1, 2]);
});

test("what stands for a model tells those who listen", () => {
  const model = standIn({ state: 1 }), heard = [];
  const act = () => heard.push(model.get("state"));
  model.on("change:state", act);
  model.set("state", 2);
  model.set("other", 3);
  model.off("change:state", act);
  model.set("state", 4);
  assert.deepEqual(heard, [2]);
  model.send();
  model.save_changes();
});

test("text is cut, or set in two lines, where it does not fit", () => {
  const ctx = { measureText: (text) => ({ width: 10 * text.length }) };
  assert.equal(fitted(ctx, "synthetic", 90), "synthetic");
  assert.equal(fitted(ctx, "fresh data", 70), "fresh…");
  assert.deepEqual(wrapped(ctx, "fresh data", 100), ["fresh data"]);
  assert.deepEqual(wrapped(ctx, "A fully synthetic", 90), ["A fully", "synthetic"]);
  assert.deepEqual(wrapped(ctx, "augmentation", 60), ["augme…"]);
});

test("lines over one axis are a table, with a hole where a line has no value", () => {
  const a = { name: "a", x: [1, 2], low: [0, 1], median: [1, NaN], high: [2, 3], theory: [5, 6] };
  const sheaf = sheafOf("title", "t", [a, { name: "b", x: [2, 4], median: [7, 8] }],
                        (v) => (Number.isNaN(v) ? "–" : `${v} %`));
  assert.deepEqual(sheaf, { title: "title", head: ["t", "a (band)", "a, theory", "b"], rows: [
    ["1", "1 % (0 to 2)", "5 %", ""], ["2", "– (1 to 3)", "6 %", "7 %"], ["4", "", "", "8 %"]] });
});
