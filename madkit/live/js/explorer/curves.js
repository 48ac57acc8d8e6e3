// The curves of each plot: bands over the seeds, medians, theory, and their names.

import { css, ink, mix, rgb } from "../shared/colours.js";
import { inside, stroke, trace } from "../shared/canvas.js";
import { drawAxes } from "./axes.js";
import { drawNames } from "../shared/names.js";

/**
 * @typedef {import("../types.js").View} View
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").CurveLine} CurveLine
 * @typedef {import("../types.js").Plot} Plot
 */

/**
 * @param {Pen} ctx @param {Plot} plot @param {number[]} generations @param {ArrayLike<number>} low
 * @param {ArrayLike<number>} high
 */
function band(ctx, plot, generations, low, high) {
  // a band that reaches 0 leaves a log axis at its foot
  const bottom = plot.metric.log ? plot.range[0] / 1e3 : -Infinity;
  /** @type {number[]} */
  let stretch = [];
  const close = () => {
    [...stretch, ...stretch.map((i) => -1 - i).reverse()].forEach((i, k) => {
      const at = i < 0 ? -1 - i : i, v = i < 0 ? Math.max(low[at], bottom) : high[at];
      ctx[k ? "lineTo" : "moveTo"](plot.x(generations[at]), plot.y(v));
    });
    ctx.closePath();
    stretch = [];
  };
  generations.forEach((_, i) => {
    if (Number.isFinite(low[i]) && Number.isFinite(plot.y(high[i]))) stretch.push(i);
    else if (stretch.length) close();
  });
  if (stretch.length) close();
}

/**
 * B has A's colour, paler.
 * @param {CurveLine["loop"]} loop @param {string} side @param {View["look"]} look
 */
export const shadeOf = (loop, side, look) =>
  (side === "A" ? rgb(loop.colour) : mix(loop.colour, look.paper, 0.45));

/**
 * All but the generation: axes, bands, lines and their names. Gives what was drawn, in pixels.
 * @param {Pen} ctx @param {View} view @param {Plot[]} plots
 */
export function drawCurves(ctx, view, plots) {
  /** @type {Pick<import("../types.js").Drawn, "curves" | "axes">} */
  const drawn = { curves: [], axes: {} };
  for (const plot of plots) {
    const { metric, x0, x1, y0, y1 } = plot;
    /** @type {import("../types.js").EndName[]} */
    const names = [];
    drawAxes(ctx, view, plot);
    inside(ctx, [x0, y0 - 4, x1 - x0 + 6, y1 - y0 + 8], () => {
      const there = plot.lines.filter(({ track }) => track.curves[metric.name]);
      for (const line of there) drawBand(ctx, plot, line);
      for (const line of there.toReversed()) {
        const { pixels, values, colour } = drawLine(ctx, view, plot, line);
        const { key } = line.track, end = pixels.findLast(([, y]) => Number.isFinite(y));
        if (end && !line.silent)
          names.push({ name: line.name, from: end, colour: ink(line.loop.colour, view.look),
                       line: colour, bold: line.side === "A" });
        drawn.curves.push({ key, side: line.side, metric: metric.name, pixels, values });
      }
    });
    drawn.axes[metric.name] = { x: [1, view.page.generations], y: plot.range, log: !!metric.log,
                                box: [x0, y0, x1 - x0, y1 - y0] };
    drawNames(ctx, view, plot, names);
  }
  return drawn;
}

/** @param {Pen} ctx @param {Plot} plot @param {CurveLine} line */
function drawBand(ctx, plot, { side, track, loop }) {
  const { low, high } = track.curves[plot.metric.name];
  if (!low || !high) return;
  ctx.beginPath();
  band(ctx, plot, track.t, low, high);
  ctx.fillStyle = css(rgb(loop.colour), side === "A" ? 0.18 : 0.1);
  ctx.fill();
}

/**
 * A median, and theory beside it.
 * @param {Pen} ctx @param {View} view @param {Plot} plot @param {CurveLine} line
 */
function drawLine(ctx, { look }, plot, { side, track, loop }) {
  const { median, theory } = track.curves[plot.metric.name], values = Array.from(median ?? []);
  const colour = shadeOf(loop, side, look), black = look.dark ? [255, 255, 255] : [0, 0, 0];
  const places = (/** @type {ArrayLike<number>} */ of) =>
    Array.from(of, (v, i) => [plot.x(track.t[i]), plot.y(v)]);
  const pixels = places(values);
  ctx.beginPath();
  trace(ctx, pixels);
  stroke(ctx, css(colour), side === "A" ? 2.4 : 2, loop.dash);
  if (theory) {
    ctx.beginPath();
    trace(ctx, places(theory));
    stroke(ctx, css(black, side === "A" ? 0.85 : 0.5), 1.2, [5, 4]);
  }
  return { pixels, values, colour };
}
