// The life of a page: what it hears, watches and paints until it ends.

/**
 * @typedef {import("../types.js").Model} Model
 * @typedef {(event: any, i: number) => unknown} Act
 */

const SIGNS_OF_THEME = ["class", "style", "data-jp-theme-light", "data-jp-theme-name"];

export class Life {
  #end = new AbortController();
  /** @type {[string, Function][]} */
  #heard = [];
  /** @type {(ResizeObserver | MutationObserver)[]} */
  #observers = [];
  #frame = 0;
  #painted = 0;                                        // the frame that has its picture already
  #theme = 0;
  /** @type {(() => void)[]} */
  #after = [];

  /**
   * @param {Model} model
   * @param {(error: Error) => void} fail shows what went wrong
   * @param {() => void} paint paints a frame
   */
  constructor(model, fail, paint) {
    this.model = model;
    this.fail = fail;
    this.paint = paint;
  }

  /**
   * An act whose errors are shown, not lost.
   * @template {any[]} A @param {(...given: A) => any} act
   */
  guard(act) {
    return (/** @type {A} */ ...given) => {
      try {
        return act(...given);
      } catch (error) {
        this.fail(/** @type {Error} */ (error));
      }
    };
  }

  /** @param {EventTarget | EventTarget[]} nodes @param {string} event @param {Act} act */
  on(nodes, event, act) {
    [nodes].flat().forEach((node, i) =>
      node.addEventListener(event, this.guard((e) => act(e, i)), { signal: this.#end.signal }));
  }

  /**
   * Hear of what the kernel does.
   * @param {string} name @param {(...given: any[]) => unknown} act
   */
  hear(name, act) {
    const guarded = this.guard(act);
    this.#heard.push([name, guarded]);
    this.model.on(name, guarded);
  }

  /** The next frame. */
  schedule() {
    this.#frame ||= requestAnimationFrame(this.guard(() => {
      this.#paintNow();
      for (const act of this.#after) act();
    }));
  }

  /** @param {() => void} act after every frame */
  after(act) {
    this.#after.push(act);
  }

  /**
   * What somebody moved: it is painted as soon as all is done that follows from the move, and waits
   * for the screen, not the screen for it; where this frame has a picture, the next one. The focus
   * moves in the frame alone: within a key's own event it would take the rest of that key with it.
   */
  prompt() {
    this.schedule();
    if (this.#painted) return;
    this.#painted = requestAnimationFrame(this.guard(() => {
      this.#painted = 0;
      for (const act of this.#after) act();
    }));
    queueMicrotask(this.guard(() => this.#paintNow()));
  }

  #paintNow() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.paint();
  }

  /** @param {Element[]} nodes @param {(entries: ResizeObserverEntry[]) => void} act */
  resized(nodes, act) {
    const observer = new ResizeObserver(this.guard(act));
    this.#observers.push(observer);
    nodes.forEach((node) => observer.observe(node));
  }

  /**
   * When the page's colours may be others.
   * @param {() => void} act
   */
  themed(act) {
    const observer = new MutationObserver(this.guard(() => {
      act();
      clearTimeout(this.#theme);
      this.#theme = window.setTimeout(act, 300);   // its style sheet may come after its name
    }));
    this.#observers.push(observer);
    observer.observe(document.body, { attributes: true, attributeFilter: SIGNS_OF_THEME });
    this.on(matchMedia("(prefers-color-scheme: dark)"), "change", act);
  }

  /**
   * Paint, now and whenever these nodes have another size or the page other colours.
   * @param {Element[]} nodes
   */
  watch(nodes) {
    this.resized(nodes, () => this.schedule());
    this.themed(() => this.schedule());
    this.schedule();
  }

  end() {
    this.#end.abort();
    this.#observers.forEach((observer) => observer.disconnect());
    cancelAnimationFrame(this.#frame);
    cancelAnimationFrame(this.#painted);
    clearTimeout(this.#theme);
    for (const [name, act] of this.#heard) this.model.off(name, act);
  }
}
