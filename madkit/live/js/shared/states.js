// States as text, as madkit.live.scenes.page writes and reads them.

export const PREFIX = "madkit1:";

/**
 * A state as one word to copy.
 * @param {unknown} state
 */
export function encode(state) {
  const text = String.fromCharCode(...new TextEncoder().encode(JSON.stringify(state)));
  return PREFIX + btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * The state of a word, not yet checked; throws an Error that says what is wrong.
 * @param {string} text @returns {any}
 */
export function parsed(text) {
  const word = text.trim();
  if (!word.startsWith(PREFIX)) {
    const got = word.slice(0, 20) || "nothing";
    throw Error(`state: expected a word that begins with ${PREFIX}, got ${got}`);
  }
  try {
    const body = word.slice(PREFIX.length).replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(body), (sign) => sign.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw Error("state: expected a word made by “copy state”, got one that is cut off or altered");
  }
}
