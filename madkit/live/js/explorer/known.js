// The tracks that are known: the engine makes those of loops whose law it knows, there and then;
// others come from the kernel, with the page, or grow (see grown.js).

import { Engine } from "../engine/engine.js";
import { alike, unpack } from "./pack.js";
import { settingsOf, valuesOf, wanted } from "./page.js";

/**
 * @typedef {import("../types.js").Page} Page
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Track} Track
 */

const KEPT = 300;           // tracks held at most, the oldest go first
const KEPT_ROWS = 24;       // of those that grew

export class Known {
  /** @type {Map<string, Track>} */
  tracks = new Map();
  /** @type {Track | null} One with the standard rows that all show. */
  #like = null;
  /** @type {Set<string>} Keys that the state shown needs. */
  #needed = new Set();

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.engine = new Engine(page);
  }

  /**
   * What a state needs and is not here.
   * @param {State} some
   */
  missing(some) {
    this.#make(some);
    return wanted(this.page, some).filter(({ key }) => !this.tracks.has(key));
  }

  /**
   * Tracks in bytes; those that a state needs are not thrown away.
   * @param {any} bytes @param {State} needed
   */
  take(bytes, needed) {
    this.need(needed);
    const taken = unpack(bytes);
    for (const track of taken) {
      const twin = [...this.tracks.values()].find(({ real }) => alike(real, track.real));
      if (twin) track.real = twin.real;                // its picture need not be made again
      if (track.emitted) this.#like ??= track;
      this.put(track);
    }
    return taken;
  }

  /**
   * The tracks of this state stay.
   * @param {State} some
   */
  need(some) {
    this.#needed = new Set(wanted(this.page, some).map(({ key }) => key));
  }

  /**
   * A loop that is left without rows stays missing: whoever asks for it is told so in words.
   * @param {State} some
   */
  #make(some) {
    const like = this.#like;
    if (some.drawn || !like) return;
    for (const { key, side, loop } of wanted(this.page, some)) {
      if (this.tracks.has(key) || !this.engine.knows(loop)) continue;
      const given = valuesOf(this.page, loop, settingsOf(some, side));
      try {
        this.put(this.engine.track(key, loop, given, some.seed, like));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }
  }

  /** @param {Track} track */
  put(track) {
    this.tracks.delete(track.key);
    this.tracks.set(track.key, track);
    const rows = [...this.tracks.values()].filter((one) => one.rows && this.#again(one));
    const many = rows.length > KEPT_ROWS, room = this.tracks.size <= KEPT;
    if (room && !many) return;
    const old = [...this.tracks.values()].find((one) =>
      !this.#needed.has(one.key) && this.#again(one) && (!room || one.rows));
    if (old) this.tracks.delete(old.key);
  }

  /** @param {Track} track */
  #again({ label }) {
    return !this.page.offline
      || this.page.loops.some((loop) => loop.label === label && this.engine.knows(loop));
  }
}
