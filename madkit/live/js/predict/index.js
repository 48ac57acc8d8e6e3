// A bet: a curve is drawn, a point is placed or an answer is chosen; then the truth comes over it.
// All of it is in the page, the answer folded, so that it needs no kernel. anywidget calls `render`
// in JupyterLab, `mount` a page opened from disk.

import { complain, undrawn } from "../shared/elements.js";
import { Focus } from "../shared/focus.js";
import { Life } from "../shared/life.js";
import { alive } from "../shared/stand_in.js";
import { clone } from "../shared/values.js";
import { problem } from "./bets.js";
import { build } from "./elements.js";
import { listen } from "./hands.js";
import { Keep } from "./keep.js";
import { Session } from "./session.js";
import { Show } from "./show.js";

/**
 * @typedef {import("../types.js").Model} Model
 * @typedef {import("../types.js").BetPage} BetPage
 * @typedef {import("../types.js").BetState} BetState
 * @typedef {import("../types.js").BetParts} BetParts
 */

/** @param {{ model: Model, el: Element }} given @returns {() => void} */
function render({ model, el }) {
  const parts = assembled(model), { ui, session, show, life } = parts;
  listen(parts);
  life.hear("change:state", () => session.received());
  /** @type {any} */ (ui.root).bet = {
    get state() {
      return clone(session.state);
    },
    drawn: show.drawn, plot: () => show.plot, curve: () => session.curve,
  };
  el.append(ui.root);
  new Focus(ui.root, life);
  life.watch([ui.root]);
  return () => {
    life.end();
    show.cover.end();
    ui.readout.end();
    ui.root.remove();
  };
}

/**
 * The parts of a page, joined.
 * @param {Model} model @returns {BetParts}
 */
function assembled(model) {
  /** @type {BetPage} */
  const page = model.get("page");
  const ui = build(page), life = new Life(model, fail, () => show.paint());
  const session = new Session(page, model, life), joined = { page, ui, session, life };
  /** @type {Show} */
  const show = new Show(joined);
  return { ...joined, show };

  /** @param {Error} error */
  function fail(error) {
    complain(ui.alert, undrawn(error));
  }
}

/**
 * The bet in a page without a kernel.
 * @param {Element} el @param {BetPage} page @param {BetState} state
 */
export function mount(el, page, state) {
  const keep = new Keep(page), bet = state.bet ?? keep.read().bet;
  return alive(el, { page, state: { bet }, keep }, render);
}

export { problem };
export default { render };
