// All elements of a map by name, and how they stand in the page.

import { button, canvas, make } from "../shared/elements.js";
import { Exchange } from "../shared/exchange.js";
import { Readout } from "../shared/readout.js";

/** @typedef {import("../types.js").MapPage} MapPage */

/** @param {MapPage} page */
const parts = (page) => ({
  presets: page.presets.map(({ name, help }) =>
    button(name, { title: help, "aria-pressed": "false", class: "preset" })),
  help: make("p", { class: "help" }),
  lam: make("input", { type: "range", min: 0, max: page.lams.length - 1, step: 1,
                       "aria-label": "sampling bias λ" }),
  lamWords: make("span", { class: "value" }),
  dim: make("select", { "aria-label": "dimension d" },
            ...page.dims.map((dim) => make("option", { value: dim }, `d = ${dim}`))),
  simulated: button("simulated map", { "aria-pressed": "false" }),
  reset: button("reset"), exchange: new Exchange(), readout: new Readout(),
  map: make("canvas", { "data-panel": "map", role: "application", tabindex: "0",
                        "aria-roledescription": "map" }),
  loop: canvas("loop"),
  mapWords: make("p", { class: "caption" }), loopWords: make("p", { class: "caption" }),
  verdict: make("b"), numbers: make("span"), alert: make("p", { role: "alert", class: "alert" }),
});

/**
 * All elements by name, in reading order.
 * @param {MapPage} page
 */
export function build(page) {
  const ui = parts(page), row = "row", { title } = page;
  const sentence = make("p", { role: "status", "aria-live": "polite", class: "sentence" },
                        ui.verdict, ui.numbers);
  const left = make("div", { class: "left" }, ui.map, ui.mapWords);
  const right = make("div", { class: "right" }, ui.loop, ui.loopWords);
  const given = { class: "madkit-explorer madkit-map", role: "group",
                  "data-lm-suppress-shortcuts": "true",
                  "aria-label": title || "map of the phase transition" };
  const lam = make("label", { class: "slider" }, make("span", {}, "sampling bias λ"), ui.lam,
                   ui.lamWords);
  const root = make("div", given,
    make("div", { class: row }, title && make("p", { class: "title" }, title), ...ui.presets,
         make("span", { class: "space" }), ui.reset),
    ui.presets.length > 0 && ui.help,
    make("div", { class: "row settings" }, lam, ui.dim, page.simulated && ui.simulated),
    make("div", { class: "panels" }, left, right), sentence, ui.alert,
    make("div", { class: "row foot" }, ui.readout.open, ui.exchange.copy, ui.exchange.paste),
    ui.exchange.row, ui.readout.region);
  return { ...ui, root };
}
