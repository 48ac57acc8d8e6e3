// A square of the cloud for loops of Gaussians in the plane: fits as outlines, rows as marks.

import { css, rgb } from "../shared/colours.js";
import { stroke } from "../shared/canvas.js";
import { dots } from "../shared/marks.js";
import { pale, pixels } from "./plane.js";
import { emitted, fitOf, ghostsOf, place } from "./tracks.js";

/**
 * @typedef {import("../types.js").Context} Context
 * @typedef {import("../types.js").View} View
 * @typedef {import("../types.js").Track} Track
 * @typedef {import("../types.js").LoopLook} LoopLook
 * @typedef {import("../types.js").Scale} Scale
 */

const OUTLINE = 2.4477;       // √χ²₂(0.95): this many standard deviations hold 95 % in the plane
const ANGLES = Array.from({ length: 65 }, (_, k) =>
  [Math.cos((k * Math.PI) / 32), Math.sin((k * Math.PI) / 32)]);

/**
 * @param {Context} ctx @param {View} view @param {Track} track @param {LoopLook} loop
 * @param {Scale} to
 */
export function drawRows(ctx, { state }, track, loop, to) {
  const kept = track.kept ?? [], at = place(kept, state.t);
  const points = track.rows ? pixels(track.rows, at, to) : [];
  dots(ctx, points, loop.marker, 2.3, css(rgb(loop.colour), 0.8));
  return { points, kept: kept[at] };
}

/** @param {Context} ctx @param {Scale} to @param {import("../types.js").Fit} fit */
function outline(ctx, to, { mean, root }) {
  ANGLES.forEach(([c, s], k) => {
    const x = to.x(mean[0] + OUTLINE * (root[0] * c + root[1] * s));
    const y = to.y(mean[1] + OUTLINE * (root[2] * c + root[3] * s));
    ctx[k ? "lineTo" : "moveTo"](x, y);
  });
}

/**
 * @param {Context} ctx @param {View} view @param {Track} track @param {LoopLook} loop
 * @param {Scale} to
 */
export function drawFits(ctx, { state, look }, track, loop, to) {
  const { t } = state, colour = rgb(loop.colour), seeds = track.mean?.shape[0] ?? 0;
  for (const generation of ghostsOf(t)) {
    ctx.beginPath();
    outline(ctx, to, fitOf(track, 0, generation));
    stroke(ctx, css(colour, 0.6), 1.4, [5, 4]);
  }
  ctx.beginPath();
  for (let s = 1; s < seeds; s++) outline(ctx, to, fitOf(track, s, t));
  stroke(ctx, css(colour, pale(look)), 1);
  const now = fitOf(track, 0, t), { mean, root } = now;
  const points = emitted(track, now).map(([x, y]) => [to.x(x), to.y(y)]);
  dots(ctx, points, loop.marker, 2.1, css(colour, 0.75));
  const half = OUTLINE * Math.hypot(...root) * (to.x(1) - to.x(0));
  ctx.beginPath();
  if (mean.every(Number.isFinite) && root.every(Number.isFinite)) outline(ctx, to, now);
  // a rim would cover the rows of a smaller one
  if (half > 12) stroke(ctx, css(look.paper, 0.8), 5);
  stroke(ctx, css(colour), 2.6);
  return { points, kept: now.kept };
}
