// The card: what is seen, as one picture to keep: title, setting, clouds, curves, words.

import { brush } from "../shared/canvas.js";
import { css, lookOf } from "../shared/colours.js";
import { make } from "../shared/elements.js";
import { fontOf, LINE } from "../shared/text.js";
import { LEARNS } from "./elements.js";
import { MODELS, sides } from "./page.js";
import { caption, settings } from "./words.js";

/** @typedef {import("../types.js").Joined} Joined */

const EDGE = 28;                                       // around all, in pixels
const LEAST_WIDE = 480;

/** @param {Joined} parts what is above and below the pictures, in words */
function lettering({ page, session: { state, called }, asking: { shown } }) {
  const set = sides(state).map((side) => {
    const words = settings(page, side, state);
    return state.B && words ? `${side}: ${words}` : words;
  });
  const { drawn } = state, model = drawn?.model ?? MODELS[0];
  const data = drawn ? `${called}, ${LEARNS[model]}` : "";
  const title = page.title || "Self-consuming loops";
  const at = [`Generation ${state.t} of ${page.generations}`, data, ...set].filter(Boolean)
    .join("; ");
  return { title, at, below: caption(page, state, shown) };
}

/**
 * Text in as many lines as it needs.
 * @param {import("../types.js").Pen} pen @param {import("../types.js").Look} look
 * @param {string} text @param {number} wide
 */
function linesWithin(pen, look, text, wide) {
  pen.font = fontOf(look, true);                       // the wider of the two
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1, longer = `${lines[last]} ${word}`.trim();
    if (!lines[last] || pen.measureText(longer).width <= wide) lines[last] = longer;
    else lines.push(word);
  }
  return lines;
}

/**
 * The card of what is seen now.
 * @param {Joined} parts @returns {HTMLCanvasElement}
 */
export function cardOf(parts) {
  const { ui } = parts, look = lookOf(ui.root), { title, at, below } = lettering(parts);
  const [a, b] = [ui.cloud, ui.curves].map((node) => node.getBoundingClientRect());
  const beside = b.left >= a.right - 1, gap = beside ? b.left - a.right : 20;
  const wide = Math.max(LEAST_WIDE, beside ? a.width + gap + b.width : Math.max(a.width, b.width));
  const sheet = make("canvas"), pen = brush(sheet, 1, 1, look);
  const above = [[title, true], [at, false]].flatMap(([text, bold]) =>
    linesWithin(pen, look, String(text), wide).map((line) => ({ line, bold: Boolean(bold) })));
  const under = linesWithin(pen, look, below, wide), top = EDGE + above.length * LINE + 12;
  const tall = beside ? Math.max(a.height, b.height) : a.height + gap + b.height;
  const foot = top + tall + 16, height = foot + (under.length + 1) * LINE + EDGE;
  const ctx = brush(sheet, wide + 2 * EDGE, height, look);
  ctx.fillStyle = css(look.paper);
  ctx.fillRect(0, 0, wide + 2 * EDGE, height);
  above.forEach(({ line, bold }, i) => ctx.write(line, EDGE, EDGE + (i + 0.5) * LINE, { bold }));
  ctx.drawImage(ui.cloud, EDGE, top, a.width, a.height);
  const [x, y] = beside ? [EDGE + a.width + gap, top] : [EDGE, top + a.height + gap];
  ctx.drawImage(ui.curves, x, y, b.width, b.height);
  [...under, "madkit"].forEach((line, i) =>
    ctx.write(line, EDGE, foot + (i + 0.5) * LINE, { colour: look.quiet }));
  return sheet;
}

/** @param {Joined} parts it goes where the browser keeps downloads */
export function saveCard(parts) {
  const { t } = parts.session.state;
  cardOf(parts).toBlob(parts.life.guard((/** @type {Blob | null} */ blob) => {
    if (!blob) throw Error("the browser made no picture");
    const href = URL.createObjectURL(blob);
    make("a", { href, download: `madkit-generation-${t}.png` }).click();
    window.setTimeout(() => URL.revokeObjectURL(href), 10000);
  }), "image/png");
}
