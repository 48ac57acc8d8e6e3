// The composition: what each model of this generation was trained on, as numbers and as bars.

import { contrast, css, ink, mix, rgb } from "../shared/colours.js";
import { measured } from "../shared/text.js";
import { loopOf, place } from "./tracks.js";

/**
 * @typedef {import("../types.js").Track} Track
 * @typedef {import("../types.js").ShownSide} ShownSide
 * @typedef {import("../types.js").View} View
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Part} Part
 */

const SYNTHETIC = "#D55E00";
const FRESH = "#009E73";
const BAR = 26;                                        // heights in pixels
const BETWEEN = 6;

/**
 * Every bar, and its name.
 * @param {ShownSide[]} shown
 */
export const compositionEntries = (shown) =>
  shown.flatMap(({ side, tracks }) => tracks.filter((track) => track.composition?.length)
    .map((track) => ({ track, name: shown.length > 1 ? `${side} ${track.label}` : track.label })));

/**
 * The parts of the training set of generation t.
 * @param {Track} track @param {number} t @returns {Part[]}
 */
export const partsAt = ({ composition }, t) =>
  composition[place(composition.map(([g]) => g), t)][1];

/**
 * Synthetic rows by birth generation, light to dark vermilion (as in the printed figures).
 * @param {number} generation @param {number} last
 */
export function born(generation, last) {
  const at = (generation - 1) / Math.max(last - 1, 1), pure = rgb(SYNTHETIC);
  const light = pure.map((x) => 255 - 0.45 * (255 - x)), dark = pure.map((x) => 0.45 * x);
  return at < 0.5 ? mix(light, pure, 2 * at) : mix(pure, dark, 2 * at - 1);
}

/** @param {ShownSide[]} shown */
export const compositionHeight = (shown) =>
  Math.max(0, compositionEntries(shown).length * (BAR + BETWEEN) - BETWEEN);

/**
 * The rows of the largest training set.
 * @param {ShownSide[]} shown
 */
function mostRows(shown) {
  let most = 1;
  for (const { track } of compositionEntries(shown))
    for (const [, parts] of track.composition) {
      let rows = 0;
      for (const part of parts) rows += part[2];
      most = Math.max(most, rows);
    }
  return most;
}

/**
 * What its picture depends on, but for size and colours.
 * @param {View} view @returns {unknown[]}
 */
export const compositionOf = ({ shown, state: { t } }) => [mostRows(shown),
  ...compositionEntries(shown).flatMap(({ track, name }) => [name, ...partsAt(track, t).flat()])];

/** @param {Pen} ctx @param {View} view @param {number} width */
export function drawComposition(ctx, view, width) {
  const { page, look } = view, bars = compositionEntries(view.shown), most = mostRows(view.shown);
  const names = bars.length > 1                        // one needs none
    ? bars.map(({ name }) => measured(ctx, name, look, true)) : [-14];
  const left = Math.min(0.46 * width, 14 + Math.max(...names));
  bars.forEach(({ track, name }, b) => {
    const y = b * (BAR + BETWEEN), colour = ink(loopOf(page, track).colour, look);
    if (left) ctx.write(name, 0, y + BAR / 2, { bold: true, colour, within: left - 10 });
    let x = left;
    for (const part of partsAt(track, view.state.t)) {
      const wide = ((width - left) * part[2]) / most;
      drawPart(ctx, view, part, x, y, wide);
      x += wide;
    }
  });
}

/**
 * @param {Pen} ctx @param {View} view @param {Part} part @param {number} x @param {number} y
 * @param {number} wide
 */
function drawPart(ctx, { page, look }, [source, generation, count], x, y, wide) {
  const late = source === "fresh" ? rgb(FRESH) : born(generation, page.generations);
  const fill = source === "real" ? look.real : late;
  ctx.fillStyle = css(fill);
  ctx.fillRect(x, y, Math.max(wide - 1, 0.5), BAR);
  const brief = `${count} ${source}`;
  const full = source === "synthetic" ? `${brief} of generation ${generation}` : brief;
  const text = [full, brief, String(count)].find((one) => measured(ctx, one, look) < wide - 8);
  const white = contrast(fill, "#FFFFFF") >= contrast(fill, "#000000");
  if (text) ctx.write(text, x + 4, y + BAR / 2 + 0.5, { colour: white ? "#FFFFFF" : "#000000" });
}
