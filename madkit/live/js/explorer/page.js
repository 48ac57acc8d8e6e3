// What an explorer shows and lets one set, and the state that it is in: live.scenes.page in the
// browser. Everything here is a pure function of page and state.

import { parsed } from "../shared/states.js";

/**
 * @typedef {import("../types.js").Page} Page
 * @typedef {import("../types.js").Loop} Loop
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Side} Side
 */

export const LEAST = 5;                                // points of a drawn distribution
export const MOST = 2000;
export const HALF = 4;                                 // they lie in [-4, 4]²
export const MODELS = ["mixture", "kde"];             // that learn it; the first by default
export const SPEEDS = [1, 2, 4];
const FIELDS = ["t", "tab", "A", "B", "drawn", "seed", "speed"];

/** @param {State} state @returns {Side[]} */
export const sides = (state) => (state.B ? ["A", "B"] : ["A"]);

/**
 * The settings of a side that is there.
 * @param {State} state @param {Side} side
 */
export const settingsOf = (state, side) =>
  /** @type {import("../types.js").Settings} */ (state[side]);

/**
 * The loops that one side shows.
 * @param {Page} page @param {Side} side @param {State} state
 */
export function loopsOf(page, side, state) {
  const { loop } = settingsOf(state, side);
  return page.loops.filter(({ label }) => loop === "all" || loop === label);
}

/**
 * Whether a setting matters there.
 * @param {Page} page @param {Side} side @param {State} state @param {string} name
 */
export const takes = (page, side, state, name) =>
  loopsOf(page, side, state).some((loop) => loop.takes.includes(name));

/**
 * The keys of the tracks that one side needs.
 * @param {Page} page @param {Side} side @param {State} state
 */
export const keys = (page, side, state) =>
  loopsOf(page, side, state).map((loop) => keyOf(page, loop, settingsOf(state, side), state));

/**
 * What a loop's track is known by.
 * @param {Page} page @param {Loop} loop @param {import("../types.js").Settings} settings
 * @param {State} state
 */
function keyOf(page, loop, settings, state) {
  if (page.choose === "run") return loop.label;
  const taken = loop.takes.map((name) => name + settings[name]).join(",");
  const drawn = state.drawn ? `;${digest(state.drawn)}` : "";
  return `${loop.label}:${taken}${state.seed ? `;s${state.seed}` : ""}${drawn}`;
}

/**
 * What a drawn distribution, and the model that learns it, are known by.
 * @param {import("../types.js").DrawnPoints} drawn
 */
function digest({ points, model }) {
  const known = hashes.get(points) ?? hash(points);
  hashes.set(points, known);
  return known + (model === "kde" ? ";kde" : "");
}

/** @type {WeakMap<number[][], string>} */
const hashes = new WeakMap();

/**
 * The tracks that a state needs: their keys, and what they are of.
 * @param {Page} page @param {State} state
 */
export const wanted = (page, state) => sides(state).flatMap((side) =>
  loopsOf(page, side, state).map((loop) =>
    ({ key: keyOf(page, loop, settingsOf(state, side), state), side, loop })));

/**
 * The settings that a loop takes, by value.
 * @param {Page} page @param {Loop} loop @param {import("../types.js").Settings} settings
 * @returns {Record<string, number>}
 */
export const valuesOf = (page, loop, settings) =>
  Object.fromEntries(page.controls.filter(({ name }) => loop.takes.includes(name))
    .map(({ name, values }) => [name, values[settings[name]]]));

/**
 * FNV-1a, 32 bits.
 * @param {number[][]} points
 */
export function hash(points) {
  let h = 0x811c9dc5;
  for (const sign of JSON.stringify(points))
    h = Math.imul(h ^ sign.charCodeAt(0), 0x01000193) >>> 0;
  return h.toString(16).padStart(8, "0");
}

/**
 * The state that a word stands for; throws an Error that says what is wrong.
 * @param {Page} page @param {string} text
 */
export function decode(page, text) {
  const state = parsed(text), why = problem(page, state);
  if (why) throw Error(why);
  return state;
}

