// How a table was written down: madkit.data.dialect in the page. What stands between cells and the
// decimal sign are seen from the first lines.

const DELIMITERS = [",", ";", "\t", "|", " "];            // a space stands for any run of spaces
const PART = 1 << 20;                                  // bytes decoded at once
const SAVE = "save it as CSV (UTF-8)";
/** @type {[string, string][]} */
const FORMATS = [
  ["\x1f\x8b", "compressed (gzip); unpack it first"],
  ["PK\x03\x04", `a workbook or an archive; ${SAVE}`], ["\xd0\xcf\x11\xe0", `a workbook; ${SAVE}`],
  ["PAR1", `a Parquet file; ${SAVE}`], ["\x89HDF", `an HDF5 file; ${SAVE}`],
  ["\x93NUMPY", `an array of numpy; ${SAVE}`], ["%PDF", "a PDF; export the table as CSV"],
  ["\x89PNG", "a picture"], ["\xff\xd8\xff", "a picture"], ["GIF8", "a picture"],
  ["RIFF", "a picture or a sound"], ["<!DOCTYPE", "a web page"], ["<html", "a web page"],
];

/** @typedef {{ delimiter: string, decimal: string }} Dialect */

/**
 * What decodes a file, by its first bytes; an Error in words where it is none of text.
 * @param {Uint8Array} head
 */
function codeOf(head) {
  const begin = String.fromCharCode(...head.subarray(0, 9));
  const other = FORMATS.find(([sign]) => begin.startsWith(sign));
  if (other) throw Error(`the file is ${other[1]}`);
  const some = head.subarray(0, 400), half = some.length / 2;
  const zeros = [0, 1].map((odd) => some.filter((byte, i) => i % 2 === odd && !byte).length);
  if (begin.startsWith("\xff\xfe") || (zeros[1] > 0.7 * half && !zeros[0])) return "utf-16le";
  if (begin.startsWith("\xfe\xff") || (zeros[0] > 0.7 * half && !zeros[1])) return "utf-16be";
  return "utf-8";
}

/**
 * The text of a file, decoded in parts; an Error in words where it is none. Between two parts the
 * page goes on.
 * @param {Blob} file @param {() => Promise<void>} turn
 */
export async function textOf(file, turn) {
  const code = codeOf(new Uint8Array(await file.slice(0, 400).arrayBuffer()));
  try {
    return await decoded(file, new TextDecoder(code, { fatal: true }), turn);
  } catch (error) {
    if (code !== "utf-8" || !(error instanceof TypeError)) throw error;
    return decoded(file, new TextDecoder("windows-1252"), turn);
  }
}

/** @param {Blob} file @param {TextDecoder} decoder @param {() => Promise<void>} turn */
async function decoded(file, decoder, turn) {
  let text = "";
  for (let at = 0; at < file.size; at += PART) {
    const part = await file.slice(at, at + PART).arrayBuffer();
    text += decoder.decode(part, { stream: at + PART < file.size });
    await turn();
  }
  return text;
}

/** @type {Record<string, RegExp>} */
const NUMBERS = Object.fromEntries([".", ","].map((sign) =>
  [sign, RegExp(`^[+-]?(?:\\d+(?:[${sign}]\\d*)?|[${sign}]\\d+)(?:[eE][+-]?\\d+)?$`)]));

/**
 * The number that a cell says; NaN where it says none.
 * @param {string} cell @param {string} decimal
 */
export const numberIn = (cell, decimal) =>
  (NUMBERS[decimal].test(cell) ? Number(cell.replace(decimal, ".")) : NaN);

/**
 * What splits these lines as it splits the first, and into numbers.
 * @param {string} text some first lines
 * @param {(text: string, delimiter: string) => Iterable<string[]>} rowsIn
 * @returns {Dialect}
 */
export function dialectOf(text, rowsIn) {
  const scored = DELIMITERS.map((sign) => {
    const rows = [...rowsIn(text, sign)];
    return { sign, rows, score: (trimmed(rows[0] ?? []).length > 1 && score(rows, sign)) || 0 };
  });
  const best = scored.reduce((a, b) => (b.score > a.score + 1e-9 ? b : a));
  const [delimiter, rows] = best.score ? [best.sign, best.rows] : ["", [...rowsIn(text, "")]];
  const all = rows.flat(), with_ = (/** @type {RegExp} */ sign) => all.some((cell) =>
    sign.test(cell));
  const comma = delimiter !== "," && with_(/^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/)
    && !with_(/^[+-]?\d*\.\d+$/);
  return { delimiter, decimal: comma ? "," : "." };
}

/**
 * Without the empty cells at the end.
 * @param {string[]} cells
 */
const trimmed = (cells) => cells.slice(0, 1 + cells.findLastIndex(Boolean));

/**
 * The share of rows as wide as the first, and of cells that are numbers.
 * @param {string[][]} rows @param {string} sign
 */
function score(rows, sign) {
  const wide = trimmed(rows[0]).length, below = rows.length > 1 ? rows.slice(1) : rows;
  const cells = below.flat().filter(Boolean), signs = sign === "," ? ["."] : [".", ","];
  const numbers = cells.filter((cell) => !cell.endsWith(",")
    && signs.some((one) => NUMBERS[one].test(cell)));
  const fits = below.filter((row) => trimmed(row).length <= wide && wide <= row.length);
  return fits.length / below.length + numbers.length / Math.max(cells.length, 1);
}
