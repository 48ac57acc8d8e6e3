// The words on the map: where synthetic rows help, and where they harm.

import { contrast } from "../shared/colours.js";
import { asymptote } from "./limits.js";
import { shade } from "./shades.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").MapView} MapView
 * @typedef {import("../types.js").MapPlot} MapPlot
 * @typedef {import("../types.js").Cells} Cells
 */

/**
 * "helps" and "harms" in the middle of where they do, if there is room.
 * @param {Pen} ctx @param {MapView} view @param {Cells} cells @param {MapPlot} plot
 */
export function drawWords(ctx, { page, state }, cells, plot) {
  const dotted = plot.y(asymptote(state.dim, state.lam));
  const ring = [plot.x(state.n_r), plot.y(state.n_s)], { n_r, n_s, worth } = cells;
  const nearest = (/** @type {number[]} */ axis, /** @type {(n: number) => number} */ away) =>
    axis.reduce((best, n, i) => (Math.abs(away(n)) < Math.abs(away(axis[best])) ? i : best), 0);
  for (const [word, side] of /** @type {const} */ ([["helps", 1], ["harms", -1]])) {
    const middle = middleOf(cells, side, plot);
    if (!middle) continue;
    const [x, y] = besides(middle, dotted, ring, plot);
    const [i, j] = [nearest(n_r, (n) => plot.x(n) - x), nearest(n_s, (n) => plot.y(n) - y)];
    const fill = shade(page, worth[j][i]);
    if (side * worth[j][i] <= 0) continue;
    ctx.save();
    ctx.font = "600 21px sans-serif";
    ctx.textAlign = "center";
    ctx.fillStyle = contrast(fill, "#FFFFFF") > 3 ? "#FFFFFF" : "#000000";
    ctx.fillText(word, x, y);
    ctx.restore();
  }
}

/**
 * The middle of the cells that help (side 1) or harm; null where these are few.
 * @param {Cells} cells @param {1 | -1} side @param {MapPlot} plot
 */
function middleOf({ n_r, n_s, worth }, side, plot) {
  let weight = 0, px = 0, py = 0, count = 0;
  worth.forEach((row, j) => row.forEach((value, i) => {
    const there = Math.min(Math.max(side * value, 0), 1);
    weight += there;
    px += there * plot.x(n_r[i]);
    py += there * plot.y(n_s[j]);
    count += there > 0.2 ? 1 : 0;
  }));
  return count < 0.05 * n_r.length * n_s.length ? null : [px / weight, py / weight];
}

/**
 * Off the dotted line and its name at the left, and off the ring.
 * @param {number[]} middle @param {number} dotted @param {number[]} ring @param {MapPlot} plot
 */
function besides([x, y], dotted, ring, plot) {
  const [left, , wide] = plot.box;
  if (Math.abs(y - dotted) < 20) y = dotted + (y < dotted ? -20 : 20);
  if (Math.abs(x - ring[0]) < 50 && Math.abs(y - ring[1]) < 26) x = ring[0] + 50;
  if (Math.abs(y - dotted) < 36) x = Math.min(Math.max(x, left + 170), left + wide - 38);
  return [x, y];
}
