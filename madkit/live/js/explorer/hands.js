// Hands: what people do to a page, and what then happens.

import { complain } from "../shared/elements.js";
import { saveCard } from "./card.js";
import { listenToDrop } from "./drop.js";
import { pointsOf } from "./letters.js";
import { lengthWords, linked, linkTo } from "./link.js";
import { decode, problem } from "./page.js";
import { parsed } from "../shared/states.js";

/** @typedef {import("../types.js").Parts} Parts */

/** @param {Parts} parts */
export function listen(parts) {
  const { page, ui, session, player, pad, life } = parts;
  life.on(ui.loop, "change", () => session.edit({ loop: ui.loop.value }));
  life.on(ui.presets, "click", (_, i) => {
    const { t, ...set } = page.presets[i].set;
    const there = { [session.state.tab]: { ...session.settings, ...set } };
    session.move({ ...(t ? { t } : {}), ...there });
  });
  life.on(ui.compare, "click", () => {
    const { A, B } = session.state;
    session.move(B ? { B: null, tab: "A" } : { B: A, tab: "B" });
  });
  life.on(ui.tabs, "click", (_, i) => session.move({ tab: i ? "B" : "A" }));
  life.on(ui.reset, "click", () => {
    pad.close();
    player.play(false);
    session.move(session.first);
  });
  ui.readout.join(life);
  ui.exchange.join(life, () => session.state, (word) => pasted(parts, word),
                   () => session.refuse(""));
  life.on(ui.picture, "click", () => saveCard(parts));
  life.on(ui.link, "click", () => {
    const link = linkTo(ui.root, session.state);
    ui.exchange.give(link, lengthWords(link));
  });
  life.on(window, "hashchange", () => follow(parts));
  life.on(ui.sliders.map(({ input }) => input), "input", (event, i) =>
    session.edit({ [page.controls[i].name]: Number(event.target.value) }));
  listenToTime(parts);
  listenToRuns(parts);
  listenToCurves(parts);
  listenToPad(parts);
  listenToWord(parts);
  listenToDrop(parts);
}

/** @param {Parts} parts the page shows what its address says, if it says anything */
export function follow(parts) {
  const { page, ui, session } = parts, word = page.offline ? linked(ui.root) : null;
  if (word === null) return;
  try {
    const state = parsed(word), why = problem(page, state);
    if (why) tell(parts, `The link is of another page, or was altered: ${why}. Nothing changes.`);
    else session.move(state);
  } catch {
    tell(parts, "The link is cut off or altered: copy it again, whole. Nothing changes.");
  }
}

const TYPED = "button, select, textarea, input[type=text], input[type=file]";
const LEGIBLE = 500;                                   // rows that a word needs to be read

/**
 * A word that stands for a state, or what is wrong with it.
 * @param {Parts} parts @param {string} word
 */
function pasted(parts, word) {
  const { page, session } = parts;
  try {
    return session.move(decode(page, word));
  } catch (error) {
    return tell(parts, /** @type {Error} */ (error).message);
  }
}

/**
 * Says what is wrong where it is seen.
 * @param {Parts} parts @param {string} why
 */
function tell({ ui, session }, why) {
  session.refuse(why);
  complain(ui.alert, why);
  ui.alert.scrollIntoView({ block: "nearest" });
  return false;
}

/** @param {Parts} parts */
function listenToTime({ ui, session, player, life }) {
  life.on(ui.back, "click", () => session.go(session.state.t - 1));
  life.on(ui.next, "click", () => session.go(session.state.t + 1));
  life.on(ui.play, "click", () => player.toggle());
  life.on(ui.t, "input", () => session.go(Number(ui.t.value)));
  life.on(ui.speed, "change", () => {
    session.move({ speed: Number(ui.speed.value) });
    if (player.playing) player.play(true);
  });
  life.on(ui.root, "keydown", (event) => {
    event.stopPropagation();           // JupyterLab takes the arrow keys of a slider for its own
    if (event.key !== " " || event.target.matches(TYPED)) return;
    event.preventDefault();
    player.toggle();
  });
}

/** @param {Parts} parts */
function listenToRuns({ ui, session, model, life }) {
  const count = (/** @type {string} */ name) => {
    model.set(name, (model.get(name) ?? 0) + 1);
    model.save_changes();
  };
  life.on(ui.run, "click", () => {
    session.send();                    // the kernel runs what is seen here, the last t included
    count("go");
  });
  life.on(ui.stop, "click", () => count("stop"));
}

/**
 * A cursor dragged in the curves: the plot where it went down says which generation.
 * @param {Parts} parts
 */
function listenToCurves({ page, ui, session, show, life }) {
  let held = -1;
  const scrub = (/** @type {PointerEvent} */ event) => {
    const plot = show.plots[held];
    if (!plot) return;
    const share = (event.offsetX - plot.x0) / (plot.x1 - plot.x0);
    session.go(Math.round(1 + share * (page.generations - 1)));
  };
  life.on(ui.curves, "pointerdown", (event) => {
    const [px, py] = [event.offsetX, event.offsetY];
    ui.curves.setPointerCapture(event.pointerId);
    held = show.plots.findIndex(({ x0, x1, y1, left, right }) =>
      px >= x0 - left && px <= x1 + right && py <= y1 + 30);
    scrub(event);
  });
  life.on(ui.curves, "pointermove", (event) => event.buttons & 1 && scrub(event));
}

/** @param {Parts} parts */
function listenToPad({ ui, pad, life }) {
  life.on(ui.pencil, "click", () => pad.toggle());
  life.on(ui.cloud, "pointerdown", (event) => pad.down(event));
  life.on(ui.cloud, "pointermove", (event) => pad.drag(event));
  for (const event of ["pointerup", "pointercancel"]) life.on(ui.cloud, event, () => pad.up());
  life.on(ui.stamps, "click", (_, i) => pad.stamp(i));
  life.on(ui.undo, "click", () => pad.undo());
  life.on(ui.clear, "click", () => pad.clear());
  life.on(ui.done, "click", () => ui.pencil.click());
  life.on(ui.model, "change", () => pad.learn(ui.model.value));
}

/** @param {Parts} parts */
function listenToWord({ page, ui, session, player, pad, asking, life }) {
  const eat = () => {
    try {
      const points = pointsOf(ui.word.value), { settings } = session;
      const n = page.controls.find(({ name }) => name === "n");
      const more = n?.values.findIndex((value) => value >= LEGIBLE) ?? -1;
      const enough = n && more > settings.n ? { ...settings, n: more } : settings;
      pad.close();
      player.play(false);
      session.call(points, `the word “${ui.word.value.trim()}”`);
      session.move({ t: 1, drawn: { points }, [session.state.tab]: enough });
    } catch (error) {
      session.refuse(/** @type {Error} */ (error).message);
    }
  };
  for (const near of ["pointerenter", "focusin"])        // the worker comes while a hand does
    life.on([ui.wordRow, ui.tableRow, ui.pencil], near, () => asking.grown.hired.hire());
  life.on(ui.eat, "click", eat);
  life.on(ui.word, "input", () => life.schedule());
  life.on(ui.word, "keydown", (event) => event.key === "Enter" && eat());
  life.on(ui.unword, "click", () => {
    pad.close();
    session.move({ drawn: null });
  });
}
