// Show: what is painted, and where.

import { brush, layer } from "../shared/canvas.js";
import { css, lookOf } from "../shared/colours.js";
import { LINE } from "../shared/text.js";
import { differ } from "../shared/values.js";
import { drawCloud, drawGround } from "./cloud.js";
import { compositionEntries, compositionHeight, compositionOf, drawComposition,
} from "./composition.js";
import { showControls } from "./controls.js";
import { drawCursor } from "./cursor.js";
import { drawCurves } from "./curves.js";
import { columnsOf, linesOf, plotsOf } from "./plots.js";
import { BESIDE_LEAST, cloudPlan, headLines } from "./squares.js";
import { Steady } from "../shared/steady.js";
import { drawSheets, sheetPlan } from "./sheet.js";
import { metricsOf, nothing, reach } from "./tracks.js";
import { Voice } from "./voice.js";

/**
 * @typedef {import("../types.js").Joined} Joined
 * @typedef {import("../types.js").View} View
 * @typedef {import("../types.js").Plot} Plot
 */

const GAP = 28;                                        // between columns
const PLOT_LEAST = { narrow: 190, wide: 152 };         // how tall a plot is, at least
const PAD_MOST = 440;                                  // pixels of the pad one draws on

export class Show {
  /** @type {import("../types.js").Drawn} What the last frame drew. */
  drawn = { t: 0, frame: 0, spoken: false, panels: [], curves: [], axes: {} };
  /** @type {Plot[]} */
  plots = [];
  /** @type {Map<Element, { width: number, height: number }>} */
  #boxes = new Map();
  /** @type {import("../types.js").Look | null} */
  #look = null;
  /** @type {unknown[]} */
  #before = [];
  /** @type {unknown[]} */
  #composed = [];
  #ground = layer();                                   // what does not move with the generation
  #still = layer();
  #steady = new Steady();
  #size = 0;                                           // how wide the cloud is

  /** @param {Joined} parts */
  constructor(parts) {
    this.parts = parts;
    this.voice = new Voice(parts);
  }

