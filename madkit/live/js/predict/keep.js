// A bet in a page without a kernel, kept for the next time the page is opened: on the reader's
// machine, or where the page may not write there, in the history of its tab.

import { problem } from "./bets.js";

/**
 * @typedef {import("../types.js").BetPage} BetPage
 * @typedef {import("../types.js").Placed} Placed
 * @typedef {{ bet: Placed | null, skipped: boolean }} Kept
 */

/** @type {{ read: (key: string) => any, write: (key: string, text: string) => void }[]} */
const PLACES = [
  { read: (key) => localStorage.getItem(key),
    write: (key, text) => localStorage.setItem(key, text) },
  { read: (key) => history.state?.[key],
    write: (key, text) => history.replaceState({ ...history.state, [key]: text }, "") },
];

export class Keep {
  /** Whether what was written last is kept. */
  works = true;

  /** @param {BetPage} page */
  constructor(page) {
    this.page = page;
    this.key = `madkit bet ${location.pathname} ${shortOf(page.question + page.sealed)}`;
  }

  /** What was kept; nothing where that is no bet on this question. @returns {Kept} */
  read() {
    for (const { read } of PLACES)
      try {
        const { bet, skipped } = JSON.parse(read(this.key));
        if (!problem(this.page, { bet })) return { bet, skipped: skipped === true };
      } catch { /* none there, or the page may not look */ }
    return { bet: null, skipped: false };
  }

  /** @param {Kept} kept */
  write(kept) {
    this.works = PLACES.some(({ write }) => {
      try {
        write(this.key, JSON.stringify(kept));
        return true;
      } catch {
        return false;
      }
    });
  }
}

/**
 * A short word for a text: FNV-1a, 32 bits.
 * @param {string} text
 */
function shortOf(text) {
  let sum = 0x811c9dc5;
  for (const sign of text) sum = Math.imul(sum ^ /** @type {number} */ (sign.codePointAt(0)),
                                           0x01000193);
  return (sum >>> 0).toString(16);
}
