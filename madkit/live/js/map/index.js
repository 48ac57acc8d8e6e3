// The phase map: what n_s synthetic rows are worth beside n_r real ones, and the loop of the cell
// that is chosen. Theory is computed here, by the formulas of madkit.theory, so that λ moves
// without a kernel; simulated tracks come from the kernel, or are in the page. anywidget calls
// `render` in JupyterLab, `mount` a page opened from disk.

import { complain, undrawn } from "../shared/elements.js";
import { Focus } from "../shared/focus.js";
import { Life } from "../shared/life.js";
import { alive } from "../shared/stand_in.js";
import { clone } from "../shared/values.js";
import { build } from "./elements.js";
import { listen } from "./hands.js";
import { Session } from "./session.js";
import { Show } from "./show.js";
import { problem } from "./states.js";

/**
 * @typedef {import("../types.js").Model} Model
 * @typedef {import("../types.js").MapPage} MapPage
 * @typedef {import("../types.js").MapState} MapState
 * @typedef {import("../types.js").MapParts} MapParts
 */

/** @param {{ model: Model, el: Element }} given @returns {() => void} */
function render({ model, el }) {
  const parts = assembled(model), { ui, session, show, life } = parts;
  listen(parts);
  life.hear("change:state", () => session.received());
  life.hear("change:track", () => session.arrived());
  life.hear("change:status", () => life.schedule());
  /** @type {any} */ (ui.root).map = {
    get state() {
      return clone(session.state);
    },
    drawn: show.drawn, tracks: session.tracks, plot: () => show.plot,
    set: (/** @type {Partial<MapState>} */ change) => session.move(change),
  };
  ui.alert.hidden = true;
  el.append(ui.root);
  new Focus(ui.root, life);
  life.watch([ui.root]);
  life.guard(() => session.arrived())();
  return () => {
    life.end();
    ui.readout.end();
    show.end();
    ui.root.remove();
  };
}

/**
 * The parts of a page, joined.
 * @param {Model} model @returns {MapParts}
 */
function assembled(model) {
  /** @type {MapPage} */
  const page = model.get("page");
  const ui = build(page), life = new Life(model, fail, () => show.paint());
  const session = new Session(page, model, life), joined = { page, ui, session, life };
  /** @type {Show} */
  const show = new Show(joined);
  return { ...joined, show };

  /** @param {Error} error */
  function fail(error) {
    complain(ui.alert, session.trouble = undrawn(error));
  }
}

/**
 * The map in a page without a kernel.
 * @param {Element} el @param {MapPage} page @param {MapState} state
 */
export function mount(el, page, state) {
  const values = { page: { ...page, offline: true }, state, track: {}, status: {} };
  return alive(el, values, render);
}

export { problem };
export default { render };
