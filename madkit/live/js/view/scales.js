// The scales of a plot: from values to pixels, rules, and numbers that do not touch.

import { css } from "../shared/colours.js";
import { stroke } from "../shared/canvas.js";
import { plain } from "../shared/numbers.js";
import { measured } from "../shared/text.js";
import { generationTicks, ticksOf } from "../shared/ticks.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Look} Look
 * @typedef {import("../types.js").Box} Box
 * @typedef {import("../types.js").ScenePanel} ScenePanel
 * @typedef {import("../types.js").SceneAxis} SceneAxis
 * @typedef {import("../types.js").Scale & { x0: number, x1: number, y0: number, y1: number,
 *           right: number }} Frame
 */

/**
 * From values to pixels.
 * @param {SceneAxis} axis @param {number} start @param {number} end
 * @returns {(v: number) => number}
 */
export function scaled({ range: [low, high], log }, start, end) {
  const of = log ? (/** @type {number} */ v) => Math.log(Math.max(v, 1e-12)) : Number;
  return (v) => start + ((of(v) - of(low)) / (of(high) - of(low))) * (end - start);
}

/**
 * Where numbers stand on an axis, and what they say.
 * @param {SceneAxis} axis @param {number} room @returns {[number, string][]}
 */
export function ticked(axis, room) {
  if (axis.ticks) return axis.ticks;
  const at = axis.label === "generation" ? generationTicks(axis.range[1], room)
    : ticksOf(axis.range, axis.log, room);
  return at.map((v) => [v, plain(v)]);
}

/**
 * Numbers that leave room for one another, and for the one that the cursor says.
 * @param {Pen} ctx @param {[number, string][]} ticks @param {(v: number) => number} x
 * @param {number | null | undefined} at @param {Look} look
 */
function apart(ctx, ticks, x, at, look) {
  const half = (/** @type {string} */ text) => measured(ctx, text, look) / 2 + 4;
  const cursor = at == null ? -Infinity : x(at), wide = Math.max(13, half(String(at)) + 3);
  let end = -Infinity;
  return ticks.filter(([v, text]) => {
    const free = x(v) - half(text) > end && Math.abs(x(v) - cursor) > wide + half(text);
    if (free) end = x(v) + half(text) - 4;
    return free;
  });
}

/** @param {Pen} ctx @param {ScenePanel} panel @param {Frame} plot @param {Look} look */
export function drawGrid(ctx, panel, { x, y, x0, x1, y0, y1 }, look) {
  const up = ticked(panel.y, y1 - y0), along = ticked(panel.x, x1 - x0);
  ctx.beginPath();
  for (const [v] of up) {
    ctx.moveTo(x0, y(v));
    ctx.lineTo(x1, y(v));
  }
  stroke(ctx, css(look.rule, 0.7), 1);
  ctx.beginPath();
  ctx.moveTo(x0, y1 + 0.5);
  ctx.lineTo(x1, y1 + 0.5);
  stroke(ctx, css(look.quiet), 1);
  if (panel.level != null) {
    ctx.beginPath();
    ctx.moveTo(x0, y(panel.level));
    ctx.lineTo(x1, y(panel.level));
    stroke(ctx, css(look.real), 1.2);
  }
  for (const [v, text] of up) ctx.write(text, x0 - 8, y(v), { align: "right", colour: look.quiet });
  for (const [v, text] of apart(ctx, along, x, panel.at, look))
    ctx.write(text, x(v), y1 + 14, { align: "center", colour: look.quiet });
}

/**
 * What an axis is, below its middle, or as near to that as there is room.
 * @param {Pen} ctx @param {string} text @param {Box} box @param {number} middle
 * @param {Look} look
 */
export function drawLabel(ctx, text, [left, y, width], middle, look) {
  const half = Math.min(measured(ctx, text, look), width) / 2;
  const x = Math.max(left + half, Math.min(middle, left + width - half));
  ctx.write(text, x, y, { align: "center", colour: look.quiet, within: width });
}
