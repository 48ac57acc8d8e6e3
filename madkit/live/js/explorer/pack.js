// Tracks from bytes, as madkit.live.scenes.pack packs them.

import { same } from "../shared/values.js";

/**
 * @typedef {import("../types.js").Track} Track
 * @typedef {import("../types.js").Numbers} Numbers
 */

/** @type {Record<string, any>} */
const TYPES = { f4: Float32Array, u1: Uint8Array, i4: Int32Array, i2: Int16Array };
const ARRAYS = ["mean", "root", "emitted", "rows", "images", "real"];
const PARTS = ["low", "median", "high", "theory"];

/**
 * The tracks of a pack: header length, JSON header, and a body of arrays that the header refers to
 * by number.
 * @param {ArrayBuffer | ArrayBufferView | null | undefined} bytes @returns {Track[]}
 */
export function unpack(bytes) {
  if (!bytes?.byteLength) return [];
  const all = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
  const length = new DataView(all.buffer, all.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(all.subarray(4, 4 + length)));
  const body = all.subarray(Math.ceil((4 + length) / 8) * 8);
  const arrays = header.arrays.map((/** @type {any} */ place) => arrayAt(body, place));
  return header.tracks.map((/** @type {any} */ track) => opened(track, arrays));
}

/** @param {Uint8Array} body @param {[string, number[], number]} place @returns {Numbers} */
function arrayAt(body, [type, shape, offset]) {
  const size = shape.reduce((a, b) => a * b, 1) * TYPES[type].BYTES_PER_ELEMENT;
  return { shape, data: new TYPES[type](body.slice(offset, offset + size).buffer) };
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
