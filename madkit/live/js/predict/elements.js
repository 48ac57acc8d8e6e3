// All elements of a bet by name, and how they stand in the page.

import { button, canvas, make } from "../shared/elements.js";
import { Readout } from "../shared/readout.js";
import { told, valueAt } from "./bets.js";

/** @typedef {import("../types.js").BetPage} BetPage */

/** @param {BetPage} page */
const parts = (page) => ({
  choices: (page.choices ?? []).map((value) =>
    make("input", { type: "radio", name: `bet-${page.sealed.slice(0, 24)}`, value })),
  plot: canvas("bet"),
  at: make("input", { type: "range", min: page.known?.length ?? 0, step: 1, value: 0,
                      max: (page.t?.length ?? 1) - 1, "aria-label": "generation of your bet" }),
  atWords: make("span", { class: "value" }),
  value: make("input", { type: "range", min: 0, max: page.steps ?? 200, step: 1,
                         value: (page.steps ?? 200) / 2, "aria-label": "your bet" }),
  valueWords: make("span", { class: "value" }),
  place: button("place my bet", { class: "due" }), again: button("draw again"),
  skip: button("show anyway"), forget: button("bet again"), kept: make("span", { class: "quiet" }),
  covered: make("p", { class: "quiet covered" }, "What follows is covered until you bet. "),
  hint: make("span", { class: "quiet" }),
  result: make("p", { class: "sentence" }), why: make("p", { class: "why" }),
  said: make("div", { role: "status", "aria-live": "polite", tabindex: -1 }),
  alert: make("p", { role: "alert", class: "alert" }), readout: new Readout(),
});

/**
 * All elements by name, in reading order.
 * @param {BetPage} page
 */
export function build(page) {
  const ui = parts(page), name = { class: "madkit-explorer madkit-predict", role: "group",
                                   "data-lm-suppress-shortcuts": "true",
                                   "aria-label": "a bet: " + page.question };
  const body = { choice: choiceBody, point: pointBody, curve: curveBody }[page.kind](page, ui);
  const root = make("div", name, make("p", { class: "ask" }, "Your bet"), ...body,
    make("div", { class: "row foot" }, ui.place, page.kind === "curve" && ui.again, ui.hint),
    ui.covered, ui.said, make("div", { class: "row after" }, page.kind === "curve" &&
      ui.readout.open, ui.forget, ui.kept), page.kind === "curve" && ui.readout.region, ui.alert);
  ui.said.append(ui.result, ui.why);
  ui.covered.append(ui.skip);
  return { ...ui, root };
}

/**
 * @typedef {ReturnType<typeof parts>} BetElements
 * @param {BetPage} page @param {BetElements} ui
 */
function choiceBody(page, ui) {
  const labels = ui.choices.map((input, i) => make("label", {}, input, page.choices[i]));
  return [make("fieldset", {}, make("legend", { class: "question" }, page.question), ...labels)];
}

/** @param {BetPage} page @param {BetElements} ui */
function pointBody(page, ui) {
  const label = make("label", { class: "slider" }, make("span", {}, "your bet"), ui.valueWords,
                     ui.value);
  return [make("p", { class: "question" }, page.question), label, ui.plot];
}

/** @param {BetPage} page @param {BetElements} ui */
function curveBody(page, ui) {
  /** @param {string} words @param {Node[]} nodes */
  const slider = (words, ...nodes) =>
    make("label", { class: "slider" }, make("span", {}, words), ...nodes);
  return [make("p", { class: "question" }, page.question), ui.plot,
          make("div", { class: "sliders" }, slider("generation", ui.atWords, ui.at),
               slider("your curve there", ui.valueWords, ui.value))];
}

/**
 * The value of a slider's place, in words.
 * @param {BetPage} page @param {HTMLInputElement} input
 */
export const betOf = (page, input) => valueAt(page, Number(input.value) / Number(input.max));

/** @param {BetPage} page @param {number} value */
export const wordsOf = (page, value) => told(page, value);
