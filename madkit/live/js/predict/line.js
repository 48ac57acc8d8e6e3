// The axis on which a point is bet, below its slider, and the answer on it.

import { stroke } from "../shared/canvas.js";
import { css } from "../shared/colours.js";
import { measured } from "../shared/text.js";
import { ticksOf } from "../shared/ticks.js";
import { clamp } from "../shared/values.js";
import { place, told } from "./bets.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Look} Look
 * @typedef {import("../types.js").BetPage} BetPage
 */

const THUMB = 8;                                       // half of a slider's handle
const BETWEEN = 72;                                      // pixels between two numbers
const ROOM = 2.1;                                      // of them to one that stands upright
export const LOW = 26;                                // heights, before the bet and after it
export const TALL = 84;

/**
 * @param {Pen} ctx @param {BetPage} page @param {Look} look @param {number} width
 * @param {number | null} bet @param {number | null} is
 */
export function drawLine(ctx, page, look, width, bet, is) {
  const [x0, x1] = [THUMB, width - THUMB];
  const x = (/** @type {number} */ v) => x0 + place(page, v) * (x1 - x0);
  const write = (/** @type {string} */ text, /** @type {number} */ px, /** @type {number} */ y,
                 /** @type {string | number[]} */ colour, bold = false) => {
    const wide = measured(ctx, text, look, bold);
    ctx.write(text, clamp(px - wide / 2, 0, Math.max(0, width - wide)), y, { colour, bold });
  };
  for (const v of ticksOf([page.low, page.high], page.log, (x1 - x0) / ROOM)) {
    ctx.beginPath();
    ctx.moveTo(x(v), 0);
    ctx.lineTo(x(v), 6);
    stroke(ctx, css(look.quiet), 1);
    if ((x1 - x0) > BETWEEN) write(told(page, v), x(v), 16, look.quiet);
  }
  if (bet === null || is === null) return;
  const y = 36;
  ctx.beginPath();
  ctx.moveTo(x(bet), y);
  ctx.lineTo(x(is), y);
  stroke(ctx, css(look.text), 3, [1, 4]);
  mark(ctx, x(bet), y, css(look.text), false);
  mark(ctx, x(is), y, css(look.text), true);
  const near = Math.abs(x(bet) - x(is)) < 180;
  write(`your bet ${told(page, bet)}`, x(bet), y + 20, look.text, true);
  write(`it is ${told(page, is)}`, x(is), near ? y + 40 : y + 20, look.text, true);
}

/**
 * @param {Pen} ctx @param {number} x @param {number} y @param {string} colour
 * @param {boolean} full
 */
function mark(ctx, x, y, colour, full) {
  ctx.beginPath();
  ctx.arc(x, y, 6, 0, 2 * Math.PI);
  ctx.fillStyle = colour;
  if (full) ctx.fill();
  stroke(ctx, colour, 2.5);
}
