// Pens: a canvas in CSS pixels, cleared, and the few strokes that every picture needs.

import { css } from "./colours.js";
import { fitted, fontOf, sizeWithin } from "./text.js";
import { differ } from "./values.js";

/**
 * @typedef {import("../types.js").Context} Context
 * @typedef {import("../types.js").Look} Look
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Box} Box
 */

/**
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height @param {Look} look
 */
export function brush(canvas, width, height, look) {
  canvas.style.height = `${height}px`;
  return pen(canvas, width, height, look);
}

/**
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height @param {Look} look
 */
function pen(canvas, width, height, look) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const ctx = /** @type {Pen} */ (canvas.getContext("2d"));
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  ctx.lineJoin = "round";
  ctx.textBaseline = "middle";
  ctx.write = (text, x, y, given = {}) => {
    const { colour = look.text, bold = false, align = "left", within = Infinity } = given;
    ctx.font = fontOf(look, bold, sizeWithin(ctx, text, look, bold, within));
    ctx.textAlign = align;
    ctx.fillStyle = typeof colour === "string" ? colour : css(colour);
    ctx.fillText(fitted(ctx, text, within), x, y);
  };
  return ctx;
}

/**
 * A canvas that no page shows.
 * @param {number} width @param {number} height @returns {HTMLCanvasElement}
 */
export const unseen = (width, height) =>
  new /** @type {any} */ (window).OffscreenCanvas(width, height);

/**
 * A picture that is kept where it stands still: what it depends on was the same before. While that
 * changes, the picture is painted where it is seen.
 * @returns {import("../types.js").Layer}
 */
export function layer() {
  const canvas = unseen(1, 1);
  let kept = false;
  /** @type {unknown[]} */
  let before = [];
  return (ctx, width, height, look, depends, paint) => {
    const now = [width, height, window.devicePixelRatio, ...depends], moves = differ(now, before);
    before = now;
    if (moves) {
      kept = false;
      return paint(ctx);
    }
    if (!kept) paint(pen(canvas, width, height, look));
    kept = true;
    ctx.save();
    ctx.resetTransform();
    ctx.drawImage(canvas, 0, 0);
    ctx.restore();
  };
}

/** @param {Context} ctx @param {string} colour @param {number} width @param {number[]} dash */
export function stroke(ctx, colour, width, dash = []) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.stroke();
  ctx.setLineDash([]);
}

/**
 * Paints what lies in a box.
 * @param {Context} ctx @param {Box} box @param {() => void} paint
 */
export function inside(ctx, [x, y, w, h], paint) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.clip();
  paint();
  ctx.restore();
}

/**
 * A line through the finite points, with a gap where there are none.
 * @param {Context} ctx @param {number[][]} points
 */
export function trace(ctx, points) {
  let down = false;
  for (const [x, y] of points) {
    const there = Number.isFinite(y);
    if (there) ctx[down ? "lineTo" : "moveTo"](x, y);
    down = there;
  }
}

