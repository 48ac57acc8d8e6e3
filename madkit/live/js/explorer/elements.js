// All elements of an explorer by name, and how they stand in the page.

import { button, canvas, make } from "../shared/elements.js";
import { Exchange } from "../shared/exchange.js";
import { Readout } from "../shared/readout.js";
import { MODELS, SPEEDS } from "./page.js";
import { sign, SIGNS } from "../shared/signs.js";
import { STAMPS } from "./stamps.js";

/** @typedef {import("../types.js").Page} Page */

// What a page without a kernel is, by whether it makes its tracks or carries them.
const OFFLINE = {
  made: "This page works on its own: every setting, and what you draw, is worked out here.",
  carried: "This page carries a grid of settings; the live explorer in JupyterLab moves freely " +
    "and lets you draw.",
};

/** @param {Page} page where what is dropped, typed or drawn goes */
const stays = ({ offline }) => "… or drop a CSV on the picture: its columns of numbers become " +
  (offline ? "data. They stay in this page."
    : "data. The points go to this notebook's kernel, for Python to read, and nowhere else.");
/** @type {Record<string, string>} */
export const LEARNS = {
  mixture: "learnt by a Gaussian mixture", kde: "learnt by a kernel density",
};

/** @type {(kind: string, text: string) => HTMLElement} */
const swatch = (kind, text) => make("span", { class: "swatch" }, make("i", { class: kind }), text);

/** @type {(path: string, name: string) => HTMLButtonElement} */
const signed = (path, name) => button(sign(path), { "aria-label": name, class: "sign" });

/**
 * A slider from 0 or 1 to a last place.
 * @param {string} name @param {number} min @param {number} max
 */
const range = (name, min, max) =>
  make("input", { type: "range", min, max, step: 1, "aria-label": name });

/**
 * What is chosen and pressed.
 * @param {Page} page
 */
function choices(page) {
  const all = page.loops.length > 1 ? [["all", `all ${page.choose}s`]] : [];
  const loops = [...all, ...page.loops.map(({ label }) => [label, label])];
  const pressed = { "aria-pressed": "false" }, eaten = make("bdi", {}, "MAD");
  return {
    loop: make("select", { "aria-label": page.choose },
               ...loops.map(([value, text]) => make("option", { value }, text))),
    presets: page.presets.map(({ name, help }) =>
      button(name, { title: help, ...pressed, class: "preset" })),
    word: make("input", { type: "text", value: "MAD", "aria-label": "a word, to be data",
                          spellcheck: "false", autocomplete: "off", dir: "auto" }),
    eaten, eat: make("button", { type: "button", class: "eat" }, "eat “", eaten, "”"),
    unword: button("Gaussian again"),
    tableButton: button("a table", { ...pressed, class: "eat",
                                    title: "data from a table of your own" }),
    file: make("input", { type: "file", accept: ".csv,.tsv,.txt,.tab,text/*",
                          "aria-label": "a table in a file" }),
    pasted: make("textarea", { rows: 1, placeholder: "or paste rows here", spellcheck: "false",
                               "aria-label": "rows of a table" }),
    columns: ["x", "y"].map((axis) => make("select", { "aria-label": `column of ${axis}` })),
    tableWords: make("span", { role: "status" }),
    compare: button("compare A | B", pressed),
    tabs: ["A", "B"].map((side) =>
      button(side, { ...pressed, "aria-label": `set ${side}`, class: "tab" })),
    pencil: button("draw your own", pressed),
    picture: button("save picture"), link: button("copy link"),
    reset: button("reset"), exchange: new Exchange(), help: make("p", { class: "help" }),
  };
}

/** What is seen. */
function pictures() {
  const caption = () => make("p", { class: "caption" });
  return {
    cloud: canvas("cloud"), curves: canvas("curves"), composition: canvas("composition"),
    cloudWords: caption(), curveWords: caption(), compositionTitle: make("b"),
    stamps: STAMPS.map((name) => button(name)),
    model: make("select", { "aria-label": "model" }, ...MODELS.map((name) =>
      make("option", { value: name }, LEARNS[name]))),
    undo: button("undo"), clear: button("clear"), done: button("done"),
    padWords: make("span", { role: "status" }),
    readout: new Readout(),
    sentence: make("p", { role: "status", "aria-live": "polite", class: "sentence" }),
    alert: make("p", { role: "alert", class: "alert" }),
  };
}

/**
 * What moves.
 * @param {Page} page
 */
