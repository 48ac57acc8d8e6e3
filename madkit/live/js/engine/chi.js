// √χ²: normal numbers bent to its law, and refused where luck has it (Marsaglia and Tsang 2000), as
// in madkit.exact.draws. Neither they nor the luck depend on the rows.

/**
 * √χ² of rows − 1 − i degrees of freedom (i < dim) for each seed, generation and group of new
 * rows, in this order; generation 1 has none.
 * @param {import("./sequences.js").Sequences} sequences @param {number[][]} rows [t − 1][group]
 * @param {number} dim
 */
export function chi(sequences, rows, dim) {
  const T = rows.length, G = rows[0].length, width = T * G * dim;
  const { freedom, scale, bend } = bends(rows, dim), seeds = sequences.seeds.length;
  const values = new Float64Array(seeds * width);
  for (let s = 0; s < seeds; s++) {
    const x = sequences.first("chi.0", s, width), luck = sequences.first("luck.0", s, width);
    for (let i = 0; i < width; i++) {
      const c = scale[i];
      const bent = freedom[i] < 2 ? freedom[i] * Math.abs(x[i]) : root(x[i], luck[i], c, bend[i]);
      values[s * width + i] = bent === bent ? bent : tried(sequences, s, i, c);
    }
  }
  return values;
}

/** @param {number[][]} rows @param {number} dim */
function bends(rows, dim) {
  const freedom = Float64Array.from(rows.flatMap((groups) => groups.flatMap((n) =>
    Array.from({ length: dim }, (_, i) => Math.max(n - 1 - i, 0)))));
  const scale = freedom.map((nu) => Math.max(nu, 2) / 2 - 1 / 3);
  return { freedom, scale, bend: scale.map((c) => Math.sqrt(9 * c)) };
}

/**
 * NaN where it is refused. Who has more luck than −log(1 − q), q = .0331 x⁴, is never refused
 * (Marsaglia and Tsang): for most numbers no logarithm is needed.
 * @param {number} x @param {number} luck @param {number} scale @param {number} bend √(9 scale)
 */
function root(x, luck, scale, bend = Math.sqrt(9 * scale)) {
  const y = 1 + x / bend, cube = y * y * y, square = x * x, left = 1 - 0.0331 * square * square;
  const taken = luck * left > 1 - left && left > 0
    || luck > scale * (cube - 1 - Math.log(cube)) - square / 2;
  return taken ? Math.sqrt(2 * scale * cube) : NaN;
}

/**
 * Once more, until it is taken.
 * @param {import("./sequences.js").Sequences} sequences @param {number} s @param {number} i
 * @param {number} scale
 */
function tried(sequences, s, i, scale) {
  for (let k = 1; ; k++) {
    const x = sequences.first(`chi.${k}`, s, i + 1)[i];
    const value = root(x, sequences.first(`luck.${k}`, s, i + 1)[i], scale);
    if (value === value) return value;
  }
}
