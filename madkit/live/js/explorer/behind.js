// What stands behind an explorer's curves, as tables: one for each plot.

import { sheafOf } from "../shared/readout.js";
import { linesOf } from "./plots.js";
import { metricsOf } from "./tracks.js";
import { curveWords, valued } from "./words.js";

/**
 * @param {import("../types.js").View} view
 * @returns {import("../types.js").Sheaf[]}
 */
export function behind(view) {
  const lines = linesOf(view).filter(({ silent }) => !silent), words = curveWords(view.shown);
  return metricsOf(view.page, view.shown).map((metric) => sheafOf(
    [metric.label, words].filter(Boolean).join(". "), "generation",
    lines.filter(({ track }) => track.curves[metric.name])
      .map(({ name, track }) => ({ name, x: track.t, ...track.curves[metric.name] })),
    (value) => valued(metric, value)));
}
