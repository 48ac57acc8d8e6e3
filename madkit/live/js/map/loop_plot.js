// The loop of the chosen cell: W₂² over generations, simulated, by theory, of real rows alone.

import { drawRules } from "../shared/axes.js";
import { stroke, trace } from "../shared/canvas.js";
import { css, ink, mix, rgb } from "../shared/colours.js";
import { LINE, measured } from "../shared/text.js";
import { generationTicks, ticksOf } from "../shared/ticks.js";
import { plain } from "../shared/numbers.js";
import { theoryPath } from "./recursion.js";
import { realOnly } from "../engine/wasserstein.js";
import { thousands } from "./words.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").MapView} MapView
 * @typedef {import("../types.js").MapTrack} MapTrack
 * @typedef {import("../types.js").LoopPlot} LoopPlot
 * @typedef {{ y: number, lines: string[], colour: string }} Label
 */

const LOOP = "#009E73";
const ALONE = "#0072B2";
const RIGHT = 110;                                     // pixels for names beside the lines' ends
export const BAND = 8;                                 // seeds that make a band
export const HEAD = 54;                                // heights of the titles and of an axis
export const FOOT = 52;

/**
 * 10, 50 and 90 % of each generation over the seeds.
 * @param {number[][]} w2
 */
export function quantiles(w2) {
  return [0.1, 0.5, 0.9].map((share) => w2[0].map((_, i) => {
    const sorted = w2.map((row) => row[i]).sort((a, b) => a - b);
    const at = share * (sorted.length - 1), below = Math.floor(at);
    return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
  }));
}

/**
 * Where the plot stands.
 * @param {Pen} ctx @param {MapView} view @param {number} width @param {number} height
 * @returns {LoopPlot}
 */
function loopPlot(ctx, { page, state, look, track }, width, height) {
  const theory = theoryPath(state, page.generations), alone = realOnly(state.n_r, state.dim);
  const high = 1.12 * Math.max(alone, ...theory, ...(track?.w2.flat() ?? []));
  const ticks = ticksOf([0, high], false, height - HEAD - FOOT);
  const x0 = 14 + Math.max(...ticks.map((v) => measured(ctx, plain(v), look)));
  const x1 = width - RIGHT, y0 = HEAD, y1 = height - FOOT;
  return { theory, alone, high, ticks, x0, x1, y0, y1,
           x: (t) => x0 + ((t - 1) / (page.generations - 1)) * (x1 - x0),
           y: (v) => y1 - (v / high) * (y1 - y0) };
}

/** @param {Pen} ctx @param {MapView} view @param {number} width @param {number} height */
export function drawLoop(ctx, view, width, height) {
  const { page, state, look, track } = view, plot = loopPlot(ctx, view, width, height);
  const { theory, alone, high, x0, x1, y0, y1 } = plot;
  const green = look.dark ? mix(LOOP, "#FFFFFF", 0.2) : rgb(LOOP);
  const blue = look.dark ? mix(ALONE, "#FFFFFF", 0.4) : rgb(ALONE);
  const black = css(look.dark ? [255, 255, 255] : [0, 0, 0]);
  drawLoopAxes(ctx, view, plot, width);
  if (track) drawTrack(ctx, plot, track, green);
  drawSeries(ctx, plot, [alone, alone], [1, page.generations], css(blue), 2.6, [2, 4]);
  drawSeries(ctx, plot, theory, theory.map((_, i) => i + 1), black, 1.4, [6, 4]);
  const ends = track ? quantiles(track.w2)[1] : theory, end = ends[ends.length - 1];
  const real = [`${thousands(state.n_r)} real`, "rows alone"];
  nameEnds(ctx, [
    { y: plot.y(alone), lines: real, colour: ink(blue, look) },
    { y: plot.y(end), lines: [track ? "this loop" : "theory"],
      colour: ink(track ? green : look.text, look) },
  ], x1 + 8, [y0, y1]);
  return { key: track?.key ?? null, seeds: track?.w2.length ?? 0, theory, alone,
           box: [x0, y0, x1 - x0, y1 - y0], high };
}

/** @param {Pen} ctx @param {MapView} view @param {LoopPlot} plot @param {number} width */
function drawLoopAxes(ctx, { page, state, look }, plot, width) {
  const title = `${thousands(state.n_r)} real + ${thousands(state.n_s)} synthetic rows`;
  ctx.write(title, 0, 10, { bold: true, within: width });
  ctx.write("W₂² to the truth (0 is best) ↑", 0, 33, { within: width });
  drawRules(ctx, look, plot, generationTicks(page.generations, plot.x1 - plot.x0), 38);
}

/**
 * @param {Pen} ctx @param {LoopPlot} plot @param {number[]} values @param {number[]} at
 * @param {string} colour @param {number} thick @param {number[]} dash
 */
function drawSeries(ctx, { x, y }, values, at, colour, thick, dash = []) {
  ctx.beginPath();
  trace(ctx, values.map((v, i) => [x(at[i]), y(v)]));
  stroke(ctx, colour, thick, dash);
}

/**
 * Median and band of many seeds, or a line for each of a few.
 * @param {Pen} ctx @param {LoopPlot} plot @param {MapTrack} track @param {number[]} green
 */
function drawTrack(ctx, plot, { w2, t }, green) {
  if (w2.length < BAND) {
    for (const row of w2) drawSeries(ctx, plot, row, t, css(green), 2);
    return;
  }
  const [low, median, top] = quantiles(w2), { x, y } = plot;
  const edge = (/** @type {number[]} */ values) => values.map((v, i) => [x(t[i]), y(v)]);
  ctx.beginPath();
  [...edge(top), ...edge(low).reverse()].forEach(([px, py], i) =>
    ctx[i ? "lineTo" : "moveTo"](px, py));
  ctx.fillStyle = css(green, 0.28);
  ctx.fill();
  drawSeries(ctx, plot, median, t, css(green), 2.8);
}

/**
 * Two names beside the ends of their lines, moved apart.
 * @param {Pen} ctx @param {Label[]} labels @param {number} x @param {number[]} range
 */
function nameEnds(ctx, labels, x, [top, bottom]) {
  const down = LINE - 2, tall = (/** @type {Label} */ { lines }) => lines.length * down;
  const [upper, lower] = labels.sort((a, b) => a.y - b.y);
  const need = (tall(upper) + tall(lower)) / 2 + 4 - (lower.y - upper.y);
  if (need > 0) [upper.y, lower.y] = [upper.y - need / 2, lower.y + need / 2];
  const over = lower.y + tall(lower) / 2 - bottom - 8;
  const under = top - 8 - upper.y + tall(upper) / 2;
  for (const { lines, colour, ...label } of labels) {
    const y = label.y + (over > 0 ? -over : under > 0 ? under : 0);
    lines.forEach((text, i) =>
      ctx.write(text, x, y + (i - (lines.length - 1) / 2) * down, { bold: true, colour }));
  }
}
