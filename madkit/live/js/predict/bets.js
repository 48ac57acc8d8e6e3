// How far a bet is from the answer, and that in words, as madkit.live.scenes.bets says it.

import { plain } from "../shared/numbers.js";
import { clamp } from "../shared/values.js";

/**
 * @typedef {import("../types.js").BetPage} BetPage
 * @typedef {import("../types.js").Answer} Answer
 * @typedef {import("../types.js").Placed} Placed
 */

const NEAR = 0.02;               // of the axis: nobody draws better
const FAR = 1000;                // times: a factor beyond is not said

/**
 * The answer that Python folded.
 * @param {string} sealed @returns {Answer}
 */
export function opened(sealed) {
  const bytes = Uint8Array.from(atob(sealed), (sign) => sign.charCodeAt(0)).reverse();
  return JSON.parse(new TextDecoder().decode(bytes));
}

/**
 * What is wrong with a state, in words; "" where nothing is.
 * @param {BetPage} page @param {any} state @returns {string}
 */
export function problem(page, state) {
  if (state === null || typeof state !== "object" || Object.keys(state).join() !== "bet")
    return "state: expected exactly bet";
  const { bet } = state;
  if (bet === null) return "";
  if (page.kind === "choice")
    return page.choices.includes(bet) ? "" : "bet: expected one of the choices";
  if (page.kind === "point") return onAxis(page, bet) ? "" : "bet: expected a number on the axis";
  const whole = Array.isArray(bet) && bet.length === page.t.length &&
    bet.slice(page.known.length).every((value) => onAxis(page, value));
  return whole ? "" : `bet: expected ${page.t.length} numbers, one a generation`;
}

/** @param {BetPage} page @param {unknown} value */
const onAxis = (page, value) =>
  typeof value === "number" && value >= page.low && value <= page.high;

/**
 * Where a value lies on the axis: 0 at its foot, 1 at its head, and never beyond.
 * @param {BetPage} page @param {number} value
 */
export function place({ low, high, log }, value) {
  if (log && value <= low) return 0;
  const [v, a, b] = log ? [value, low, high].map(Math.log) : [value, low, high];
  return clamp((v - a) / (b - a), 0, 1);
}

/**
 * The value at a place of the axis, in as many digits as a hand can mean.
 * @param {BetPage} page @param {number} at
 */
export function valueAt({ kind, low, high, log }, at) {
  const share = clamp(at, 0, 1);
  const value = log ? low * (high / low) ** share : low + (high - low) * share;
  return clamp(Number(value.toPrecision(kind === "point" && log ? 2 : 4)), low, high);
}

/**
 * How far the bet is from the answer, in axes: of each generation that was to be drawn.
 * @param {BetPage} page @param {Answer} answer @param {Placed} bet @returns {number[]}
 */
export function distances(page, answer, bet) {
  if (!Array.isArray(bet))
    return [place(page, /** @type {number} */ (bet)) - place(page, answer.value)];
  const start = page.known.length;
  return bet.slice(start).map((v, i) => place(page, v) - place(page, answer.median[start + i]));
}

/**
 * The generation, by its index, at which a curve is furthest off.
 * @param {BetPage} page @param {Answer} answer @param {number[]} bet
 */
export function worstOf(page, answer, bet) {
  const apart = distances(page, answer, bet).map(Math.abs);
  return page.known.length + apart.indexOf(Math.max(...apart));
}

/**
 * @param {BetPage} page @param {Answer} answer @param {Placed} bet @returns {string}
 */
export function verdict(page, answer, bet) {
  if (page.kind === "choice") return chosen(answer, String(bet));
  return Array.isArray(bet) ? drawn(page, answer, bet) : pointed(page, answer, Number(bet));
}

/**
 * What is said after the verdict: why a choice tempts and fails, and what holds of any bet.
 * @param {BetPage} page @param {Answer} answer @param {Placed} bet
 */
export function reasons(page, { answer, words, why }, bet) {
  const own = page.kind === "choice" ? [words[String(bet)], bet !== answer && words[answer]] : [];
  return [...own, why].filter(Boolean).join(" ");
}

/** @param {Answer} answer @param {string} bet */
function chosen({ answer }, bet) {
  const [said, is] = [bet, answer].map((one) => one.replace(/\.$/, ""));
  return bet === answer ? `Right: ${is}.` : `You said “${said}”; it is “${is}”.`;
}

/** @param {BetPage} page @param {Answer} answer @param {number} bet */
function pointed(page, answer, bet) {
  const words = `you said ${told(page, bet)}, it is ${told(page, answer.value)}.`;
  const [apart] = distances(page, answer, bet);
  if (Math.abs(apart) <= NEAR) return `Spot on: ${words}`;
  return `You were ${by(page, bet, answer.value)}: ${words}`;
}

/** @param {BetPage} page @param {Answer} answer @param {number[]} bet */
function drawn(page, answer, bet) {
  const known = page.known.length, i = worstOf(page, answer, bet), is = answer.median[i];
  const inside = bet.filter((_, j) => j >= known && inBand(page, answer, bet, j)).length;
  if (inside === bet.length - known)
    return "Spot on: your curve stays with the seeds from beginning to end.";
  return `You were ${by(page, bet[i], is)} at generation ${page.t[i]}: you drew ` +
    `${told(page, bet[i])}, it is ${told(page, is)}. Your curve is right in ${inside} of ` +
    `${bet.length - known} generations.`;
}

/**
 * Whether a curve is among the seeds there, or as near as a hand can draw.
 * @param {BetPage} page @param {Answer} answer @param {number[]} bet @param {number} i
 */
function inBand(page, { low, high }, bet, i) {
  const at = place(page, bet[i]);
  return place(page, low[i]) - NEAR <= at && at <= place(page, high[i]) + NEAR;
}

/**
 * "12 points too low": how far, and to which side.
 * @param {BetPage} page @param {number} said @param {number} is
 */
export function by({ log, unit }, said, is) {
  const side = said > is ? "too high" : "too low";
  if (log) {
    const small = Math.min(said, is), times = small > 0 ? Math.max(said, is) / small : Infinity;
    if (times >= FAR) return `far ${side}`;
    return times >= 1.1 ? `${plain(times, 2)} times ${side}` : `a little ${side}`;
  }
  const words = unit === "%" ? " points" : unit && ` ${unit}`, far = plain(Math.abs(said - is), 2);
  return `${far}${far === "1" ? words.replace(/s$/, "") : words} ${side}`;
}

/**
 * A value with its unit.
 * @param {BetPage} page @param {number} value
 */
export const told = ({ unit }, value) =>
  plain(value, unit === "%" && value < 99.5 ? 2 : value < 1000 ? 3 : 4) + (unit && ` ${unit}`);
