// What stands for the model where there is no kernel: values by name, and who wants to know.

/**
 * A figure in a page without a kernel. A sibling .madkit-still gives way to it.
 * @param {Element} el @param {Record<string, any>} values of its model
 * @param {(given: { model: import("../types.js").Model, el: Element }) => () => void} render
 */
export function alive(el, values, render) {
  const cleanup = render({ model: standIn(values), el });
  el.classList.add("madkit-alive");
  return cleanup;
}

/** @param {Record<string, any>} values @returns {import("../types.js").Model} */
export function standIn(values) {
  /** @type {Record<string, Set<Function>>} */
  const heard = {};
  return {
    get: (name) => values[name],
    set: (name, value) => {
      values[name] = value;
      for (const act of heard[`change:${name}`] ?? []) act();
    },
    save_changes: () => {},
    send: () => {},
    on: (name, act) => (heard[name] ??= new Set()).add(act),
    off: (name, act) => heard[name]?.delete(act),
  };
}
