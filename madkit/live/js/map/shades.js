// The colours of the map.

import { mix } from "../shared/colours.js";

export const REACH = 2;                                // of log₂ n_e/n_r: where colours end

/**
 * The colour of log₂ n_e/n_r.
 * @param {{ shades: number[][] }} page @param {number} worth
 */
export function shade(page, worth) {
  const last = page.shades.length - 1, inner = Math.max(-REACH, Math.min(REACH, worth));
  const at = ((inner + REACH) / (2 * REACH)) * last, i = Math.min(last - 1, Math.floor(at));
  return mix(page.shades[i], page.shades[i + 1], at - i);
}
