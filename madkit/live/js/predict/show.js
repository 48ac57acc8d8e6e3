// Show: what is painted, where, and what is said.

import { brush } from "../shared/canvas.js";
import { lookOf } from "../shared/colours.js";
import { put, roomIn } from "../shared/elements.js";
import { sheafOf } from "../shared/readout.js";
import { place, reasons, verdict } from "./bets.js";
import { Cover } from "./cover.js";
import { wordsOf } from "./elements.js";
import { drawLine, LOW, TALL } from "./line.js";
import { betPlot, drawAnswer, drawBetAxes, drawCurve } from "./plot.js";

const COMES = 900;                                     // milliseconds in which the answer comes

export class Show {
  /** @type {Record<string, any>} What the last frame drew. */
  drawn = { frame: 0, share: 0 };
  /** @type {import("../types.js").BetPlot | null} */
  plot = null;

  /** @param {import("../types.js").BetJoined} parts */
  constructor(parts) {
    this.parts = parts;
    this.cover = new Cover(parts.ui.root);
  }

  paint() {
    const { page, ui, session } = this.parts, width = roomIn(ui.root);
    if (width <= 0) return;
    if (page.kind === "curve") this.#curve(width);
    if (page.kind === "point") this.#point(width);
    this.#say();
    this.drawn.frame += 1;
    this.drawn.placed = session.placed;
  }

  /** @param {number} width */
  #curve(width) {
    const { page, ui, session, life } = this.parts, { answer } = session, look = lookOf(ui.root);
    const height = width < 460 ? 270 : 310, pen = brush(ui.plot, width, height, look);
    ui.plot.style.width = `${width}px`;
    const plot = this.plot = betPlot(pen, page, look, width, height), { curve } = session;
    drawBetAxes(pen, page, look, plot, width);
    if (!answer && curve.length === page.known.length) {
      const x = plot.x(page.t[curve.length - 1]) + 14, y = plot.y(curve[curve.length - 1]);
      const below = y < (plot.y0 + plot.y1) / 2 ? 22 : -22;
      pen.write("drag from here →", x, y + below, { within: plot.x1 - x });
    }
    if (answer) {
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches || !session.revealed;
      const share = still ? 1 : Math.min(1, (performance.now() - session.revealed) / COMES);
      drawAnswer(pen, page, look, plot, answer, /** @type {number[]} */ (session.state.bet), share);
      this.drawn.share = share;
      if (share < 1) life.schedule();
    }
    drawCurve(pen, page, look, plot, curve, session.pen, session.placed);
    ui.readout.show([JSON.stringify(curve), answer !== null], "", () => [this.#sheaf(curve)]);
  }

  /**
   * What is drawn, in numbers: the bet, and the answer once it is placed.
   * @param {number[]} curve
   */
  #sheaf(curve) {
    const { page, session: { answer } } = this.parts, some = page.t.slice(0, curve.length);
    const bet = { name: "your bet", x: some, median: curve };
    const band = page.seeds > 1 ? answer : null;
    const is = answer && { name: "the answer", x: page.t, median: answer.median,
                           low: band?.low, high: band?.high };
    return sheafOf(`${page.name}. ${page.question}`, "generation", is ? [bet, is] : [bet],
                   (value) => wordsOf(page, value));
  }

  /** @param {number} width */
  #point(width) {
    const { page, ui, session } = this.parts, { answer } = session, look = lookOf(ui.root);
    const pen = brush(ui.plot, width, answer ? TALL : LOW, look);
    ui.plot.style.width = `${width}px`;
    const bet = answer && Number(session.state.bet);
    drawLine(pen, page, look, width, bet, answer && answer.value);
  }

  #say() {
    const { page, ui, session } = this.parts, { placed, answer, ready, state } = session;
    ui.root.classList.toggle("placed", placed);
    ui.place.hidden = placed;
    ui.again.hidden = placed || session.curve.length <= (page.known ?? []).length;
    ui.place.disabled = ready === null;
    put(ui.hint, placed ? "" : ready === null ? HINTS[page.kind](page) : "");
    const bet = /** @type {any} */ (state.bet), words = answer ? verdict(page, answer, bet) : "";
    put(ui.result, words);
    put(ui.why, answer ? reasons(page, answer, bet) : "");
    this.cover.show(!placed && !session.skipped);
    ui.covered.hidden = !this.cover.covers;
    ui.forget.hidden = !placed || !session.keep;
    const lost = placed && session.keep?.works === false;
    put(ui.kept, lost ? "This page may not keep your bet: it is gone when you close it." : "");
    ui.result.hidden = !placed;
    ui.why.hidden = !ui.why.textContent;
    put(ui.alert, session.trouble);
    ui.alert.hidden = !session.trouble;
    if (page.kind === "choice") this.#choices();
    else this.#sliders();
    ui.plot.setAttribute("aria-label", `${page.question} ${words || "Nothing is drawn yet."}`);
  }

  #choices() {
    const { page, ui, session: { placed, answer, draft } } = this.parts;
    ui.choices.forEach((input, i) => {
      const label = /** @type {HTMLElement} */ (input.parentElement), value = page.choices[i];
      input.checked = value === draft;
      input.disabled = placed;
      label.dataset.is = !answer ? "" : value === answer.answer ? "right" : value === draft ?
        "wrong" : "other";
    });
  }

  #sliders() {
    const { page, ui, session } = this.parts, { placed } = session;
    ui.value.disabled = ui.at.disabled = placed;
    const value = page.kind === "curve" ? session.reached
      : /** @type {number | null} */ (session.draft);
    if (value !== null)
      ui.value.value = String(Math.round(place(page, value) * Number(ui.value.max)));
    const words = value === null ? "not yet placed" : wordsOf(page, value);
    put(ui.valueWords, words);
    ui.value.setAttribute("aria-valuetext", words);
    if (page.kind !== "curve") return;
    const hand = session.pen < page.known.length ? page.t.length - 1 : session.pen;
    ui.at.value = String(hand);
    put(ui.atWords, String(page.t[Number(ui.at.value)]));
    ui.at.setAttribute("aria-valuetext", `generation ${ui.atWords.textContent}`);
  }
}

/** @type {Record<string, (page: import("../types.js").BetPage) => string>} */
const HINTS = {
  choice: () => "choose one", point: () => "move the slider first",
  curve: ({ t }) => `draw as far as generation ${t[t.length - 1]}, or use the sliders`,
};
