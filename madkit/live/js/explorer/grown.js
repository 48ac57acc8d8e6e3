// Tracks of loops on what one draws, types or drops: they grow here, without a kernel, while one
// looks. Loops whose law the engine does not know are the kernel's.

import { composition } from "../engine/composition.js";
import { Hired } from "../engine/hired.js";
import { LOOPS, rowsAtStart } from "../engine/loops.js";
import { settingsOf, valuesOf, wanted } from "./page.js";

/**
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Track} Track
 * @typedef {import("../types.js").Eating} Eating
 * @typedef {import("../types.js").Eaten} Eaten
 * @typedef {ReturnType<typeof wanted>[number]} Wanted
 */

const EMIT = 400;                                        // rows that are shown and judged
const MOST_ROWS = 20000;                                 // of a training set
const BREATH = 50;                                       // ms between pictures while loops grow
const JUDGED = ["trace", "w2_squared", "mean_error", "logdet", "recall", "sliced_w2"];

export class Grown {
  /** What is wrong with the loops asked for last, in words. */
  trouble = "";
  #under = "";
  #told = 0;                                             // when the page heard last
  #timer = 0;
  /** @type {Map<string, { job: Eating, label: string }>} */
  #jobs = new Map();

  /**
   * @param {import("./known.js").Known} known
   * @param {() => void} tell hears of a first generation at once, then from time to time
   */
  constructor(known, tell) {
    this.known = known;
    this.page = known.page;
    this.tell = tell;
    this.hired = new Hired((eaten) => this.#took(eaten));
  }

  /**
   * Whether it, and no kernel, makes a track of this state.
   * @param {State} some @param {Wanted} one
   */
  makes(some, { loop }) {
    return some.drawn !== null && this.known.engine.knows(loop);
  }

  /** @param {string} key */
  whole(key) {
    return this.known.tracks.get(key)?.t.length === this.page.generations;
  }

  /** How far it is, from 0 to 1; null: it rests. */
  get share() {
    const { generations } = this.page, keys = [...this.#jobs.keys()];
    if (!keys.length || this.trouble) return null;
    const t = Math.min(...keys.map((key) => this.known.tracks.get(key)?.t.length ?? 0));
    return t < generations ? t / generations : null;
  }

  /**
   * The page moves to this state: what it lacks is begun, what it no longer needs ends.
   * @param {State} some
   */
  follow(some) {
    const lacking = wanted(this.page, some)
      .filter((one) => this.makes(some, one) && !this.whole(one.key));
    const under = lacking.map(({ key }) => key).join(";");
    if (under === this.#under) return;
    this.trouble = "";
    this.#under = under;
    this.#jobs = new Map(lacking.map((one) => [one.key, this.#job(some, one)]));
    const jobs = [...this.#jobs.values()].map(({ job }) => job);
    const most = Math.max(0, ...jobs.map(rowsOf));
    if (most > MOST_ROWS)
      this.trouble = "Where rows are drawn, a generation has at most 20,000 of them, " +
        `not ${most.toLocaleString("en")}: choose a smaller n.`;
    if (jobs.length || under) this.hired.ask(this.trouble ? [] : jobs);
  }

  end() {
    clearTimeout(this.#timer);
    this.hired.end();
  }

  /** @param {State} some @param {Wanted} one */
  #job(some, { key, side, loop }) {
    const { page } = this, drawn = /** @type {import("../types.js").DrawnPoints} */ (some.drawn);
    const given = valuesOf(page, loop, settingsOf(some, side));
    const sources = LOOPS[loop.law ?? ""](/** @type {any} */ (given));
    const components = Math.min(Math.max(8, Math.floor(drawn.points.length / 10)), 40);
    const metrics = page.metrics.map(({ name }) => name).filter((name) => JUDGED.includes(name));
    const job = { key, sources, n_ini: rowsAtStart(loop, given, sources), points: drawn.points,
                  model: drawn.model ?? "mixture", components, seed: some.seed, emit: EMIT,
                  generations: page.generations, metrics, angles: page.truth.angles ?? [] };
    return { job, label: loop.label };
  }

  /** @param {Eaten} eaten */
  #took({ key, t, rows, values, real, error }) {
    const of = this.#jobs.get(key);
    if (error || !of || !rows) {
      this.trouble = error;
      return this.tell();
    }
    const before = this.known.tracks.get(key), length = before?.t.length ?? 0;
    if (t <= length) return;                             // it was here before, the same
    const track = length ? further(before, t) : this.#begun(of, /** @type {any} */ (real));
    track.rows?.data.set(rows, (t - 1) * rows.length);
    for (const [name, value] of Object.entries(values)) {
      const line = before?.curves[name].median;
      track.curves[name].median = written(line, t, value, this.page.generations);
    }
    this.known.put(track);
    const due = t === 1 || this.share === null ? 0 : this.#told + BREATH - performance.now();
    if (due <= 0) this.#tell();
    else this.#timer ||= window.setTimeout(() => this.#tell(), due);
  }

  #tell() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#told = performance.now();
    this.tell();
  }

  /** @param {{ job: Eating, label: string }} of @param {Float32Array} real @returns {Track} */
  #begun({ job: { key, sources, n_ini, generations, metrics }, label }, real) {
    const d = real.length / EMIT;
    const none = { low: null, median: null, high: null, theory: null, words: "" };
    return { key, label, seeds: 1, t: [1], kept: [1], mean: null, root: null, emitted: null,
             images: null, lam: sources.find(({ kind }) => kind === "synthetic")?.lam ?? 1,
             composition: composition(sources, generations, n_ini),
             curves: Object.fromEntries(metrics.map((name) => [name, { ...none }])),
             real: { shape: [EMIT, d], data: real },
             rows: { shape: [1, EMIT, d], data: new Float32Array(generations * EMIT * d) } };
  }
}

/**
 * The same track with one generation more; arrays are shared.
 * @param {any} track @param {number} t @returns {Track}
 */
function further(track, t) {
  const times = [...track.t, t], curves = Object.entries(track.curves).map(([name, one]) =>
    [name, { .../** @type {object} */ (one) }]);
  return { ...track, t: times, kept: times, curves: Object.fromEntries(curves),
           rows: { shape: [t, ...track.rows.shape.slice(1)], data: track.rows.data } };
}

/**
 * A line with one value more, in the room that it has.
 * @param {Float32Array | null | undefined} line @param {number} t @param {number} value
 * @param {number} most
 */
function written(line, t, value, most) {
  const room = line ? new Float32Array(line.buffer) : new Float32Array(most);
  room[t - 1] = value;
  return room.subarray(0, t);
}

/** @param {Eating} job the rows of its largest training set, or nearly */
const rowsOf = ({ sources, n_ini, generations }) =>
  Math.max(n_ini, ...composition(sources, generations, n_ini)
    .map(([, parts]) => parts.reduce((sum, [, , n]) => sum + n, 0)));