  /**
   * Boxes on the page have other sizes.
   * @param {ResizeObserverEntry[]} entries
   */
  resized(entries) {
    for (const { target, contentRect, borderBoxSize: [{ blockSize }] } of entries)
      this.#boxes.set(target, { width: Math.floor(contentRect.width),
                                height: Math.round(blockSize) });
    const { root, cloudWords } = this.parts.ui, tall = this.#boxes.get(cloudWords)?.height ?? 0;
    this.#steady.hold(cloudWords, tall, this.#boxes.get(root)?.width ?? 0);
    this.parts.life.schedule();
  }

  recolour() {
    this.#look = null;
    this.parts.life.schedule();
  }

  end() {
    this.voice.end();
  }

  paint() {
    const { page, ui, session, asking, pad } = this.parts, { shown } = asking, { state } = session;
    if (this.#inner <= 0) return;                      // out of sight
    const look = this.#look ??= lookOf(ui.root);
    const t = Math.min(state.t, shown.length ? reach(shown) : state.t);
    const view = { page, look, shown, state: { ...state, t } };
    showControls(this.parts, view);
    if (shown.length) this.drawn.spoken = this.voice.speak(view);
    this.#layout();
    const { draft } = pad;
    const depends = [look, t, state.drawn !== null, window.devicePixelRatio,
                     ...this.#boxes.values(), draft, draft?.points, draft?.points.length,
                     ...this.#content()];
    // a slider that is on its way elsewhere changes no picture
    if (differ(depends, this.#before)) this.#draw(view);
    this.#before = depends;
    this.drawn.frame += 1;
    this.drawn.t = state.t;
    ui.root.dispatchEvent(new Event("drawn"));
  }

  /**
   * What pictures of all generations depend on.
   * @returns {unknown[]}
   */
  #content() {
    return this.parts.asking.shown.flatMap(({ side, tracks }) => [side, ...tracks]);
  }

  get #inner() {
    return this.#boxes.get(this.parts.ui.root)?.width ?? 0;
  }

  /** How wide the cloud is: all there is in a narrow place or above many plots, else its share. */
  #layout() {
    const { page, ui, asking: { shown }, pad } = this.parts, inner = this.#inner;
    const many = Math.max(shown.length, ...shown.map((one) => one.tracks.length));
    const crowded = metricsOf(page, shown).length > 2 || page.truth.kind === "images";
    const aside = shown.length > 1 && many > 1 && !crowded && inner >= BESIDE_LEAST;
    const narrow = aside || crowded || inner < (many > 2 ? 828 : 668);
    ui.root.classList.toggle("stacked", aside);
    ui.root.classList.toggle("narrow", narrow && !aside);
    this.#size = narrow ? inner : Math.floor((inner - GAP) * (many > 1 ? 0.58 : 0.46));
    pad.size = Math.min(this.#size, PAD_MOST);
    ui.root.style.setProperty("--left", `${this.#size}px`);
  }

  /** @param {View} view */
  #draw(view) {
    const { ui, asking: { shown } } = this.parts;
    ui.root.style.setProperty("--real", css(view.look.real));
    this.#drawCloud(view);
    ui.compositionBox.hidden = !compositionEntries(shown).length;
    ui.right.hidden = !shown.length;
    if (!shown.length) return;
    const inner = this.#inner, narrow = this.#size === inner;
    if (!ui.compositionBox.hidden) this.#drawComposition(view, inner);
    this.#drawCurves(view, narrow ? inner : inner - GAP - this.#size, narrow);
  }

  /**
   * The cloud, the pad in its place, or real rows alone before there is anything else.
   * @param {View} view
   */
  #drawCloud(view) {
    const { page, ui, pad } = this.parts, size = pad.draft ? pad.size : this.#size;
    const { look, state } = view, real = page.truth.real;
    this.drawn.panels = [];
    if (pad.draft) pad.draw(brush(ui.cloud, size, size, look), look);
    else if (page.truth.kind === "images") {
      const plan = sheetPlan(view, size);
      this.drawn.panels = drawSheets(brush(ui.cloud, size, plan.height, look), view, plan);
    }
    else if (view.shown.length || real) {
      const given = view.shown.length || !real ? view
        : { ...view, shown: [{ side: /** @type {const} */ ("A"), given: state,
                               tracks: [nothing(real)] }] };
      const words = headLines(/** @type {any} */ (ui.cloud.getContext("2d")), given, size);
      const plan = cloudPlan(given.shown, size, words);
      const ctx = brush(ui.cloud, size, plan.height, look);
      drawGround(ctx, given, plan, size, this.#ground);
      this.drawn.panels = drawCloud(ctx, given, plan);
    }
    ui.cloud.style.width = `${size}px`;
  }

  /**
   * Bars stand still while sliders move that change no number of rows.
   * @param {View} view @param {number} inner
   */
  #drawComposition(view, inner) {
    const { ui, asking: { shown } } = this.parts, { look } = view;
    const depends = [look, inner, window.devicePixelRatio, ...compositionOf(view)];
    if (!differ(depends, this.#composed)) return;
    this.#composed = depends;
    ui.composition.style.width = `${inner}px`;
    drawComposition(brush(ui.composition, inner, compositionHeight(shown), look), view, inner);
  }

  /** @param {View} view @param {number} wide @param {boolean} narrow */
  #drawCurves(view, wide, narrow) {
    const { page, ui } = this.parts, lines = linesOf(view).length, { look } = view;
    const metrics = metricsOf(page, view.shown);
    const rows = Math.ceil(metrics.length / columnsOf(metrics, lines, wide));
    const high = (/** @type {Element} */ node) => this.#boxes.get(node)?.height ?? 0;
    const room = narrow ? 0 : high(ui.left) + high(ui.beneath) - high(ui.curveWords) + 2;
    // many names need room
    const least = lines > 4 && rows > 1 ? 230 : PLOT_LEAST[narrow && rows > 1 ? "narrow" : "wide"];
    const tall = Math.max(least * rows + LINE, Math.min(room, 400 * rows));
    const ctx = brush(ui.curves, wide, tall, look);
    ui.curves.style.width = `${wide}px`;
    this.#still(ctx, wide, tall, look, [look, ...this.#content()], (pen) => {
      this.plots = plotsOf(pen, view, wide, tall);
      Object.assign(this.drawn, drawCurves(pen, view, this.plots));
    });
    for (const plot of this.plots) drawCursor(ctx, view, plot);
  }
}
