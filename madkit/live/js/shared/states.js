// States as text, as madkit.live.scenes.page writes and reads them.

export const PREFIX = "madkit1:";
const LONGEST = 50_000;                                // letters
const PIECES = 200;                                     // that a mail may break a word into

/**
 * A state as one word to copy.
 * @param {unknown} state
 */
export function encode(state) {
  const text = String.fromCharCode(...new TextEncoder().encode(JSON.stringify(state)));
  return PREFIX + btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * The state of a word, not yet checked; throws an Error that says what is wrong. What a mail puts
 * into and around a word is overlooked: spaces, line ends, quotes, dashes made long.
 * @param {string} text @returns {any}
 */
export function parsed(text) {
  const whole = text.replaceAll("—", "--").replace(/[‐‑–−]/g, "-").replaceAll("%3A", ":");
  const start = whole.indexOf(PREFIX);
  if (start < 0) {
    const got = text.trim().slice(0, 20) || "nothing";
    throw Error(`state: expected a word that begins with ${PREFIX}, got ${got}`);
  }
  const rest = whole.slice(start + PREFIX.length), parts = rest.split(/[^\w-]+/);
  if (rest.length > LONGEST)
    throw Error(`state: expected at most ${LONGEST} letters, got ${rest.length}`);
  for (let many = Math.min(parts.length, PIECES); many > 0; many--) {
    const state = stateOf(parts.slice(0, many).join(""));
    if (state !== undefined) return state;
  }
  throw Error("state: expected a word made by “copy state”, got one that is cut off or altered");
}

/**
 * The state of a word without its front; undefined: it is none.
 * @param {string} body
 */
function stateOf(body) {
  try {
    const code = atob(body.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(code, (sign) => sign.charCodeAt(0));
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
