// The session: the state that is shown, how it moves, and what the kernel hears of it.

import { clone, same } from "../shared/values.js";
import { hash, problem, settingsOf } from "./page.js";

/**
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Settings} Settings
 */

export const REST = 300;     // ms without a move before the kernel hears of it, and words follow

/**
 * A state of its own; what is drawn, thousands of points at times, is shared where it is the same.
 * @param {State} state @param {State["drawn"]} known
 * @returns {State}
 */
const copied = ({ drawn, ...rest }, known) =>
  ({ ...clone(rest), drawn: drawn === known ? known : clone(drawn) });

const ABSENT = "This page does not carry this setting: JupyterLab is needed for it.";

export class Session {
  trouble = "";
  moved = 0;                                           // when it moved last
  #save = 0;
  /** @type {Map<string, string>} What points of one's own are, by their hash. */
  #called = new Map();

  /**
   * @param {import("../types.js").Page} page
   * @param {import("../types.js").Model} model
   * @param {import("./asking.js").Asking} asking
   * @param {import("../shared/life.js").Life} life
   */
  constructor(page, model, asking, life) {
    this.page = page;
    this.model = model;
    this.asking = asking;
    this.life = life;
    /** @type {State} */
    this.state = clone(model.get("state"));
    /** @type {State} */
    this.first = clone(page.start ?? model.get("state"));
  }

  /**
   * What the kernel, or what grows here, says of its work.
   * @returns {import("../types.js").News}
   */
  get news() {
    const { grown } = this.asking, { generations } = this.page, { share } = grown;
    if (grown.trouble) return { kind: "error", text: grown.trouble };
    if (share === null) return this.model.get("status") ?? { kind: "", text: "", share: null };
    const t = Math.round(share * generations);
    return { kind: "progress", text: `generation ${t} of ${generations}`, share };
  }

  /** @param {number[][]} points @param {string} name what they are, in words */
  call(points, name) {
    this.#called.set(hash(points), name);
  }

  /** What the data are in words, where they are one's own. */
  get called() {
    const { drawn } = this.state;
    return drawn && (this.#called.get(hash(drawn.points)) ?? "points of one's own");
  }

  /** Where the settings of the chosen side stand. */
  get settings() {
    return settingsOf(this.state, this.state.tab);
  }

  /**
   * A new state, if it is a good one; the kernel has it when it rests, or at once where it has to
   * run something.
   * @param {Partial<State>} change
   */
  move(change) {
    const wanted = { ...this.state, ...change }, why = this.#problem(wanted);
    if (why) return this.refuse(why);
    if (this.page.offline && this.asking.needs(wanted).length) return this.refuse(ABSENT);
    if (this.#same(wanted)) return !this.refuse("");
    this.#become(wanted);
    if (this.state.drawn && this.asking.needs(this.state).length) this.send();
    else this.#save = window.setTimeout(this.life.guard(() => this.send()), REST);
    return true;
  }

  /**
   * Other settings of the chosen side.
   * @param {Partial<Settings>} change
   */
  edit(change) {
    return this.move({ [this.state.tab]: { ...this.settings, ...change } });
  }

  /**
   * Another generation, or the nearest there is.
   * @param {number} t
   */
  go(t) {
    return this.move({ t: Math.max(1, Math.min(this.page.generations, t)) });
  }

  /** The kernel gets the state. */
  send() {
    clearTimeout(this.#save);
    this.model.set("state", clone(this.state));
    this.model.save_changes();
  }

  /** The kernel has set the state. */
  received() {
    const given = this.model.get("state");
    if (same(given, this.state)) return;
    const why = this.#problem(given);
    if (why) this.refuse(why);
    else this.#become(given);
  }

  /** @param {string} why */
  refuse(why) {
    this.trouble = why;
    this.life.schedule();
    return false;
  }

  end() {
    clearTimeout(this.#save);
  }

  /**
   * What is wrong with a state; what is drawn was looked at when it came.
   * @param {State} wanted
   */
  #problem(wanted) {
    const known = wanted.drawn === this.state.drawn;
    return problem(this.page, known ? { ...wanted, drawn: null } : wanted);
  }

  /** @param {State} wanted */
  #same(wanted) {
    const { drawn } = this.state, known = wanted.drawn === drawn;
    return (known || same(wanted.drawn, drawn))
      && same({ ...wanted, drawn: null }, { ...this.state, drawn: null });
  }

  /** @param {State} wanted */
  #become(wanted) {
    this.state = copied(wanted, this.state.drawn);
    this.moved = performance.now();
    clearTimeout(this.#save);
    this.trouble = "";
    this.asking.follow(this.state);
    this.life.prompt();
  }
}
