// States of a view as they are copied: by places on the sliders of JupyterLab, of which a page from
// disk may have fewer.

/**
 * @typedef {import("../types.js").ViewPage} ViewPage
 * @typedef {Record<string, number>} Places
 */

/**
 * What is copied.
 * @param {ViewPage} page @param {Places} state @returns {Places}
 */
export const whole = ({ controls }, state) => Object.fromEntries(controls.map(({ name, places }) =>
  [name, places?.[state[name]] ?? state[name]]));

/**
 * What is pasted, as this page has it; throws an Error that says what is wrong.
 * @param {ViewPage} page @param {any} given @returns {Places}
 */
export function here({ controls }, given) {
  const names = controls.map(({ name }) => name);
  const object = given !== null && typeof given === "object" && !Array.isArray(given);
  if (!object || Object.keys(given).sort().join() !== [...names].sort().join())
    throw Error(`state: expected exactly ${names.join(", ")}, the controls of this figure; `
                + "the word is of another figure");
  return Object.fromEntries(controls.map(({ name, label, words, places }) => {
    const at = places ? places.indexOf(given[name]) : given[name];
    if (Number.isInteger(at) && at >= 0 && at < words.length) return [name, at];
    throw Error(places ? `${label}: this page does not carry this setting; JupyterLab has all`
      : `${label}: expected a place from 0 to ${words.length - 1}, got ${String(given[name])}`);
  }));
}
