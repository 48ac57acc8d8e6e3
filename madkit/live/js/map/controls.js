// Controls and words of a map follow its state.

import { press, put } from "../shared/elements.js";
import { hasRecord } from "./cells.js";
import { BAND } from "./loop_plot.js";
import { caption, seedsWords } from "./words.js";

/**
 * @typedef {import("../types.js").MapJoined} MapJoined
 * @typedef {import("../types.js").MapTrack} MapTrack
 */

/** @param {MapJoined} parts */
export function showControls(parts) {
  const { page, ui, session } = parts, { state } = session;
  const pressed = page.presets.filter(({ set }) => Object.entries(set)
    .every(([name, value]) => /** @type {any} */ (state)[name] === value));
  ui.presets.forEach((node, i) => press(node, pressed.includes(page.presets[i])));
  const help = pressed.map((preset) => `${preset.name}: ${preset.help}.`).join(" ");
  put(ui.help, help || "Click or drag on the map; move λ.");
  ui.lam.value = String(page.lams.indexOf(state.lam));
  put(ui.lamWords, state.lam === 1 ? "1 (no bias)" : state.lam.toFixed(2));
  ui.lam.setAttribute("aria-valuetext", ui.lamWords.textContent ?? "");
  ui.dim.value = String(state.dim);
  const record = hasRecord(page, state), known = page.simulated;
  ui.simulated.disabled = !record;
  press(ui.simulated, record && state.simulated);
  ui.simulated.title = known ? `recorded for d = ${known.dim}, λ = ${known.lams.join(", ")}` : "";
  showCaptions(parts, record && state.simulated);
  const { trouble, news } = session, why = trouble || (news?.kind === "error" ? news.text : "");
  put(ui.alert, why);
  ui.alert.hidden = !why;
}

/** @param {MapJoined} parts @param {boolean} solid whether the simulated boundary is drawn */
function showCaptions({ page, ui, session }, solid) {
  const { state, track } = session, { lam, dim, n_r, n_s } = state;
  put(ui.mapWords, "Every cell is a loop: blue, its synthetic rows help (n_e > n_r); red, they " +
    `harm. Boundary n_e = n_r: ${solid ? "solid simulated, " : ""}dashed theory; dotted n_s*, ` +
    "its height for many real rows.");
  const absent = page.offline ? "Theory only: this page has simulated tracks of the presets' " +
    "cells; JupyterLab simulates any. " : "Simulating … ";
  const green = track ? `Green: ${trackWords(track)}. ` : absent;
  put(ui.loopWords, `${green}Dashed: theory. Generation 1 is fitted on real rows alone.`);
  const [verdict, numbers] = caption(page, state, track);
  put(ui.verdict, `${verdict}: `);
  put(ui.numbers, numbers);
  ui.root.dataset.verdict = verdict.split(" ").at(-1);
  ui.map.setAttribute("aria-label", "Map of n_e/n_r over real rows n_r and synthetic rows n_s, " +
    `λ = ${lam}, d = ${dim}. Chosen: n_r = ${n_r}, n_s = ${n_s}. ${verdict}. ` +
    "Arrow keys choose another cell.");
  ui.loop.setAttribute("aria-label", `W₂² over generations. ${verdict}: ${numbers}`);
}

/** @param {MapTrack} track */
const trackWords = (track) =>
  (track.w2.length >= BAND ? `median of ${seedsWords(track)}, band 10–90 %` : seedsWords(track));
