// The plane that the squares show, and marks on it.

import { css } from "../shared/colours.js";
import { HALF } from "./page.js";

/**
 * @typedef {import("../types.js").Page} Page
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Box} Box
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
