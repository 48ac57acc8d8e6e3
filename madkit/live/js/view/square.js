// A square: rows of the plane as points, or a sheet of images.

import { css, ink } from "../shared/colours.js";
import { inside, stroke, unseen } from "../shared/canvas.js";
import { dots, mark } from "../shared/marks.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Look} Look
 * @typedef {import("../types.js").Box} Box
 * @typedef {import("../types.js").Context} Context
 * @typedef {import("../types.js").Numbers} Numbers
 * @typedef {import("../types.js").ScenePanel} ScenePanel
 */

const UNITS = 1000;                                    // to the side, as scenes.panels has it
const LABELS = 20;                                     // pixels below a sheet for its labels
const LEAST = 104;                                     // pixels of a square

/**
 * How many squares stand side by side.
 * @param {number} many @param {number} width
 */
export function squaresAcross(many, width) {
  const most = Math.max(1, Math.floor(width / LEAST));
  return Math.min(many < 4 ? many : Math.ceil(many / 2), most);
}

/** @param {ScenePanel[]} panels @param {number} size */
export const tallest = (panels, size) =>
  Math.max(...panels.map((panel) => (panel.kind === "sheet"
    ? sheetHeight(panel, size) + (panel.labels ? LABELS : 0) : size)));

/** @param {ScenePanel} panel @param {number} size */
function sheetHeight({ images }, size) {
  const [rows, columns, h, w] = images.shape;
  return (size * rows * h) / (columns * w);
}

/** @param {Pen} ctx @param {ScenePanel} panel @param {Box} box @param {Look} look */
export function drawSquare(ctx, panel, box, look) {
  const [x, y, size] = box, colour = ink(panel.colour, look);
  ctx.write(panel.title, x, y - 13, { bold: true, colour, within: size });
  if (panel.kind === "sheet") drawImages(ctx, panel, x, y, size, look);
  else drawPoints(ctx, panel, [x, y, size, size], look);
}

/**
 * @param {Pen} ctx @param {ScenePanel} panel @param {Box} box @param {Look} look
 */
function drawPoints(ctx, panel, box, look) {
  const [x, y, size] = box, r = size < 200 ? 1.2 : 1.6;
  const at = (/** @type {Numbers | undefined} */ array) => pixelsIn(array, x, y, size);
  inside(ctx, box, () => {
    dots(ctx, at(panel.real), "circle", r, css(look.real, look.dark ? 0.55 : 0.35));
    if (panel.line) {
      ctx.beginPath();
      at(panel.line).forEach(([px, py], i) => ctx[i ? "lineTo" : "moveTo"](px, py));
      ctx.closePath();
      stroke(ctx, css(look.real), 1.2);
    }
    const fill = ctx.globalAlpha;
    ctx.globalAlpha = 0.75;
    dots(ctx, at(panel.rows), "circle", r, panel.colour);
    ctx.globalAlpha = fill;
    ctx.beginPath();
    for (const [px, py] of at(panel.rings)) mark(ctx, "circle", px, py, size / 36);
    stroke(ctx, css(look.text), 1.6);
    ctx.beginPath();
    for (const [px, py] of at(panel.crosses)) cross(ctx, px, py, size / 55);
    stroke(ctx, css(look.text), 2);
  });
  ctx.beginPath();
  ctx.rect(x + 0.5, y + 0.5, size - 1, size - 1);
  stroke(ctx, css(look.rule), 1);
}

/** @param {Context} ctx @param {number} x @param {number} y @param {number} r */
function cross(ctx, x, y, r) {
  ctx.moveTo(x - r, y - r);
  ctx.lineTo(x + r, y + r);
  ctx.moveTo(x + r, y - r);
  ctx.lineTo(x - r, y + r);
}

/**
 * @param {Numbers | undefined} array @param {number} x @param {number} y @param {number} size
 */
function pixelsIn(array, x, y, size) {
  const points = [], data = array?.data ?? [];
  for (let i = 0; i + 1 < data.length; i += 2)
    points.push([x + (data[i] / UNITS) * size, y + size - (data[i + 1] / UNITS) * size]);
  return points;
}

/**
 * Images in rows and columns, every pixel as it is.
 * @param {Pen} ctx @param {ScenePanel} panel @param {number} x @param {number} y
 * @param {number} size @param {Look} look
 */
function drawImages(ctx, panel, x, y, size, look) {
  const { images, labels } = panel, [rows, columns, h, w, deep = 1] = images.shape;
  const whole = unseen(columns * w, rows * h), tall = sheetHeight(panel, size);
  const pen = /** @type {Context} */ (whole.getContext("2d"));
  const data = pen.createImageData(columns * w, rows * h);
  for (let i = 0; i < rows * columns * h * w; i++) {
    const image = Math.floor(i / (h * w)), at = i % (h * w);
    const row = Math.floor(image / columns) * h + Math.floor(at / w);
    const column = (image % columns) * w + (at % w), to = 4 * (row * columns * w + column);
    for (let c = 0; c < 3; c++)
      data.data[to + c] = images.data[i * deep + (deep === 3 ? c : 0)];
    data.data[to + 3] = 255;
  }
  pen.putImageData(data, 0, 0);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(whole, x, y, size, tall);
  (labels ?? []).forEach((label, i) =>
    ctx.write(label, x + ((i + 0.5) * size) / columns, y + tall + 11,
              { align: "center", colour: look.quiet, within: size / columns }));
}
