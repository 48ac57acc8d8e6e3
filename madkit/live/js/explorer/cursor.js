// The generation shown: numbers along the axis, a line, and a mark on every curve.

import { drawPlace } from "../shared/axes.js";
import { css, rgb } from "../shared/colours.js";
import { stroke } from "../shared/canvas.js";
import { mark } from "../shared/marks.js";
import { generationTicks } from "../shared/ticks.js";
import { shadeOf } from "./curves.js";
import { place } from "./tracks.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").View} View
 * @typedef {import("../types.js").Plot} Plot
 */

/** @param {Pen} ctx @param {View} view @param {Plot} plot */
export function drawCursor(ctx, view, plot) {
  const { page, state, look } = view, x = Math.round(plot.x(state.t)) + 0.5, foot = plot.y1;
  const centred = /** @type {const} */ ({ align: "center", colour: look.quiet });
  for (const g of generationTicks(page.generations, plot.x1 - plot.x0))
    if (Math.abs(plot.x(g) - x) > 26) ctx.write(String(g), plot.x(g), foot + 13, centred);
  drawPlace(ctx, String(state.t), x, [plot.y0, foot], look);
  for (const line of plot.lines.toReversed()) drawMark(ctx, view, plot, line);
}

/** @param {Pen} ctx @param {View} view @param {Plot} plot @param {Plot["lines"][0]} line */
function drawMark(ctx, { state, look }, plot, { side, track, loop }) {
  const at = place(track.t, state.t), first = side === "A";
  const y = plot.y(track.curves[plot.metric.name]?.median?.[at] ?? NaN);
  if (!Number.isFinite(y)) return;
  ctx.beginPath();
  mark(ctx, loop.marker, plot.x(track.t[at]), y, 5);
  ctx.fillStyle = css(first ? rgb(loop.colour) : look.paper);
  ctx.fill();
  stroke(ctx, css(first ? look.paper : shadeOf(loop, side, look)), first ? 1.5 : 2);
}
