// Controls and words of a view follow its state.

import { press, put } from "../shared/elements.js";
import { SIGNS } from "../shared/signs.js";
import { behindScene, notesOf, numbered } from "./behind.js";

/**
 * @typedef {import("../types.js").ViewJoined} ViewJoined
 */

/** @param {ViewJoined} parts */
export function showControls({ page, ui, session, player }) {
  const { state, shown } = session;
  for (const { control, input, words } of ui.movers) {
    const at = state[control.name], text = control.words[at];
    const counted = control.name === "t" ? `${text} of ${control.words.at(-1)}` : text;
    if (input.value !== String(at)) input.value = String(at);
    if (!control.named) input.setAttribute("aria-valuetext", counted);
    put(words, counted);
  }
  page.presets.forEach(({ set }, i) => press(ui.presets[i],
    Object.entries(set).every(([name, value]) => state[name] === value)));
  ui.speed.value = String(player.speed);
  ui.play.querySelector("path")?.setAttribute("d", player.playing ? SIGNS.pause : SIGNS.play);
  ui.play.setAttribute("aria-label", player.playing ? "pause" : "play");
  ui.sentence.setAttribute("aria-live", player.playing ? "off" : "polite");
  const wrong = session.trouble;
  put(ui.alert, wrong);
  ui.alert.hidden = !wrong;
  put(ui.busy, wrong ? "" : session.busy);
  if (shown) showWords(ui, shown);
}

/** @param {import("../types.js").ViewUi} ui @param {import("../types.js").Scene} shown */
function showWords(ui, shown) {
  put(ui.sentence, shown.text);
  put(ui.rowWords, notesOf(shown.left));
  put(ui.numberWords, notesOf(shown.right));
  for (const node of [ui.rows, ui.numbers]) node.setAttribute("aria-label", shown.text);
  ui.image.alt = shown.text;
  ui.readout.open.hidden = !numbered(shown);
  const [at] = [...shown.right, ...shown.left].map((panel) => panel.at).filter((v) => v != null);
  ui.readout.show([shown], at ?? "", () => behindScene(shown));
}
