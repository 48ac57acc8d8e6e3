// A view: a picture of plain values, and the controls that move it. In JupyterLab the kernel says
// what a state shows; a page from disk has the scenes of its states. anywidget calls `render`,
// `mount` a page.

import { complain, undrawn } from "../shared/elements.js";
import { Focus } from "../shared/focus.js";
import { Life } from "../shared/life.js";
import { alive } from "../shared/stand_in.js";
import { clone } from "../shared/values.js";
import { build } from "./elements.js";
import { listen } from "./hands.js";
import { Player } from "./player.js";
import { sceneOf, Session } from "./session.js";
import { Show } from "./show.js";

/**
 * @typedef {import("../types.js").Model} Model
 * @typedef {import("../types.js").ViewPage} ViewPage
 * @typedef {import("../types.js").ViewParts} ViewParts
 */

/** @param {{ model: Model, el: Element }} given @returns {() => void} */
function render({ model, el }) {
  const parts = assembled(model), { ui, session, player, show, life } = parts;
  listen(parts);
  life.hear("change:state", () => session.received());
  life.hear("change:scene", () => session.arrived());
  life.hear("change:status", () => life.schedule());
  /** @type {any} */ (ui.root).view = {
    get state() {
      return clone(session.state);
    },
    drawn: show.drawn, set: (/** @type {Record<string, number>} */ change) => session.move(change),
  };
  el.append(ui.root);
  new Focus(ui.root, life);
  life.watch([ui.root, ui.sentence]);
  life.guard(() => session.arrived())();
  return () => {
    life.end();
    player.end();
    ui.readout.end();
    session.end();
    show.end();
    ui.root.remove();
  };
}

/**
 * The parts of a page, joined.
 * @param {Model} model @returns {ViewParts}
 */
function assembled(model) {
  /** @type {ViewPage} */
  const page = model.get("page");
  const ui = build(page), life = new Life(model, fail, () => show.paint());
  const session = new Session(page, model, life), player = new Player(page, session, life);
  const joined = { page, ui, session, player, life };
  /** @type {Show} */
  const show = new Show(joined);
  return { ...joined, show };

  /** @param {Error} error */
  function fail(error) {
    complain(ui.alert, undrawn(error));
  }
}

/**
 * A view in a page without a kernel: all its scenes are in `bytes`.
 * @param {Element} el @param {ViewPage} page @param {Record<string, number>} state
 * @param {ArrayBuffer} bytes
 */
export function mount(el, page, state, bytes) {
  const status = { kind: "", text: "" };
  const values = { page: { ...page, offline: true }, state, scene: bytes, status };
  return alive(el, values, render);
}

export { sceneOf };
export default { render };
