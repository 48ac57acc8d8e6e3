// The session: the state that is shown, how it moves, and what its scenes are.

import { packedIn } from "../shared/packed.js";
import { clamp, clone, same } from "../shared/values.js";

/**
 * @typedef {import("../types.js").Scene} Scene
 * @typedef {Record<string, number>} Places
 */

const KEPT = 400;                                      // scenes held at most
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
  trouble = "";

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

  /** @returns {import("../types.js").News | undefined} */
  get news() {
    return this.model.get("status");
  }

  /**
   * Other places on the controls; what lies beyond an end is the end.
   * @param {Places} change
   */
  move(change) {
    const next = { ...this.state };
    for (const { name, words } of this.page.controls)
      if (Number.isInteger(change[name])) next[name] = clamp(change[name], 0, words.length - 1);
    if (same(next, this.state)) return;
    this.state = next;
    this.#look();
    this.model.set("state", clone(next));
    this.model.save_changes();
  }

  /** The kernel has set the state. */
  received() {
    this.state = clone(this.model.get("state"));
    this.#look();
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

  #look() {
    this.shown = this.scenes.get(this.key) ?? this.shown;
    this.life.schedule();
  }
}
