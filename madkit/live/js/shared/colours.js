// Colours: as numbers, mixed, and dark or light enough to be read.

/**
 * @typedef {import("../types.js").Colour} Colour
 * @typedef {import("../types.js").Look} Look
 */

/**
 * Red, green, blue in 0 … 255, and what comes after them.
 * @param {Colour} colour @returns {number[]}
 */
export function rgb(colour) {
  if (typeof colour !== "string") return colour;
  if (colour.startsWith("#")) return [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  return (colour.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
}

/** @param {number[]} parts */
export const css = (parts, alpha = 1) =>
  `rgba(${parts.slice(0, 3).map(Math.round).join(",")},${alpha})`;

/** @param {Colour} a @param {Colour} b @param {number} share of b */
export const mix = (a, b, share) =>
  rgb(a).slice(0, 3).map((x, i) => x + share * (rgb(b)[i] - x));

/**
 * WCAG 2.1.
 * @param {Colour} colour
 */
function luminance(colour) {
  const linear = (/** @type {number} */ x) =>
    (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4);
  const [r, g, b] = rgb(colour).map(linear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * WCAG 2.1: 1 to 21.
 * @param {Colour} a @param {Colour} b
 */
export function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/**
 * A colour as text on this paper: towards black or white until it can be read, 4.5 : 1.
 * @param {Colour} colour @param {Look} look
 */
export function ink(colour, look) {
  for (let share = 0; share < 1; share += 0.05) {
    const tried = mix(colour, look.dark ? "#FFFFFF" : "#000000", share);
    if (contrast(tried, look.paper) >= 4.6) return css(tried);
  }
  return css(look.text);
}

const REAL = { light: "#4D4D4D", dark: "#B4B4B4" };   // real rows, in light and dark pages

/**
 * The colours of the page around: Lab's theme, or white.
 * @param {Element} root @returns {Look}
 */
export function lookOf(root) {
  const style = getComputedStyle(root), given = rgb(style.color);
  const paper = rgb(style.backgroundColor).slice(0, 3);
  const text = mix(paper, given, given[3] ?? 1), dark = luminance(paper) < 0.2;
  return { paper, text, dark, quiet: mix(text, paper, 0.28), rule: mix(text, paper, 0.78),
           font: style.fontFamily, real: rgb(dark ? REAL.dark : REAL.light) };
}
