// Marks of points, by shape.

/** @typedef {import("../types.js").Context} Context */

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
