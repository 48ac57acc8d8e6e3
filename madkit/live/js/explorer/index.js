// The explorer: self-consuming loops side by side, generation by generation. Everything that one
// setting needs is a track (pack.js), so moving through generations asks nobody; other settings
// come as further tracks. anywidget calls `render` in JupyterLab, and `mount` calls it in a page
// opened from disk, without kernel or network.

import { complain, undrawn } from "../shared/elements.js";
import { Focus } from "../shared/focus.js";
import { Life } from "../shared/life.js";
import { alive } from "../shared/stand_in.js";
import { clone } from "../shared/values.js";
import { Asking } from "./asking.js";
import { Drop } from "./drop.js";
import { build } from "./elements.js";
import { follow, listen } from "./hands.js";
import { unpack } from "./pack.js";
import { Pad } from "./pad.js";
import { decode, keys, loopsOf, problem, settingsOf } from "./page.js";
import { Player } from "./player.js";
import { Session } from "./session.js";
import { Show } from "./show.js";

/**
 * @typedef {import("../types.js").Model} Model
 * @typedef {import("../types.js").Page} Page
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Parts} Parts
 */

/** @param {{ model: Model, el: Element }} given @returns {() => void} */
function render({ model, el }) {
  const parts = assembled(model), { ui, session, asking, player, show, drop, life } = parts;
  listen(parts);
  life.hear("change:state", () => session.received());
  life.hear("msg:custom", (message, buffers) => asking.heard(message, buffers));
  life.hear("change:status", () => life.schedule());
  /** @type {any} */ (ui.root).explorer = handle(parts);
  el.append(ui.root);
  new Focus(ui.root, life);
  life.resized([ui.root, ui.left, ui.beneath, ui.cloudWords, ui.curveWords],
               (some) => show.resized(some));
  life.themed(() => show.recolour());
  asking.begin(session.state, model.get("scene"));
  follow(parts);
  return () => {
    for (const part of [life, session, asking, player, show, drop, ui.readout]) part.end();
    ui.root.remove();
  };
}

/**
 * The parts of a page, joined.
 * @param {Model} model @returns {Parts}
 */
function assembled(model) {
  /** @type {Page} */
  const page = model.get("page");
  const ui = build(page), life = new Life(model, fail, () => show.paint());
  const asking = new Asking(page, model, life);
  const session = new Session(page, model, asking, life);
  const player = new Player(session, asking, life), pad = new Pad(ui, session, life);
  const some = { page, model, ui, session, asking, player, pad, life };
  const joined = { ...some, drop: new Drop(some) };
  /** @type {Show} */
  const show = new Show(joined);
  return { ...joined, show };

  /** @param {Error} error */
  function fail(error) {
    complain(ui.alert, session.trouble = undrawn(error));
  }
}

/**
 * What scripts and tests may read and do: `root.explorer`.
 * @param {Parts} parts
 */
function handle({ session, asking, show }) {
  return {
    get state() {
      return clone(session.state);
    },
    drawn: show.drawn, tracks: asking.known.tracks,
    /** @param {any} change */
    set(change) {
      const { state } = session;
      const deep = Object.fromEntries(/** @type {const} */ (["A", "B"])
        .filter((side) => change[side] && state[side])
        .map((side) => [side, { ...settingsOf(state, side), ...change[side] }]));
      return session.move({ ...change, ...deep });
    },
  };
}

/**
 * The explorer in a page without a kernel: all tracks are in `bytes`.
 * @param {Element} el @param {Page} page @param {State} state @param {ArrayBuffer} bytes
 */
export function mount(el, page, state, bytes) {
  const status = { kind: "", text: "", share: null };
  return alive(el, { page: { ...page, offline: true }, state, scene: bytes, status }, render);
}

export { decode, keys, loopsOf, problem, unpack };
export default { render };
