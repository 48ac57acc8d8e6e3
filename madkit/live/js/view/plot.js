// A plot: lines in axes, with bands, theory, and names at their ends.

import { drawPlace } from "../shared/axes.js";
import { css, ink, rgb } from "../shared/colours.js";
import { inside, stroke, trace } from "../shared/canvas.js";
import { mark } from "../shared/marks.js";
import { drawNames } from "../shared/names.js";
import { inTwo, measured } from "../shared/text.js";
import { drawGrid, drawLabel, scaled, ticked } from "./scales.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Look} Look
 * @typedef {import("../types.js").Box} Box
 * @typedef {import("../types.js").ScenePanel} ScenePanel
 * @typedef {import("../types.js").SceneLine} SceneLine
 * @typedef {import("./scales.js").Frame} Frame
 */

/**
 * Gives what was drawn: the box of the axes, and the pixels of the lines.
 * @param {Pen} ctx @param {ScenePanel} panel @param {Box} box @param {Look} look
 * @param {boolean} last whether it says what its x axis is
 */
export function drawPlot(ctx, panel, [left, top, width, height], look, last) {
  const y0 = top + 28, y1 = top + height - (last ? 48 : 26);
  const texts = ticked(panel.y, y1 - y0).map(([, text]) => measured(ctx, text, look));
  const names = [...panel.lines.map(({ name }) => name), panel.cross?.[2] ?? ""].filter(Boolean);
  const x0 = left + Math.max(22, ...texts) + 10;
  const wanted = Math.max(0, ...names.map((name) => inTwo(ctx, name, look)));
  const right = names.length ? Math.min(wanted + 20, 0.46 * width) : 14;
  const x1 = left + width - right, x = scaled(panel.x, x0, x1), y = scaled(panel.y, y1, y0);
  /** @type {Frame} */
  const plot = { x, y, x0, x1, y0, y1, right };
  ctx.write(panel.title, left, top + 11, { bold: true, within: width });
  drawGrid(ctx, panel, plot, look);
  if (last) drawLabel(ctx, panel.x.label, [left, y1 + 36, width, 0], (x0 + x1) / 2, look);
  inside(ctx, [x0 - 8, y0 - 6, x1 - x0 + 16, y1 - y0 + 7], () => {
    for (const line of panel.lines) drawBand(ctx, line, plot);
    for (const line of panel.lines.toReversed()) drawLine(ctx, line, plot, look);
  });
  if (panel.at != null) drawAt(ctx, panel, plot, look);
  drawNames(ctx, /** @type {any} */ ({ look }), /** @type {any} */ (plot),
            [...panel.lines.filter(({ name }) => name).map((line) => named(line, plot, look)),
             ...(panel.cross ? [crossed(ctx, panel.cross, plot, look)] : [])]);
  return { box: [x0, y0, x1 - x0, y1 - y0], lines: panel.lines.map(({ name, x: at, median }) =>
    ({ name, pixels: [...at.data].map((v, i) => [x(v), y(median.data[i])]) })) };
}

/** @param {Pen} ctx @param {SceneLine} line @param {Frame} plot */
function drawBand(ctx, { x: at, low, high, colour }, { x, y }) {
  if (!low || !high) return;
  ctx.beginPath();
  const there = [...at.data.keys()].filter((i) =>
    Number.isFinite(low.data[i]) && Number.isFinite(high.data[i]));
  for (const i of there) ctx.lineTo(x(at.data[i]), y(high.data[i]));
  for (const i of there.toReversed()) ctx.lineTo(x(at.data[i]), y(low.data[i]));
  ctx.closePath();
  ctx.fillStyle = css(rgb(colour), 0.18);
  ctx.fill();
}

/** @param {Pen} ctx @param {SceneLine} line @param {Frame} plot @param {Look} look */
function drawLine(ctx, line, { x, y }, look) {
  const at = [...line.x.data], shape = line.marker;
  const points = at.map((v, i) => [x(v), y(line.median.data[i])]);
  ctx.beginPath();
  trace(ctx, points);
  stroke(ctx, line.colour, shape ? 1.8 : 2.4, line.dash.map((part) => 2 * part));
  if (line.theory) {
    const { data } = line.theory;
    ctx.beginPath();
    trace(ctx, at.map((v, i) => [x(v), y(data[i])]));
    stroke(ctx, css(look.text), 1.2, [5, 4]);
  }
  if (shape) {
    ctx.beginPath();
    for (const [px, py] of points) mark(ctx, shape, px, py, 3.8);
    ctx.fillStyle = line.colour;
    ctx.fill();
  }
  if (line.ring != null) {
    ctx.beginPath();
    mark(ctx, "circle", points[line.ring][0], points[line.ring][1], 8.5);
    stroke(ctx, css(look.text), 1.6);
  }
}

/**
 * The place on the x axis that is shown, and a dot on every line.
 * @param {Pen} ctx @param {ScenePanel} panel @param {Frame} plot @param {Look} look
 */
function drawAt(ctx, { at, lines }, { x, y, y0, y1 }, look) {
  const px = Math.round(x(Number(at))) + 0.5;
  drawPlace(ctx, String(at), px, [y0, y1], look);
  for (const { dot, colour } of lines) {
    if (dot == null) continue;
    ctx.beginPath();
    mark(ctx, "circle", px, Math.max(y(dot), y0 - 4), 5);
    ctx.fillStyle = colour;
    ctx.fill();
    stroke(ctx, css(look.paper), 1.5);
  }
}

/** @param {SceneLine} line @param {Frame} plot @param {Look} look */
function named({ name, colour, x: at, median, marker }, { x, y, y0, y1 }, look) {
  const values = [...median.data], end = marker ? 0 : values.findLastIndex(Number.isFinite);
  const down = Math.min(Math.max(y(values[end] ?? NaN), y0), y1);
  return { name, from: [x(at.data[end]), down], colour: ink(colour, look),
           line: [...rgb(colour).slice(0, 3)], bold: true };
}

/**
 * What is best to be hoped for.
 * @param {Pen} ctx @param {[number, number, string]} cross @param {Frame} plot @param {Look} look
 */
function crossed(ctx, [vx, vy, name], { x, y }, look) {
  const [px, py] = [x(vx), y(vy)];
  ctx.fillStyle = css(look.real);
  ctx.fillRect(px - 7, py - 2.5, 14, 5);
  ctx.fillRect(px - 2.5, py - 7, 5, 14);
  return { name, from: [px, py], colour: css(look.real), line: look.real, bold: true };
}