function movers(page) {
  return {
    play: signed(SIGNS.play, "play"), back: signed(SIGNS.back, "step back"),
    next: signed(SIGNS.next, "step forward"),
    t: range("generation", 1, page.generations), tWords: make("span", { class: "value" }),
    speed: make("select", { "aria-label": "speed" },
                ...SPEEDS.map((speed) => make("option", { value: speed }, `×${speed}`))),
    sliders: page.controls.map((control) => ({
      control, words: make("span", { class: "value" }),
      input: range(control.label, 0, control.values.length - 1) })),
    run: button("Run", { class: "run" }), stop: button("Stop"),
    progress: make("progress", { max: 1, "aria-label": "progress" }), newsWords: make("span"),
    busy: make("span", { class: "quiet" }),
  };
}

/**
 * What stands in rows.
 * @param {ReturnType<typeof parts>} ui @param {Page} page
 */
function rows(ui, page) {
  const heavy = page.heavy && !page.offline;
  const columnsRow = make("span", { class: "columns" }, ...ui.columns.map((node, k) =>
    make("label", {}, `${"xy"[k]} `, node)));
  return {
    tabRow: make("div", { class: "row tabs" }, make("span", {}, "loop and sliders set"),
                 make("span", { class: "group" }, ...ui.tabs)),
    padRow: make("div", { class: "row" }, ...ui.stamps, ui.undo, ui.clear, ui.model, ui.done,
                 ui.padWords),
    wordRow: make("div", { class: "row word" }, make("label", {}, "your name as data", ui.word),
                  ui.eat, ui.unword, ui.tableButton),
    tableRow: make("div", { class: "row table" }, ui.file, ui.pasted,
      make("span", { class: "quiet" }, stays(page)), columnsRow, ui.tableWords), columnsRow,
    newsRow: make("div", { class: "row said" }, heavy && ui.run, heavy && ui.stop, ui.progress,
                  ui.newsWords, ui.busy),
    time: make("div", { class: "row time" }, ui.play, ui.back, ui.next,
               make("label", { class: "slider" }, make("span", {}, "generation"), ui.t, ui.tWords),
               ui.speed),
    settings: make("div", { class: "sliders" }, ...ui.sliders.map(({ control, input, words }) =>
      make("label", { class: "slider" }, make("span", {}, control.label), words, input,
           (control.ends ?? []).length > 0 && make("span", { class: "ends" },
             ...(control.ends ?? []).map((end) => make("span", {}, end)))))),
    compositionBox: make("div", { class: "composition" },
      make("p", { class: "caption" }, ui.compositionTitle, swatch("real", "real"),
           swatch("fresh", "fresh"), swatch("synthetic", "synthetic, darker = born later")),
      ui.composition),
  };
}

/** @param {Page} page */
const parts = (page) => ({ ...choices(page), ...pictures(), ...movers(page) });

/**
 * All elements by name, in reading order.
 * @param {Page} page
 */
export function build(page) {
  const ui = parts(page), lines = rows(ui, page), presets = page.presets.length > 0;
  const left = make("div", { class: "left" }, ui.cloud, lines.padRow);
  const beneath = make("div", { class: "beneath" }, ui.cloudWords);
  const right = make("div", { class: "right" }, ui.curves, ui.curveWords);
  const controls = make("div", { class: "controls" }, lines.time, lines.tabRow, lines.settings,
                        lines.newsRow);
  const choices = make("div", { class: "choices" }, page.draw && lines.wordRow,
    page.draw && lines.tableRow,
    make("div", { class: "row presets" }, ui.loop, page.compare && ui.compare, ...ui.presets,
         make("span", { class: "space" }), ui.reset),
    presets && ui.help);
  const given = { class: "madkit-explorer", role: "group",
                  "aria-label": page.title || "loop explorer",
                  "data-lm-suppress-shortcuts": "true" };    // Lab keeps its keys to itself in here
  const root = make("div", given,
    page.title && make("p", { class: "title" }, page.title),
    make("div", { class: "panels" }, left, right, controls, beneath, choices,
         lines.compositionBox),
    ui.sentence, ui.alert,
    make("div", { class: "row last" }, page.draw && ui.pencil,
         ui.readout.open, make("span", { class: "space" }), ui.picture,
         page.offline && ui.link, ui.exchange.copy, ui.exchange.paste),
    ui.exchange.row, ui.readout.region,
    page.offline && page.controls.length > 0 && make("p", { class: "caption" }, OFFLINE[
      page.loops.every(({ law }) => law) ? "made" : "carried"]));
  return { ...ui, ...lines, left, right, beneath, root };
}
