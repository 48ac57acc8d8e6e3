// A square of the cloud for loops of Gaussians on the line: densities over real rows.

import { css, rgb } from "../shared/colours.js";
import { stroke } from "../shared/canvas.js";
import { pale, scaleOf, windowOf } from "./plane.js";
import { emitted, fitOf, ghostsOf } from "./tracks.js";

/**
 * @typedef {import("../types.js").Context} Context
 * @typedef {import("../types.js").View} View
 * @typedef {import("../types.js").Track} Track
 * @typedef {import("../types.js").Box} Box
 */

const BINS = 32;

/**
 * Standard deviation, 1 where there are too few rows.
 * @param {number[]} rows
 */
function spreadOf(rows) {
  const mean = rows.reduce((a, b) => a + b, 0) / rows.length;
  if (rows.length < 2) return 1;
  return Math.sqrt(rows.reduce((a, b) => a + (b - mean) ** 2, 0) / (rows.length - 1));
}

/**
 * @param {Context} ctx @param {View} view @param {Track} track
 * @param {import("../types.js").LoopLook} loop @param {Box} box
 */
export function drawDensity(ctx, view, track, loop, box) {
  const { page, state, look } = view, [x, y, , h] = box, colour = rgb(loop.colour);
  const real = track.real ? Array.from(track.real.data).filter(Number.isFinite) : [];
  const [x0, x1] = windowOf(page, state), floor = y + h - 22, to = scaleOf(page, state, box);
  // pixels per density: the truth takes two fifths of the height
  const unit = (floor - y - 6) / ((2.6 * 0.4) / spreadOf(real));
  drawHistogram(ctx, view, real, box, unit);
  const bell = (/** @type {import("../types.js").Fit} */ fit) =>
    drawBell(ctx, fit, [x0, x1], [x, floor, box[2], h], unit);
  for (const generation of ghostsOf(state.t)) {
    ctx.beginPath();
    bell(fitOf(track, 0, generation));
    stroke(ctx, css(colour, 0.6), 1.4, [5, 4]);
  }
  ctx.beginPath();
  for (let s = 1; s < (track.mean?.shape[0] ?? 0); s++) bell(fitOf(track, s, state.t));
  stroke(ctx, css(colour, pale(look)), 1);
  const now = fitOf(track, 0, state.t);
  ctx.beginPath();
  bell(now);
  stroke(ctx, css(look.paper, 0.8), 5);
  stroke(ctx, css(colour), 2.6);
  const points = emitted(track, now).map(([v]) => [to.x(v), y + h - 11]);
  ctx.beginPath();
  for (const [px, py] of points) {
    ctx.moveTo(px, py - 6);
    ctx.lineTo(px, py + 6);
  }
  stroke(ctx, css(colour, 0.6), 1.2);
  return { points, kept: now.kept };
}

/**
 * @param {Context} ctx @param {View} view @param {number[]} real @param {Box} box
 * @param {number} unit
 */
function drawHistogram(ctx, { page, state, look }, real, [x, y, w, h], unit) {
  const [x0, x1] = windowOf(page, state), floor = y + h - 22, counts = new Array(BINS).fill(0);
  for (const v of real) counts[Math.floor(((v - x0) / (x1 - x0)) * BINS)] += 1;
  ctx.fillStyle = css(look.real, 0.35);
  counts.forEach((count, i) => {
    const tall = (count / real.length / ((x1 - x0) / BINS)) * unit || 0;
    ctx.fillRect(x + (i * w) / BINS, floor - tall, w / BINS - 1, tall);
  });
}

/**
 * The density of a fit, pixel by pixel.
 * @param {Context} ctx @param {import("../types.js").Fit} fit @param {number[]} range
 * @param {Box} place left, foot, width and height @param {number} unit
 */
function drawBell(ctx, { mean: [m], root: [r] }, [x0, x1], [x, floor, w, h], unit) {
  for (let px = 0, sd = Math.abs(r); px <= w; px += 1) {
    const v = x0 + (px / w) * (x1 - x0);
    const tall = Math.exp(-0.5 * ((v - m) / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI));
    ctx[px ? "lineTo" : "moveTo"](x + px, floor - Math.min(unit * tall, 2 * h));
  }
}
