// Hands: what people do to a bet, by pointer and from the keyboard.

import { clamp } from "../shared/values.js";
import { place, valueAt } from "./bets.js";
import { betOf } from "./elements.js";

/** @typedef {import("../types.js").BetParts} BetParts */

/** @param {BetParts} parts */
export function listen(parts) {
  const { page, ui, session, life } = parts;
  life.on(ui.root, "keydown", (event) => event.stopPropagation());   // JupyterLab takes the arrows
  ui.readout.join(life);
  life.on(ui.choices, "change", (_, i) => session.think(page.choices[i]));
  life.on(ui.again, "click", () => session.clear());
  life.on(ui.place, "click", () => session.settle() && ui.said.focus());
  life.on(ui.skip, "click", () => session.skip());
  life.on(ui.forget, "click", () => session.forget());
  if (page.kind === "point")
    for (const event of ["input", "click"])            // where it stands may be the bet, too
      life.on(ui.value, event, () => session.think(betOf(page, ui.value)));
  if (page.kind === "curve") listenToCurve(parts);
}

/** @param {BetParts} parts */
function listenToCurve({ page, ui, session, show, life }) {
  const aim = (/** @type {PointerEvent} */ event, stroke = true) => {
    const box = ui.plot.getBoundingClientRect(), known = page.known.length;
    if (!show.plot) return;
    const { index, y0, y1 } = show.plot, i = index(event.clientX - box.left);
    const at = (y1 - (event.clientY - box.top)) / (y1 - y0);
    session.draw(clamp(i, known, page.t.length - 1), valueAt(page, at), stroke);
  };
  life.on(ui.plot, "pointerdown", (event) => {
    if (session.placed || event.button) return;
    ui.plot.setPointerCapture(event.pointerId);
    event.preventDefault();
    aim(event, false);
  });
  life.on(ui.plot, "pointermove", (event) => event.buttons & 1 && aim(event));
  life.on(ui.at, "input", () => {
    session.pen = Number(ui.at.value);
    ui.value.value = String(Math.round(place(page, session.reached) * Number(ui.value.max)));
    life.schedule();
  });
  life.on(ui.value, "input", () => session.draw(Number(ui.at.value), betOf(page, ui.value)));
}
