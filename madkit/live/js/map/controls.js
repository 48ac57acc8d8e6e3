// Controls and words of a map follow its state.

import { press, put } from "../shared/elements.js";
import { plain } from "../shared/numbers.js";
import { sheafOf } from "../shared/readout.js";
import { realOnly } from "../engine/wasserstein.js";
import { hasRecord } from "./cells.js";
import { BAND, quantiles } from "./loop_plot.js";
import { theoryPath } from "./recursion.js";
import { caption, seedsWords, thousands } from "./words.js";

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
  ui.readout.show([JSON.stringify(state), session.track], "", () => [behindLoop(parts)]);
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

/**
 * The loop of the chosen cell in numbers.
 * @param {MapJoined} parts
 */
function behindLoop({ page, session: { state, track } }) {
  const theory = theoryPath(state, page.generations), t = theory.map((_, i) => i + 1);
  const [low, median, high] = track ? quantiles(track.w2) : [];
  const alone = plain(realOnly(state.n_r, state.dim));
  const loop = { name: track ? `simulated, ${seedsWords(track)}` : "", x: track?.t ?? [],
                 median: median ?? null, low, high };
  return sheafOf(`W₂² to the truth (0 is best): ${thousands(state.n_r)} real + ` +
    `${thousands(state.n_s)} synthetic rows, λ = ${state.lam}, d = ${state.dim}; ${alone} for ` +
    "the real rows alone", "generation", [loop, { name: "theory", x: t, median: theory }], plain);
}
