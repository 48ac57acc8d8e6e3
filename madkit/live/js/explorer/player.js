// The player: generation after generation, until the last that there is.

import { reach } from "./tracks.js";

const STEP = 260;                                      // ms for a generation at speed 1
const CALM = 700;                                      // where motion is to be reduced

export class Player {
  #timer = 0;
  #calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  /**
   * @param {import("./session.js").Session} session
   * @param {import("./asking.js").Asking} asking
   * @param {import("../shared/life.js").Life} life
   */
  constructor(session, asking, life) {
    this.session = session;
    this.asking = asking;
    this.life = life;
  }

  get playing() {
    return this.#timer !== 0;
  }

  /**
   * Play or pause; played to the end, it starts again.
   * @param {boolean} start
   */
  play(start) {
    const { session, life } = this;
    clearInterval(this.#timer);
    this.#timer = 0;
    if (start && session.state.t >= session.page.generations) session.go(1);
    const step = this.#calm.matches ? CALM : STEP / session.state.speed;
    if (start) this.#timer = window.setInterval(life.guard(() => this.#tick()), step);
    life.schedule();
  }

  toggle() {
    this.play(!this.playing);
  }

  end() {
    clearInterval(this.#timer);
  }

  /** One generation further; at the end of a run that still grows, waits for it. */
  #tick() {
    const { state, news } = this.session;
    if (state.t < reach(this.asking.shown)) this.session.go(state.t + 1);
    else if (news.kind !== "progress") this.play(false);
  }
}
