// A square of the cloud for images: a sheet of them, every pixel as it is.

import { unseen } from "../shared/canvas.js";

/**
 * @typedef {import("../types.js").Numbers} Numbers
 * @typedef {import("../types.js").Context} Context
 */

/**
 * How images (…, m, h, w[, 3]) lie in a square: every image pixel a whole number of screen pixels
 * wide, as many images as can be told apart. `deep`: 3 for colours.
 * @param {Numbers} images @param {number} size @param {boolean} series
 */
export function sheetOf(images, size, series) {
  const [m, h, w, deep = 1] = images.shape.slice(series ? 1 : 0);
  const ratio = window.devicePixelRatio || 1;
  const scaled = (/** @type {number} */ columns) =>
    Math.floor((size * ratio - columns + 1) / columns / Math.max(w, h));
  let columns = Math.ceil(Math.sqrt(m));
  while (columns > 3 && scaled(columns) < 2 * ratio) columns -= 1;
  const scale = Math.max(1, scaled(columns)), many = Math.min(m, columns * columns);
  const tall = (Math.ceil(many / columns) * (h * scale + 1)) / ratio;
  return { m, h, w, deep, columns, many, scale, ratio, tall };
}

/**
 * @param {Context} ctx @param {Numbers} images @param {import("../types.js").Box} box
 * @param {number | null} at the place in a series; null where there is one sheet
 * @returns {import("../types.js").Done}
 */
export function drawSheet(ctx, images, [x, y, size], at = null) {
  const sheet = sheetOf(images, size, at !== null), { m, h, w, columns, scale, ratio } = sheet;
  const [left, top] = [Math.round(x * ratio) / ratio, Math.round(y * ratio) / ratio];
  const tile = unseen(w, h), pen = /** @type {Context} */ (tile.getContext("2d"));
  const data = pen.createImageData(w, h), [wide, tall] = [w * scale, h * scale], cells = [];
  ctx.imageSmoothingEnabled = false;
  for (let i = 0; i < sheet.many; i++) {
    copyImage(images.data, ((at ?? 0) * m + i) * h * w * sheet.deep, sheet.deep, data.data);
    pen.putImageData(data, 0, 0);
    const [across, down] = [i % columns, Math.floor(i / columns)];
    /** @type {[number, number, number, number]} */
    const cell = [left + (across * (wide + 1)) / ratio, top + (down * (tall + 1)) / ratio,
                  wide / ratio, tall / ratio];
    ctx.drawImage(tile, ...cell);
    cells.push(cell);
  }
  return { cells, points: [] };
}

/**
 * @param {ArrayLike<number>} from @param {number} start @param {number} deep
 * @param {Uint8ClampedArray} to
 */
function copyImage(from, start, deep, to) {
  for (let p = 0; 4 * p < to.length; p++)
    for (let c = 0; c < 4; c++)
      to[4 * p + c] = c === 3 ? 255 : from[start + p * deep + (deep === 3 ? c : 0)];
}
