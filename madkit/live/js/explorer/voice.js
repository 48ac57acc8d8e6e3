// The voice: the picture in words, said once it rests.

import { attribute, put } from "../shared/elements.js";
import { REST } from "./session.js";
import { metricsOf } from "./tracks.js";
import { caption, cloudWords, compositionWords, curveWords } from "./words.js";

/**
 * @typedef {import("../types.js").Joined} Joined
 * @typedef {import("../types.js").View} View
 */

const SPOKEN = 1000;                                   // ms between two sentences while it plays

export class Voice {
  #last = 0;                                           // when it spoke
  #timer = 0;

  /** @param {Joined} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /**
   * Says what is seen, or waits; gives whether all is said.
   * @param {View} view
   */
  speak(view) {
    const { session, player, life } = this.parts, now = performance.now();
    const next = player.playing ? this.#last + SPOKEN : Infinity;
    const wait = Math.min(session.moved + REST, next) - now;
    if (wait > 0) {
      this.#timer ||= window.setTimeout(() => {
        this.#timer = 0;
        life.schedule();
      }, wait);
      return false;
    }
    this.#last = now;
    this.#say(view);
    return true;
  }

  end() {
    clearTimeout(this.#timer);
  }

  /** @param {View} view */
  #say(view) {
    const { page, ui, asking: { shown }, pad } = this.parts, { state } = view;
    const words = caption(page, state, shown), curves = curveWords(shown);
    const labels = metricsOf(page, shown).map(({ label }) => label).join(", ");
    const points = pad.draft?.points.length ?? 0;
    const cloud = cloudWords(state, shown[0].tracks[0], page.truth);
    put(ui.sentence, words);
    name(ui.cloud, pad.draft ? `pad with ${points} points` : `${cloud} ${words}`);
    name(ui.curves, `${labels} over generations. ${curves}. ${words}`);
    const sets = compositionWords(state, shown);
    name(ui.composition, `Training sets of generation ${state.t}: ${sets}`);
  }
}

/** @param {Element} node @param {string} text */
const name = (node, text) => attribute(node, "aria-label", text);
