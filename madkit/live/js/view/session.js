// The session: the state that is shown, how it moves, and what its scenes are.

import { packedIn } from "../shared/packed.js";
import { clamp, clone, same } from "../shared/values.js";

/**
 * @typedef {import("../types.js").Scene} Scene
 * @typedef {Record<string, number>} Places
 */

const KEPT = 400;                                      // scenes held at most
const WAIT = 400;                                      // ms before “computing …” is said
const SILENT = 8000;                                   // and before it is said that nothing comes
const LONG = "No answer yet: the kernel is at work, or it has ended.";
const ABSENT = "This page does not carry this setting: JupyterLab is needed for it.";
const ARRAYS = ["real", "rows", "line", "rings", "crosses", "images", "bytes", "x", "median", "low",
                "high", "theory", "y"];

/**
 * A value with arrays where the header of its pack has numbers.
 * @param {any} value @param {any[]} arrays @returns {any}
 */
export function sceneOf(value, arrays) {
  if (Array.isArray(value)) return value.map((one) => sceneOf(one, arrays));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) =>
    [name, ARRAYS.includes(name) && typeof one === "number" ? arrays[one]
      : sceneOf(one, arrays)]));
}

export class Session {
  /** @type {Scene | undefined} */
  shown;
  /** What is said while the kernel works. */
  busy = "";
  #said = "";                                          // what is wrong with what was asked for
  /** @type {number[]} */
  #waits = [];

  /**
   * @param {import("../types.js").ViewPage} page
   * @param {import("../types.js").Model} model
   * @param {import("../shared/life.js").Life} life
   */
  constructor(page, model, life) {
    this.page = page;
    this.model = model;
    this.life = life;
    /** @type {Places} */
    this.first = clone(model.get("state"));
    this.state = clone(this.first);
    /** @type {Map<string, Scene>} */
    this.scenes = new Map();
  }

  /** What the scene of the state is known by. */
  get key() {
    return this.page.controls.map(({ name }) => this.state[name]).join(",");
  }

  /** Whether the kernel has still to say what the state shows. */
  get waits() {
    return this.shown?.key !== this.key;
  }

  /** Why the state cannot be shown, in words; "" where it can. */
  get trouble() {
    const here = this.scenes.get(this.key), { offline } = this.page;
    if (this.#said || here?.refused) return this.#said || here?.refused;
    if (offline) return here ? "" : ABSENT;
    const news = this.model.get("status");
    return news?.kind === "error" ? news.text : "";
  }

  /**
   * Other places on the controls; what lies beyond an end is the end.
   * @param {Places} change
   */
  move(change) {
    const next = { ...this.state };
    this.#said = "";
    for (const { name, words } of this.page.controls)
      if (Number.isInteger(change[name])) next[name] = clamp(change[name], 0, words.length - 1);
    if (same(next, this.state)) return this.life.schedule();
    this.#become(next);
    this.model.set("state", clone(next));
    this.model.save_changes();
  }

  /** The kernel has set the state. */
  received() {
    this.#become(clone(this.model.get("state")));
  }

  /**
   * What was asked for is no state of this page.
   * @param {string} why
   */
  refuse(why) {
    this.#said = why;
    this.life.schedule();
    return false;
  }

  end() {
    this.#waits.forEach(clearTimeout);
  }

  /** Scenes from the kernel, or from the page. */
  arrived() {
    const { header, arrays } = packedIn(this.model.get("scene"));
    for (const packed of header.tracks) {
      const scene = sceneOf(packed, arrays);
      this.scenes.delete(scene.key);
      this.scenes.set(scene.key, scene);
      if (!this.page.offline) this.shown = scene;
    }
    const [oldest] = this.scenes.keys();
    if (!this.page.offline && this.scenes.size > KEPT) this.scenes.delete(oldest);
    this.#look();
  }

  /** @param {Places} state */
  #become(state) {
    this.state = state;
    this.#said = "";
    this.#look();
  }

  #look() {
    const here = this.scenes.get(this.key);
    if (here && !here.refused) this.shown = here;
    this.#wait();
    this.life.schedule();
  }

  /** Say that the kernel works, and later that it says nothing. */
  #wait() {
    if (!this.waits || this.page.offline) {
      this.end();
      this.#waits = [];
      this.busy = "";
    } else if (!this.#waits.length)
      this.#waits = /** @type {[number, string][]} */ ([[WAIT, "computing …"], [SILENT, LONG]])
        .map(([ms, words]) => setTimeout(this.life.guard(() => {
          this.busy = words;
          this.life.schedule();
        }), ms));
  }
}
