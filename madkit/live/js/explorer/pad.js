// The pad: where one draws a distribution of one's own.

import { css } from "../shared/colours.js";
import { stroke } from "../shared/canvas.js";
import { dots } from "../shared/marks.js";
import { clone } from "../shared/values.js";
import { HALF, LEAST, MODELS, MOST } from "./page.js";
import { rounded, stamp, STAMPS } from "./stamps.js";

const NEAR = 7;                                        // pixels between two points of a stroke

/**
 * From the plane to pixels, and back.
 * @param {number} size
 */
const padScale = (size) => ({
  x: (/** @type {number} */ v) => ((v + HALF) / (2 * HALF)) * size,
  y: (/** @type {number} */ v) => size - ((v + HALF) / (2 * HALF)) * size,
  back: (/** @type {number} */ px, /** @type {number} */ py) =>
    [(px / size) * 2 * HALF - HALF, HALF - (py / size) * 2 * HALF],
});

export class Pad {
  /**
   * What is drawn, and what was before each stroke; null while the pad is closed.
   * @type {import("../types.js").Draft | null}
   */
  draft = null;
  size = 0;                                            // pixels of a side
  #opened = false;                                     // and not yet seen
  model = MODELS[0];

  /**
   * @param {import("../types.js").ExplorerUi} ui
   * @param {import("./session.js").Session} session
   * @param {import("../shared/life.js").Life} life
   */
  constructor(ui, session, life) {
    this.ui = ui;
    this.session = session;
    this.life = life;
  }

  get words() {
    const count = this.draft?.points.length ?? 0;
    if (!this.draft) return "";
    return count < LEAST ? `${count} point${count === 1 ? "" : "s"}; draw at least ${LEAST}`
      : `${count.toLocaleString("en")} points${count === MOST ? ", the most there can be" : ""}`;
  }

  toggle() {
    const count = this.draft?.points.length ?? 0;
    if (count > 0 && count < LEAST)
      return this.session.refuse(`Too few to learn from: draw ${LEAST} points or more, ` +
        `there ${count === 1 ? "is 1" : `are ${count}`}; or clear them to leave.`);
    const { drawn } = this.session.state, points = clone(drawn?.points ?? []);
    this.model = drawn?.model ?? this.model;
    this.session.asking.grown.hired.hire();              // it will be needed
    this.draft = this.draft ? null : { points, before: [], last: null };
    this.#opened = this.draft !== null;
    this.#class();
    this.session.refuse("");
  }

  close() {
    this.draft = null;
    this.#class();
  }

  #class() {
    this.ui.root.classList.toggle("drawing", this.draft !== null);
  }

  /**
   * A stroke begins.
   * @param {PointerEvent} event
   */
  down(event) {
    if (!this.draft) return;
    this.ui.cloud.setPointerCapture(event.pointerId);
    this.#remember();
    this.draft.last = null;
    this.#spray(event);
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (this.draft?.last && event.buttons & 1) this.#spray(event);
  }

  up() {
    if (!this.draft?.last) return;
    this.draft.last = null;
    this.#commit(this.draft.points);
  }

  /** @param {number} i */
  stamp(i) {
    this.#remember();
    this.#commit(stamp(STAMPS[i]));
  }

  undo() {
    const before = this.draft?.before.pop();
    if (before) this.#commit(before);
  }

  clear() {
    this.#remember();
    this.#commit([]);
  }

  #remember() {
    this.draft?.before.push(clone(this.draft.points));
  }

  /**
   * These points are the truth now.
   * @param {number[][]} points
   */
  #commit(points) {
    if (!this.draft) return;
    this.draft.points = rounded(points);
    const enough = this.draft.points.length >= LEAST;
    const drawn = { points: clone(this.draft.points), ...this.#learns };
    this.session.call(drawn.points, "a drawing");
    this.session.move({ drawn: enough ? drawn : null });
    this.life.schedule();
  }

  /** What learns the points; a state says it where it is not the first. */
  get #learns() {
    const { model } = this;
    return model === MODELS[0] ? {} : { model };
  }

  /** @param {string} model */
  learn(model) {
    this.model = model;
    if (this.draft) this.#commit(this.draft.points);
  }

  /** @param {PointerEvent} event */
  #spray(event) {
    if (!this.draft) return;
    const box = this.ui.cloud.getBoundingClientRect(), { points, last } = this.draft;
    const [px, py] = [event.clientX - box.left, event.clientY - box.top], count = points.length;
    const moved = Math.hypot(px - (last?.[0] ?? -99), py - (last?.[1] ?? -99));
    if (moved < NEAR || count >= MOST) return;
    // around the pointer, even and without chance
    const far = last ? 20 * Math.sqrt((0.7549 * count) % 1) : 0, angle = 2.4 * count;
    const to = padScale(this.size);
    points.push(to.back(px + far * Math.cos(angle), py + far * Math.sin(angle)));
    this.draft.last = [px, py];
    this.life.schedule();
  }

  /** @param {import("../types.js").Pen} ctx @param {import("../types.js").Look} look */
  draw(ctx, look) {
    const { size } = this, to = padScale(size), points = this.draft?.points ?? [];
    ctx.beginPath();
    for (const v of [-2, 0, 2]) {
      ctx.moveTo(to.x(v), 0);
      ctx.lineTo(to.x(v), size);
      ctx.moveTo(0, to.y(v));
      ctx.lineTo(size, to.y(v));
    }
    stroke(ctx, css(look.rule, 0.6), 1);
    ctx.beginPath();
    ctx.rect(1, 1, size - 2, size - 2);
    stroke(ctx, css(look.quiet), 2, [6, 4]);
    const marks = points.map(([x, y]) => [to.x(x), to.y(y)]);
    dots(ctx, marks, "circle", 3, css(look.real, 0.85));
    const middle = size / 2, quiet = look.quiet;
    if (!points.length)
      ctx.write("click, or drag to spray", middle, middle - 14, { align: "center", colour: quiet });
    if (!this.#opened) return;
    this.#opened = false;
    this.ui.left.scrollIntoView({ block: "nearest" });
    this.ui.stamps[0].focus({ preventScroll: true });
  }
}
