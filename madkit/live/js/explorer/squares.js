// Where the squares of the cloud stand, and how many lines of words stand above each.

import { LINE, measured } from "../shared/text.js";
import { metricsOf } from "./tracks.js";

/**
 * @typedef {import("../types.js").View} View
 * @typedef {import("../types.js").Pen} Pen
 */

const GUTTER = 12;                                     // between squares
const SQUARE = 84;                                     // how wide a square is, at least
export const BESIDE_LEAST = 640;                       // pixels that A and B need side by side

/**
 * Where the squares stand: rows of squares for A and B, or A beside B where there is room.
 * @param {import("../types.js").ShownSide[]} shown @param {number} width
 * @param {number} words lines above each square
 * @returns {import("../types.js").Plan}
 */
export function cloudPlan(shown, width, words = 2) {
  const gap = width < 300 ? GUTTER / 2 : GUTTER;
  const most = Math.max(...shown.map(({ tracks }) => tracks.length));
  const beside = shown.length === 2 && (most === 1 || width >= BESIDE_LEAST);
  const fit = Math.max(1, Math.floor((width + gap) / (SQUARE + gap)));
  const across = beside ? most : Math.ceil(most / Math.ceil(most / fit));
  const columns = beside ? 2 * across : across, free = width - gap * (columns - 1);
  const size = Math.floor(Math.min(free / columns, columns === 1 ? 400 : 420));
  const title = words * LINE + 6, down = size + title + gap;
  const head = shown.length === 2 ? LINE + 8 : 0, half = across * (size + gap);
  let y = 0;
  const blocks = shown.map(({ side, tracks }, b) => {
    const x = beside ? b * half : 0, top = beside ? 0 : y;
    y = top + head + Math.ceil(tracks.length / across) * down + 4;
    const panels = tracks.map((track, i) => ({
      track, size, title, x: x + (i % across) * (size + gap),
      y: top + head + title + Math.floor(i / across) * down,
    }));
    return { side, x, y: top, head, width: beside ? half - gap : width, panels };
  });
  return { blocks, height: Math.ceil(y - 8) };
}

/**
 * Lines above a square: its name, in two where it is long, and its values.
 * @param {Pen} ctx @param {View} view @param {number} width
 */
export function headLines(ctx, view, width) {
  const { size } = cloudPlan(view.shown, width).blocks[0].panels[0];
  const labels = view.shown.flatMap(({ tracks }) => tracks.map(({ label }) => label));
  const lines = labels.map((label) => nameLines(ctx, view, label, size).length);
  return Math.max(1, ...lines) + aboveOf(view).length;
}

/**
 * The metrics that stand above a square.
 * @param {View} view
 */
export function aboveOf({ page, shown }) {
  return metricsOf(page, shown).slice(0, 2);
}

/**
 * A name above its square: two words in two lines where one is too short.
 * @param {Pen} ctx @param {View} view @param {string} name @param {number} size
 */
export function nameLines(ctx, { look }, name, size) {
  const words = name.split(" "), fits = measured(ctx, name, look, true) <= size;
  return fits || words.length !== 2 ? [name] : words;
}
