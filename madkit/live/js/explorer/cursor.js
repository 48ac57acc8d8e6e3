// The generation shown: numbers along the axis, a line, and a mark on every curve.

import { css, rgb } from "../shared/colours.js";
import { stroke } from "../shared/canvas.js";
import { mark } from "../shared/marks.js";
import { measured } from "../shared/text.js";
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
  const wide = Math.max(26, measured(ctx, String(state.t), look, true) + 14);
  const centred = /** @type {const} */ ({ align: "center", colour: look.quiet });
  for (const g of generationTicks(page.generations, plot.x1 - plot.x0))
    if (Math.abs(plot.x(g) - x) > 26) ctx.write(String(g), plot.x(g), foot + 13, centred);
  ctx.beginPath();
  ctx.moveTo(x, plot.y0 - 2);
  ctx.lineTo(x, foot + 4);
  stroke(ctx, css(look.text, 0.75), 1.5);
  ctx.beginPath();
  ctx.roundRect(x - wide / 2, foot + 3, wide, 20, 10);
  ctx.fillStyle = css(look.text);
  ctx.fill();
  ctx.write(String(state.t), x, foot + 13.5, { align: "center", bold: true, colour: look.paper });
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
