// Show: what is painted, where; and maps that are worked out before they are asked for.

import { brush } from "../shared/canvas.js";
import { lookOf } from "../shared/colours.js";
import { roomIn } from "../shared/elements.js";
import { hasTheory, theoryMap } from "./cells.js";
import { showControls } from "./controls.js";
import { drawLoop } from "./loop_plot.js";
import { drawMap, mapPlot } from "./map_plot.js";
import { keyOf } from "./states.js";

const GAP = 28;                                        // between map and loop

/** @param {() => void} act @returns {number} */
const later = (act) =>
  (window.requestIdleCallback ?? ((work) => window.setTimeout(work, 30)))(act);

export class Show {
  /** @type {Record<string, any>} What the last frame drew. */
  drawn = { frame: 0, lam: 0, map: {}, loop: {} };
  /** @type {import("../types.js").MapPlot | null} */
  plot = null;
  #idle = 0;

  /** @param {import("../types.js").MapJoined} parts */
  constructor(parts) {
    this.parts = parts;
  }

  paint() {
    const { page, ui, session, life } = this.parts, { state, track } = session;
    const width = roomIn(ui.root);
    if (width <= 0) return;
    const look = lookOf(ui.root), view = { page, state, look, track }, narrow = width < 660;
    const left = narrow ? width : Math.floor((width - GAP) * 0.54);
    const right = narrow ? width : width - GAP - left;
    const tall = Math.round(Math.max(310, Math.min(0.8 * left, 540)));
    ui.root.classList.toggle("narrow", narrow);
    ui.root.style.setProperty("--left", `${left}px`);
    ui.map.style.width = `${left}px`;
    ui.loop.style.width = `${right}px`;
    this.plot = mapPlot(state, left, tall);
    this.drawn.map = drawMap(brush(ui.map, left, tall, look), view, this.plot);
    const lower = narrow ? Math.min(tall, 340) : tall;
    this.drawn.loop = drawLoop(brush(ui.loop, right, lower, look), view, right, lower);
    showControls(this.parts);
    this.#idle ||= later(life.guard(() => this.#prepare()));
    this.drawn.frame += 1;
    this.drawn.lam = state.lam;
    this.drawn.state = keyOf(state);
  }

  end() {
    (window.cancelIdleCallback ?? clearTimeout)(this.#idle);
  }

  /** Maps of other λ, the nearest first, while nothing else happens: so that λ moves at once. */
  #prepare() {
    const { page, session: { state: { dim, lam } }, life } = this.parts;
    this.#idle = 0;
    const missing = page.lams.filter((one) => !hasTheory({ dim, lam: one }));
    if (!missing.length) return;
    const nearest = missing.reduce((best, one) =>
      (Math.abs(one - lam) < Math.abs(best - lam) ? one : best));
    theoryMap(page, { dim, lam: nearest });
    this.#idle = later(life.guard(() => this.#prepare()));
  }
}
