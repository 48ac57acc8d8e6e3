// Asking: which states are wanted, and who makes their tracks: this page, as a rule; the kernel
// where a loop is one's own, or very many seeds are.

import { Grown } from "./grown.js";
import { Known } from "./known.js";
import { bytesOf } from "./bytes.js";
import { keys, sides, wanted } from "./page.js";
import { clone } from "../shared/values.js";

/**
 * @typedef {import("../types.js").Page} Page
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Track} Track
 */

const ASKED = 100;          // states whose tracks are not here yet
const WAIT = 400;           // ms before "computing …" is said
const SILENT = 8000;        // … and before it is said that no answer comes
const WORDS = {
  computing: "computing …",
  silent: "The kernel does not answer: a cell may be running, or it has ended.",
  other: "Page and kernel disagree on what was asked: run the cell again.",
};

export class Asking {
  /** @type {import("../types.js").ShownSide[]} What can be shown. */
  shown = [];
  /** What is said while the newest state is not here. */
  busy = "";
  /**
   * States that were moved to, the newest last; the first is the one that is shown.
   * @type {State[]}
   */
  #asked = [];
  /** Whether a question is under way. */
  #open = false;
  #question = "";
  /** @type {number[]} */
  #waits = [];
  /** @type {Set<string>} Keys of tracks that grew here, and that the kernel has. */
  #given = new Set();

  /**
   * @param {Page} page
   * @param {import("../types.js").Model} model
   * @param {import("../shared/life.js").Life} life
   */
  constructor(page, model, life) {
    this.page = page;
    this.model = model;
    this.life = life;
    this.known = new Known(page);
    this.grown = new Grown(this.known, life.guard(() => this.#came()));
  }

  /** @param {State} some */
  lacks(some) {
    return this.known.missing(some).length > 0;
  }

  /**
   * The keys of what a state lacks and this page cannot make.
   * @param {State} some
   */
  needs(some) {
    return this.known.missing(some).filter((one) => !this.grown.makes(some, one))
      .map(({ key }) => key);
  }

  /**
   * The first state, and the tracks that came with the page.
   * @param {State} state @param {any} bytes
   */
  begin(state, bytes) {
    this.#asked = [state];
    this.life.guard(() => this.known.take(bytes, state))();
    this.follow(state);
  }

  /**
   * The page moves to this state.
   * @param {State} state
   */
  follow(state) {
    if (state !== this.#state) this.#asked = [...this.#asked.slice(-ASKED), state];
    this.known.need(state);
    this.grown.follow(state);
    this.#ask();
    this.#came();
  }

  /**
   * Tracks from the kernel, as an answer or while they grow.
   * @param {{ answer: boolean }} message @param {any[]} buffers
   */
  heard({ answer }, [bytes]) {
    for (const { key } of this.known.take(bytes, this.#state)) this.#given.add(key);
    this.grown.follow(this.#state);
    if (answer) this.#answered();
    this.#came();
  }

  end() {
    this.#waits.forEach(clearTimeout);
    this.grown.end();
  }

  get #state() {
    return this.#asked[this.#asked.length - 1];
  }

  /** Ask for what the newest state needs; one question is under way at a time. */
  #ask() {
    const missing = this.page.offline ? [] : this.needs(this.#state);
    if (!missing.length || this.#open) return;
    this.#open = true;
    this.#question = missing.join(";");
    this.model.send({ state: clone(this.#state), keys: missing, shown: true });
  }

  /** An answer came; where it does not hold what was asked, asking again would be in vain. */
  #answered() {
    const { heavy } = this.page, state = this.#state;
    this.#open = false;
    if (this.needs(state).join(";") !== this.#question) this.#ask();
    else if (!heavy && !state.drawn && !this.model.get("status")?.kind) this.#say(WORDS.other);
  }

  /** Something came: show the newest state whose tracks are all here, a drag those on the way. */
  #came() {
    const newest = this.#asked.findLastIndex((one) => !this.lacks(one));
    const given = this.#asked[newest];
    if (given) {
      this.#asked = this.#asked.slice(newest);
      this.shown = sides(given)
        .map((side) => ({ side, given, tracks: this.#tracksOf(side, given) }));
    }
    this.#wait(given === this.#state);
    this.#give();
    this.life.schedule();
  }

  /** @param {boolean} here whether the newest state is */
  #wait(here) {
    if (here || this.page.heavy || this.page.offline) {
      this.#waits.forEach(clearTimeout);
      this.#waits = [];
      this.busy = "";
    } else if (!this.#waits.length)
      this.#waits = [[WAIT, WORDS.computing], [SILENT, WORDS.silent]].map(([ms, words]) =>
        window.setTimeout(this.life.guard(() => this.#say(String(words))), Number(ms)));
  }

  /** @param {string} words */
  #say(words) {
    if (this.busy !== WORDS.other) this.busy = words;
    this.life.schedule();
  }

  /** The kernel gets what grew here, once it is whole: so `explorer.run` is what is shown. */
  #give() {
    const state = this.#state;
    if (this.page.offline || !state.drawn) return;
    for (const one of wanted(this.page, state)) {
      const { key } = one;
      if (!this.grown.makes(state, one) || !this.grown.whole(key) || this.#given.has(key)) continue;
      const { rows, real } = /** @type {Track} */ (this.known.tracks.get(key));
      this.#given.add(key);
      const made = { state: clone(state), key, rows: bytesOf(rows), real: bytesOf(real) };
      this.model.send({ made });
    }
  }

  /** @param {import("../types.js").Side} side @param {State} given @returns {Track[]} */
  #tracksOf(side, given) {
    return keys(this.page, side, given).flatMap((key) => this.known.tracks.get(key) ?? []);
  }
}
