// The buttons that copy a state as a word and paste one, and the row that they open.

import { button, make, put } from "./elements.js";
import { encode, PREFIX } from "./states.js";

/** @typedef {import("./life.js").Life} Life */

export class Exchange {
  copy = button("copy state");
  paste = button("paste state", { "aria-expanded": "false" });
  #apply = button("show it");
  #word = make("input", { type: "text", "aria-label": "state string", spellcheck: "false",
                          autocomplete: "off", placeholder: PREFIX + "…" });
  #copied = make("span", { role: "status" });
  row = make("div", { class: "row" }, this.#word, this.#apply, this.#copied);

  /**
   * @param {Life} life
   * @param {() => unknown} state what is copied
   * @param {(word: string) => boolean} show shows what is pasted, and gives whether that could be
   * @param {() => unknown} forget what was wrong with what was pasted before
   */
  join(life, state, show, forget) {
    const accept = () => {
      if (show(this.#word.value)) this.#unfold(false);
    };
    this.#unfold(false);
    life.on(this.copy, "click", () => this.give(encode(state())));
    life.on(this.paste, "click", () => {
      this.#unfold(this.paste.getAttribute("aria-expanded") !== "true");
      this.#word.value = "";
      forget();
      if (!this.row.hidden) this.#word.focus();
    });
    life.on(this.#apply, "click", accept);
    life.on(this.#word, "input", forget);
    life.on(this.#word, "keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();                          // it would press the next button, too
      accept();
    });
  }

  /** @param {string} word to copy @param {string} note what is to be known of it */
  give(word, note = "") {
    this.#unfold(true, false);
    this.#word.value = word;
    this.#word.focus();
    this.#word.select();
    const done = () => put(this.#copied, `copied${note}`);
    const byHand = () => put(this.#copied, `press Ctrl-C to copy${note}`);
    if (navigator.clipboard) navigator.clipboard.writeText(this.#word.value).then(done, byHand);
    else byHand();
  }

  /** @param {boolean} open @param {boolean} pasting */
  #unfold(open, pasting = open) {
    this.row.hidden = !open;
    this.paste.setAttribute("aria-expanded", String(pasting));
    put(this.#copied, "");
  }
}
