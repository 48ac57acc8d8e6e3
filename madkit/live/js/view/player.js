// The player: place after place of the control that is played, until the last.

const STEP = 300;                                      // ms for a place at speed 1
const FEW = 900;                                       // where there are few
const CALM = 1200;                                     // where motion is to be reduced

export class Player {
  #timer = 0;
  #calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  speed = 1;

  /**
   * @param {import("../types.js").ViewPage} page
   * @param {import("./session.js").Session} session
   * @param {import("../shared/life.js").Life} life
   */
  constructor(page, session, life) {
    this.session = session;
    this.life = life;
    this.name = page.plays;
    this.last = (page.controls.find(({ name }) => name === page.plays)?.words.length ?? 1) - 1;
  }

  get playing() {
    return this.#timer !== 0;
  }

  get at() {
    return this.session.state[this.name];
  }

  /** @param {number} place */
  go(place) {
    this.session.move({ [this.name]: place });
  }

  /**
   * Play or pause; played to the end, it starts again.
   * @param {boolean} start
   */
  play(start) {
    clearInterval(this.#timer);
    this.#timer = 0;
    if (start && this.at >= this.last) this.go(0);
    const step = this.#calm.matches ? CALM : (this.last < 12 ? FEW : STEP) / this.speed;
    if (start) this.#timer = window.setInterval(this.life.guard(() => this.#tick()), step);
    this.life.schedule();
  }

  end() {
    clearInterval(this.#timer);
  }

  /** One place further, once the last is shown. */
  #tick() {
    if (this.session.waits && !this.session.trouble) return;
    if (this.at < this.last) this.go(this.at + 1);
    if (this.at >= this.last) this.play(false);
  }
}
