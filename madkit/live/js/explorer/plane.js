// The plane that the squares show, and marks on it.

import { css } from "../shared/colours.js";
import { HALF } from "./page.js";

/**
 * @typedef {import("../types.js").Page} Page
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Box} Box
 * @typedef {import("../types.js").Context} Context
 * @typedef {import("../types.js").Scale} Scale
 */

/**
 * What the squares show of the plane.
 * @param {Page} page @param {State} state @returns {number[]}
 */
export function windowOf(page, state) {
  const half = state.drawn ? HALF : page.truth.half ?? HALF;
  return (!state.drawn && page.truth.window) || [-half, half, -half, half];
}

/**
 * From the plane to pixels.
 * @param {Page} page @param {State} state @param {Box} box @returns {Scale}
 */
export function scaleOf(page, state, [x, y, w, h]) {
  const [x0, x1, y0, y1] = windowOf(page, state);
  return { x: (v) => x + ((v - x0) / (x1 - x0)) * w, y: (v) => y + h - ((v - y0) / (y1 - y0)) * h };
}

/**
 * Rows i of an array (…, m, 2) as pixels; rows of NaN are absent.
 * @param {import("../types.js").Numbers} array @param {number} at @param {Scale} to
 */
export function pixels(array, at, to) {
  const [m, d] = array.shape.slice(-2), start = at * m * d, points = [];
  for (let i = 0; i < m; i++) {
    const x = array.data[start + i * d], y = array.data[start + i * d + 1];
    if (Number.isFinite(x) && Number.isFinite(y)) points.push([to.x(x), to.y(y)]);
  }
  return points;
}

/** @type {Record<string, number[][]>} */
const CORNERS = {
  triangle: [[0, -1.25], [1.1, 0.75], [-1.1, 0.75]],
  diamond: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
};

/**
 * @param {Context} ctx @param {string} shape @param {number} x @param {number} y @param {number} r
 */
export function mark(ctx, shape, x, y, r) {
  if (shape === "square") return ctx.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  if (shape === "circle" || !shape) {
    ctx.moveTo(x + r, y);
    return ctx.arc(x, y, r, 0, 2 * Math.PI);
  }
  (CORNERS[shape] ?? CORNERS.diamond).forEach(([dx, dy], i) =>
    ctx[i ? "lineTo" : "moveTo"](x + r * dx, y + r * dy));
  ctx.closePath();
}

/**
 * @param {Context} ctx @param {number[][]} points @param {string} shape @param {number} r
 * @param {string} fill
 */
export function dots(ctx, points, shape, r, fill) {
  ctx.beginPath();
  for (const [x, y] of points) mark(ctx, shape, x, y, r);
  ctx.fillStyle = fill;
  ctx.fill();
}

/**
 * How far lines of other seeds stand back.
 * @param {import("../types.js").Look} look
 */
export const pale = (look) => (look.dark ? 0.5 : 0.42);

/**
 * The grey of real rows.
 * @param {import("../types.js").Look} look
 */
export const realFill = (look) => css(look.real, look.dark ? 0.65 : 0.45);
