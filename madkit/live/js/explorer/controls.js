// Controls and words of a page follow its state.

import { attribute, press, put } from "../shared/elements.js";
import { behind } from "./behind.js";
import { showDrop } from "./drop.js";
import { MODELS, settingsOf, takes } from "./page.js";
import { SIGNS } from "../shared/signs.js";
import { reach } from "./tracks.js";
import { capital, cloudWords, curveWords } from "./words.js";

/**
 * @typedef {import("../types.js").Joined} Joined
 * @typedef {import("../types.js").View} View
 */

/** @param {Joined} parts @param {View} view */
export function showControls(parts, view) {
  const { page, ui, session } = parts, { state } = session;
  ui.loop.value = session.settings.loop;
  showPresets(parts);
  press(ui.compare, state.B !== null);
  ui.tabRow.hidden = state.B === null;
  ui.tabs.forEach((node, i) => press(node, state.tab === "AB"[i]));
  showPad(parts);
  showWord(parts);
  showDrop(parts);
  showTime(parts);
  for (const { control, input, words } of ui.sliders) {
    const used = takes(page, state.tab, state, control.name);
    const at = settingsOf(state, state.tab)[control.name];
    const text = used ? control.words[at] : "(this loop has none)";
    input.disabled = !used;
    if (input.value !== String(at)) input.value = String(at);
    attribute(input, "aria-valuetext", text);
    put(words, text);
  }
  showNews(parts);
  showCaptions(parts, view);
}

/** @param {Joined} parts */
function showPresets({ page, ui, session }) {
  const { settings } = session;
  const pressed = page.presets.filter(({ set }) => Object.entries(set)
    .every(([name, value]) => name === "t" || settings[name] === value));
  ui.presets.forEach((node, i) => press(node, pressed.includes(page.presets[i])));
  const help = pressed.filter((preset) => preset.help)
    .map((preset) => `${capital(preset.name)}: ${preset.help}`).join(" ");
  put(ui.help, help || "Presets are settings worth a look; move the sliders for your own.");
}

/** @param {Joined} parts */
function showWord({ ui, session }) {
  const word = Array.from(ui.word.value.trim()), short = word.slice(0, 12).join("");
  put(ui.eaten, short + (word.length > 12 ? "…" : ""));
  ui.unword.hidden = session.state.drawn === null;
}

/** @param {Joined} parts */
function showPad({ ui, session, pad }) {
  const open = pad.draft !== null;
  press(ui.pencil, open);
  put(ui.pencil, session.state.drawn && !open ? "drawn by you" : "draw your own");
  ui.padRow.hidden = !open;
  put(ui.padWords, pad.words);
  ui.model.value = session.state.drawn?.model ?? MODELS[0];
}

/** @param {Joined} parts */
function showTime({ page, ui, session, player }) {
  const { t, speed } = session.state, words = `${t} of ${page.generations}`;
  if (ui.t.value !== String(t)) ui.t.value = String(t);
  attribute(ui.t, "aria-valuetext", words);
  put(ui.tWords, words);
  ui.speed.value = String(speed);
  const path = /** @type {Element} */ (ui.play.querySelector("path"));
  attribute(path, "d", player.playing ? SIGNS.pause : SIGNS.play);
  attribute(ui.play, "aria-label", player.playing ? "pause" : "play");
}

/**
 * What the kernel says of its work, and what is wrong.
 * @param {Joined} parts
 */
function showNews({ ui, session, asking }) {
  const { news } = session, running = news.kind === "progress";
  const due = !running && (news.kind === "stale" || asking.lacks(session.state));
  ui.run.classList.toggle("due", due);
  ui.run.disabled = running;
  ui.stop.hidden = ui.progress.hidden = !running;
  if (running && news.share != null) ui.progress.value = news.share;
  else ui.progress.removeAttribute("value");
  put(ui.newsWords, news.kind === "error" ? "" : news.text);
  put(ui.busy, news.kind ? "" : asking.busy);
  const why = session.trouble || (news.kind === "error" ? news.text : "");
  put(ui.alert, why);
  ui.alert.hidden = !why;
}

/** @param {Joined} parts @param {View} view */
function showCaptions({ page, ui, asking, pad }, view) {
  const [first] = asking.shown;
  if (!first) {
    put(ui.cloudWords, page.truth.real ? "Grey: real data, which the loop will learn." : "");
    return;
  }
  const drawn = "Your distribution: the loops learn it, generation by generation.";
  put(ui.cloudWords, pad.draft ? drawn : cloudWords(view.state, first.tracks[0], page.truth));
  put(ui.curveWords, curveWords(asking.shown));
  const { t } = view.state, tracks = asking.shown.flatMap((one) => [one.side, ...one.tracks]);
  ui.readout.show([...tracks, reach(asking.shown)], t, () => behind(view));
  put(ui.compositionTitle, `What generation ${view.state.t} was trained on`);
}
