// What stands behind a view's plots and verdicts, as tables.

import { plain } from "../shared/numbers.js";
import { sheafOf } from "../shared/readout.js";
import { same } from "../shared/values.js";

/**
 * @typedef {import("../types.js").ScenePanel} ScenePanel
 * @typedef {import("../types.js").SceneAxis} SceneAxis
 * @typedef {import("../types.js").Sheaf} Sheaf
 * @typedef {import("../types.js").Verdict} Verdict
 */

/**
 * Whether a scene has numbers that can stand in a table.
 * @param {import("../types.js").Scene} scene
 */
export const numbered = ({ left, right }) =>
  [...left, ...right].some(({ kind }) => kind === "plot" || kind === "table");

/**
 * What panels say of themselves.
 * @param {ScenePanel[]} panels
 */
export const notesOf = (panels) =>
  [...new Set(panels.map(({ note }) => note).filter(Boolean))].join(" · ");

/** @param {import("../types.js").Scene} scene @returns {Sheaf[]} */
export const behindScene = ({ left, right }) => [...left, ...right].flatMap((panel) =>
  (panel.kind === "plot" ? plotted(panel, notesOf([...left, ...right]))
    : panel.kind === "table" ? [verdicts(panel)] : []));

/**
 * @param {ScenePanel} panel @param {string} notes what bands and dashes are
 * @returns {Sheaf[]}
 */
function plotted(panel, notes) {
  const { title, x, y } = panel, said = saying(y), place = saying(x);
  const lines = panel.lines.map((line, i) => ({
    name: line.name || (panel.lines.length > 1 ? `line ${i + 1}` : "value"),
    x: line.x.data, median: line.median.data, low: line.low?.data, high: line.high?.data,
    theory: line.theory?.data,
  }));
  const head = [title, y.label !== title && y.label, notes].filter(Boolean).join(". ");
  // a curve that turns back has several heights at a place
  const over = lines.every((line) => new Set(line.x).size === line.x.length)
    && lines.every((line) => same([...line.x], [...lines[0].x]));
  if (over) return [sheafOf(head, x.label, lines, said, place)];
  return lines.map((line) => ({ title: `${line.name}. ${head}`, head: [x.label, y.label || title],
    rows: Array.from(line.x, (v, i) => [place(v), said(line.median[i])]) }));
}

/**
 * How values of an axis are said: as its ticks are.
 * @param {SceneAxis} axis
 */
function saying({ ticks }) {
  const percent = ticks?.some(([, text]) => text.endsWith("%"));
  return (/** @type {number} */ v) =>
    (percent && Number.isFinite(v) ? `${plain(100 * v, 2)} %` : plain(v));
}

/** @param {ScenePanel} panel @returns {Sheaf} */
function verdicts(panel) {
  const rows = /** @type {Verdict[]} */ (/** @type {unknown} */ (panel.rows));
  return { title: panel.title, head: ["metric", "value", "a perfect model", "verdict"],
           rows: rows.map(({ name, value, perfect, verdict }) => [name, value, perfect, verdict]) };
}
