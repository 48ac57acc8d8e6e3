// The worker: a thread of the page's own that runs loops on rows. Its script is the text of the
// very modules that the page has (see madkit.live.join), so nothing is fetched.

import { Runner } from "./runner.js";

/**
 * What stands at the worker's end: it answers what the page asks.
 * @param {any} self the worker's global scope
 */
export function serve(self) {
  const runner = new Runner((told) =>
    self.postMessage(told, told.rows ? [told.rows.buffer] : []));
  self.onmessage = (/** @type {MessageEvent} */ { data }) => runner.start(data);
  self.postMessage({ id: 0 });
}
