// BLAKE2b (RFC 7693) of a short text: what names a random stream in madkit.base.rng.
//
// A JavaScript number is whole up to 53 bits, and BigInt is slow: a word of 64 bits stands as two
// of 32 here, the low one first.

const START = new Uint32Array([
  0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a,
  0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19]);
const ORDER = [                                          // of the message's words, a round a line
  "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8",
  "905724afe1bc683d", "2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a",
  "6fe9b308c2d714a5", "a2847615fb9e3cd0", "0123456789abcdef", "ea489fd61c02b753",
].map((line) => Array.from(line, (digit) => parseInt(digit, 16)));
const PLACES = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],        // columns
                [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]];       // diagonals

/**
 * The first eight bytes of a digest of that size, as two words of 32 bits, the low one first.
 * @param {string} text at most 128 bytes
 */
export function hash64(text) {
  const bytes = new TextEncoder().encode(text), block = new Uint8Array(128);
  block.set(bytes);
  const h = START.slice(), v = new Uint32Array(32), m = words(block);
  h[0] ^= 0x01010008;                                    // eight bytes of digest, no key, no tree
  v.set(h);
  v.set(START, 16);
  v[24] ^= bytes.length;                                 // so many bytes, and the last block
  v[28] = ~v[28];
  v[29] = ~v[29];
  for (const order of ORDER)
    PLACES.forEach(([a, b, c, d], i) => stir(v, m, 2 * a, 2 * b, 2 * c, 2 * d,
                                             2 * order[2 * i], 2 * order[2 * i + 1]));
  return [(h[0] ^ v[0] ^ v[16]) >>> 0, (h[1] ^ v[1] ^ v[17]) >>> 0];
}

/** @param {Uint8Array} block */
function words(block) {
  const view = new DataView(block.buffer);
  return Uint32Array.from({ length: 32 }, (_, i) => view.getUint32(4 * i, true));
}

/**
 * The quarter round G of words a, b, c, d and message words x, y.
 * @param {Uint32Array} v @param {Uint32Array} m @param {number} a @param {number} b
 * @param {number} c @param {number} d @param {number} x @param {number} y
 */
function stir(v, m, a, b, c, d, x, y) {
  add(v, a, v[b], v[b + 1]);
  add(v, a, m[x], m[x + 1]);
  turned(v, d, a, 32);
  add(v, c, v[d], v[d + 1]);
  turned(v, b, c, 24);
  add(v, a, v[b], v[b + 1]);
  add(v, a, m[y], m[y + 1]);
  turned(v, d, a, 16);
  add(v, c, v[d], v[d + 1]);
  turned(v, b, c, 63);
}

/** @param {Uint32Array} v @param {number} i @param {number} low @param {number} high */
function add(v, i, low, high) {
  const sum = v[i] + low;
  v[i] = sum;
  v[i + 1] += high + (sum > 0xffffffff ? 1 : 0);
}

/**
 * Word i becomes its XOR with word j, turned right by so many bits.
 * @param {Uint32Array} v @param {number} i @param {number} j @param {number} bits
 */
function turned(v, i, j, bits) {
  let low = v[i] ^ v[j], high = v[i + 1] ^ v[j + 1];
  if (bits >= 32) [low, high] = [high, low];
  const k = bits % 32;
  v[i] = k ? (low >>> k) | (high << (32 - k)) : low;
  v[i + 1] = k ? (high >>> k) | (low << (32 - k)) : high;
}
