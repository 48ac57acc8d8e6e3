// The cloud: one square for each track, all with one window.

import { css, ink } from "../shared/colours.js";
import { inside, stroke } from "../shared/canvas.js";
import { dots } from "../shared/marks.js";
import { LINE, measured } from "../shared/text.js";
import { drawDensity } from "./density.js";
import { drawFits, drawRows } from "./fits.js";
import { pixels, realFill, scaleOf, windowOf } from "./plane.js";
import { aboveOf, nameLines } from "./squares.js";
import { loopOf, valueAt } from "./tracks.js";
import { settings, short } from "./words.js";

/**
 * @typedef {import("../types.js").View} View
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Track} Track
 * @typedef {import("../types.js").Plan} Plan
 * @typedef {import("../types.js").Block} Block
 * @typedef {import("../types.js").Box} Box
 * @typedef {import("../types.js").Done} Done
 */

/**
 * What lies below all generations: real rows. `made` keeps its picture.
 * @param {Pen} ctx @param {View} view @param {Plan} plan @param {number} width
 * @param {import("../types.js").Layer} made
 */
export function drawGround(ctx, { page, state, look }, plan, width, made) {
  const panels = plan.blocks.flatMap((block) => block.panels)
    .flatMap(({ track, x, y, size }) =>
      (track.real?.shape[1] === 2 ? [{ real: track.real, x, y, size }] : []));
  const places = panels.flatMap(({ real, x, y, size }) => [real, x, y, size]);
  const depends = [look, ...windowOf(page, state), ...places];
  made(ctx, width, plan.height, look, depends, (pen) => {
    for (const { real, x, y, size } of panels) {
      /** @type {Box} */
      const box = [x, y, size, size];
      const to = scaleOf(page, state, box);
      inside(pen, box, () => dots(pen, pixels(real, 0, to), "circle", 1.6, realFill(look)));
    }
  });
}

/**
 * All squares; gives what was drawn, in pixels.
 * @param {Pen} ctx @param {View} view @param {Plan} plan
 */
export function drawCloud(ctx, view, plan) {
  const drawn = [];
  for (const block of plan.blocks) {
    if (block.head) drawHead(ctx, view, block);
    for (const { track, x, y, size, title } of block.panels) {
      /** @type {Box} */
      const box = [x, y, size, size];
      const done = drawTrack(ctx, view, track, box);
      drawTitle(ctx, view, box, title, nameLines(ctx, view, track.label, size),
                numbersOf(ctx, view, track, done, size),
                ink(loopOf(view.page, track).colour, view.look));
      drawn.push({ key: track.key, side: block.side, box, ...done });
    }
  }
  return drawn;
}

/**
 * A or B, and its settings.
 * @param {Pen} ctx @param {View} view @param {Pick<Block, "side" | "x" | "y" | "width">} block
 */
export function drawHead(ctx, { page, look, shown }, { side, x, y, width }) {
  const given = shown.find((one) => one.side === side)?.given;
  ctx.write(side, x, y + LINE / 2, { bold: true });
  if (!given) return;
  const within = width - 18;
  ctx.write(settings(page, side, given), x + 18, y + LINE / 2, { colour: look.quiet, within });
}

/**
 * @param {Pen} ctx @param {View} view @param {Box} box @param {number} title its height
 * @param {string[]} names @param {string[]} words @param {string} colour
 */
function drawTitle(ctx, { look }, [x, y, size], title, names, words, colour) {
  [...names, ...words].forEach((line, i) => {
    const bold = i < names.length, high = y - title + 9 + i * LINE;
    ctx.write(line, x, high, { bold, colour: bold ? colour : look.quiet, within: size });
  });
}

/**
 * The first metrics, or which generation it is.
 * @param {Pen} ctx @param {View} view @param {Track} track @param {Done} done @param {number} size
 */
function numbersOf(ctx, view, track, done, size) {
  const { state, look } = view;
  if (done.kept && done.kept !== state.t) return [`of generation ${done.kept}`];
  const fits = (/** @type {string} */ text) => measured(ctx, text, look) <= size;
  return aboveOf(view).filter(({ name }) => track.curves[name])
    .map((metric) => short(metric, valueAt(track, metric.name, state.t), fits));
}

/**
 * One square.
 * @param {Pen} ctx @param {View} view @param {Track} track @param {Box} box @returns {Done}
 */
function drawTrack(ctx, view, track, box) {
  const { page, state, look } = view, [x, y, w, h] = box, loop = loopOf(page, track);
  const to = scaleOf(page, state, box);
  /** @type {Done} */
  let done = { points: [] };
  inside(ctx, box, () => {
    if (track.rows) done = drawRows(ctx, view, track, loop, to);
    else if (track.mean?.shape[2] === 1) done = drawDensity(ctx, view, track, loop, box);
    else done = drawFits(ctx, view, track, loop, to);
  });
  ctx.beginPath();
  ctx.rect(x + 0.5, y + 0.5, w - 1, h - 1);
  stroke(ctx, css(look.rule), 1);
  const away = done.points.every(([px, py]) => px < x || px > x + w || py < y || py > y + h);
  if (done.points.length && away) {
    const colour = ink(loop.colour, look);
    ctx.write("outside the picture", x + w / 2, y + h - 14, { align: "center", colour, within: w });
  }
  return done;
}
