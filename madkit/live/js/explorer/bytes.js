// Numbers as text, for a message: the bytes of float32, the low one first, in base64.

/** @param {import("../types.js").Numbers | null} array */
export function bytesOf(array) {
  const data = array?.data ?? new Float32Array(0);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength), parts = [];
  for (let i = 0; i < bytes.length; i += 0x8000)
    parts.push(String.fromCharCode(...bytes.subarray(i, i + 0x8000)));
  return btoa(parts.join(""));
}
