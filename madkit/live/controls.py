"""Controls: where a value starts, what it may be, and the slider that moves it.

A picture knows its controls: `picture.controls` names one for each value that its `update` takes,
in the order of the sliders.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from madkit.base.card import few
from madkit.base.card import said as brief
from madkit.base.checks import attempt, shown
from madkit.base.gate import gate

MOST = 2000                          # values of a slider


@gate
@dataclass(frozen=True)
class Slider:
    """A number from low to high, as a slider. ValueError for a value outside."""

    label: str
    value: float
    low: float
    high: float
    step: float = 1       # whole numbers when all four are; else a number

    def __post_init__(self):
        if self.high < self.low or not self.step > 0:
            raise ValueError(f"Slider: low, high and step: expected low ≤ high and step > 0, got "
                             f"{self.low:g}, {self.high:g} and {self.step:g}")
        try:
            self.check(self.value)
        except ValueError as error:
            raise ValueError(f"{error}; value must lie from low to high") from None

    def check(self, value: float) -> None:
        """ValueError for a value that the slider cannot take."""
        if isinstance(value, bool | str) or not self.low <= value <= self.high:
            raise ValueError(f"{brief(self.label)}: expected a number from {self.low:g} to "
                             f"{self.high:g}, got {shown(value)}")


@gate
@dataclass(frozen=True)
class Choice:
    """One of several values, in their order, as a slider.
    ValueError for a value that is none of them.
    """

    label: str
    value: Any
    options: tuple[Any, ...]

    def __post_init__(self):
        if not self.options:
            raise ValueError("Choice: options: expected at least one, got none")
        self.check(self.value)

    def check(self, value: Any) -> None:
        """ValueError for a value that the slider cannot take."""
        if attempt(lambda one: one in self.options, value) is not True:
            raise ValueError(f"{brief(self.label)}: expected one of "
                             f"{few([shown(one) for one in self.options])}, got {shown(value)}")


_SIZES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
KNOWN: dict[str, Slider | Choice] = {  # the settings of the named loops
    "lam": Slider("sampling bias λ (1 = none)", 1.0, 0.5, 1.0, 0.01),
    "p": Slider("fresh data p", 0.1, 0.0, 1.0, 0.01),
    "n": Choice("rows per generation n", 100, _SIZES),
    "n_s": Choice("synthetic rows n_s", 100, _SIZES),
    "n_ini": Choice("real rows at the start n_ini", 100, _SIZES),
}


def values(control: Slider | Choice, extra: Iterable[Any] = ()) -> tuple[Any, ...]:
    """The values that a control can be moved to, a slider's rising, with others that it has to
    have; of very many MOST, spread over all.
    """
    if isinstance(control, Choice):
        return control.options
    steps = round((control.high - control.low) / control.step)
    apart = max(1, math.ceil(steps / MOST))
    found = {round(control.low + i * control.step, 10) for i in {*range(0, steps, apart), steps}}
    return tuple(sorted(found | {control.value, *extra}))


def said(name: str, value: Any) -> str:
    """A value of a setting in words."""
    if isinstance(value, str):
        return value
    if name in ("p", "strength"):
        return f"{100 * value:g} %"
    if name == "lam" and value == 1:
        return "1 (honest)"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def generation(kept: Iterable[int]) -> Slider | Choice:
    """t of generations that were kept, at the last: a Choice where some between are missing."""
    there = sorted(kept)
    if there == list(range(1, there[-1] + 1)):
        return Slider("generation t", there[-1], 1, there[-1])
    return Choice("generation t", there[-1], tuple(there))


def bias(names: Iterable[str]) -> Choice | None:
    """λ of runs called "λ = 1", "λ = 0.8", …, at the largest; None for runs that are not."""
    names = list(names)
    try:
        lams = sorted(float(name.removeprefix("λ = ")) for name in names)
    except ValueError:
        return None
    known = {f"λ = {lam:g}" for lam in lams} == set(names)
    return Choice(KNOWN["lam"].label, lams[-1], tuple(lams)) if known else None
