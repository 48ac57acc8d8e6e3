"""Bets: what may be one, how far it is from the answer, and that in words, as js/predict/bets.js
says it.

A page is what is asked, the answer what comes after the bet; both are plain values:

    {"kind": "point", "question": …, "unit": "%", "low": 0, "high": 100, "log": False, "step": 0.5}
    {"value": 62.5, "why": …}

A state is {"bet": None} before the bet, {"bet": 40.0} after it: a number, a curve's numbers one a
generation, or the text of a choice.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from madkit.live.scenes.page import State, parsed, short
from madkit.live.scenes.words import plain

NEAR = 0.02                # of the axis: nobody draws better
FAR = 1000                 # times: a factor beyond is not said


# --- states ---------------------------------------------------------------------------------------


def check(page: Mapping[str, Any], state: Any) -> State:
    """The state, where this question has such a one. ValueError, in words, for anything else."""
    if not isinstance(state, Mapping) or set(state) != {"bet"}:
        raise ValueError(f"state: expected exactly bet, got {short(state)}")
    bet = state["bet"]
    if bet is None:
        return {"bet": None}
    if page["kind"] == "choice":
        if bet not in page["choices"] or not isinstance(bet, str):
            raise ValueError(f"bet: expected one of the choices, got {short(bet)}")
        return {"bet": bet}
    if page["kind"] == "point":
        return {"bet": _number(page, "a number", bet)}
    T, known = len(page["t"]), page["known"]
    if not isinstance(bet, Sequence) or isinstance(bet, str) or len(bet) != T:
        raise ValueError(f"bet: expected {T} numbers, one a generation, got {short(bet)}")
    drawn = [_number(page, f"in each place a number from generation {page['t'][len(known)]} on",
                     value) for value in bet[len(known):]]
    return {"bet": [*known, *drawn]}


def _number(page: Mapping[str, Any], what: str, value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not page["low"] <= value <= page["high"]:
        raise ValueError(f"bet: expected {what}, {page['low']:g} to {page['high']:g}, got "
                         f"{short(value)}")
    return float(value)


def read(page: Mapping[str, Any], text: str) -> State:
    """The state of a line of text. ValueError, in words, for text that is none."""
    return check(page, parsed(text))


# --- the answer, folded ---------------------------------------------------------------------------


def sealed(answer: Mapping[str, Any]) -> str:
    """The answer so that nobody reads it by chance. Who wants to can: this is a fold, no lock."""
    return base64.b64encode(json.dumps(answer).encode()[::-1]).decode()


# --- the distance ---------------------------------------------------------------------------------


def place(page: Mapping[str, Any], value: float) -> float:
    """Where a value lies on the axis: 0 at its foot, 1 at its head, and never beyond."""
    low, high = page["low"], page["high"]
    if page["log"]:
        if value <= low:
            return 0.0
        low, high, value = math.log(low), math.log(high), math.log(value)
    return min(1.0, max(0.0, (value - low) / (high - low)))


def distances(page: Mapping[str, Any], answer: Mapping[str, Any], bet: Any) -> list[float]:
    """How far the bet is from the answer, in axes: of each generation that was to be drawn."""
    if page["kind"] == "point":
        return [place(page, bet) - place(page, answer["value"])]
    start = len(page["known"])
    return [place(page, drawn) - place(page, true)
            for drawn, true in zip(bet[start:], answer["median"][start:], strict=True)]


def score(page: Mapping[str, Any], answer: Mapping[str, Any], bet: Any) -> float:
    """1: the answer itself; 0: as far off as the axis allows, or a wrong choice."""
    if page["kind"] == "choice":
        return float(bet == answer["answer"])
    apart = [abs(one) for one in distances(page, answer, bet)]
    return 1 - sum(apart) / len(apart)


# --- in words -------------------------------------------------------------------------------------


def verdict(page: Mapping[str, Any], answer: Mapping[str, Any], bet: Any) -> str:
    """How far the bet was from the answer."""
    if page["kind"] == "choice":
        return _chosen(answer, bet)
    apart = distances(page, answer, bet)
    worst = max(range(len(apart)), key=lambda i: abs(apart[i]))
    if page["kind"] == "point":
        true = told(page, answer["value"])
        if abs(apart[0]) <= NEAR:
            return f"Spot on: you said {told(page, bet)}, it is {true}."
        off = by(page, bet, answer["value"])
        return f"You were {off}: you said {told(page, bet)}, it is {true}."
    i = worst + len(page["known"])
    inside = sum(_in_band(page, answer, bet, j) for j in range(len(page["known"]), len(bet)))
    if inside == len(apart):
        return "Spot on: your curve stays with the seeds from beginning to end."
    true = answer["median"][i]
    return (f"You were {by(page, bet[i], true)} at generation {page['t'][i]}: you drew "
            f"{told(page, bet[i])}, it is {told(page, true)}. Your curve is right in {inside} of "
            f"{len(apart)} generations.")


def _chosen(answer: Mapping[str, Any], bet: str) -> str:
    bet, right = (one.removesuffix(".") for one in (bet, answer["answer"]))
    return f"Right: {right}." if bet == right else f"You said “{bet}”; it is “{right}”."


def reasons(page: Mapping[str, Any], answer: Mapping[str, Any], bet: Any) -> str:
    """What is said after the verdict: why a choice tempts and fails, and what holds of any bet."""
    own = [bet, answer["answer"]] if page["kind"] == "choice" else []
    return " ".join(filter(None, [answer["words"][one] for one in dict.fromkeys(own)]
                           + [answer["why"]]))


def _in_band(page: Mapping[str, Any], answer: Mapping[str, Any], bet: Sequence[float],
             i: int) -> bool:
    """Whether a curve is among the seeds there, or as near as a hand can draw."""
    low, high = (place(page, answer[name][i]) for name in ("low", "high"))
    return low - NEAR <= place(page, bet[i]) <= high + NEAR


def by(page: Mapping[str, Any], said: float, true: float) -> str:
    """"12 points too low": how far, and to which side."""
    side = "too high" if said > true else "too low"
    if page["log"]:
        small, large = sorted((said, true))
        times = large / small if small > 0 else math.inf
        return f"{plain(times, 2)} times {side}" if 1.1 <= times < FAR else f"far {side}" \
            if times >= FAR else f"a little {side}"
    unit = {"%": " points", "": ""}.get(page["unit"], f" {page['unit']}")
    far = plain(abs(said - true), 2)
    return f"{far}{unit.removesuffix('s') if far == '1' else unit} {side}"


def told(page: Mapping[str, Any], value: float) -> str:
    """A value with its unit."""
    digits = 2 if page["unit"] == "%" and value < 99.5 else 3 if value < 1000 else 4
    return f"{plain(value, digits)}{' ' if page['unit'] else ''}{page['unit']}"


def spoken(page: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """The answer in words, for those who cannot bet."""
    if page["kind"] == "choice":
        right = answer["answer"]
        said = f"{right.removesuffix('.')}. {answer['words'][right]}"
    elif page["kind"] == "point":
        said = f"It is {told(page, answer['value'])}."
    else:
        t, last = page["t"], len(page["t"]) - 1
        places = sorted({len(page["known"]) - 1, last // 4, last // 2, last})
        said = f"The {page['name']}: " + ", ".join(
            f"{told(page, answer['median'][i])} at generation {t[i]}" for i in places) + "."
    return " ".join(filter(None, (said.strip(), answer["why"])))
