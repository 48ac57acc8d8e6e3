// A table as data: madkit.data.table in the page, for two of its columns. Where Python refuses a
// row that lacks a number, this leaves it out and counts it.

import { generator } from "../engine/pcg64.js";
import { dialectOf, numberIn } from "./dialect.js";
import { HALF, LEAST, MOST } from "./page.js";
import { rounded } from "./stamps.js";

const LOOKED = 1000;                                   // rows looked at to know the columns
const SAMPLE = 1 << 16;                                // signs that dialects are tried on
const CELL = 1 << 16;                                  // signs of a cell, at most
const TURN_ROWS = 500;                                 // between two looks at the clock
const TURN_MS = 10;
const COUNTERS = RegExp("^(?:|Unnamed: \\d+|\\.\\.\\.\\d+|id|index|idx|no\\.?|nr\\.?|num|" +
  "number|#|rows?|rowid|rownames|rownum)$", "i");

/**
 * @typedef {{ text: string, dialect: import("./dialect.js").Dialect, names: string[],
 *             header: boolean, numeric: number[], chosen: number[] }} Table
 *   places of the columns of numbers, and of the two that are taken unless others are
 * @typedef {{ points: number[][], rows: number, left: number, beyond: number }} Taken
 *   of so many rows; so many left out; so many at the window's edge
 */

/**
 * The rows of a text, cells without the spaces around them; blank lines are none. Newlines within
 * quotes are text.
 * @param {string} text @param {string} delimiter "" for a single column
 * @returns {Generator<string[]>}
 */
export function* rowsIn(text, delimiter) {
  const apart = delimiter === " " ? /[ \t]+/ : delimiter || "\n";
  for (let at = 0; at < text.length;) {
    let end = text.indexOf("\n", at);
    if (end < 0) end = text.length;
    const line = text.slice(at, end);
    let cells = [line];
    if (line.includes('"')) [cells, end] = quoted(text, at, delimiter);
    else if (delimiter) cells = (delimiter === " " ? line.trim() : line).split(apart);
    at = end + 1;
    cells = cells.map((cell) => cell.trim());
    if (cells.some(Boolean)) yield cells;
  }
}

/**
 * The cells of a row that has quotes, and where it ends.
 * @param {string} text @param {number} at @param {string} delimiter
 * @returns {[string[], number]}
 */
function quoted(text, at, delimiter) {
  const cells = [];
  let cell = "", inside = false;
  for (; at < text.length; at++) {
    const sign = text[at], between = sign === delimiter || (delimiter === " " && sign === "\t");
    if (cell.length > CELL) throw Error("a quote opens a cell that does not end");
    if (sign === '"' && inside && text[at + 1] === '"') cell += text[++at];
    else if (sign === '"' && (inside || !cell.trim())) inside = !inside;
    else if (!inside && sign === "\n") break;
    else if (!inside && between) {
      if (delimiter !== " " || cell) cells.push(cell);
      cell = "";
    } else cell += sign;
  }
  return [[...cells, cell], at];
}

/**
 * What a text holds; an Error in words where there are no two columns of numbers.
 * @param {string} text @returns {Table}
 */
