// A table of verdicts: a row for each metric, with a small line of its values.

import { css, ink } from "../shared/colours.js";
import { stroke } from "../shared/canvas.js";
import { mark } from "../shared/marks.js";
import { fontOf, LINE, measured, wrapped } from "../shared/text.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").Look} Look
 * @typedef {import("../types.js").ScenePanel} ScenePanel
 * @typedef {import("../types.js").Verdict} Verdict
 */

const ROW = 36;
const TOP = 30;

/** @param {ScenePanel} panel */
export const tallOfTable = ({ rows }) => TOP + ROW * /** @type {any} */ (rows).length;

/**
 * @param {Pen} ctx @param {ScenePanel} panel @param {import("../types.js").Box} box
 * @param {Look} look
 */
export function drawTable(ctx, panel, [left, top, width], look) {
  const rows = /** @type {Verdict[]} */ (/** @type {unknown} */ (panel.rows));
  const said = width < 430 ? shortly : fully;
  const widest = Math.max(...rows.map(({ name }) => measured(ctx, name, look)));
  const names = Math.min(widest, 0.34 * width) + 10;
  const values = Math.max(...rows.map((row) => measured(ctx, said(row), look, true))) + 12;
  const line = Math.max(40, width - names - values - 8);
  ctx.write(panel.title, left, top + 10, { colour: look.quiet, within: width });
  rows.forEach((row, i) => {
    const y = top + TOP + i * ROW, colour = row.bold ? ink(panel.colour, look) : look.quiet;
    ctx.font = fontOf(look);
    const parts = wrapped(ctx, row.name, names - 10);
    parts.forEach((part, j) =>
      ctx.write(part, left + names - 10, y + ROW / 2 + (j - (parts.length - 1) / 2) * (LINE - 4),
                { align: "right", within: names - 10 }));
    drawSmall(ctx, row, [left + names, y + 4, line, ROW - 8], panel.colour, look);
    ctx.write(said(row), left + names + line + 10, y + ROW / 2,
              { colour, bold: row.bold, within: width - names - line - 10 });
  });
  return { box: [left, top, width, TOP + rows.length * ROW], lines: [] };
}

/** @param {Verdict} row */
const shortly = ({ verdict, value }) => `${verdict}  ${value}`;

/** @param {Verdict} row */
const fully = (row) => `${shortly(row)} (${row.perfect})`;

/**
 * @param {Pen} ctx @param {Verdict} row @param {import("../types.js").Box} box
 * @param {string} colour @param {Look} look
 */
function drawSmall(ctx, { y: values, band, at }, [x, y, w, h], colour, look) {
  const to = (/** @type {number} */ v) => y + h - Math.max(-0.1, Math.min(v, 1.1)) * h;
  const across = (/** @type {number} */ i) => x + 6 + (i / (values.data.length - 1)) * (w - 12);
  ctx.fillStyle = css(look.rule);
  ctx.fillRect(x, to(band[1]) - 1, w, to(band[0]) - to(band[1]) + 2);
  ctx.beginPath();
  values.data.forEach((v, i) => ctx[i ? "lineTo" : "moveTo"](across(i), to(v)));
  stroke(ctx, colour, 2);
  ctx.beginPath();
  mark(ctx, "circle", across(at), to(values.data[at]), LINE / 5);
  ctx.fillStyle = colour;
  ctx.fill();
}
