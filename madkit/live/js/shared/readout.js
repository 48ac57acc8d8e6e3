// The numbers behind a picture as tables, for screen readers and for whoever wants to read them:
// made when they are opened, and anew once the picture rests, so that no move waits for them.

import { button, make } from "./elements.js";
import { differ } from "./values.js";

/**
 * @typedef {import("./life.js").Life} Life
 * @typedef {import("../types.js").Sheaf} Sheaf
 */

const RESTS = 250;                                     // ms without a change

export class Readout {
  open = button("numbers", { "aria-expanded": "false", title: "the numbers behind the curves" });
  region = make("div", { class: "numbers", role: "region", tabindex: 0,
                         "aria-label": "numbers behind the curves", hidden: true });
  /** @type {unknown[]} */
  #made = [];
  /** @type {unknown[]} */
  #due = [];
  #timer = 0;
  /** @type {Life | null} */
  #life = null;

  /** @param {Life} life */
  join(life) {
    this.#life = life;
    life.on(this.open, "click", () => {
      this.region.hidden = !this.region.hidden;
      this.open.setAttribute("aria-expanded", String(!this.region.hidden));
      this.#made = this.#due = [];
      life.schedule();
    });
  }

  /**
   * What a frame shows.
   * @param {unknown[]} depends what the tables are made of
   * @param {number | string} at the row that is shown, by its first cell
   * @param {() => Sheaf[]} tables
   */
  show(depends, at, tables) {
    if (this.region.hidden) return;
    if (!differ(depends, this.#made)) return this.#mark(String(at));
    if (!differ(depends, this.#due)) return;
    const make = () => {
      this.region.replaceChildren(...tables().map(asTable));
      this.#made = depends;
      this.#mark(String(at));
    };
    clearTimeout(this.#timer);
    this.#due = depends;
    if (!this.#made.length) make();
    else this.#timer = window.setTimeout(() => {
      this.#life?.guard(make)();
      this.#life?.schedule();                          // the row may be another by now
    }, RESTS);
  }

  end() {
    clearTimeout(this.#timer);
  }

  /** @param {string} at */
  #mark(at) {
    for (const row of this.region.querySelectorAll("tbody tr")) {
      const here = row.firstElementChild?.textContent === at;
      if (here !== row.hasAttribute("aria-current"))
        row[here ? "setAttribute" : "removeAttribute"]("aria-current", "true");
    }
  }
}

/** @param {Sheaf} given */
function asTable({ title, head, rows }) {
  const cells = (/** @type {"th" | "td"} */ tag, /** @type {string[]} */ texts) =>
    texts.map((text, i) => make(i ? tag : "th", i && tag === "td" ? {}
      : { scope: tag === "th" ? "col" : "row" }, text));
  return make("table", {}, make("caption", {}, make("span", {}, title)),
              make("thead", {}, make("tr", {}, ...cells("th", head))),
              make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells("td", row)))));
}

/** @param {string} text a value without its unit */
const bare = (text) => text.split(" ")[0];

/**
 * Lines over one axis as a table: a row for each of its values, a column for each line.
 * @param {string} title @param {string} axis what the rows are of
 * @param {{ name: string, x: ArrayLike<number>, low?: ArrayLike<number> | null,
 *           median: ArrayLike<number> | null, high?: ArrayLike<number> | null,
 *           theory?: ArrayLike<number> | null, words?: string }[]} lines
 * @param {(value: number) => string} said a value in words
 * @param {(value: number) => string} [place] a value of the axis in words
 * @returns {Sheaf}
 */
export function sheafOf(title, axis, lines, said, place = String) {
  const at = [...new Set(lines.flatMap(({ x }) => Array.from(x)))].sort((a, b) => a - b);
  const columns = lines.flatMap(({ name, x, low, median, high, theory, words }) => {
    const index = new Map(Array.from(x, (v, i) => [v, i]));
    const cell = (/** @type {number} */ v, /** @type {(i: number) => string} */ of) => {
      const i = index.get(v);
      return i === undefined ? "" : of(i);
    };
    const drawn = !median ? [] : [{ head: low && high ? `${name} (band)` : name,
      of: (/** @type {number} */ v) => cell(v, (i) => said(median[i]) +
        (low && high ? ` (${bare(said(low[i]))} to ${bare(said(high[i]))})` : "")) }];
    const expected = !theory ? [] : [{ head: `${name}, ${words || "theory"}`,
      of: (/** @type {number} */ v) => cell(v, (i) => said(theory[i])) }];
    return [...drawn, ...expected];
  });
  return { title, head: [axis, ...columns.map(({ head }) => head)],
           rows: at.map((v) => [place(v), ...columns.map(({ of }) => of(v))]) };
}
