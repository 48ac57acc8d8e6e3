// The axes of a plot of curves: title, rules, numbers.

import { css } from "../shared/colours.js";
import { stroke } from "../shared/canvas.js";
import { LINE } from "../shared/text.js";

/**
 * @param {import("../types.js").Pen} ctx @param {import("../types.js").View} view
 * @param {import("../types.js").Plot} plot
 */
export function drawAxes(ctx, { look }, plot) {
  const { metric, x0, x1, y0, y1 } = plot, quiet = look.quiet;
  let start = x0 - plot.left;
  if (metric.colour) {
    ctx.fillStyle = metric.colour;
    ctx.fillRect(start, y0 - 22, 10, 10);
    start += 16;
  }
  const title = metric.label + (metric.log ? ", log axis" : "");
  ctx.write(title, start, y0 - 17, { bold: true, within: x1 + plot.right - start });
  ctx.beginPath();
  for (const v of plot.ticks) {
    ctx.moveTo(x0, plot.y(v));
    ctx.lineTo(x1, plot.y(v));
  }
  stroke(ctx, css(look.rule, 0.7), 1);
  ctx.beginPath();
  ctx.moveTo(x0, y1 + 0.5);
  ctx.lineTo(x1, y1 + 0.5);
  stroke(ctx, css(quiet), 1);
  plot.ticks.forEach((v, i) =>
    ctx.write(plot.texts[i], x0 - 8, plot.y(v), { align: "right", colour: quiet }));
  if (plot.last)
    ctx.write("generation", (x0 + x1) / 2, y1 + 15 + LINE, { align: "center", colour: quiet });
}