/** @param {string} name @param {string} expected @param {unknown} got */
function wrong(name, expected, got) {
  const text = typeof got === "number" ? String(got) : JSON.stringify(got) ?? String(got);
  return `${name}: expected ${expected}, got ${text.length > 60 ? text.slice(0, 59) + "…" : text}`;
}

/** @param {unknown} value */
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** @param {any} value @param {number} low @param {number} high */
const whole = (value, low, high) => Number.isInteger(value) && value >= low && value <= high;

/** @param {object} value @param {string[]} known */
const extra = (value, known) => Object.keys(value).find((name) => !known.includes(name));

/**
 * What is wrong with a state, in words; "" where nothing is.
 * @param {Page} page @param {any} state @returns {string}
 */
export function problem(page, state) {
  if (!isObject(state)) return wrong("state", "an object", state);
  const unknown = extra(state, FIELDS), last = page.generations;
  if (unknown) return wrong("state", `only ${FIELDS.join(", ")}`, unknown);
  if (!whole(state.t, 1, last)) return wrong("t", `a whole number from 1 to ${last}`, state.t);
  if (!SPEEDS.includes(state.speed)) return wrong("speed", SPEEDS.join(", "), state.speed);
  if (!whole(state.seed, 0, 2 ** 31 - 1)) return wrong("seed", "a whole number from 0", state.seed);
  if (state.B !== null && !page.compare)
    return wrong("B", "null (this page compares nothing)", state.B);
  if (!["A", ...(state.B ? ["B"] : [])].includes(state.tab))
    return wrong("tab", state.B ? "A or B" : "A", state.tab);
  for (const side of state.B === null ? ["A"] : ["A", "B"]) {
    const why = sideProblem(page, side, state[side]);
    if (why) return why;
  }
  return drawnProblem(page, state.drawn);
}

/** @param {Page} page @param {string} side @param {any} value @returns {string} */
function sideProblem(page, side, value) {
  const known = ["loop", ...page.controls.map(({ name }) => name)];
  const all = page.loops.length > 1 ? ["all"] : [];
  const labels = [...all, ...page.loops.map(({ label }) => label)];
  if (!isObject(value)) return wrong(side, "an object", value);
  if (extra(value, known)) return wrong(side, `only ${known.join(", ")}`, extra(value, known));
  if (!labels.includes(value.loop)) return wrong(`${side}.loop`, labels.join(", "), value.loop);
  for (const { name, values } of page.controls) {
    const places = `a whole number from 0 to ${values.length - 1} (a place on its slider)`;
    if (!whole(value[name], 0, values.length - 1))
      return wrong(`${side}.${name}`, places, value[name]);
  }
  return "";
}

/** @param {Page} page @param {any} drawn @returns {string} */
function drawnProblem(page, drawn) {
  if (drawn === null) return "";
  if (!page.draw) return wrong("drawn", "null (nothing can be drawn on this page)", drawn);
  if (!isObject(drawn) || !Array.isArray(drawn.points))
    return wrong("drawn", "null or points", drawn);
  if (extra(drawn, ["points", "model"]))
    return wrong("drawn", "only points and model", extra(drawn, ["points", "model"]));
  if (drawn.model !== undefined && !MODELS.includes(drawn.model))
    return wrong("drawn.model", MODELS.join(" or "), drawn.model);
  const points = /** @type {unknown[]} */ (drawn.points), { length } = points;
  if (!whole(length, LEAST, MOST))
    return wrong("drawn.points", `${LEAST} to ${MOST} points`, length);
  const lies = (/** @type {any} */ x) =>
    Number.isFinite(x) && Math.abs(x) <= HALF && Number(x.toFixed(2)) === x;
  const odd = points.find((point) =>
    !(Array.isArray(point) && point.length === 2 && point.every(lies)));
  if (odd === undefined) return "";
  return wrong("drawn.points", `pairs of numbers from -${HALF} to ${HALF} of two decimals`, odd);
}
