// The plot on which a curve is bet, and the answer over it.

import { drawRules } from "../shared/axes.js";
import { inside, stroke, trace } from "../shared/canvas.js";
import { css, ink, mix, rgb } from "../shared/colours.js";
import { plain } from "../shared/numbers.js";
import { measured } from "../shared/text.js";
import { generationTicks, ticksOf } from "../shared/ticks.js";
import { clamp } from "../shared/values.js";
import { by, place, worstOf } from "./bets.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Look} Look
 * @typedef {import("../types.js").BetPage} BetPage
 * @typedef {import("../types.js").BetPlot} BetPlot
 */

const TOP = 38;                                        // around the axes, in pixels
const FOOT = 48;
const RIGHT = 94;

/**
 * Where the plot stands.
 * @param {Pen} ctx @param {BetPage} page @param {Look} look @param {number} width
 * @param {number} height @returns {BetPlot}
 */
export function betPlot(ctx, page, look, width, height) {
  const { t, low, high, log } = page, last = t.length - 1;
  const ticks = ticksOf([low, high], log, height - TOP - FOOT);
  const x0 = 14 + Math.max(...ticks.map((v) => measured(ctx, plain(v), look)));
  const x1 = width - RIGHT, y0 = TOP, y1 = height - FOOT;
  const x = (/** @type {number} */ g) => x0 + ((g - t[0]) / (t[last] - t[0])) * (x1 - x0);
  const index = (/** @type {number} */ px) => t.reduce((best, g, i) =>
    (Math.abs(x(g) - px) < Math.abs(x(t[best]) - px) ? i : best), 0);
  return { ticks, x0, x1, y0, y1, x, index, y: (v) => y1 - place(page, v) * (y1 - y0) };
}

/**
 * @param {Pen} ctx @param {BetPage} page @param {Look} look @param {BetPlot} plot
 * @param {number} width
 */
export function drawBetAxes(ctx, page, look, plot, width) {
  const { x0, x1, y0, y1 } = plot;
  const { t, name, unit, log } = page;
  const label = `${name}${unit && ` (${unit})`}${log ? ", log scale" : ""} ↑`;
  ctx.write(label, 0, 10, { within: width });
  const seen = generationTicks(t[t.length - 1], x1 - x0).filter((one) => one >= t[0]);
  drawRules(ctx, look, plot, seen, 36);
  ctx.beginPath();
  ctx.rect(x0, y0, x1 - x0, y1 - y0);
  stroke(ctx, css(look.rule), 1);
}

/**
 * What is bet, from what is known on.
 * @param {Pen} ctx @param {BetPage} page @param {Look} look @param {BetPlot} plot
 * @param {number[]} curve @param {number} pen where the hand is, by index @param {boolean} placed
 */
export function drawCurve(ctx, page, look, { x, y, x1 }, curve, pen, placed) {
  const { t, known } = page, start = known.length - 1, colour = css(look.text);
  const at = (/** @type {number} */ v, /** @type {number} */ i) => [x(t[i]), y(v)];
  ctx.beginPath();
  trace(ctx, curve.map(at).slice(start));
  stroke(ctx, colour, 3, placed ? [8, 4] : []);
  ctx.beginPath();
  trace(ctx, known.map(at));
  stroke(ctx, colour, 3);
  dot(ctx, at(known[start], start), 5, colour);
  if (placed) return;
  if (pen > start && curve[pen] !== undefined) dot(ctx, at(curve[pen], pen), 7, colour);
  if (curve.length > known.length && curve.length < t.length) {
    const [px, py] = at(curve[curve.length - 1], curve.length - 1);
    ctx.write("go on →", px + 12, py, { colour: look.quiet, within: x1 - px - 12 + RIGHT });
  }
}

/** @param {Pen} ctx @param {number[]} at @param {number} radius @param {string} colour */
function dot(ctx, [x, y], radius, colour) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fillStyle = colour;
  ctx.fill();
}

/**
 * The answer, as far as it has come, and how far the bet is from it where that is most.
 * @param {Pen} ctx @param {BetPage} page @param {Look} look @param {BetPlot} plot
 * @param {import("../types.js").Answer} answer @param {number[]} bet @param {number} share
 */
export function drawAnswer(ctx, page, look, plot, answer, bet, share) {
  const { x, y, x0, x1, y0, y1 } = plot, { t } = page;
  const colour = look.dark ? mix(page.colour, "#FFFFFF", 0.3) : rgb(page.colour);
  const edge = (/** @type {number[]} */ values) => values.map((v, i) => [x(t[i]), y(v)]);
  inside(ctx, [x0 - 4, y0 - 4, share * (x1 - x0) + 8, y1 - y0 + 8], () => {
    if (page.seeds > 1) {
      ctx.beginPath();
      [...edge(answer.high), ...edge(answer.low).reverse()].forEach(([px, py], i) =>
        ctx[i ? "lineTo" : "moveTo"](px, py));
      ctx.fillStyle = css(colour, 0.25);
      ctx.fill();
    }
    ctx.beginPath();
    trace(ctx, edge(answer.median));
    stroke(ctx, css(colour), 3);
  });
  if (share < 1) return;
  const worst = worstOf(page, answer, bet), last = t.length - 1;
  const [px, high, low] = [x(t[worst]), y(bet[worst]), y(answer.median[worst])];
  ctx.beginPath();
  ctx.moveTo(px, high);
  ctx.lineTo(px, low);
  stroke(ctx, css(look.text), 1.5);
  nameLines(ctx, plot, look, y(bet[last]), y(answer.median[last]), ink(colour, look));
  if (Math.abs(high - low) > 24 && x1 - x0 > 300) {
    const words = by(page, bet[worst], answer.median[worst]), wide = measured(ctx, words, look);
    const left = clamp(px - wide - 8, x0 + 4, x1), right = px + 8;
    ctx.write(words, right + wide < x1 ? right : left, clamp((high + low) / 2, y0 + 10, y1 - 10));
  }
}

/**
 * The two lines by name, moved apart.
 * @param {Pen} ctx @param {BetPlot} plot @param {Look} look @param {number} bet
 * @param {number} is @param {string} colour
 */
function nameLines(ctx, { x1, y1 }, look, bet, is, colour) {
  const need = Math.max(0, 20 - Math.abs(bet - is)) / 2, way = bet <= is ? -1 : 1;
  const up = Math.max(0, Math.max(bet, is) + need - y1 + 4);     // clear of the generations
  const given = { bold: true, within: RIGHT - 8 };
  ctx.write("your bet", x1 + 8, bet + way * need - up, given);
  ctx.write("the answer", x1 + 8, is - way * need - up, { ...given, colour });
}
