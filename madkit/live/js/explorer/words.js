// What is shown, in words, for screen readers and for everybody. `settings`, `valued` and `caption`
// say what madkit.live.scenes.words says.

import { plain } from "../shared/numbers.js";
import { compositionEntries, partsAt } from "./composition.js";
import { settingsOf, takes } from "./page.js";
import { ghostsOf, place, valueAt } from "./tracks.js";

/**
 * @typedef {import("../types.js").Page} Page
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Track} Track
 * @typedef {import("../types.js").Metric} Metric
 * @typedef {import("../types.js").ShownSide} ShownSide
 */

/** @param {number} count */
const ending = (count) => (count === 1 ? "" : "s");

/**
 * λ stays λ.
 * @param {string} text
 */
export const capital = (text) =>
  (/^[a-z]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text);

/**
 * A metric's value: shares in percent.
 * @param {Metric} metric @param {number} value
 */
export const valued = (metric, value, digits = 3) =>
  (metric.kind === "share" && Number.isFinite(value)
    ? `${plain(100 * value, Math.min(digits, 2))} %` : plain(value, digits));

/**
 * A metric and its value in what room there is: for a share that is tiny and too long it says so.
 * @param {Metric} metric @param {number} value @param {(text: string) => boolean} fits
 */
export function short(metric, value, fits) {
  const whole = `${metric.short} ${valued(metric, value)}`;
  const small = metric.kind === "share" && Math.abs(value) < 1e-4;
  const brief = small ? "≈ 0 %" : valued(metric, value);
  return [whole, `${metric.short} ${brief}`].find(fits) ?? brief;
}

/**
 * "λ" of "sampling bias λ": the sign that stands for a control in short.
 * @param {{ label: string }} control
 */
function symbol({ label }) {
  const last = label.split(" ").at(-1) ?? "";
  return last.length <= 3 ? last : label;
}

/**
 * The settings of one side: "n = 100, p = 10 %, λ = 0.8".
 * @param {Page} page @param {import("../types.js").Side} side @param {State} state
 */
export function settings(page, side, state) {
  const given = settingsOf(state, side);
  return page.controls.filter(({ name }) => takes(page, side, state, name))
    .map((control) => `${symbol(control)} = ${control.words[given[control.name]]}`).join(", ");
}

/**
 * The picture in words.
 * @param {Page} page @param {State} state @param {ShownSide[]} shown
 */
export function caption(page, state, shown) {
  const numbers = (/** @type {Track} */ track) =>
    page.metrics.filter(({ name }) => track.curves[name])
      .map((metric) => `${metric.short} ${valued(metric, valueAt(track, metric.name, state.t))}`)
      .join(", ");
  const name = (/** @type {Track} */ track) => {
    const last = track.t[place(track.t, state.t)];
    return last < state.t ? `${track.label} (generation ${last})` : track.label;
  };
  const parts = shown.map(({ side, tracks, given }) => {
    const setting = settings(page, side, given);
    const values = tracks.map((track) => `${name(track)}: ${numbers(track)}`).join("; ");
    if (shown.length === 1) return `${setting && `With ${setting}: `}${values}.`;
    return `${side}${setting && ` (${setting})`}: ${values}.`;
  });
  return [`Generation ${state.t} of ${page.generations}.`, ...parts.map(capital)].join(" ");
}

/**
 * What the training sets of this generation are made of.
 * @param {State} state @param {ShownSide[]} shown
 */
export function compositionWords(state, shown) {
  return compositionEntries(shown).map(({ track, name }) => {
    const parts = partsAt(track, state.t);
    const births = parts.filter(([source]) => source === "synthetic").map(([, born]) => born);
    const total = (/** @type {string} */ kind) =>
      parts.reduce((sum, [source, , rows]) => sum + (source === kind ? rows : 0), 0);
    const [first, last] = [Math.min(...births), Math.max(...births)];
    const when = first === last ? ` of generation ${first}` : ` of generations ${first}–${last}`;
    const words = ["real", "fresh", "synthetic"].filter(total)
      .map((kind) => `${total(kind)} ${kind}${kind === "synthetic" ? when : ""}`);
    return `${name}: ${words.join(", ")}`;
  }).join("; ");
}

/**
 * What a sheet shows of its images, and which labels.
 * @param {number} t @param {Track} track @param {import("../types.js").Truth} truth
 */
function sheetWords(t, track, { labels = [], of = 0 }) {
  const real = track.real ? ", below real ones" : "";
  if (!labels.length) return `The first images of generation ${t}${real}.`;
  const some = of > labels.length ? ` ${labels.length} of ${of} labels, evenly spread.` : "";
  return `Images of generation ${t}${real}: the first three of each label, none chosen.${some}`;
}

/**
 * What the squares show.
 * @param {State} state @param {Track} track @param {import("../types.js").Truth} [truth]
 */
export function cloudWords(state, track, truth = {}) {
  const known = track.kept ?? track.t, t = known[place(known, state.t)], ghosts = ghostsOf(t);
  const before = ghosts.length
    ? `; dashed: generation${ending(ghosts.length)} ${ghosts.join(" and ")}` : "";
  const seeds = track.mean ? track.mean.shape[0] - 1 : 0;
  const others = seeds > 0 ? `; thin: ${seeds} other seed${ending(seeds)}` : "";
  if (track.images) return sheetWords(t, track, truth);
  if (track.rows) return `Grey: real data. Colour: what generation ${t} emits.`;
  if (track.mean?.shape[2] === 1)
    return `Grey: real data. Curve: the fit of generation ${t}${others}${before}. ` +
      "Ticks: what it emits.";
  return `Grey: real data. Colour: what generation ${t} emits. ` +
    `Outlines hold 95 %${others}${before}.`;
}

/**
 * What the curves are.
 * @param {ShownSide[]} shown
 */
export function curveWords(shown) {
  const tracks = shown.flatMap((one) => one.tracks);
  const curves = tracks.flatMap((track) => Object.values(track.curves));
  const counts = [...new Set(tracks.map(({ seeds }) => seeds))].filter(Boolean);
  const of = counts.length ? ` of ${counts.join(" or ")} seeds` : " over seeds";
  const single = counts[0] === 1 ? "Line: one seed, no band" : "";
  const banded = curves.some((curve) => curve.low && curve.high);
  const known = curves.filter((curve) => curve.theory).map((curve) => curve.words || "theory");
  const theories = known.length ? `thin dashes: ${[...new Set(known)].join(", ")}` : "";
  const lines = banded ? `Line: median${of}, band: 10–90 %` : single;
  return [lines, theories].filter(Boolean).join("; ");
}
