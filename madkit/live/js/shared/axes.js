// What every plot over generations is drawn on: rules with their numbers, and the place shown.

import { stroke } from "./canvas.js";
import { css } from "./colours.js";
import { plain } from "./numbers.js";
import { measured } from "./text.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Look} Look
 * @typedef {{ x0: number, x1: number, y1: number, ticks: number[], x: (v: number) => number,
 *             y: (v: number) => number }} Ruled
 */

/**
 * Rules at the numbers of the y axis, and generations along the x axis.
 * @param {Pen} ctx @param {Look} look @param {Ruled} plot @param {number[]} generations
 * @param {number} foot pixels from the axis to its name
 */
export function drawRules(ctx, look, { x, y, x0, x1, y1, ticks }, generations, foot) {
  ctx.beginPath();
  for (const v of ticks) {
    ctx.moveTo(x0, y(v));
    ctx.lineTo(x1, y(v));
    ctx.write(plain(v), x0 - 7, y(v), { align: "right", colour: look.quiet });
  }
  stroke(ctx, css(look.rule, 0.7), 1);
  for (const t of generations)
    ctx.write(String(t), x(t), y1 + 13, { align: "center", colour: look.quiet });
  ctx.write("generation →", (x0 + x1) / 2, y1 + foot, { align: "center" });
}

/**
 * The place on the x axis that is shown: a line, and its number on a plate.
 * @param {Pen} ctx @param {string} text @param {number} x @param {number[]} between heights
 * @param {Look} look
 */
export function drawPlace(ctx, text, x, [y0, foot], look) {
  const wide = Math.max(26, measured(ctx, text, look, true) + 14);
  ctx.beginPath();
  ctx.moveTo(x, y0 - 2);
  ctx.lineTo(x, foot + 4);
  stroke(ctx, css(look.text, 0.75), 1.5);
  ctx.beginPath();
  ctx.roundRect(x - wide / 2, foot + 3, wide, 20, 10);
  ctx.fillStyle = css(look.text);
  ctx.fill();
  ctx.write(text, x, foot + 13.5, { align: "center", bold: true, colour: look.paper });
}
