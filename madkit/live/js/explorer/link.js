// A link to what is seen: a page's address, and the state behind its #.

import { encode } from "../shared/states.js";

const LONG = 2000;                                     // letters that every mail lets through
const ESCAPED = /%[\da-f]{2}/gi;                        // what a mail has put into it
const HERE = /^#madkit(\d+)=(.*)$/;

/** @param {Element} root which of a page's places it stands in, from 1 */
const numberOf = (root) => 1 + [...document.querySelectorAll(".madkit-place")]
  .findIndex((place) => place.contains(root));

/** @param {Element} root @param {unknown} state */
export const linkTo = (root, state) =>
  `${location.href.split("#")[0]}#madkit${numberOf(root)}=${encode(state)}`;

/**
 * What is to be known of a link.
 * @param {string} link
 */
export const lengthWords = ({ length }) => (length < LONG ? ""
  : `; it holds your points in ${length.toLocaleString("en")} letters, which some mail cuts off`);

/**
 * The word that the page's address holds for this explorer; null: none.
 * @param {Element} root
 */
export function linked(root) {
  const [, place, word] = HERE.exec(location.hash) ?? [];
  return Number(place) === numberOf(root) ? word.replace(/%3A/i, ":").replace(ESCAPED, " ") : null;
}
