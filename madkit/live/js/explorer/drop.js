// A table of one's own: dropped on the page, chosen or pasted. It is read in the page, in short
// turns, and stays there.

import { make, press, put } from "../shared/elements.js";
import { textOf } from "./dialect.js";
import { MOST } from "./page.js";
import { pointsIn, tableOf } from "./table.js";

const LARGEST = 2 ** 28;                               // bytes
const SHOWN = 2000;                                    // signs of what is pasted

/** @param {number} count @param {string} word */
const several = (count, word) =>
  `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

export class Drop {
  open = false;
  said = "";
  #asked = 0;                                          // what is asked later ends what is under way
  #name = "";
  /** @type {import("./table.js").Table | null} */
  #table = null;

  /** @param {Omit<import("../types.js").Joined, "drop">} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /** @param {boolean} open */
  show(open) {
    this.open = open;
    this.parts.life.schedule();
  }

  /** @param {DataTransfer | null} carried */
  dropped(carried) {
    const files = [...carried?.files ?? []];
    if (files.length === 1) return this.take(files[0], files[0].name);
    if (files.length) return this.#say("One file at a time, please: a table as CSV.");
  }

  /**
   * A file, or a text in one.
   * @param {Blob} file @param {string} name
   */
  take(file, name) {
    this.show(true);
    return this.#read(async (turn) => {
      if (file.size > LARGEST) throw Error("it is larger than 256 MB; give a part of it");
      if (!file.size) throw Error("there is nothing in it");
      this.#say(`Reading ${name} …`);
      const table = tableOf(await textOf(file, () => turn(0)));
      [this.#table, this.#name] = [table, name];
      this.#offer(table);
      return table.chosen;
    }, name);
  }

  /** Other columns of the same table. */
  choose() {
    const { columns } = this.parts.ui;
    if (this.#table)
      return this.#read(async () => columns.map(({ value }) => Number(value)), this.#name);
  }

  /**
   * Points of the columns that `wanted` gives; whatever is wrong is said in a sentence.
   * @param {(turn: (rows: number) => Promise<void>) => Promise<number[]>} wanted
   * @param {string} name
   */
  async #read(wanted, name) {
    const asked = ++this.#asked, { session, pad, player } = this.parts;
    session.trouble = "";
    const turn = async (/** @type {number} */ rows) => {
      if (rows) this.#say(`Reading ${name}: ${several(rows, "row")} so far …`);
      await new Promise((go) => setTimeout(go));
      if (asked !== this.#asked) throw new Ended();
    };
    try {
      const columns = await wanted(turn);
      await turn(0);
      const table = /** @type {import("./table.js").Table} */ (this.#table);
      const taken = await pointsIn(table, columns, turn);
      pad.close();
      player.play(false);
      session.call(taken.points, name);
      session.move({ t: 1, drawn: { points: taken.points } });
      this.#say(told(name, table, taken));
    } catch (error) {
      if (error instanceof Ended) return;
      this.#say("");
      session.refuse(`${name}: ${/** @type {Error} */ (error).message}.`);
    }
  }

  /** @param {import("./table.js").Table} table */
  #offer({ names, numeric, chosen }) {
    this.parts.ui.columns.forEach((node, k) => {
      node.replaceChildren(...numeric.map((value) =>
        make("option", { value }, names[value] || `column ${value + 1}`)));
      node.value = String(chosen[k]);
    });
  }

  /** @param {string} words */
  #say(words) {
    this.said = words;
    this.parts.life.schedule();
  }

  end() {
    this.#asked += 1;
  }
}

class Ended extends Error {}

/**
 * What was taken of a table.
 * @param {string} name @param {import("./table.js").Table} table
 * @param {import("./table.js").Taken} taken
 */
function told(name, { dialect }, { points, rows, left, beyond }) {
  const some = rows - left > MOST ? `, ${several(points.length, "row")} of them, chosen at random`
    : "";
  return [`${name}: ${several(rows, "row")}${some}.`,
          left && `${several(left, "row")} without both numbers left out.`,
          dialect.decimal === "," && "Decimal commas.",
          "Each column is standardised: mean 0, standard deviation 1.",
          beyond && `${several(beyond, "point")} beyond 4 standard deviations ` +
            `stand${beyond === 1 ? "s" : ""} at the edge.`].filter(Boolean).join(" ");
}

/** @param {import("../types.js").Parts} parts */
export function listenToDrop({ ui, drop, life }) {
  life.on(ui.tableButton, "click", () => drop.show(!drop.open));
  life.on(ui.file, "change", () => {
    const [file] = ui.file.files ?? [];
    ui.file.value = "";                                // the same file may come again
    if (file) return drop.take(file, file.name);
  });
  const read = (/** @type {string} */ text) => {
    ui.pasted.value = text.slice(0, SHOWN);
    if (text.trim()) return drop.take(new Blob([text]), "your table");
  };
  life.on(ui.pasted, "change", () => read(ui.pasted.value));
  life.on(ui.pasted, "paste", (event) => {
    event.preventDefault();
    return read(event.clipboardData?.getData("text") ?? "");
  });
  life.on(ui.columns, "change", () => drop.choose());
  for (const name of ["dragover", "drop"])
    life.on(ui.root, name, (event) => {
      if (!ui.tableButton.isConnected || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
      if (name === "drop") return drop.dropped(event.dataTransfer);
    });
}

/** @param {import("../types.js").Joined} parts */
export function showDrop({ ui, session, drop }) {
  press(ui.tableButton, drop.open);
  ui.tableRow.hidden = !drop.open;
  ui.columnsRow.hidden = !(ui.columns[0].length && session.state.drawn);
  put(ui.tableWords, drop.said);
}
