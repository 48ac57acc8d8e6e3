// Views without a browser: scenes, states, and what is played.

import assert from "node:assert/strict";
import { test } from "node:test";
import { standIn } from "../../../madkit/live/js/shared/stand_in.js";
import { sceneOf, Session } from "../../../madkit/live/js/view/session.js";
import { scaled, ticked } from "../../../madkit/live/js/view/scales.js";
import { here, whole } from "../../../madkit/live/js/view/states.js";
import { squaresAcross } from "../../../madkit/live/js/view/square.js";

const PAGE = { title: "", plays: "t", offline: true, thinned: false, presets: [],
               controls: [{ name: "t", label: "t", words: ["1", "2", "3"], named: false },
                          { name: "lam", label: "λ", words: ["0.5", "1"], named: false }] };
const packed = (scenes, numbers) => {
  const header = { tracks: scenes, arrays: [["f4", [numbers.length], 0]] };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = Math.ceil((4 + text.length) / 8) * 8;
  const bytes = new Uint8Array(start + 4 * numbers.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  bytes.set(new Uint8Array(new Float32Array(numbers).buffer), start);
  return bytes.buffer;
};
const opened = (page = PAGE) => {
  const scenes = ["0,1", "1,1", "1,0"].map((key) => ({ key, text: key, left: [],
    right: [{ kind: "plot", lines: [{ median: 0, low: null, x: 0 }], x: { range: [1, 3] } }] }));
  const model = standIn({ page, state: { t: 0, lam: 1 }, scene: packed(scenes, [3, 4]) });
  const session = new Session(page, model, { schedule() {}, guard: (act) => act });
  session.arrived();
  return { session, model };
};

test("arrays stand where the header has numbers, and ranges stay", () => {
  const { session } = opened(), [panel] = session.shown.right;
  assert.deepEqual([...panel.lines[0].median.data], [3, 4]);
  assert.equal(panel.lines[0].low, null);
  assert.deepEqual(panel.x, { range: [1, 3] });
  assert.deepEqual(sceneOf({ low: 0, at: 0 }, ["a"]), { low: "a", at: 0 });
});

test("a state moves to its scene, no further than its ends, and is sent", () => {
  const { session, model } = opened();
  session.move({ t: 1 });
  assert.equal(session.shown.text, "1,1");
  assert.deepEqual(model.get("state"), { t: 1, lam: 1 });
  session.move({ t: 99, lam: "x", other: 1 });
  assert.deepEqual(session.state, { t: 2, lam: 1 });
  assert.ok(session.waits && session.shown.text === "1,1", "what is not there leaves the last");
});

test("a kernel's scene is shown as it comes, and its own once it is there", () => {
  const { session, model } = opened({ ...PAGE, offline: false });
  session.move({ t: 2, lam: 0 });
  assert.ok(session.waits);
  model.set("scene", packed([{ key: "2,0", text: "new", left: [], right: [] }], []));
  session.arrived();
  assert.ok(!session.waits && session.shown.text === "new");
  session.end();
});

test("what cannot be drawn is said, and the last picture stays", () => {
  const { session, model } = opened();
  model.set("scene", packed([{ key: "2,1", text: "", left: [], right: [], refused: "no" }], []));
  session.arrived();
  session.move({ t: 2 });
  assert.ok(session.trouble === "no" && session.shown.text === "0,1" && !session.busy);
  session.move({ lam: 0 });
  assert.match(session.trouble, /does not carry this setting/);
  session.refuse("wrong");
  assert.equal(session.trouble, "wrong");
  session.move({ t: 1 });
  assert.equal(session.trouble, "");
});

test("a state is copied by the places of JupyterLab, and pasted where it is carried", () => {
  const few = { ...PAGE, controls: [{ ...PAGE.controls[0], places: [0, 5, 9] }] };
  assert.deepEqual(whole(few, { t: 1 }), { t: 5 });
  assert.deepEqual(here(few, { t: 9 }), { t: 2 });
  assert.throws(() => here(few, { t: 4 }), /does not carry/);
  assert.deepEqual(here(PAGE, { lam: 1, t: 2 }), { t: 2, lam: 1 });
  for (const wrong of [null, [], "t", { t: 1 }, { t: 1, lam: 1, n: 1 }])
    assert.throws(() => here(PAGE, wrong), /expected exactly t, lam/);
  for (const t of [-1, 3, 0.5, "0", null])
    assert.throws(() => here(PAGE, { t, lam: 0 }), /expected a place from 0 to 2/);
});

test("axes", () => {
  const log = scaled({ label: "", range: [1, 100], log: true, ticks: null }, 0, 10);
  assert.deepEqual([1, 10, 100].map(log), [0, 5, 10]);
  const ticks = ticked({ label: "generation", range: [1, 20], log: false, ticks: null }, 400);
  assert.equal(ticks[0][1], "1");
  assert.deepEqual([1, 2, 3, 6].map((many) => squaresAcross(many, 400)), [1, 2, 3, 3]);
});
