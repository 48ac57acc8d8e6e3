// Who runs loops on rows for a page: a worker or, where its host lets it have none, the page itself
// in short turns. The numbers are the same.

import { Runner } from "./runner.js";
import { serve } from "./worker.js";

/**
 * @typedef {import("../types.js").Eating} Eating
 * @typedef {import("../types.js").Eaten} Eaten
 */

const PATIENCE = 4000;                                   // ms until a worker says that it is there

export class Hired {
  #id = 0;
  /** @type {Eating[]} */
  #jobs = [];
  /** @type {Worker | null} */
  #worker = null;
  /** @type {Runner | null} */
  #runner = null;
  #patience = 0;

  /** @param {(eaten: Eaten) => void} tell hears of every generation of what was asked last */
  constructor(tell) {
    this.tell = (/** @type {Eaten} */ told) => {
      if (told.id === this.#id) tell(told);
    };
  }

  /** Whether the page itself has to do it. */
  get alone() {
    return this.#runner !== null;
  }

  /** A worker takes its time to come: ask for it before it is needed. */
  hire() {
    if (this.#worker || this.#runner) return;
    try {
      const url = URL.createObjectURL(new Blob([script()], { type: "text/javascript" }));
      const worker = new Worker(url);
      worker.onmessage = ({ data }) => {
        if (data.id) return this.tell(data);
        URL.revokeObjectURL(url);
        clearTimeout(this.#patience);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        this.#takeOver();
      };
      this.#worker = worker;
      this.#patience = window.setTimeout(() => this.#takeOver(), PATIENCE);
    } catch {
      this.#takeOver();
    }
  }

  /**
   * Run these in place of what is under way.
   * @param {Eating[]} jobs
   */
  ask(jobs) {
    this.hire();
    this.#jobs = jobs;
    this.#id += 1;
    if (this.#runner) this.#runner.start(this.#asked);
    else this.#worker?.postMessage(this.#asked);
  }

  get #asked() {
    return { id: this.#id, jobs: this.#jobs };
  }

  #takeOver() {
    clearTimeout(this.#patience);
    this.#worker?.terminate();
    this.#worker = null;
    this.#runner = new Runner(this.tell);
    if (this.#jobs.length) this.#runner.start(this.#asked);
  }

  end() {
    clearTimeout(this.#patience);
    this.#worker?.terminate();
    this.#runner?.end();
  }
}

/** A worker's script: the text of these very modules. Throws where they were not joined. */
function script() {
  if (typeof madkitThread === "undefined") throw Error(`${serve.name} has no text of its own`);
  return `"use strict";\n(${madkitThread})().serve(self);\n`;
}
