// Where the plots stand: one for each metric, generation on the x-axis.

import { inTwo, LINE, measured } from "../shared/text.js";
import { ticksOf } from "../shared/ticks.js";
import { loopOf, metricsOf } from "./tracks.js";
import { valued } from "./words.js";

/**
 * @typedef {import("../types.js").View} View
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Metric} Metric
 * @typedef {import("../types.js").CurveLine} CurveLine
 * @typedef {import("../types.js").Plot} Plot
 */

const BESIDE = 20;                                     // between two plots side by side
/** @type {["low", "median", "high", "theory"]} */
const VALUES = ["low", "median", "high", "theory"];

/**
 * Every line that the plots show. A setting that A and B share is one line, named once.
 * @param {View} view @returns {CurveLine[]}
 */
export function linesOf({ page, shown }) {
  const everywhere = (/** @type {string} */ key) =>
    shown.length > 1 && shown.every(({ tracks }) => tracks.some((other) => other.key === key));
  return shown.flatMap(({ side, tracks }) => tracks.map((track) => {
    const twin = everywhere(track.key), loop = loopOf(page, track);
    const front = twin ? "A\u00a0=\u00a0B " : `${side}\u00a0`;
    const name = shown.length === 1 ? track.label : `${front}${track.label}`;
    return { side, track, loop, name, silent: twin && side === "B" };
  }));
}

/** @param {Metric} metric @param {CurveLine[]} lines @returns {[number, number]} */
export function rangeOf(metric, lines) {
  if (metric.range) return metric.range;
  let low = Infinity, high = -Infinity;
  for (const { track } of lines)
    for (const part of VALUES)
      for (const v of track.curves[metric.name]?.[part] ?? [])
        if (Number.isFinite(v) && (!metric.log || v > 0))
          [low, high] = [Math.min(low, v), Math.max(high, v)];
  if (low > high) return metric.log ? [0.1, 1] : [0, 1];
  const ratio = high / low, pad = 0.05 * (high - low) || Math.abs(high) / 2 || 0.5;
  if (metric.log)
    return ratio < 1.2 ? [low / 1.5, high * 1.5] : [low / ratio ** 0.04, high * ratio ** 0.04];
  return [low >= 0 && low < 0.4 * high ? 0 : low - pad, high + pad];
}

/**
 * Two plots side by side where there is room for them and for the names beside.
 * @param {Metric[]} metrics @param {number} lines @param {number} width
 */
export const columnsOf = (metrics, lines, width) =>
  (metrics.length > 1 && width > (lines > 4 ? 780 : 640) ? 2 : 1);

/**
 * Pixels for the names at the lines' ends; more where only one line of each has room.
 * @param {Pen} ctx @param {View} view @param {CurveLine[]} lines @param {number} cell
 * @param {number} tall
 */
function roomForNames(ctx, { look }, lines, cell, tall) {
  const wide = (/** @type {string} */ text) => measured(ctx, text, look, true);
  const longest = Math.max(...lines.map(({ name }) => wide(name)), 0);
  const word = Math.max(...lines.flatMap(({ name }) => name.split(" ").map(wide)), 0);
  const two = Math.max(...lines.map(({ name }) => inTwo(ctx, name, look)), 0);
  const share = lines.length > 4 ? 0.4 : lines.length * 2 * LINE > tall ? 0.46 : 0.26;
  return 15 + Math.min(longest, Math.max(word, Math.min(two, 0.4 * cell), share * cell));
}

/**
 * Where the plots stand.
 * @param {Pen} ctx @param {View} view @param {number} width @param {number} height
 * @returns {Plot[]}
 */
export function plotsOf(ctx, view, width, height) {
  const { page, look } = view, lines = linesOf(view), metrics = metricsOf(page, view.shown);
  const columns = columnsOf(metrics, lines.length, width);
  const rows = Math.ceil(metrics.length / columns);
  const cell = (width - BESIDE * (columns - 1)) / columns, tall = (height - LINE) / rows;
  const ranges = metrics.map((metric) => rangeOf(metric, lines));
  const ticks = metrics.map((metric, i) => ticksOf(ranges[i], metric.log, tall - 52));
  const texts = ticks.map((values, i) => values.map((v) => valued(metrics[i], v)));
  const left = 12 + Math.max(...texts.flat().map((text) => measured(ctx, text, look)), 20);
  const right = roomForNames(ctx, view, lines, cell, tall - 44);
  return metrics.map((metric, i) => {
    const x0 = (i % columns) * (cell + BESIDE) + left, x1 = x0 - left + cell - right;
    const row = Math.floor(i / columns), y0 = row * tall + 28, y1 = (row + 1) * tall - 30;
    const scale = metric.log ? Math.log10 : (/** @type {number} */ v) => v;
    const [a, b] = ranges[i].map(scale);
    const up = (/** @type {number} */ v) => ((scale(v) - a) / (b - a)) * (y1 - y0);
    return { metric, lines, x0, x1, y0, y1, left, right, range: ranges[i], ticks: ticks[i],
             texts: texts[i], last: i >= metrics.length - columns,
             x: (t) => x0 + ((t - 1) / Math.max(page.generations - 1, 1)) * (x1 - x0),
             y: (v) => (metric.log && !(v > 0) ? NaN : y1 - up(v)) };
  });
}
