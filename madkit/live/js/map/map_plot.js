// The map: cells, the lines n_e = n_r and n_s*, words, axes, the colour bar and the ring.

import { inside, stroke, trace } from "../shared/canvas.js";
import { css } from "../shared/colours.js";
import { fontOf } from "../shared/text.js";
import { boundary } from "./boundary.js";
import { edges, simulatedMap, theoryMap } from "./cells.js";
import { asymptote } from "./limits.js";
import { FOOT, HEAD } from "./loop_plot.js";
import { drawWords } from "./map_words.js";
import { REACH, shade } from "./shades.js";
import { thousands } from "./words.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").MapPage} MapPage
 * @typedef {import("../types.js").MapView} MapView
 * @typedef {import("../types.js").MapPlot} MapPlot
 * @typedef {import("../types.js").Cells} Cells
 */

const BAR = 88;                                        // width of the colour bar and its words
const LEFT = 62;

/**
 * Where the map stands.
 * @param {{ dim: number }} state @param {number} width @param {number} height @returns {MapPlot}
 */
export function mapPlot({ dim }, width, height) {
  const [x, y, w, h] = [LEFT, HEAD, width - LEFT - BAR, height - HEAD - FOOT];
  const share = (/** @type {number} */ n, /** @type {number} */ most) =>
    Math.log(n / dim) / Math.log(most);
  return { box: [x, y, w, h], x: (n) => x + w * share(n, 10), y: (n) => y + h - h * share(n, 100),
           rows: (px, py) => [dim * 10 ** ((px - x) / w), dim * 100 ** ((y + h - py) / h)] };
}

/**
 * All of it.
 * @param {Pen} ctx @param {MapView} view @param {MapPlot} plot
 */
export function drawMap(ctx, view, plot) {
  const { page, state } = view, simulated = simulatedMap(page, state), [x, y, w] = plot.box;
  const theory = theoryMap(page, state), map = simulated ?? theory;
  ctx.write("What is synthetic data worth?", 0, 10, { bold: true, within: x + w });
  ctx.write("synthetic rows a generation n_s (log) ↑", 0, 33, { within: x + w + BAR });
  paintCells(ctx, page, map, plot);
  inside(ctx, plot.box, () => {
    drawAsymptote(ctx, view, plot);
    if (simulated) drawLine(ctx, plot, boundary(simulated), "#000000", 3.6, []);
    const [colour, width] = simulated ? ["#FFFFFF", 1.4] : ["#000000", 1.8];
    drawLine(ctx, plot, boundary(theory), String(colour), Number(width), [7, 5]);
    drawWords(ctx, view, map, plot);
  });
  drawMapAxes(ctx, view, plot);
  drawBar(ctx, view, plot);
  drawRing(ctx, plot.x(state.n_r), plot.y(state.n_s));
  return { box: plot.box, n_r: map.n_r, n_s: map.n_s, worth: map.worth };
}

/**
 * @param {Pen} ctx @param {MapPlot} plot @param {number[][][]} chains @param {string} colour
 * @param {number} width @param {number[]} dash
 */
function drawLine(ctx, plot, chains, colour, width, dash) {
  ctx.beginPath();
  for (const chain of chains) trace(ctx, chain.map(([r, s]) => [plot.x(r), plot.y(s)]));
  stroke(ctx, colour, width, dash);
}

/**
 * n_s*, where it is in sight.
 * @param {Pen} ctx @param {MapView} view @param {MapPlot} plot
 */
function drawAsymptote(ctx, { state: { dim, lam }, look }, plot) {
  const most = asymptote(dim, lam), [x, y] = plot.box, at = plot.y(most);
  if (most > 100 * dim) return;
  drawLine(ctx, plot, [[[dim, most], [10 * dim, most]]], "#000000", 2, [1.5, 4]);
  const text = `n_s* = ${thousands(Math.round(most))}`, aside = at + (at < y + 24 ? 12 : -11);
  ctx.font = fontOf(look, true);
  ctx.textAlign = "left";
  ctx.strokeStyle = "rgba(255,255,255,0.8)";           // a halo: it can be read on any colour
  ctx.lineWidth = 3.5;
  ctx.strokeText(text, x + 7, aside);
  ctx.fillStyle = "#000000";
  ctx.fillText(text, x + 7, aside);
}

/**
 * Cells whose borders are whole pixels of the screen: no seams.
 * @param {Pen} ctx @param {MapPage} page @param {Cells} cells @param {MapPlot} plot
 */
function paintCells(ctx, page, { n_r, n_s, worth }, plot) {
  const ratio = window.devicePixelRatio || 1;
  const whole = (/** @type {number} */ v) => Math.round(v * ratio) / ratio;
  const xs = edges(n_r).map((n) => whole(plot.x(n))), ys = edges(n_s).map((n) => whole(plot.y(n)));
  worth.forEach((row, j) => row.forEach((value, i) => {
    ctx.fillStyle = css(shade(page, value));
    ctx.fillRect(xs[i], ys[j + 1], xs[i + 1] - xs[i], ys[j] - ys[j + 1]);
  }));
}

/** @param {Pen} ctx @param {MapView} view @param {MapPlot} plot */
function drawMapAxes(ctx, { state: { dim }, look }, plot) {
  const [x, y, w, h] = plot.box, colour = look.quiet;
  ctx.beginPath();
  ctx.rect(x + 0.5, y + 0.5, w - 1, h - 1);
  stroke(ctx, css(look.quiet), 1);
  const ticks = (/** @type {number} */ most) =>
    [1, 2, 5, 10, 20, 50, 100].filter((k) => k <= most).map((k) => k * dim);
  for (const n of ticks(10))
    ctx.write(thousands(n), plot.x(n), y + h + 13, { align: "center", colour });
  for (const n of ticks(100)) ctx.write(thousands(n), x - 7, plot.y(n), { align: "right", colour });
  const name = "real rows a generation n_r (log) →";
  ctx.write(name, x + w / 2, y + h + 38, { align: "center", within: w + 90 });
}

/** @param {Pen} ctx @param {MapView} view @param {MapPlot} plot */
function drawBar(ctx, { page, look }, { box: [x, y, w, h] }) {
  const left = x + w + 18, top = y + 22, tall = h - 44;
  for (let i = 0; i < tall; i++) {
    ctx.fillStyle = css(shade(page, REACH - (2 * REACH * i) / tall));
    ctx.fillRect(left, top + i, 14, 1.5);
  }
  ctx.write("n_e/n_r", left, y + 4, { bold: true });
  ["4", "2", "1", "½", "¼"].forEach((text, i) => {
    const value = 2 - i, at = top + (tall * (REACH - value)) / (2 * REACH);
    ctx.write(text, left + 21, at, { colour: look.quiet });
  });
}

/**
 * Which cell it is.
 * @param {Pen} ctx @param {number} x @param {number} y
 */
function drawRing(ctx, x, y) {
  for (const [colour, width] of /** @type {const} */ ([["#FFFFFF", 6], ["#000000", 2.6]])) {
    ctx.beginPath();
    ctx.arc(x, y, 9, 0, 2 * Math.PI);
    stroke(ctx, colour, width);
  }
}
