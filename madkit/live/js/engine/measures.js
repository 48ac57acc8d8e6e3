// What is measured of fits against the truth N(0, I), and its quantiles over seeds.

/** @typedef {import("../types.js").Fits} Fits */

/**
 * Symmetric roots Σ^½ = (Σ + √det I)/√(tr + 2 √det) of fits: R₀₀, R₁₀, R₁₁ each.
 * @param {Fits} fits
 */
export function roots({ fits, dim }) {
  const all = new Float64Array(fits.length / 5 * 3);
  for (let i = 0, j = 0; i < fits.length; i += 5, j += 3) {
    const a = fits[i], b = fits[i + 1], c = fits[i + 2], s = a * c;
    if (dim === 1) {
      all[j] = a;
      continue;
    }
    const t = Math.max(Math.sqrt(a * a + b * b + c * c + 2 * s), 1e-300);
    all[j] = (a * a + s) / t;
    all[j + 1] = (a * b) / t;
    all[j + 2] = (b * b + c * c + s) / t;
  }
  return all;
}

/** @type {Record<string, (fits: Fits, root: Float64Array) => Float64Array>} */
export const MEASURES = {
  trace: (fits) => each(fits, (f, i) => f[i] ** 2 + f[i + 1] ** 2 + f[i + 2] ** 2),
  mean_error: (fits) => each(fits, (f, i) => f[i + 3] ** 2 + f[i + 4] ** 2),
  logdet: (fits) => fits.logs.map((log) => 2 * log),
  w2_squared: (fits, root) => each(fits, (f, i, k) => {
    const a = root[3 * k] - 1, b = root[3 * k + 1], c = fits.dim === 2 ? root[3 * k + 2] - 1 : 0;
    return f[i + 3] ** 2 + f[i + 4] ** 2 + a * a + 2 * b * b + c * c;
  }),
};

/** @param {Fits} fits @param {(f: Float64Array, i: number, k: number) => number} of */
function each({ fits }, of) {
  const all = new Float64Array(fits.length / 5);
  for (let k = 0; k < all.length; k++) all[k] = of(fits, 5 * k, k);
  return all;
}

const BAND = [0.1, 0.5, 0.9];

/**
 * 10 %, 50 % and 90 % over seeds, of values [seed][generation], as in madkit.base.quantiles.
 * @param {Float64Array} values @param {number} seeds @param {number} generations
 */
export function quantiles(values, seeds, generations) {
  const found = BAND.map(() => new Float64Array(generations));
  const column = new Float64Array(seeds), places = BAND.map((share) => share * (seeds - 1));
  const wanted = places.flatMap((place) => [Math.floor(place), Math.ceil(place)]);
  for (let t = 0; t < generations; t++) {
    for (let s = 0; s < seeds; s++) column[s] = values[s * generations + t];
    settle(column, 0, seeds - 1, wanted);
    places.forEach((place, q) => found[q][t] = between(column, place));
  }
  return found;
}

/**
 * Puts what belongs at the wanted places there; what is between them need not be in order.
 * @param {Float64Array} values @param {number} low @param {number} high @param {number[]} wanted
 */
function settle(values, low, high, wanted) {
  if (low >= high || !wanted.some((place) => low <= place && place <= high)) return;
  const pivot = values[(low + high) >> 1];
  let i = low, j = high;
  while (i <= j) {
    while (values[i] < pivot) i++;
    while (values[j] > pivot) j--;
    if (i > j) break;
    const larger = values[i];
    values[i++] = values[j];
    values[j--] = larger;
  }
  settle(values, low, j, wanted);
  settle(values, i, high, wanted);
}

/** @param {Float64Array} ordered @param {number} place */
function between(ordered, place) {
  const share = place - Math.floor(place), low = ordered[Math.floor(place)];
  const high = ordered[Math.ceil(place)];
  if (low === high) return low;                          // both −∞, too
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
}
