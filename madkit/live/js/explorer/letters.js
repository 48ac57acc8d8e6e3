// Letters as data: a word, written where nobody sees it, becomes points that a loop can learn.

import { unseen } from "../shared/canvas.js";
import { rounded, uniforms } from "./stamps.js";

const LETTERS = 12;                                    // more cannot be read in so few points
const ACROSS = 6;                                      // letters of a line
const POINTS = 400;
const TRIED = 30;                                      // places for each, the loneliest is taken
const INK = 96;                                        // pixels of a letter
const NOBODYS = "\u{10fffe}";                         // is a letter of no font
const FONT = `${INK}px "Source Sans 3", "Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", ` +
  "sans-serif";

/**
 * A text as lines of at most ACROSS letters, broken at spaces where there are any; an Error in
 * words for a text that is none or too long.
 * @param {string} text
 */
export function linesIn(text) {
  const words = text.trim().split(/\s+/).map(lettersOf), all = words.flat().length;
  if (!all) throw Error("word: expected 1 to 12 letters, got none; write a name");
  if (all > LETTERS)
    throw Error(`word: expected 1 to ${LETTERS} letters, which ${POINTS} points can show, got ` +
      `${all.toLocaleString("en")}; write a shorter one`);
  /** @type {string[][]} */
  const lines = [];
  for (const word of words) {
    const last = lines.at(-1), parts = Math.ceil(word.length / ACROSS);
    if (last && last.length + word.length < ACROSS) last.push(" ", ...word);
    else for (let i = 0, each = Math.ceil(word.length / parts); i < parts; i++)
      lines.push(word.slice(i * each, (i + 1) * each));
  }
  return lines.map((line) => line.join(""));
}

/**
 * What a reader counts as letters: an emoji of several signs is one.
 * @param {string} word @returns {string[]}
 */
function lettersOf(word) {
  const { Segmenter } = /** @type {any} */ (Intl);
  if (!Segmenter || word.length > 100) return Array.from(word);
  return Array.from(new Segmenter().segment(word), (/** @type {any} */ one) => one.segment);
}

/**
 * The points of a text, the same each time in the same font; an Error in words where there are
 * none.
 * @param {string} text
 */
export function pointsOf(text) {
  const lines = linesIn(text), missing = unknownIn(lines.join(""));
  if (missing)
    throw Error(`word: the fonts of this device have no “${missing}”; write other letters`);
  const inked = inkOf(lines);
  if (inked.length < POINTS / 4) throw Error("word: expected letters, got signs that leave no ink");
  return rounded(placed(lonely(inked)));
}

/**
 * The first letter that no font here has: it would be drawn as a box, as all others like it.
 * @param {string} text
 */
function unknownIn(text) {
  const box = String(inkOf([NOBODYS]));
  return box && Array.from(text).find((letter) => String(inkOf([letter])) === box);
}

/**
 * The pixels that lines of text cover.
 * @param {string[]} lines
 */
function inkOf(lines) {
  const width = INK * (ACROSS + 3), height = 1.25 * INK * lines.length + INK;
  const ctx = unseen(width, height).getContext("2d", { willReadFrequently: true });
  if (!ctx) return [];
  ctx.font = FONT;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  lines.forEach((line, i) => ctx.fillText(line, width / 2, INK * (1 + 1.05 * i), width));
  const { data } = ctx.getImageData(0, 0, width, height), inked = [];
  for (let y = 0; y < height; y += 2)
    for (let x = 0; x < width; x += 2) if (data[4 * (y * width + x) + 3] > 127) inked.push([x, y]);
  return inked;
}

/**
 * Some of these pixels, evenly: each next one is the farthest from those before, of a few.
 * @param {number[][]} inked
 */
function lonely(inked) {
  const uniform = uniforms(), far = new Float64Array(inked.length).fill(Infinity), taken = [];
  const any = () => Math.floor(uniform() * inked.length);
  for (let k = 0; k < POINTS; k++) {
    let best = any();
    for (let i = 1; i < TRIED; i++) {
      const other = any();
      if (far[other] > far[best]) best = other;
    }
    const [x, y] = inked[best];
    taken.push([x, y]);
    inked.forEach(([u, v], i) => {
      far[i] = Math.min(far[i], (u - x) ** 2 + (v - y) ** 2);
    });
  }
  return taken;
}

/**
 * Pixels in the window, as large as there is room; flat words stand taller than they were written.
 * @param {number[][]} pixels
 */
function placed(pixels) {
  const of = (/** @type {number} */ k) => pixels.map((one) => one[k]);
  const [x0, x1, y0, y1] = [0, 1].flatMap((k) => [Math.min(...of(k)), Math.max(...of(k))]);
  const scale = Math.min(7.2 / (x1 - x0 || 1), 6.4 / (y1 - y0 || 1));
  const tall = Math.min(1.8, Math.max(1, 4.4 / ((y1 - y0 || 1) * scale)));
  return pixels.map(([x, y]) => [(x - (x0 + x1) / 2) * scale, ((y0 + y1) / 2 - y) * scale * tall]);
}
