"""Questions with their answers, from what `predict` is given: (page, answer), see `bets`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit.base.checks import shown
from madkit.base.quantiles import quantiles
from madkit.metrics.values import value_of
from madkit.plot import language
from madkit.record import Run

if TYPE_CHECKING:
    import pandas as pd

LONG = 600                 # letters of a question, of a choice, of an explanation
MANY = 8                   # choices
LONGEST = 1000             # generations
STEPS, WHOLE = 200, 400    # places on the axis of a point; up to so many whole numbers, these
Asked = tuple[dict[str, Any], dict[str, Any]]


def text(name: str, value: str, needed: bool = True) -> str:
    """Words, not too many."""
    value = value.strip()
    if len(value) > LONG or needed and not value:
        raise ValueError(f"{name}: expected words, at most {LONG} letters, got "
                         f"{shown(value) if value else 'none'}")
    return value


def choice(question: str, choices: Mapping[str, str] | Sequence[str], answer: str | None,
           why: str) -> Asked:
    """One of several answers."""
    words = dict(choices) if isinstance(choices, Mapping) else dict.fromkeys(choices, "")
    words = {text("choices", one): text("choices", said, False) for one, said in words.items()}
    if not 2 <= len(words) <= MANY or len(words) < len(choices):
        raise ValueError(f"choices: expected 2 to {MANY} different answers, got {len(choices)}")
    if answer not in words:
        raise ValueError(f"answer: expected one of {', '.join(map(repr, words))}, got "
                         f"{shown(answer)}")
    page = {"kind": "choice", "question": question, "choices": list(words)}
    return page, {"answer": answer, "words": words, "why": why}


def point(question: str, value: float, low: float | None, high: float | None, log: bool,
          unit: str, why: str) -> Asked:
    """A number on an axis."""
    if low is None or high is None:
        raise ValueError("low, high: expected the ends of the axis on which one bets; "
                         "one made from value would give it away")
    low, high = _axis(low, high, log)
    if not low <= value <= high:
        raise ValueError(f"value: expected a number on the axis, {low:g} to {high:g}, got {value:g}")
    least = 4 if float(value).is_integer() else 20
    counted = not log and low.is_integer() and high.is_integer() and least <= high - low <= WHOLE
    page = {"kind": "point", "question": question, "low": low, "high": high, "log": log,
            "unit": unit, "steps": int(high - low) if counted else STEPS}
    return page, {"value": _round(value), "why": why}


def curve(question: str, of: Any, metric: str | None, known: int, low: float | None,
          high: float | None, log: bool, unit: str, why: str) -> Asked:
    """Generations and their values: the first few are known, the others are drawn."""
    t, values, name, colour, limits = _values(of, metric)
    values = values * (100 if isinstance(of, Run) and unit == "%" else 1)
    if not np.isfinite(values).all():
        raise ValueError(f"of: expected finite numbers, got {values[~np.isfinite(values)][0]} in "
                         f"generation {t[int(np.argmax(~np.isfinite(values).all(0)))]}")
    if not 2 <= len(t) <= LONGEST or known >= len(t):
        raise ValueError(f"of: expected 2 to {LONGEST} generations, and more than the {known} "
                         f"known ones, got {len(t)}")
    least, median, most = quantiles(values)
    if limits and unit == "%":
        limits = (100 * limits[0], 100 * limits[1])
    elif unit == "%":
        limits = (0.0, 100.0) if most.max() <= 100 and least.min() >= 0 else None
    reach = limits or _reach(least, most, log)
    low, high = _axis(reach[0] if low is None else low, reach[1] if high is None else high, log)
    page = {"kind": "curve", "question": question, "low": low, "high": high, "log": log,
            "unit": unit, "t": t, "known": [_round(v) for v in median[:known]], "name": name,
            "colour": colour, "seeds": len(values)}
    lines = zip(("low", "median", "high"), (least, median, most), strict=True)
    return page, {"why": why, **{one: [_round(v) for v in line] for one, line in lines}}


def _values(of: Any, metric: str | None) -> tuple[list[int], np.ndarray, str, str, Any]:
    """Generations, values (seeds, generations), their name, colour and limits."""
    own = language.FAMILIES["own"].colour
    if isinstance(of, Run):
        table, found = _of_run(of, metric)
        value = value_of(found)
        look = language.family(str(of.spec.get("loop")))
        return (table.columns.tolist(), table.to_numpy(float), value.short, look.colour,
                value.limits)
    name = text("metric", metric or "curve")
    try:
        if isinstance(of, Mapping):
            t = [int(one) for one in of]
            values = np.array([float(one) for one in of.values()])[None]
            if t != list(of) or t != sorted(set(t)):
                raise ValueError
        else:
            if np.iscomplexobj(given := of.detach() if hasattr(of, "detach") else of):
                raise ValueError
            values = np.atleast_2d(np.asarray(given, float))
            t = [int(one) for one in getattr(of, "columns", range(1, values.shape[-1] + 1))]
        if values.ndim != 2 or not len(values) or isinstance(of, str):
            raise ValueError
    except (TypeError, ValueError, AttributeError, OverflowError, RuntimeError):
        raise ValueError("of: expected a Run, numbers one a generation, rows of such numbers one "
                         f"a seed, or {{generation: number}} in order, got {shown(of)}") from None
    return t, values, name, own, None


def _of_run(run: Run, metric: str | None) -> tuple[pd.DataFrame, str]:
    """A table of seeds by generations, and the name of what is in it."""
    names = [str(one) for one in dict.fromkeys(run.table.metric)]
    found = metric or (names[0] if names else "")
    if found not in names:
        raise ValueError(f"metric: expected one of {', '.join(names) or 'none: the run is empty'}, "
                         f"got {shown(metric)}")
    rows = run.table[run.table.metric == found]
    return rows.pivot_table(index="seed", columns="generation", values="value",
                            dropna=False), found


def _axis(low: float, high: float, log: bool) -> tuple[float, float]:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"low, high: expected two finite numbers, the smaller first, got {low:g} "
                         f"and {high:g}")
    if log and low <= 0:
        raise ValueError(f"low: expected a number > 0 on a logarithmic axis (log), got {low:g}")
    return float(low), float(high)


def _reach(least: np.ndarray, most: np.ndarray, log: bool) -> tuple[float, float]:
    """An axis with room above and below, so that it gives little away."""
    top, foot = float(most.max()), float(least.min())
    if log:
        positive = least[least > 0]
        foot = float(positive.min()) if len(positive) else 1e-3
        return 10.0 ** (math.floor(math.log10(foot)) - 1), 10.0 ** math.ceil(math.log10(2 * top)) \
            if top > 0 else 1.0
    foot = min(0.0, 1.3 * foot)
    width = max(1.2 * top, 0.0) - foot or 1.0
    step = 10.0 ** math.floor(math.log10(width)) / 2
    return math.floor(foot / step) * step, math.ceil((foot + width) / step) * step


def _round(value: float) -> float:
    return float(f"{value:.4g}")
