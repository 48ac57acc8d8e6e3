// What Python says (tests/live/golden.py), and how near JavaScript has to be.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

export const golden = (name) =>
  JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), "utf-8"));

/** A number that may stand in words. */
export const number = (value) =>
  Number({ nan: "NaN", inf: "Infinity", "-inf": "-Infinity" }[value] ?? value);

/** The bytes of a pack in base64. */
export const bytes = (text) => Uint8Array.from(Buffer.from(text, "base64"));

/** Numbers, or lists of them, that agree within a share of them. */
export function near(actual, expected, share, what = "") {
  if (Array.isArray(expected)) {
    assert.equal(actual.length, expected.length, what);
    expected.forEach((one, i) => near(actual[i], one, share, `${what}[${i}]`));
    return;
  }
  const wanted = number(expected), same = Object.is(actual, wanted);
  assert.ok(same || Math.abs(actual - wanted) <= share * Math.abs(wanted),
            `${what}: expected ${expected} within ${share}, got ${actual}`);
}
