// The session: what is being drawn, what was bet, and what the kernel hears of it.

import { clone, same } from "../shared/values.js";
import { opened, place, problem, valueAt } from "./bets.js";

/**
 * @typedef {import("../types.js").BetPage} BetPage
 * @typedef {import("../types.js").BetState} BetState
 * @typedef {import("../types.js").Placed} Placed
 */

export class Session {
  trouble = "";
  /** @type {string | number | null} Of a choice or a point: what would be bet. */
  draft = null;
  /** @type {(number | null)[]} Of a curve: what was drawn by hand, by generation. */
  marks;
  pen = 0;
  revealed = 0;
  /** Whether the reader passed it over, to see what follows without a bet. */
  skipped = false;

  /**
   * @param {BetPage} page @param {import("../types.js").Model} model
   * @param {import("../shared/life.js").Life} life
   */
  constructor(page, model, life) {
    this.page = page;
    this.model = model;
    this.life = life;
    /** @type {import("./keep.js").Keep | undefined} Where no kernel remembers it. */
    this.keep = model.get("keep");
    this.skipped = this.keep?.read().skipped ?? false;
    /** @type {BetState} */
    this.state = { bet: null };
    this.marks = this.#blank();
    this.received();
  }

  #blank() {
    const { t = [], known = [] } = this.page;
    this.pen = known.length - 1;
    return t.map((_, i) => known[i] ?? null);
  }

  get placed() {
    return this.state.bet !== null;
  }

  /** The answer, once there is a bet. */
  get answer() {
    return this.placed ? opened(this.page.sealed) : null;
  }

  /**
   * The curve as far as it is drawn: straight on the axis between what was drawn by hand.
   * @returns {number[]}
   */
  get curve() {
    const { page, marks } = this, last = marks.findLastIndex((mark) => mark !== null);
    /** @type {number[]} */
    const drawn = [];
    for (let i = 0, before = 0; i <= last; i++) {
      const mark = marks[i];
      if (mark === null) continue;
      const [a, b] = [place(page, marks[before] ?? mark), place(page, mark)];
      for (let j = before + 1; j < i; j++)
        drawn[j] = valueAt(page, a + ((b - a) * (j - before)) / (i - before));
      drawn[i] = mark;
      before = i;
    }
    return drawn;
  }

  /** The curve's value where the pen is; where there is none yet, its last. */
  get reached() {
    const { curve, pen } = this;
    return curve[pen] ?? curve[curve.length - 1];
  }

  /** What would be bet now; null while it is not whole. @returns {Placed | null} */
  get ready() {
    if (this.page.kind !== "curve") return this.draft;
    return this.curve.length === this.page.t.length ? this.curve : null;
  }

  /** @param {string | number} draft */
  think(draft) {
    if (this.placed) return;
    this.draft = draft;
    this.life.schedule();
  }

  /**
   * The pen draws to a generation, by its index; in one stroke over all that it passes.
   * @param {number} i @param {number} value @param {boolean} stroke
   */
  draw(i, value, stroke = false) {
    const { page, marks, pen } = this, known = page.known.length;
    if (this.placed || i < known) return;
    const before = marks[pen];
    if (stroke && before != null) {
      const [a, b] = [place(page, before), place(page, value)], way = Math.sign(i - pen);
      for (let j = pen + way; j !== i && way; j += way)
        if (j >= known) marks[j] = valueAt(page, a + ((b - a) * (j - pen)) / (i - pen));
    }
    marks[i] = value;
    this.pen = i;
    this.life.schedule();
  }

  clear() {
    this.marks = this.#blank();
    this.life.schedule();
  }

  /** The bet is placed, and stands. */
  settle() {
    const { ready } = this;
    if (this.placed || ready === null) return false;
    this.state = { bet: clone(ready) };
    this.revealed = performance.now();
    this.model.set("state", clone(this.state));
    this.model.save_changes();
    this.#remember();
    return true;
  }

  /** What follows is seen without a bet. */
  skip() {
    this.skipped = true;
    this.#remember();
  }

  /** Where no kernel remembers it: as if it had never been asked. */
  forget() {
    this.state = { bet: null };
    this.draft = null;
    this.skipped = false;
    this.model.set("state", clone(this.state));
    this.clear();
    this.#remember();
  }

  #remember() {
    this.keep?.write({ bet: clone(this.state.bet), skipped: this.skipped });
    this.life.schedule();
  }

  /** The kernel has set the state, or has it still. */
  received() {
    const given = this.model.get("state"), why = problem(this.page, given);
    this.trouble = why;
    if (!why && !same(given, this.state)) {
      this.state = clone(given);
      if (this.page.kind !== "curve") this.draft = /** @type {any} */ (this.state.bet);
      else if (this.placed) this.marks = /** @type {number[]} */ (clone(this.state.bet));
      else this.marks = this.#blank();
    }
    this.life.schedule();
  }
}
