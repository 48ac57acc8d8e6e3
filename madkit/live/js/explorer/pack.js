// Tracks from bytes, as madkit.live.scenes.pack packs them.

import { packedIn } from "../shared/packed.js";
import { same } from "../shared/values.js";

/**
 * @typedef {import("../types.js").Track} Track
 * @typedef {import("../types.js").Numbers} Numbers
 */

const ARRAYS = ["mean", "root", "emitted", "rows", "images", "real"];
const PARTS = ["low", "median", "high", "theory"];

/**
 * The tracks of a pack: header length, JSON header, and a body of arrays that the header refers to
 * by number.
 * @param {ArrayBuffer | ArrayBufferView | null | undefined} bytes @returns {Track[]}
 */
export function unpack(bytes) {
  const { header, arrays } = packedIn(bytes);
  return header.tracks.map((/** @type {any} */ track) => opened(track, arrays));
}

/**
 * A track with arrays where its header has numbers.
 * @param {any} track @param {Numbers[]} arrays @returns {Track}
 */
function opened(track, arrays) {
  const read = { ...track, curves: {} };
  const array = (/** @type {number | null} */ ref) => (ref == null ? null : arrays[ref]);
  for (const name of ARRAYS) read[name] = array(track[name]);
  for (const [name, curve] of Object.entries(track.curves ?? {})) {
    read.curves[name] = { words: curve.words };
    for (const part of PARTS) read.curves[name][part] = array(curve[part])?.data ?? null;
  }
  return read;
}

/**
 * Whether two arrays hold the same numbers.
 * @param {Numbers | null} a @param {Numbers | null} b
 */
export const alike = (a, b) =>
  Boolean(a && b) && same(a?.shape, b?.shape) && a?.data.every((x, i) => x === b?.data[i]);
