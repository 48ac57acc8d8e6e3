// Focus: a button that hides itself, or rests, hands its focus on, so that a keyboard is never
// thrown back to the top of the page.

const TAKES = "button, select, input, textarea, [tabindex='0']";

export class Focus {
  /** @type {HTMLElement | null} */
  #last = null;

  /** @param {HTMLElement} root @param {import("./life.js").Life} life */
  constructor(root, life) {
    this.root = root;
    life.on(root, "focusin", ({ target }) => (this.#last = target));
    life.on(root, "focusout", ({ target }) => {
      if (focusable(target)) this.#last = null;            // it was left, not lost
    });
    life.after(() => {                                 // a key that hid a button presses no other
      if (this.#last?.tagName === "BUTTON") setTimeout(() => this.#keep());
    });
  }

  #keep() {
    const last = this.#last, { activeElement: here, body } = document;
    if (!last || focusable(last) || (here !== body && here !== last)) return;
    const all = /** @type {HTMLElement[]} */ ([...this.root.querySelectorAll(TAKES)]);
    const at = all.indexOf(last), beside = all.slice(at + 1)
      .find((node) => node.parentElement === last.parentElement && focusable(node));
    const next = beside ?? all.slice(0, Math.max(at, 0)).findLast(focusable) ?? all.find(focusable);
    next?.focus({ preventScroll: true });
  }
}

/** @param {HTMLElement} node */
const focusable = (node) => node.checkVisibility() && !(/** @type {any} */ (node).disabled);
