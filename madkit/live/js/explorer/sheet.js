// Sheets of images: a row for each run below a row of real ones. Images with labels stand in
// blocks, three of each label; images without in their order, as many as fill the row. `layout`,
// `spot` and `present` do what madkit.live.scenes.sheet does.

import { css, ink } from "../shared/colours.js";
import { unseen } from "../shared/canvas.js";
import { LINE, measured } from "../shared/text.js";
import { drawHead } from "./cloud.js";
import { loopOf, metricsOf, place, valueAt } from "./tracks.js";
import { short } from "./words.js";

/**
 * @typedef {import("../types.js").Numbers} Numbers
 * @typedef {import("../types.js").View} View
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Sheet} Sheet
 * @typedef {import("../types.js").SheetPlan} SheetPlan
 * @typedef {import("../types.js").SheetRow} SheetRow
 * @typedef {import("../types.js").ShownSide} ShownSide
 */

const EACH = 3;                                        // images of a label
const FEW = 12;                                        // of a row without labels, at least
const AISLE = { least: 3, most: 80 };                  // between blocks
const TALL = 420;                                      // for all images
const NAME = LINE + 4;                                 // above a row
const LABEL = 20;                                      // above the real images of a label

/**
 * The largest images that find room, in pixels of the screen.
 * @param {number} rows @param {number} blocks @param {number} each @param {[number, number]} size
 * @param {number} wide @param {number} tall
 */
export function layout(rows, blocks, each, [h, w], wide, tall) {
  const least = each > 1 ? AISLE.least : 1;
  for (let scale = Math.max(1, Math.floor(tall / (rows * h)));; scale--) {
    const block = each * (w * scale + 1) - 1;
    let per = Math.max(1, Math.min(blocks, Math.floor((wide + least) / (block + least))));
    let lines = Math.ceil(blocks / per);
    if (each > 1) per = Math.ceil(blocks / lines);
    else
      lines = Math.max(1, Math.min(Math.floor(blocks / per),
                                   Math.floor(tall / (rows * (h * scale + 1)))));
    const fits = rows * lines * (h * scale + 1) <= tall && block <= wide;
    if (scale === 1 || (fits && (each > 1 || per * lines >= Math.min(blocks, FEW)))) {
      const free = Math.floor((wide - per * block) / Math.max(1, per - 1));
      const most = each > 1 ? AISLE.most : AISLE.most / 4;
      return { scale, per, lines, gap: Math.max(least, Math.min(free, most)) };
    }
  }
}

/**
 * Left and top of image i in its row; `lead`: room above each line.
 * @param {import("../types.js").Layout} laid @param {number} i @param {number} each
 * @param {[number, number]} size @param {number} lead
 */
export function spot({ scale, per, gap }, i, each, [h, w], lead) {
  const at = Math.floor(i / each), line = Math.floor(at / per), block = each * (w * scale + 1) - 1;
  return [(at % per) * (block + gap) + (i % each) * (w * scale + 1),
          line * (h * scale + 1) + (line + 1) * lead];
}

/**
 * Whether image i is there, of so many of each label, or of so many in all.
 * @param {number[]} counts @param {number} i @param {number} each
 */
export const present = (counts, i, each) =>
  (each === 1 ? i < counts[0] : i % each < counts[Math.floor(i / each)]);

/**
 * Where the rows stand: real images once, above all; then the runs of A, then those of B.
 * @param {View} view @param {number} width @returns {SheetPlan}
 */
export function sheetPlan({ page, shown }, width) {
  const ratio = window.devicePixelRatio || 1, labels = page.truth.labels ?? [];
  const tracks = shown.flatMap((one) => one.tracks);
  const real = tracks.find((track) => track.real);
  const { shape } = /** @type {Numbers} */ (tracks[0].images);
  const [, m, h, w, deep = 1] = shape, each = labels.length ? EACH : 1;
  const laid = layout(tracks.length + (real ? 1 : 0), labels.length || m, each, [h, w],
                      Math.floor(width * ratio), Math.floor(TALL * ratio));
  const many = labels.length * each || laid.per * laid.lines;
  const sheet = { ...laid, each, m, h, w, deep, ratio, labels, many };
  const tall = (laid.lines * (h * laid.scale + 1)) / ratio;
  /** @type {SheetRow[]} */
  const rows = [];
  let y = 0;
  const add = (/** @type {Partial<SheetRow>} */ row, lead = 0) => {
    const head = row.side && shown.length > 1 && rows.at(-1)?.side !== row.side ? LINE + 8 : 0;
    rows.push({ ...row, head, lead, y: y + head, width });
    y += head + NAME + tall + lead * laid.lines + 8;
  };
  if (real) add({ real }, labels.length ? LABEL : 0);
  for (const { side, tracks: of } of shown) of.forEach((track) => add({ side, track }));
  return { sheet, rows, height: Math.ceil(y) };
}

