// Show: what is painted, and where.

import { brush } from "../shared/canvas.js";
import { lookOf } from "../shared/colours.js";
import { roomIn } from "../shared/elements.js";
import { Steady } from "../shared/steady.js";
import { showControls } from "./controls.js";
import { drawSquare, squaresAcross, tallest } from "./square.js";
import { drawPlot } from "./plot.js";
import { drawTable, tallOfTable } from "./table.js";

/**
 * @typedef {import("../types.js").Pen} Pen
 * @typedef {import("../types.js").ScenePanel} ScenePanel
 */

const GAP = 28;                                        // between left and right
const GUTTER = 14;                                     // between squares
const HEAD = 26;                                       // above each
const MOST = 340;                                      // pixels of a square, or of several
const PLOT = 300;                                      // how tall one plot is
const PLOT_LEAST = 180;                                // how tall a plot is, at least

export class Show {
  /** @type {{ frame: number, key: string, plots: any[] }} What the last frame drew. */
  drawn = { frame: 0, key: "", plots: [] };
  #steady = new Steady();
  /** @type {unknown} */
  #bytes = null;

  /** @param {import("../types.js").ViewJoined} parts */
  constructor(parts) {
    this.parts = parts;
  }

  end() {
    URL.revokeObjectURL(this.parts.ui.image.src);
  }

  paint() {
    const { ui, session: { shown } } = this.parts, width = roomIn(ui.root);
    if (width <= 0) return;                            // out of sight
    showControls(this.parts);
    this.#steady.hold(ui.sentence, ui.sentence.offsetHeight, width);
    if (!shown) return;
    const look = lookOf(ui.root), narrow = width < 640, { left, right } = shown;
    const share = !right.length ? 1 : left.length ? leftShare(left) : 0;
    const wide = narrow || share === 1 ? width : Math.floor((width - GAP) * share);
    const rest = narrow || !wide ? width : width - GAP - wide;
    ui.root.classList.toggle("narrow", narrow);
    ui.root.classList.toggle("alone", !wide || share === 1);
    ui.root.style.setProperty("--left", `${wide}px`);
    const picture = left.find(({ kind }) => kind === "png");
    const squares = picture ? [] : left;
    ui.image.hidden = !picture;
    ui.rows.hidden = !squares.length;
    ui.numbers.hidden = !right.length;
    if (picture) this.#image(picture);
    const tall = squares.length ? this.#left(squares, wide, look) : 0;
    if (right.length) this.#right(right, rest, narrow ? 0 : tall, look);
    this.drawn.frame += 1;
    this.drawn.key = shown.key;
  }

  /**
   * A picture that is there already.
   * @param {ScenePanel} panel
   */
  #image({ bytes }) {
    const { image } = this.parts.ui;
    if (bytes === this.#bytes) return;
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(new Blob([bytes.data], { type: "image/png" }));
    this.#bytes = bytes;
  }

  /**
   * Squares of rows or images, or plots, side by side; gives how tall all are.
   * @param {ScenePanel[]} panels @param {number} width @param {import("../types.js").Look} look
   */
  #left(panels, width, look) {
    const across = squaresAcross(panels.length, width);
    const down = Math.ceil(panels.length / across), free = width - GUTTER * (across - 1);
    const size = Math.min(free / across, width < 400 ? width : MOST / Math.min(down, 2));
    const plots = panels[0].kind === "plot";
    const each = plots ? PLOT : Math.round(tallest(panels, size)) + HEAD;
    const tall = down * (each + GUTTER) - GUTTER;
    const pen = brush(this.parts.ui.rows, width, tall, look);
    panels.forEach((panel, i) => {
      const x = (i % across) * (size + GUTTER), y = Math.floor(i / across) * (each + GUTTER);
      if (plots) drawPlot(pen, panel, [x, y, free / across, each], look, true);
      else drawSquare(pen, panel, [x, y + HEAD, size, each - HEAD], look);
    });
    return tall;
  }

  /**
   * Plots below one another, or a table.
   * @param {ScenePanel[]} panels @param {number} width @param {number} least
   * @param {import("../types.js").Look} look
   */
  #right(panels, width, least, look) {
    const [first] = panels, many = panels.length;
    const wanted = first.kind === "table" ? tallOfTable(first)
      : many > 1 ? many * PLOT_LEAST : PLOT;
    const tall = Math.max(wanted, Math.min(least, 420));
    const pen = brush(this.parts.ui.numbers, width, tall, look), each = tall / many;
    this.drawn.plots = panels.map((panel, i) => (panel.kind === "table"
      ? drawTable(pen, panel, [0, 0, width, tall], look)
      : drawPlot(pen, panel, [0, i * each, width, each], look, i === many - 1)));
  }
}

/**
 * The share of the width that stands left: more for several squares.
 * @param {ScenePanel[]} left
 */
const leftShare = (left) => (left.length > 2 ? 0.58 : left.length > 1 ? 0.54 : 0.46);
