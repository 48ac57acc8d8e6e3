"""A state in one sentence: caption, alternative text, and what a screen reader says.

The page says the same words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np

from madkit.live.scenes.pack import Track
from madkit.live.scenes.page import Control, Page, State
from madkit.metrics.values import Value

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def caption(page: Page, state: State, tracks: Mapping[str, Track]) -> str:
    """"Generation 12 of 50. Fully synthetic: variance left 38 %,
    …": of the tracks that are there, by key.
    """
    sides = [name for name in ("A", "B") if state[name]]
    there = {name: [tracks[key] for one in page.shown(state[name])
                    if (key := page.key(one, state[name], state)) in tracks]
             for name in sides}
    lasts = [track["t"][-1] for some in there.values() for track in some]
    t = min(state["t"], max(lasts, default=state["t"]))
    parts = [f"Generation {t} of {page.generations}."]
    for name in sides:
        setting = settings(page, state[name])
        values = "; ".join(_values(page.metrics, track, t) for track in there[name])
        one = f"With {setting}: " if setting else ""
        several = f"{name} ({setting}): " if setting else f"{name}: "
        parts.append(_capital((several if len(sides) > 1 else one) + values) + ".")
    return " ".join(parts)


def settings(page: Page, side: Mapping[str, Any]) -> str:
    """"n = 100, p = 10 %, λ = 0.8": what the loops of a side take."""
    taken = {name for one in page.shown(side) for name in one.takes}
    return ", ".join(f"{_symbol(c)} = {c.words[side[c.name]]}"
                     for c in page.controls if c.name in taken)


def _values(metrics: Iterable[Value], track: Track, t: int) -> str:
    place = max(0, sum(g <= t for g in track["t"]) - 1)
    said = [f"{metric.short} "
            f"{told(metric, float(np.float32(track['curves'][metric.name]['median'][place])))}"
            for metric in metrics if metric.name in track["curves"]]
    last = track["t"][place]
    return f"{track['label']}{f' (generation {last})' if last < t else ''}: {', '.join(said)}"


def told(metric: Value, value: float) -> str:
    """A value as the page says it: shares in percent; three digits; powers of ten far from 1."""
    if metric.kind == "share" and math.isfinite(value):
        return f"{plain(100 * value, 2)} %"
    return plain(value, 3)


def plain(value: float, digits: int) -> str:
    """A number in at most so many digits."""
    size = abs(value)
    if not math.isfinite(value):
        return "–"
    if size == 0:
        return "0"
    if 1e-3 <= size < 1e5:
        return f"{_rounded(value, digits):f}".replace("-", "−")
    front, back = f"{_rounded(value, min(2, digits)):e}".split("e")
    said = f"{float(front):g}".replace("-", "−")
    return ("" if said == "1" else said + "·") + "10" + str(int(back)).translate(RAISED)


def _rounded(value: float, digits: int) -> Decimal:
    """Halves away from zero, as a browser rounds them."""
    return Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal_from_float(value).normalize()


def _symbol(control: Control) -> str:
    last = control.label.split(" ")[-1]
    return last if len(last) <= 3 else control.label


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if text[:1].isascii() else text      # λ stays λ
