// All elements of a view by name, and how they stand in the page.

import { button, canvas, make } from "../shared/elements.js";
import { Exchange } from "../shared/exchange.js";
import { Readout } from "../shared/readout.js";
import { sign, SIGNS } from "../shared/signs.js";

/**
 * @typedef {import("../types.js").ViewPage} ViewPage
 * @typedef {import("../types.js").ViewControl} ViewControl
 */

export const SPEEDS = [0.5, 1, 2, 4];

/** @type {(path: string, name: string) => HTMLButtonElement} */
const signed = (path, name) => button(sign(path), { "aria-label": name, class: "sign" });

/**
 * A control: a slider over its values, or a list of names.
 * @param {ViewControl} control
 */
function mover(control) {
  const { label, words, named } = control, longest = Math.max(...words.map((text) => text.length));
  const style = `min-width: ${longest + (control.name === "t" ? words[words.length - 1].length + 4
    : 0)}ch`;                                          // no slider moves when its words do
  const given = { "aria-label": label };
  const input = named
    ? make("select", given, ...words.map((text, i) => make("option", { value: i }, text)))
    : make("input", { type: "range", min: 0, max: words.length - 1, step: 1, ...given });
  return { control, input, words: make("span", { class: "value", style }) };
}

/** @param {ViewPage} page */
const parts = (page) => ({
  rows: canvas("rows"), numbers: canvas("numbers"), image: make("img", { alt: "" }),
  rowWords: make("p", { class: "caption" }), numberWords: make("p", { class: "caption" }),
  play: signed(SIGNS.play, "play"), back: signed(SIGNS.back, "step back"),
  next: signed(SIGNS.next, "step forward"),
  speed: make("select", { "aria-label": "speed" },
              ...SPEEDS.map((speed) => make("option", { value: speed }, `×${speed}`))),
  movers: page.controls.map(mover), busy: make("span", { class: "quiet busy", role: "status" }),
  presets: page.presets.map(({ name }) =>
    button(name, { "aria-pressed": "false", class: "preset" })),
  reset: button("reset"), exchange: new Exchange(), readout: new Readout(),
  sentence: make("p", { role: "status", "aria-live": "polite", class: "sentence" }),
  alert: make("p", { role: "alert", class: "alert", hidden: true }),
});

/**
 * All elements by name, in reading order.
 * @param {ViewPage} page
 */
export function build(page) {
  const ui = parts(page), played = ui.movers.find(({ control }) => control.name === page.plays);
  const others = ui.movers.filter((one) => one !== played);
  const time = played && make("div", { class: "row time" }, ui.play, ui.back, ui.next,
    make("label", { class: "slider" }, make("span", {}, played.control.label), played.input,
         played.words), ui.speed, ui.reset);
  const settings = others.length > 0 && make("div", { class: "sliders" },
    ...others.map(({ control, input, words }) =>
      make("label", { class: `slider ${control.named ? "named" : ""}` },
           make("span", {}, control.label), !control.named && words, input)));
  const presets = make("div", { class: "row presets" }, ...ui.presets,
                       make("span", { class: "space" }), !played && ui.reset,
                       make("span", { class: "pair" }, ui.readout.open, ui.exchange.copy,
                            ui.exchange.paste));
  const controls = make("div", { class: "controls" }, time, settings, presets, ui.exchange.row,
                        ui.readout.region);
  const given = { class: "madkit-explorer madkit-view", role: "group", "aria-label": page.title,
                  "data-lm-suppress-shortcuts": "true" };    // Lab keeps its keys to itself in here
  const root = make("div", given, ui.busy,
    make("div", { class: "panels" },
         make("div", { class: "left" }, ui.image, ui.rows, ui.rowWords),
         make("div", { class: "right" }, ui.numbers, ui.numberWords), controls),
    ui.sentence, ui.alert,
    page.offline && page.thinned && make("p", { class: "caption" },
      "This page carries some of the settings; in JupyterLab every slider moves freely."));
  return { ...ui, root, played };
}
