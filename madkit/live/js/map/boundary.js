// The lines on which worth is 0, by marching squares.

/**
 * @typedef {import("../types.js").Cells} Cells
 * @typedef {{ id: string, place: number[] }} Crossing
 * @typedef {Map<string, { place: number[], next: string[] }>} Ends
 */

/**
 * Chains of [n_r, n_s].
 * @param {Cells} cells @returns {number[][][]}
 */
export function boundary(cells) {
  /** @type {Ends} */
  const ends = new Map();
  for (let j = 0; j + 1 < cells.n_s.length; j++)
    for (let i = 0; i + 1 < cells.n_r.length; i++) {
      const found = crossings(cells, i, j);
      for (let k = 0; k + 1 < found.length; k += 2) join(ends, found[k], found[k + 1]);
    }
  return chains(ends);
}

/**
 * Where the four edges of a square change their sign.
 * @param {Cells} cells @param {number} i @param {number} j @returns {Crossing[]}
 */
function crossings({ n_r, n_s, worth }, i, j) {
  const edges = [[i, j, i + 1, j], [i + 1, j, i + 1, j + 1],
                 [i, j + 1, i + 1, j + 1], [i, j, i, j + 1]];
  return edges.filter(([a, b, c, d]) => worth[b][a] > 0 !== worth[d][c] > 0).map(([a, b, c, d]) => {
    const share = worth[b][a] / (worth[b][a] - worth[d][c]);
    const between = (/** @type {number} */ from, /** @type {number} */ to) =>
      from * (to / from) ** share;
    const place = [between(n_r[a], n_r[c]), between(n_s[b], n_s[d])];
    return { id: `${a},${b},${c},${d}`, place };
  });
}

/** @param {Ends} ends @param {Crossing} a @param {Crossing} b */
function join(ends, a, b) {
  for (const [from, to] of [[a, b], [b, a]])
    ends.set(from.id, { place: from.place, next: [...(ends.get(from.id)?.next ?? []), to.id] });
}

/**
 * Open chains from their ends, then rings.
 * @param {Ends} ends
 */
function chains(ends) {
  const found = [];
  for (const single of [true, false])
    for (const [id, { next }] of [...ends])
      if (ends.has(id) && (!single || next.length === 1)) found.push(walk(ends, id));
  return found;
}

/**
 * One chain from here on; what has been passed is taken away.
 * @param {Ends} ends @param {string} id
 */
function walk(ends, id) {
  const chain = [];
  for (let here = ends.get(id), name = /** @type {string | undefined} */ (id); here && name; ) {
    ends.delete(name);
    chain.push(here.place);
    name = here.next.find((other) => ends.has(other));
    here = name === undefined ? undefined : ends.get(name);
  }
  return chain;
}
