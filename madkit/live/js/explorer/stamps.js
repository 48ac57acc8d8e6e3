// Points as they enter a state, and distributions to start from.

import { clamp } from "../shared/values.js";
import { HALF, MOST } from "./page.js";

/**
 * Inside the window, two decimals, never more than a state may hold.
 * @param {number[][]} points
 */
export const rounded = (points) =>
  points.slice(0, MOST).map((point) =>
    point.map((x) => Math.round(100 * clamp(x, -HALF, HALF)) / 100 || 0));

export const STAMPS = ["two moons", "ring", "three blobs"];

/**
 * Without noise: point i at the angle a.
 * @type {Record<string, (i: number, a: number) => number[]>}
 */
const SHAPES = {
  "two moons": (i, a) => (i % 2 ? [1.7 * Math.cos(a / 2) - 0.85, 1.7 * Math.sin(a / 2) - 0.4]
                                : [0.85 - 1.7 * Math.cos(a / 2), 0.4 - 1.7 * Math.sin(a / 2)]),
  ring: (_, a) => [2.4 * Math.cos(a), 2.4 * Math.sin(a)],
  "three blobs": (i) => [[-2, -1.3], [2, -1.3], [0, 2]][i % 3],
};

/** @type {Record<string, number>} */
const SPREADS = { "two moons": 0.14, ring: 0.16, "three blobs": 0.42 };

/** Numbers between 0 and 1, always the same. */
export function uniforms() {
  let seed = 7;
  return () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/**
 * A distribution to start from, always the same points.
 * @param {string} name
 */
export function stamp(name) {
  const uniform = uniforms();
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const point = (/** @type {number} */ i) =>
    SHAPES[name](i, 2 * Math.PI * uniform()).map((x) => x + SPREADS[name] * normal());
  return rounded(Array.from({ length: 180 }, (_, i) => point(i)));
}
