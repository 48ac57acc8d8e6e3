// The session: the cell that is shown, how it moves, and what the kernel hears of it.

import { clamp, clone, same } from "../shared/values.js";
import { keyOf, problem } from "./states.js";

/**
 * @typedef {import("../types.js").MapState} MapState
 * @typedef {import("../types.js").MapTrack} MapTrack
 */

const KEPT = 300;                                      // simulated tracks held at most

export class Session {
  trouble = "";

  /**
   * @param {import("../types.js").MapPage} page
   * @param {import("../types.js").Model} model
   * @param {import("../shared/life.js").Life} life
   */
  constructor(page, model, life) {
    this.page = page;
    this.model = model;
    this.life = life;
    /** @type {MapState} */
    this.first = clone(model.get("state"));
    /** @type {MapState} */
    this.state = clone(this.first);
    /** @type {Map<string, MapTrack>} */
    this.tracks = new Map(Object.entries(page.tracks));
  }

  /** The simulated track of the cell, where there is one. */
  get track() {
    return this.tracks.get(keyOf(this.state));
  }

  /**
   * What the kernel says of its work.
   * @returns {import("../types.js").News | undefined}
   */
  get news() {
    return this.model.get("status");
  }

  /**
   * A new state, if it is a good one.
   * @param {Partial<MapState>} change
   */
  move(change) {
    const next = { ...this.state, ...change }, why = problem(this.page, next);
    this.refuse(why);
    if (why || same(next, this.state)) return !why;
    this.state = next;
    this.model.set("state", clone(this.state));
    this.model.save_changes();
    return true;
  }

  /**
   * Another d, and as many rows for it.
   * @param {number} dim
   */
  scale(dim) {
    const { state } = this;
    const scaled = (/** @type {number} */ n, /** @type {number} */ most) =>
      clamp(Math.round((n * dim) / state.dim), dim, most * dim);
    this.move({ dim, n_r: scaled(state.n_r, 10), n_s: scaled(state.n_s, 100) });
  }

  /** The kernel has set the state. */
  received() {
    const given = this.model.get("state"), why = problem(this.page, given);
    if (!why) this.state = clone(given);
    this.refuse(why);
  }

  /** A simulated track from the kernel. */
  arrived() {
    /** @type {MapTrack | undefined} */
    const track = this.model.get("track");
    if (!track?.key) return;
    this.tracks.delete(track.key);
    this.tracks.set(track.key, track);
    const [oldest] = this.tracks.keys();
    if (!this.page.offline && this.tracks.size > KEPT) this.tracks.delete(oldest);
    if (track.key === keyOf(this.state)) this.life.schedule();
  }

  /**
   * What is wrong, "" where nothing is.
   * @param {string} why
   */
  refuse(why) {
    this.trouble = why;
    this.life.schedule();
  }
}