export function tableOf(text) {
  const bad = /[\0-\x08\x0b\x0e-\x1f\x7f]/.exec(text.slice(0, SAMPLE));
  if (bad) throw Error("the file is no table of text");
  let whole = text.replace(/^\ufeff/, "");
  if (!whole.includes("\n")) whole = whole.replaceAll("\r", "\n");
  if (!whole.trim()) throw Error("there is nothing in it");
  const said = /^"?sep=(.)"?\r?\n/.exec(whole);        // a line for Excel alone
  whole = whole.slice(said?.[0].length ?? 0);
  const cut = whole.length > SAMPLE ? whole.lastIndexOf("\n", SAMPLE) : -1;
  const dialect = dialectOf(firstLines(cut > 0 ? whole.slice(0, cut) : whole), rowsIn);
  if (said) dialect.delimiter = said[1];
  const rows = head(rowsIn(whole, dialect.delimiter), LOOKED);
  const header = rows[0].some((cell) => cell && Number.isNaN(numberIn(cell, dialect.decimal)));
  const below = header ? rows.slice(1) : rows, wide = Math.max(0, ...below.map((r) => r.length));
  if (!below.length) throw Error("it has a line of names and no rows below");
  const names = header ? [...rows[0]] : below[0].map((_, j) => String(j + 1));
  if (header && below.every((row) => row.length === names.length + 1)) names.unshift("");
  const columns = Array.from({ length: Math.min(wide, names.length) }, (_, j) =>
    below.map((row) => numberIn(row[j] ?? "", dialect.decimal)));
  const able = columns.map((_, j) => j).filter((j) =>
    2 * columns[j].filter(Number.isFinite).length >= below.filter((row) => row[j]).length
    && columns[j].some(Number.isFinite));
  const counts = (/** @type {number} */ j) => COUNTERS.test(names[j]) && header
    && columns[j].every((v, i) => v === columns[j][0] + i);
  const numeric = able.filter((j) => names[j] || !counts(j));
  if (numeric.length < 2) throw Error(few(numeric.map((j) => names[j])));
  const telling = numeric.filter((j) => !counts(j) && columns[j].some((v) => v !== columns[j][0]));
  const chosen = [...telling, ...numeric.filter((j) => !telling.includes(j))].slice(0, 2);
  return { text: whole, dialect, names, header, numeric, chosen };
}

/** @param {string[]} names */
const few = ([name]) => "two columns of numbers are needed, and " +
  (name === undefined ? "it has none" : `it has one${name === "1" ? "" : `, “${name}”`}`);

/** @param {string} text */
const firstLines = (text) => text.split("\n").filter((line) => line.trim()).slice(0, 50).join("\n");

/** @template T @param {Iterator<T>} from @param {number} most */
function head(from, most) {
  const some = [];
  for (let next; some.length < most && !(next = from.next()).done;) some.push(next.value);
  return some;
}

/**
 * Two columns of a table as points: each with mean 0 and standard deviation 1, and of many rows
 * some, at random, the same each time. Between two turns the page goes on.
 * @param {Table} table @param {number[]} columns
 * @param {(rows: number) => Promise<void>} turn hears how many rows were read
 * @returns {Promise<Taken>}
 */
export async function pointsIn({ text, dialect, names, header }, columns, turn) {
  const from = generator(0, "table"), kept = [], mean = [0, 0], squares = [0, 0];
  let rows = 0, n = 0, until = performance.now() + TURN_MS, first = header;
  for (const cells of rowsIn(text, dialect.delimiter)) {
    if (first) {
      first = false;
      continue;
    }
    if (++rows % TURN_ROWS === 0 && performance.now() > until) {
      await turn(rows);
      until = performance.now() + TURN_MS;
    }
    const point = columns.map((j) => numberIn(cells[j] ?? "", dialect.decimal));
    if (!point.every(Number.isFinite)) continue;
    n += 1;
    point.forEach((v, k) => {
      const before = v - mean[k];
      mean[k] += before / n;
      squares[k] += before * (v - mean[k]);
    });
    const place = n <= MOST ? n - 1 : Math.floor(from.uniform() * n);
    if (place < MOST) kept[place] = point;
  }
  if (n < LEAST) throw Error(`at least ${LEAST} rows with both numbers are needed, it has ${n}`);
  const scale = squares.map((sum) => Math.sqrt(sum / n));
  const still = scale.findIndex((one) => !(one > 0 && Number.isFinite(one)));
  if (still >= 0) throw Error(`column “${names[columns[still]]}” ` + (scale[still] === 0
    ? "has one value in all rows; choose another" : "has numbers too large for this page"));
  const points = kept.map((point) => point.map((v, k) => (v - mean[k]) / scale[k]));
  const beyond = points.filter((point) => point.some((v) => Math.abs(v) > HALF)).length;
  return { points: rounded(points), rows, left: rows - n, beyond };
}
