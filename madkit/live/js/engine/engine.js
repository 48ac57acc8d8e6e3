// The engine: a setting in, a track out, as madkit.live.scenes.gaussian makes it, and within the
// frame in which a slider moves: no kernel is asked.

import { composition } from "./composition.js";
import { Draws } from "./draws.js";
import { law } from "./law.js";
import { LOOPS, rowsAtStart } from "./loops.js";
import { MEASURES, roots } from "./measures.js";
import { expectedW2, moments } from "./moments.js";
import { plan } from "./plan.js";
import { expectedLogdet, expectedSigma } from "./product.js";
import { Quantiles } from "./quantiles.js";

/**
 * @typedef {import("../types.js").Page} Page
 * @typedef {import("../types.js").Loop} Loop
 * @typedef {import("../types.js").Source} Source
 * @typedef {import("../types.js").Track} Track
 * @typedef {import("../types.js").Curve} Curve
 * @typedef {import("../types.js").Groups} Groups
 * @typedef {import("../types.js").Fits} Fits
 */

const OUTLINED = 8;                                      // seeds whose fits are shown

export class Engine {
  /** @type {Draws | null} What the seeds draw that were asked for last. */
  #draws = null;
  /** @type {Float64Array | null} Where fits are worked out, again and again. */
  #room = null;
  #values;                                               // … and what is measured of them
  /** @type {Map<string, Quantiles>} Of each loop and metric. */
  #quantiles = new Map();

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.dim = page.truth.dim ?? 2;
    this.#values = new Float64Array(page.seeds * page.generations);
  }

  /**
   * Whether it knows a loop's law.
   * @param {Loop} loop
   */
  knows(loop) {
    return !this.page.heavy && Boolean(loop.law && LOOPS[loop.law]);
  }

  /**
   * The track of a loop; `like` is one of this page's, for the rows that all show. Throws a
   * RangeError in words for a loop that has no rows to fit.
   * @param {string} key @param {Loop} loop @param {Record<string, number>} given by name
   * @param {number} seed the first of the page's @param {Track} like @returns {Track}
   */
  track(key, loop, given, seed, like) {
    const { generations: T, seeds, metrics } = this.page, { dim } = this;
    const sources = LOOPS[loop.law ?? ""](/** @type {any} */ (given));
    const n_ini = rowsAtStart(loop, given, sources);
    const groups = plan(sources, n_ini, dim, T);
    const names = metrics.map(({ name }) => name).filter((name) => MEASURES[name]);
    const draws = this.#drawsOf(seed), logged = names.includes("logdet");
    const fits = law(groups, draws, 1, logged, this.#room);
    const expected = expectations(sources, groups);
    this.#room = fits.fits;
    const curves = Object.fromEntries(names.map((name) =>
      [name, curve(this.#quantilesOf(loop, name, fits), expected[name], unitOf(name, dim))]));
    const shown = Math.min(OUTLINED, seeds), root = roots(fits, shown);
    return { key, label: loop.label, t: Array.from({ length: T }, (_, t) => t + 1), seeds, curves,
             lam: given.lam ?? 1, composition: composition(sources, T, n_ini),
             mean: meansOf(fits, shown), root: rootsOf(fits, root, shown),
             emitted: like.emitted, real: like.real, rows: null, images: null };
  }

  /** @param {Loop} loop @param {string} name @param {Fits} fits */
  #quantilesOf({ label }, name, fits) {
    const { seeds, generations } = fits, key = `${label}:${name}`;
    const of = this.#quantiles.get(key) ?? new Quantiles(seeds, generations);
    this.#quantiles.set(key, of);
    MEASURES[name](fits, this.#values);
    return of.of(this.#values);
  }

  /** @param {number} seed */
  #drawsOf(seed) {
    const { seeds } = this.page;
    if (this.#draws?.seeds[0] !== seed)
      this.#draws = new Draws(Array.from({ length: seeds }, (_, i) => seed + i), this.dim);
    return this.#draws;
  }
}

/**
 * What theory expects, by metric; null where no law is known.
 * @param {Source[]} sources @param {Groups} groups
 * @returns {Record<string, number[] | null>}
 */
function expectations(sources, groups) {
  const { n_ini, dim, rows } = groups, found = moments(groups, 1), T = rows.length;
  const sigma = dim === 1 ? expectedSigma(sources, n_ini, T) : null;
  return {
    trace: found.map(({ m }) => dim * m),
    mean_error: found.map(({ u }) => dim * u),
    logdet: expectedLogdet(sources, n_ini, T, dim),
    w2_squared: sigma ? found.map(({ u, m }, t) => u + m + 1 - 2 * sigma[t])
      : expectedW2(found, dim),
  };
}

/** @param {string} name @param {number} dim */
const unitOf = (name, dim) => (name === "trace" ? 1 / dim : 1);

/**
 * @param {Float64Array[]} quantiles @param {number[] | null} expected @param {number} scale
 * @returns {Curve}
 */
function curve(quantiles, expected, scale) {
  const scaled = (/** @type {ArrayLike<number>} */ line) => {
    const to = new Float32Array(line.length);
    for (let t = 0; t < to.length; t++) to[t] = scale * line[t];
    return to;
  };
  const [low, median, high] = quantiles.map(scaled);
  return { low, median, high, theory: expected && scaled(expected), words: "expectation" };
}

/** @param {Fits} fits @param {number} shown */
function meansOf({ fits, generations, dim }, shown) {
  const data = new Float32Array(shown * generations * dim);
  for (let i = 0; i < shown * generations; i++)
    for (let k = 0; k < dim; k++) data[i * dim + k] = fits[5 * i + 3 + k];
  return { shape: [shown, generations, dim], data };
}

/** @param {Fits} fits @param {Float64Array} root @param {number} shown */
function rootsOf({ generations, dim }, root, shown) {
  const data = new Float32Array(shown * generations * dim * dim);
  for (let i = 0; i < shown * generations; i++)
    if (dim === 1) data[i] = root[3 * i];
    else data.set([root[3 * i], root[3 * i + 1], root[3 * i + 1], root[3 * i + 2]], 4 * i);
  return { shape: [shown, generations, dim, dim], data };
}
