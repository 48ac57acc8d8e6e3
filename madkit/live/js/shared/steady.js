// Sentences that change with the generation: nothing below them jumps.

/** A sentence that has needed two lines keeps them, as long as the page is as wide. */
export class Steady {
  #wide = 0;

  /** @param {HTMLElement} sentence @param {number} tall @param {number} wide of the page */
  hold({ style }, tall, wide) {
    if (wide !== this.#wide) style.minHeight = "";
    else if (tall > parseFloat(style.minHeight || "0")) style.minHeight = `${tall}px`;
    this.#wide = wide;
  }
}
