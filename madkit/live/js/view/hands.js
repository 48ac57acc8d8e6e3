// Hands: what people do to a view, and what then happens.

import { parsed } from "../shared/states.js";
import { here, whole } from "./states.js";

/** @param {import("../types.js").ViewParts} parts */
export function listen({ page, ui, session, player, life }) {
  ui.movers.forEach(({ control, input }) =>
    life.on(input, "input", () => session.move({ [control.name]: Number(input.value) })));
  life.on(ui.presets, "click", (_, i) => {
    player.play(false);
    session.move(page.presets[i].set);
  });
  ui.readout.join(life);
  ui.exchange.join(life, () => whole(page, session.state), (word) => {
    player.play(false);
    try {
      session.move(here(page, parsed(word)));
      return true;
    } catch (error) {
      return session.refuse(/** @type {Error} */ (error).message);
    }
  }, () => session.refuse(""));
  life.on(ui.reset, "click", () => {
    player.play(false);
    session.move(session.first);
  });
  life.on(ui.back, "click", () => player.go(player.at - 1));
  life.on(ui.next, "click", () => player.go(player.at + 1));
  life.on(ui.play, "click", () => player.play(!player.playing));
  life.on(ui.speed, "change", () => {
    player.speed = Number(ui.speed.value);
    if (player.playing) player.play(true);
  });
  life.on(ui.root, "keydown", (event) => {
    event.stopPropagation();           // JupyterLab takes the arrow keys of a slider for its own
    if (event.key !== " " || event.target.matches("button, select") || !ui.played) return;
    event.preventDefault();
    player.play(!player.playing);
  });
}
