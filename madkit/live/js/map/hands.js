// Hands: what people do to a map, and what then happens.

import { parsed } from "../shared/states.js";
import { clamp } from "../shared/values.js";
import { axes } from "./cells.js";
import { problem } from "./states.js";

/** @typedef {import("../types.js").MapParts} MapParts */

/** @type {Record<string, ["n_r" | "n_s", number]>} Cells further, by key. */
const KEYS = {
  ArrowLeft: ["n_r", -1], ArrowRight: ["n_r", 1], ArrowDown: ["n_s", -1], ArrowUp: ["n_s", 1],
  PageDown: ["n_s", -5], PageUp: ["n_s", 5],
};

/** @param {MapParts} parts */
export function listen(parts) {
  const { page, ui, session, life } = parts;
  listenToMap(parts);
  life.on(ui.lam, "input", () => session.move({ lam: page.lams[Number(ui.lam.value)] }));
  life.on(ui.dim, "change", () => session.scale(Number(ui.dim.value)));
  life.on(ui.simulated, "click", () => session.move({ simulated: !session.state.simulated }));
  life.on(ui.presets, "click", (_, i) => session.move(page.presets[i].set));
  life.on(ui.reset, "click", () => session.move(session.first));
  ui.readout.join(life);
  ui.exchange.join(life, () => session.state, (word) => {
    try {
      const given = parsed(word), why = problem(page, given);
      if (why) throw Error(why);
      return session.move(given);
    } catch (error) {
      session.refuse(/** @type {Error} */ (error).message);
      return false;
    }
  }, () => session.refuse(""));
}

/**
 * A cell is chosen with the pointer or the arrow keys.
 * @param {MapParts} parts
 */
function listenToMap({ page, ui, session, show, life }) {
  const pick = (/** @type {PointerEvent} */ event) => {
    const box = ui.map.getBoundingClientRect(), { n_r, n_s } = axes(page, session.state.dim);
    if (!show.plot) return;
    const [r, s] = show.plot.rows(event.clientX - box.left, event.clientY - box.top);
    session.move({ n_r: nearest(n_r, r), n_s: nearest(n_s, s) });
  };
  life.on(ui.root, "keydown", (event) => {
    event.stopPropagation();           // JupyterLab takes the arrow keys for its own
    if (event.target !== ui.map || !(event.key in KEYS)) return;
    event.preventDefault();
    const [name, by] = KEYS[event.key], at = axes(page, session.state.dim)[name];
    session.move({ [name]: along(at, session.state[name], by * (event.shiftKey ? 5 : 1)) });
  });
  life.on(ui.map, "pointerdown", (event) => {
    ui.map.setPointerCapture(event.pointerId);
    pick(event);
  });
  life.on(ui.map, "pointermove", (event) => event.buttons & 1 && pick(event));
}

/**
 * The nearest on a log axis.
 * @param {number[]} at @param {number} n
 */
export function nearest(at, n) {
  const away = (/** @type {number} */ other) => Math.abs(Math.log(other / n));
  return at.reduce((best, other) => (away(other) < away(best) ? other : best));
}

/**
 * So many cells further along an axis.
 * @param {number[]} at @param {number} n @param {number} by
 */
export function along(at, n, by) {
  const beyond = by > 0 ? at.findIndex((other) => other > n)
    : at.findLastIndex((other) => other < n);
  return beyond < 0 ? n : at[clamp(beyond + by - Math.sign(by), 0, at.length - 1)];
}