/**
 * All rows; gives what was drawn, in pixels.
 * @param {Pen} ctx @param {View} view @param {SheetPlan} plan
 */
export function drawSheets(ctx, view, { sheet, rows }) {
  const { page, look, state } = view, drawn = [];
  for (const row of rows) {
    const { track, real, y, width, side } = row;
    if (row.head && side) drawHead(ctx, view, { side, x: 0, y: y - row.head, width });
    if (real?.real) {
      ctx.write("real", 0, y + NAME / 2, { bold: true, colour: css(look.text) });
      const counts = real.there?.[0] ?? [Infinity];
      drawRow(ctx, view, sheet, row, real.real, 0, counts);
    } else if (track?.images) {
      const kept = track.kept ?? [], at = place(kept, state.t);
      const colour = ink(loopOf(page, track).colour, look);
      ctx.write(track.label, 0, y + NAME / 2, { bold: true, colour, within: 0.6 * width });
      const from = Math.min(measured(ctx, track.label, look, true), 0.6 * width) + 12;
      const words = wordsOf(ctx, view, track, kept[at], width - from);
      ctx.write(words, from, y + NAME / 2, { colour: look.quiet, within: width - from });
      const counts = track.there?.[at + 1] ?? [Infinity];
      const cells = drawRow(ctx, view, sheet, row, track.images, at, counts);
      drawn.push({ key: track.key, side, box: [0, y, width, NAME], kept: kept[at], cells,
                   points: [] });
    }
  }
  return drawn;
}

/**
 * The first metric, or which generation it is.
 * @param {Pen} ctx @param {View} view @param {import("../types.js").Track} track
 * @param {number} kept @param {number} room
 */
function wordsOf(ctx, { page, state, look, shown }, track, kept, room) {
  const metric = metricsOf(page, shown)[0];
  if (kept !== state.t) return `of generation ${kept}`;
  if (!metric || !track.curves[metric.name]) return "";
  const fits = (/** @type {string} */ text) => measured(ctx, text, look) <= room;
  return short(metric, valueAt(track, metric.name, state.t), fits);
}

/**
 * The images of one row; of a label with too few, tiles that say so.
 * @param {Pen} ctx @param {View} view @param {Sheet} sheet @param {SheetRow} row
 * @param {Numbers} images @param {number} at the place in a series @param {number[]} counts
 */
function drawRow(ctx, { look }, sheet, { y, lead }, images, at, counts) {
  const { m, h, w, deep, scale, ratio, each, many, labels } = sheet, size = h * w * deep;
  const tile = unseen(w, h);
  const pen = /** @type {import("../types.js").Context} */ (tile.getContext("2d"));
  const data = pen.createImageData(w, h), cells = [];
  const top = Math.round((y + NAME) * ratio);
  ctx.imageSmoothingEnabled = false;
  for (let i = 0; i < many; i++) {
    const [x, down] = spot(sheet, i, each, [h, w], Math.round(lead * ratio));
    /** @type {[number, number, number, number]} */
    const cell = [x / ratio, (top + down) / ratio, (w * scale) / ratio, (h * scale) / ratio];
    if (lead && i % each === 0)
      ctx.write(`${labels[i / each]}`, cell[0], cell[1] - LABEL / 2 + 1, { colour: look.quiet });
    if (present(counts, i, each)) {
      copyImage(images.data, (at * m + i) * size, deep, data.data);
      pen.putImageData(data, 0, 0);
      ctx.drawImage(tile, ...cell);
    } else drawNone(ctx, look, cell);
    cells.push(cell);
  }
  return cells;
}

/**
 * @param {Pen} ctx @param {import("../types.js").Look} look
 * @param {[number, number, number, number]} cell
 */
function drawNone(ctx, look, [x, y, w, h]) {
  ctx.strokeStyle = css(look.rule);
  ctx.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
  const colour = look.quiet, word = measured(ctx, "none", look) < w ? "none" : "–";
  ctx.write(word, x + w / 2, y + h / 2, { align: "center", colour });
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
