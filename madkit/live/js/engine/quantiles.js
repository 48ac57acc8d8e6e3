// Quantiles over seeds, as in madkit.base.quantiles. The order of the seeds is kept from one
// setting to the next: while a slider moves it changes little, and is repaired, not found anew.

const BAND = [0.1, 0.5, 0.9];
const SWAPS = 6;                                         // repairs beyond which order is made anew

export class Quantiles {
  #places;
  /** @type {number[]} Places that have to be right. */
  #wanted;
  /** @type {number[]} Where four parts begin and end: up to 10 %, 50 %, 90 %, and the rest. */
  #ends;
  /** @type {Uint32Array[]} Of each generation: its seeds, ordered by part. */
  #orders;
  #column;
  #least = new Int32Array(4);                            // places in the column, of each part
  #most = new Int32Array(4);

  /** @param {number} seeds @param {number} generations */
  constructor(seeds, generations) {
    this.seeds = seeds;
    this.#places = BAND.map((share) => share * (seeds - 1));
    this.#wanted = this.#places.flatMap((place) => [Math.floor(place), Math.ceil(place)]);
    this.#ends = [0, ...this.#places.map((place) => Math.floor(place) + 1), seeds];
    this.#orders = Array.from({ length: generations }, () =>
      Uint32Array.from({ length: seeds }, (_, s) => s));
    this.#column = new Float64Array(seeds);
  }

  /**
   * 10 %, 50 % and 90 % of values [generation][seed].
   * @param {Float64Array} values @returns {Float64Array[]} of each generation
   */
  of(values) {
    const found = BAND.map(() => new Float64Array(this.#orders.length));
    this.#orders.forEach((order, t) => {
      const column = this.#column, { seeds } = this;
      for (let s = 0; s < seeds; s++) column[s] = values[t * seeds + order[s]];
      if (seeds < BAND.length + 1 || !this.#repaired(order)) {
        settle(column, order, 0, seeds - 1, this.#wanted);
        for (let q = 0; q < BAND.length; q++) found[q][t] = this.#between(q, this.#wanted[2 * q],
                                                                         this.#wanted[2 * q + 1]);
      } else
        for (let q = 0; q < BAND.length; q++)
          found[q][t] = this.#between(q, this.#most[q], this.#least[q + 1]);
    });
    return found;
  }

  /**
   * Neighbouring parts exchange what is on the wrong side; false where that is too much.
   * @param {Uint32Array} order
   */
  #repaired(order) {
    const ends = this.#ends, column = this.#column, least = this.#least, most = this.#most;
    for (let k = 0; k < 4; k++) {
      least[k] = leastOf(column, ends[k], ends[k + 1]);
      most[k] = mostOf(column, ends[k], ends[k + 1]);
    }
    for (let k = 0, swaps = 0; k < 3; k++)
      while (!(column[most[k]] <= column[least[k + 1]])) {
        if (++swaps > SWAPS) return false;
        swap(column, order, most[k], least[k + 1]);
        for (let j = k; j < k + 2; j++) {
          least[j] = leastOf(column, ends[j], ends[j + 1]);
          most[j] = mostOf(column, ends[j], ends[j + 1]);
        }
        k = Math.max(k - 1, 0);
      }
    return true;
  }

  /**
   * @param {number} q @param {number} below @param {number} above places in the column
   */
  #between(q, below, above) {
    const place = this.#places[q], share = place - Math.floor(place), low = this.#column[below];
    const high = this.#column[above];
    if (low === high || !share) return low;              // both −∞, too
    return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
  }
}

/** @param {Float64Array} values @param {number} from @param {number} to */
function leastOf(values, from, to) {
  let at = from, least = values[from];
  for (let i = from + 1; i < to; i++)
    if (values[i] < least) {
      least = values[i];
      at = i;
    }
  return at;
}

/** @param {Float64Array} values @param {number} from @param {number} to */
function mostOf(values, from, to) {
  let at = from, most = values[from];
  for (let i = from + 1; i < to; i++)
    if (values[i] > most) {
      most = values[i];
      at = i;
    }
  return at;
}

/** @param {Float64Array} values @param {Uint32Array} order @param {number} i @param {number} j */
function swap(values, order, i, j) {
  const value = values[i], seed = order[i];
  values[i] = values[j];
  order[i] = order[j];
  values[j] = value;
  order[j] = seed;
}

/**
 * Puts what belongs at the wanted places there; what is between them need not be in order.
 * @param {Float64Array} values @param {Uint32Array} order @param {number} low
 * @param {number} high @param {number[]} wanted
 */
function settle(values, order, low, high, wanted) {
  if (low >= high || !wanted.some((place) => low <= place && place <= high)) return;
  const pivot = values[(low + high) >> 1];
  let i = low, j = high;
  while (i <= j) {
    while (values[i] < pivot) i++;
    while (values[j] > pivot) j--;
    if (i <= j) swap(values, order, i++, j--);
  }
  settle(values, order, low, j, wanted);
  settle(values, order, i, high, wanted);
}
