// Bytes as madkit.live.scenes.pack makes them: a header in JSON, and arrays that it refers to by
// number.

/** @typedef {import("../types.js").Numbers} Numbers */

/** @type {Record<string, any>} */
const TYPES = { f4: Float32Array, u1: Uint8Array, i4: Int32Array, i2: Int16Array };

/**
 * @param {ArrayBuffer | ArrayBufferView | null | undefined} bytes
 * @returns {{ header: { tracks: any[] }, arrays: Numbers[] }}
 */
export function packedIn(bytes) {
  if (!bytes?.byteLength) return { header: { tracks: [] }, arrays: [] };
  const all = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
  const length = new DataView(all.buffer, all.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(all.subarray(4, 4 + length)));
  const body = all.subarray(Math.ceil((4 + length) / 8) * 8);
  return { header, arrays: header.arrays.map((/** @type {any} */ place) => arrayAt(body, place)) };
}

/** @param {Uint8Array} body @param {[string, number[], number]} place @returns {Numbers} */
function arrayAt(body, [type, shape, offset]) {
  const size = shape.reduce((a, b) => a * b, 1) * TYPES[type].BYTES_PER_ELEMENT;
  return { shape, data: new TYPES[type](body.slice(offset, offset + size).buffer) };
}
