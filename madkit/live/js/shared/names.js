// Names at the lines' ends, moved apart until none touches another.

import { css } from "./colours.js";
import { stroke } from "./canvas.js";
import { fitted, fontOf, LINE, wrapped } from "./text.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Plot} Plot
 * @typedef {import("../types.js").EndName} EndName
 * @typedef {EndName & { lines: string[], tall: number, y: number }} Label
 */

const DOWN = LINE - 2;                                 // between two lines of a name

/**
 * @param {Pen} ctx @param {import("../types.js").View} view @param {Plot} plot
 * @param {EndName[]} names
 */
export function drawNames(ctx, { look }, plot, names) {
  const room = plot.right - 15, space = plot.y1 - plot.y0 + 8;
  ctx.font = fontOf(look, true);
  /** @type {(lines: string[][]) => Label[]} */
  const labelled = (lines) => names.map((one, i) =>
    ({ ...one, lines: lines[i], tall: lines[i].length * DOWN + 3, y: 0 }));
  let labels = labelled(names.map(({ name }) => wrapped(ctx, name, room)));
  if (labels.reduce((sum, { tall }) => sum + tall, 0) > space)
    labels = labelled(names.map(({ name }) => [fitted(ctx, name, room)]));
  const full = labels.reduce((sum, { tall }) => sum + tall, 0);
  if (full > space) for (const label of labels) label.tall *= space / full;    // closer together
  moveApart(labels, plot);
  for (const { lines, y, tall, colour, line, from, bold } of labels) {
    const top = y + Math.min(9, tall / 2), given = { colour, bold, within: room };
    lines.forEach((text, i) => ctx.write(text, plot.x1 + 14, top + i * DOWN, given));
    ctx.beginPath();
    ctx.moveTo(Math.max(from[0], plot.x1) + 2, from[1]);
    ctx.lineTo(plot.x1 + 11, y + tall / 2);
    stroke(ctx, css(line), 1);
  }
}

/**
 * Down from the top, then up from the foot.
 * @param {Label[]} labels @param {Plot} plot
 */
function moveApart(labels, plot) {
  labels.sort((a, b) => a.from[1] - b.from[1]);
  let floor = plot.y0 - 4;
  for (const label of labels) {
    label.y = Math.max(floor, label.from[1] - label.tall / 2);
    floor = label.y + label.tall;
  }
  let ceiling = plot.y1 + 4;
  for (const label of labels.toReversed()) {
    label.y = Math.min(label.y, ceiling - label.tall);
    ceiling = label.y;
  }
}
