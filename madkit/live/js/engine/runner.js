// Loops on rows, run to their end in short turns: in a worker or, where none can be had, on the
// page. Between two turns a newer question is heard, and ends the older one.

import { eaten, truthOf } from "./eaten.js";
import { Judge } from "./judge.js";

/**
 * @typedef {import("../types.js").Eating} Eating
 * @typedef {import("../types.js").Eaten} Eaten
 */

/** @typedef {Map<number, import("../types.js").Emits>} Firsts by rows at the start */

const TURN = 8;                                          // ms
/** @type {("points" | "seed" | "model" | "components" | "emit" | "angles")[]} */
const ONE = ["points", "seed", "model", "components", "emit", "angles"];

export class Runner {
  #channel = new MessageChannel();
  /** @type {Iterator<Eaten>} */
  #under = [][Symbol.iterator]();
  #idle = true;

  /** @param {(eaten: Eaten) => void} tell hears of every generation */
  constructor(tell) {
    this.tell = tell;
    this.#channel.port1.onmessage = () => this.#turn();
  }

  /**
   * These, one generation of each in turn, in place of what is under way.
   * @param {{ id: number, jobs: Eating[] }} asked
   */
  start(asked) {
    const idle = this.#idle;
    this.#under = made(asked);
    this.#idle = false;
    if (idle) this.#channel.port2.postMessage(0);
  }

  end() {
    this.#under = [][Symbol.iterator]();
    this.#channel.port1.close();
  }

  #turn() {
    const until = performance.now() + TURN;
    do {
      const { value, done } = this.#under.next();
      if (done) {
        this.#idle = true;
        return;
      }
      this.tell(value);
    } while (performance.now() < until);
    this.#channel.port2.postMessage(0);
  }
}

/**
 * The generations of several loops in turn; an error in words ends its loop.
 * @param {{ id: number, jobs: Eating[] }} asked @returns {Generator<Eaten>}
 */
export function* made({ id, jobs }) {
  let going = sharing(jobs);
  for (let t = 1; going.length; t++)
    for (const one of going) {
      const { job: { key, metrics, generations }, rows, judge } = one;
      try {
        const { value } = rows.next(), values = judge.of(metrics, value);
        yield { id, key, t, rows: Float32Array.from(value), values,
                real: t === 1 ? Float32Array.from(judge.real) : null, error: "" };
        if (t === generations) going = going.filter((other) => other !== one);
      } catch (error) {
        going = going.filter((other) => other !== one);
        const why = /** @type {Error} */ (error).message;
        yield { id, key, t, rows: null, values: {}, real: null, error: why };
      }
    }
}

/**
 * Loops that learn the same begin with the same fit, and are judged by the same rows: these are
 * made once.
 * @param {Eating[]} jobs
 */
function sharing(jobs) {
  /** @type {{ job: Eating, rows: ReturnType<typeof eaten>, judge: Judge, firsts: Firsts }[]} */
  const going = [];
  for (const job of jobs) {
    const twin = going.find((one) => ONE.every((name) => one.job[name] === job[name]));
    const judge = twin?.judge ?? judgeOf(job), firsts = twin?.firsts ?? new Map();
    going.push({ job, judge, firsts, rows: eaten(job, firsts) });
  }
  return going;
}

/** @param {Eating} job */
function judgeOf({ points, seed, emit, angles }) {
  return new Judge(truthOf(points, seed, "drawn.test")(emit), points[0].length, angles);
}
