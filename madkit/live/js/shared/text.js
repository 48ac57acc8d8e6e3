// Text on canvases: how wide it is, and how it is made to fit.

/**
 * @typedef {import("../types.js").Look} Look
 * @typedef {import("../types.js").Context} Context
 */

export const SIZE = 16;                                // of text on canvases
export const LINE = 20;
const SMALL = 11;                                      // the smallest there is

/** @type {Map<string, number>} */
const widths = new Map();

/** @param {Look} look */
export const fontOf = (look, bold = false, size = SIZE) =>
  `${bold ? "600 " : ""}${size}px ${look.font}`;

/**
 * The size at which a text is as wide as this, or a little smaller than all others.
 * @param {Context} ctx @param {string} text @param {Look} look @param {boolean} bold
 * @param {number} width
 */
export function sizeWithin(ctx, text, look, bold, width) {
  if (width === Infinity) return SIZE;
  const wide = measured(ctx, text, look, bold);
  return wide > width ? Math.max(SMALL, Math.floor((2 * SIZE * width) / wide) / 2) : SIZE;
}

/**
 * How wide a text is; the few texts of a page are measured over and over.
 * @param {Context} ctx @param {string} text @param {Look} look
 */
export function measured(ctx, text, look, bold = false) {
  const font = fontOf(look, bold), key = `${font}|${text}`, known = widths.get(key);
  if (known !== undefined) return known;
  if (widths.size > 5000) widths.clear();
  ctx.font = font;
  const { width } = ctx.measureText(text);
  widths.set(key, width);
  return width;
}

/**
 * Text, cut off where it is too long.
 * @param {Context} ctx @param {string} text @param {number} width
 */
export function fitted(ctx, text, width) {
  if (width === Infinity || ctx.measureText(text).width <= width) return text;
  let cut = text;
  while (cut && ctx.measureText(cut + "…").width > width) cut = cut.slice(0, -1);
  return cut.trimEnd() + "…";
}

/**
 * Text in at most two lines of this width.
 * @param {Context} ctx @param {string} text @param {number} width
 */
export function wrapped(ctx, text, width) {
  const words = text.split(" ");
  if (ctx.measureText(text).width <= width || words.length === 1)
    return [fitted(ctx, text, width)];
  let first = words.shift() ?? "";
  while (words.length && ctx.measureText(`${first} ${words[0]}`).width <= width)
    first += ` ${words.shift()}`;
  return [first, words.join(" ")].filter(Boolean).map((line) => fitted(ctx, line, width));
}

/**
 * How wide a name is, in two lines where that helps.
 * @param {Context} ctx @param {string} name @param {Look} look
 */
export function inTwo(ctx, name, look) {
  const words = name.split(" "), wide = (/** @type {string[]} */ part) =>
    measured(ctx, part.join(" "), look, true);
  return name.length < 12 ? wide(words) : Math.min(...words.map((_, i) =>
    Math.max(wide(words.slice(0, i + 1)), wide(words.slice(i + 1)))));
}
