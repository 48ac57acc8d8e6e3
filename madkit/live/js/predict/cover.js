// What follows a bet in its notebook, covered until the bet is placed or passed over: all up to the
// next heading but other bets and errors. The cells are only marked; how they look is in the style.

const CELL = ".jp-Cell, .cell";                        // of a notebook, of a report
const HEADING = ":is(.jp-RenderedMarkdown, .text_cell_render) > :is(h1, h2, h3, h4)";
const PROSE = ".jp-MarkdownCell";

export class Cover {
  #word = Math.random().toString(36).slice(2);
  /** @type {Set<Element>} */
  #marked = new Set();
  /** @type {Element | null} */
  #cell = null;
  /** @type {MutationObserver | null} */
  #watch = null;

  /** @param {Element} root the bet's */
  constructor(root) {
    this.root = root;
  }

  /** Whether anything is covered. */
  get covers() {
    return this.#marked.size > 0;
  }

  /**
   * Cover what follows, and go on while cells come and go; or uncover it.
   * @param {boolean} open whether the bet is
   */
  show(open) {
    if (!open) return this.end();
    if (this.#watch) return;
    this.#cell = this.root.closest(CELL);
    const around = this.#cell?.parentElement;
    if (!around) return;
    this.#mark();
    this.#watch = new MutationObserver((changes) => {
      if (changes.some(({ target }) => target === around ||
          (target instanceof Element && target.closest(PROSE)))) this.#mark();
    });
    this.#watch.observe(around, { childList: true, subtree: true });
  }

  #mark() {
    const whole = `madkit-covered-${this.#word}`, part = `madkit-begun-${this.#word}`;
    /** @type {Map<Element, string>} */
    const now = new Map();
    let next = this.#cell?.nextElementSibling;
    for (; next; next = next.nextElementSibling) {
      const ends = next.querySelector(HEADING);
      now.set(next, ends ? part : whole);
      if (ends) break;
    }
    for (const cell of this.#marked)
      if (!now.has(cell)) cell.classList.remove(whole, part);
    for (const [cell, word] of now) {
      cell.classList.toggle(whole, word === whole);
      cell.classList.toggle(part, word === part);
    }
    this.#marked = new Set(now.keys());
  }

  end() {
    this.#watch?.disconnect();
    this.#watch = null;
    for (const cell of this.#marked)
      cell.classList.remove(`madkit-covered-${this.#word}`, `madkit-begun-${this.#word}`);
    this.#marked.clear();
  }
}
