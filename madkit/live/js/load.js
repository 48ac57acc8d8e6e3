// What anywidget runs for each new model: the model's script. A browser never lets go of a script
// that it has read. Were it read for each model, every run of a cell would leave one in memory.

const KEPT = /** @type {{ madkitScripts?: Map<string, Promise<any>> }} */ (globalThis);
const scripts = (KEPT.madkitScripts ??= new Map());

/** @param {string} text of an ES module */
async function read(text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return (await import(url)).default;
  } catch (error) {
    scripts.delete(text);                                // the next one may be let in
    throw error;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** @param {{ model: import("./types.js").Model, el: HTMLElement }} context */
async function render(context) {
  const text = /** @type {any} */ (context.model.get("script"));
  if (!scripts.has(text)) scripts.set(text, read(text));
  return (await scripts.get(text)).render(context);
}

export default { render };
