// Elements of a page; text is never read as HTML.

/** Elements that take keys: a notebook around them keeps its shortcuts to itself. */
const KEYED = new Set(["button", "input", "select", "textarea", "summary"]);

/**
 * An element; attributes that are null or false are left out, and so are such children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {import("../types.js").Attributes} given
 * @param {(Node | string | null | undefined | false | "")[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, given = {}, ...children) {
  const node = document.createElement(tag);
  if (KEYED.has(tag)) node.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, value] of Object.entries(given))
    if (value != null && value !== false)
      node.setAttribute(name, value === true ? "" : String(value));
  for (const child of children) if (child != null && child !== false) node.append(child);
  return node;
}

/** @param {Node | string} text @param {import("../types.js").Attributes} given */
export const button = (text, given = {}) => make("button", { type: "button", ...given }, text);

/** @param {string} panel its name */
export const canvas = (panel) => make("canvas", { "data-panel": panel, role: "img" });

/**
 * How wide what stands in a node may be.
 * @param {Element} node
 */
export function roomIn(node) {
  const { paddingLeft, paddingRight } = getComputedStyle(node);
  return Math.floor(node.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight));
}

/**
 * Sets text only where it changed, so that screen readers stay quiet.
 * @param {Node} node @param {string} text
 */
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Sets an attribute only where it changed: browsers style a page anew by every one that is set.
 * @param {Element} node @param {string} name @param {string} value
 */
export function attribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * Says what is wrong.
 * @param {HTMLElement} alert @param {string} why
 */
export function complain(alert, why) {
  put(alert, why);
  alert.hidden = false;
}

/** @param {Error} error of a frame */
export const undrawn = (error) => `This could not be drawn: ${error.message}`;

/** @param {Element} node @param {boolean} on */
export const press = (node, on) => attribute(node, "aria-pressed", String(on));
