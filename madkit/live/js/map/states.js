// States of the map, as madkit.live.scenes.phases has them.

import { same } from "../shared/values.js";
import { thousands } from "./words.js";

/**
 * @typedef {import("../types.js").MapPage} MapPage
 * @typedef {import("../types.js").MapState} MapState
 */

const FIELDS = ["dim", "lam", "n_r", "n_s", "simulated"];

/**
 * What a simulated track is known by.
 * @param {MapState} state
 */
export const keyOf = ({ dim, lam, n_r, n_s }) => `${dim},${lam.toFixed(2)},${n_r},${n_s}`;

/** @param {string} name @param {string} expected @param {unknown} got */
const wrong = (name, expected, got) =>
  `${name}: expected ${expected}, got ${String(JSON.stringify(got)).slice(0, 60)}`;

/**
 * What is wrong with a state, in words; "" where nothing is.
 * @param {Pick<MapPage, "dims" | "lams">} page @param {any} state @returns {string}
 */
export function problem(page, state) {
  const object = state !== null && typeof state === "object";
  if (!object || !same(Object.keys(state).sort(), [...FIELDS].sort()))
    return wrong("state", `exactly ${FIELDS.join(", ")}`, state);
  if (!page.dims.includes(state.dim))
    return wrong("dim", `one of ${page.dims.join(", ")}`, state.dim);
  if (!page.lams.includes(state.lam))
    return wrong("lam", "a number from 0.5 to 1 in steps of 0.01", state.lam);
  for (const [name, most] of /** @type {const} */ ([["n_r", 10], ["n_s", 100]])) {
    const [low, high] = [state.dim, most * state.dim], rows = state[name];
    if (!Number.isInteger(rows) || rows < low || rows > high)
      return wrong(name, `a whole number from ${thousands(low)} to ${thousands(high)}`, rows);
  }
  if (typeof state.simulated === "boolean") return "";
  return wrong("simulated", "true or false", state.simulated);
}
