// A link to what is seen: a page's address, and the state behind its #.

import { encode } from "../shared/states.js";

const HERE = /^#madkit(\d+)=(.*)$/;

/** @param {Element} root which of a page's places it stands in, from 1 */
const numberOf = (root) => 1 + [...document.querySelectorAll(".madkit-place")]
  .findIndex((place) => place.contains(root));

/** @param {Element} root @param {unknown} state */
export const linkTo = (root, state) =>
  `${location.href.split("#")[0]}#madkit${numberOf(root)}=${encode(state)}`;

/**
 * The word that the page's address holds for this explorer; null: none.
 * @param {Element} root
 */
export function linked(root) {
  const [, place, word] = HERE.exec(location.hash) ?? [];
  return Number(place) === numberOf(root) ? word.replace(/%3A/i, ":") : null;
}
