// Asking: the questions to the kernel for tracks that nobody here can make.

import { Known } from "./known.js";
import { keys, settingsOf, sides } from "./page.js";
import { clone } from "../shared/values.js";

/**
 * @typedef {import("../types.js").Page} Page
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Track} Track
 */

const ASKED = 100;          // states whose tracks are not here yet
const PIPE = 2;             // questions on their way to the kernel and back, so that it never waits
const LOST = 5000;          // ms after which no answer is expected any more
const AHEAD = [1, 2, -1];   // places of a slider that are worked out before they are asked for
const WAIT = 400;           // ms before "computing …" is said

export class Asking {
  /** @type {import("../types.js").ShownSide[]} What can be shown. */
  shown = [];
  busy = false;
  /**
   * States that were moved to, the newest last; the first is the one that is shown.
   * @type {State[]}
   */
  #asked = [];
  /** @type {{ name: string, at: number }[]} Places of a slider that may come next. */
  #next = [];
  /** @type {number[]} When each question under way was asked. */
  #open = [];
  /** @type {{ some: State, now: boolean } | null} The newest state whose tracks are wanted. */
  #due = null;
  #wait = 0;

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
  }

  /** @param {State} some */
  lacks(some) {
    return this.known.missing(some).length > 0;
  }

  /**
   * The first state, and the tracks that came with the page.
   * @param {State} state @param {any} bytes
   */
  begin(state, bytes) {
    this.#asked = [state];
    this.life.guard(() => this.#arrived(bytes))();
    if (this.lacks(state)) this.#want(state, true);    // the page was loaded anew
  }

  /**
   * The page moves to this state.
   * @param {State} state
   */
  follow(state) {
    this.#asked = [...this.#asked.slice(-ASKED), state];
    if (this.lacks(state)) this.#want(state, true);
    this.#gather();
  }

  /**
   * A slider is at this place: nobody waiting, the kernel works out those that lie next.
   * @param {import("../types.js").Control} control @param {number} from @param {number} to
   */
  expect({ name, values }, from, to) {
    const step = Math.sign(to - from) || 1, last = values.length - 1;
    this.#next = AHEAD.map((k) => to + k * step).filter((at) => at >= 0 && at <= last)
      .map((at) => ({ name, at }));
  }

  /**
   * Tracks from the kernel, as an answer or while they grow.
   * @param {{ answer: boolean }} message @param {any[]} buffers
   */
  heard({ answer }, [bytes]) {
    if (answer) this.#open.shift();
    this.#arrived(bytes);
    this.#ask();
  }

  end() {
    clearTimeout(this.#wait);
  }

  get #state() {
    return this.#asked[this.#asked.length - 1];
  }

  /**
   * Ask for the tracks that a state lacks: only the newest such state waits until a question may
   * go.
   * @param {State} some @param {boolean} now
   */
  #want(some, now) {
    this.#due = this.page.offline ? null : { some, now };
    this.#ask();
  }

  #ask() {
    this.#open = this.#open.filter((at) => performance.now() - at < LOST);
    if (!this.#due || this.#open.length >= (this.#due.now ? PIPE : 1)) return;
    const { some, now } = this.#due;
    const missing = this.known.missing(some);
    this.#due = null;
    if (!missing.length) return;
    this.#open.push(performance.now());
    this.model.send({ state: clone(some), keys: missing, shown: now });
  }

  /** @param {any} bytes */
  #arrived(bytes) {
    this.known.take(bytes, this.#state);
    this.#gather();
    this.life.schedule();
  }

  /**
   * Show the newest of the states asked for whose tracks are all here: a drag shows those on the
   * way.
   */
  #gather() {
    const newest = this.#asked.findLastIndex((one) => !this.lacks(one));
    const given = this.#asked[newest], here = given === this.#state;
    if (given) {
      this.#asked = this.#asked.slice(newest);
      this.shown = sides(given)
        .map((side) => ({ side, given, tracks: this.#tracksOf(side, given) }));
    }
    if (here) {
      clearTimeout(this.#wait);
      this.#wait = 0;
      this.busy = false;
      this.#ahead();
    } else if (!this.page.heavy && !this.page.offline)
      this.#wait ||= window.setTimeout(this.life.guard(() => {
        this.busy = true;
        this.life.schedule();
      }), WAIT);
  }

  /** @param {import("../types.js").Side} side @param {State} given @returns {Track[]} */
  #tracksOf(side, given) {
    return keys(this.page, side, given).flatMap((key) => this.known.tracks.get(key) ?? []);
  }

  /** Ask for one of the places that may come next. */
  #ahead() {
    const { page } = this, state = this.#state, { tab } = state;
    if (page.heavy || page.offline || state.drawn || this.known.makes(state)) return;
    const states = this.#next.map(({ name, at }) =>
      ({ ...state, [tab]: { ...settingsOf(state, tab), [name]: at } }));
    const first = states.findIndex((one) => this.lacks(one));
    if (first < 0) return;
    this.#next = this.#next.slice(first + 1);          // each is asked for once
    this.#want(states[first], false);
  }
}
