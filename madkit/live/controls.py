"""Controls: where a value starts, what it may be, and the slider that moves it.

A picture knows its controls: `picture.controls` names one for each value that its `update` takes,
in the order of the sliders.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from madkit.base.gate import gate


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
        self.check(self.value)

    def check(self, value: float) -> None:
        """ValueError for a value that the slider cannot take."""
        if isinstance(value, bool | str) or not self.low <= value <= self.high:
            raise ValueError(f"{self.label}: expected a number from {self.low:g} to "
                             f"{self.high:g}, got {value!r}")

    def widget(self) -> Any:
        """The ipywidgets slider."""
        import ipywidgets

        from madkit.live.widget import gated

        look = _look(self.label) | {"value": self.value, "min": self.low, "max": self.high,
                                    "step": self.step}
        if all(isinstance(number, int) for number in (self.value, self.low, self.high, self.step)):
            return gated(ipywidgets.IntSlider, ("value", int))(**look)
        digits = max(0, math.ceil(-math.log10(self.step)))
        kind = gated(ipywidgets.FloatSlider, ("value", float))
        return kind(**look, readout_format=f".{digits}f")


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
        self.check(self.value)

    def check(self, value: Any) -> None:
        """ValueError for a value that the slider cannot take."""
        if value not in self.options:
            raise ValueError(f"{self.label}: expected one of {', '.join(map(str, self.options))}, "
                             f"got {value!r}")

    def widget(self) -> Any:
        """The ipywidgets slider."""
        import ipywidgets

        from madkit.live.widget import gated

        kind = gated(ipywidgets.SelectionSlider, ("index", int))
        return kind(value=self.value, options=self.options, **_look(self.label))


def _look(label: str) -> dict[str, Any]:
    return {"description": label, "tooltip": label, "style": {"description_width": "15em"},
            "layout": {"width": "auto"}}


_SIZES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
KNOWN: dict[str, Slider | Choice] = {  # the settings of the named loops
    "lam": Slider("sampling bias λ (1 = none)", 1.0, 0.5, 1.0, 0.01),
    "p": Slider("fresh data p", 0.1, 0.0, 1.0, 0.01),
    "n": Choice("rows per generation n", 100, _SIZES),
    "n_s": Choice("synthetic rows n_s", 100, _SIZES),
    "n_ini": Choice("real rows at the start n_ini", 100, _SIZES),
}


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
