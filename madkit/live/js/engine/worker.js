// The worker: a thread of the page's own that runs loops on rows. Its script is the text of the
// very modules that the page has (see madkit.live.join), so nothing is fetched.

import { made, Runner } from "./runner.js";

// a loop that nobody looks at: what is asked of a worker next is no longer new to it
/** @type {import("../types.js").Eating} */
const PRACTICE = {
  key: "", sources: [{ kind: "synthetic", n: 100, lam: 0.9 }], n_ini: 100, model: "mixture",
  points: Array.from({ length: 100 }, (_, i) => [i % 7 - 3, i % 5 - 2]), components: 10, seed: 0,
  emit: 200, generations: 4, metrics: ["recall", "sliced_w2"],
  angles: Array.from({ length: 32 }, (_, k) => k / 10),
};

/**
 * What stands at the worker's end: it answers what the page asks.
 * @param {any} self the worker's global scope
 */
export function serve(self) {
  const runner = new Runner((told) =>
    self.postMessage(told, told.rows ? [told.rows.buffer] : []));
  self.onmessage = (/** @type {MessageEvent} */ { data }) => runner.start(data);
  self.postMessage({ id: 0 });
  Array.from(made({ id: -1, jobs: [PRACTICE] }));
}
