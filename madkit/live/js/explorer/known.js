// The tracks that are known: the engine makes those of loops whose law it knows, there and then;
// others come from the kernel, or with the page.

import { Engine } from "../engine/engine.js";
import { alike, unpack } from "./pack.js";
import { settingsOf, valuesOf, wanted } from "./page.js";

/**
 * @typedef {import("../types.js").Page} Page
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Track} Track
 */

const KEPT = 300;           // tracks held at most, the oldest go first

export class Known {
  /** @type {Map<string, Track>} */
  tracks = new Map();
  /** @type {Track | null} One with the standard rows that all show. */
  #like = null;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.engine = new Engine(page);
  }

  /**
   * The keys of what a state needs and nobody here can make.
   * @param {State} some
   */
  missing(some) {
    this.#make(some);
    return wanted(this.page, some).map(({ key }) => key).filter((key) => !this.tracks.has(key));
  }

  /**
   * Whether the engine makes all that a state needs.
   * @param {State} some
   */
  makes(some) {
    return !some.drawn && wanted(this.page, some).every(({ loop }) => this.engine.knows(loop));
  }

  /**
   * Tracks in bytes; those that a state needs are not thrown away.
   * @param {any} bytes @param {State} needed
   */
  take(bytes, needed) {
    for (const track of unpack(bytes)) {
      const twin = [...this.tracks.values()].find(({ real }) => alike(real, track.real));
      if (twin) track.real = twin.real;                // its picture need not be made again
      if (track.emitted) this.#like ??= track;
      this.#put(track, needed);
    }
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
        this.#put(this.engine.track(key, loop, given, some.seed, like), some);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }
  }

  /** @param {Track} track @param {State} needed */
  #put(track, needed) {
    this.tracks.delete(track.key);
    this.tracks.set(track.key, track);
    if (this.tracks.size <= KEPT) return;
    const keep = new Set(wanted(this.page, needed).map(({ key }) => key));
    const old = [...this.tracks].find(([key, one]) => !keep.has(key) && this.#again(one));
    if (old) this.tracks.delete(old[0]);
  }

  /** @param {Track} track */
  #again({ label }) {
    return !this.page.offline
      || this.page.loops.some((loop) => loop.label === label && this.engine.knows(loop));
  }
}
