"""What views are given: the types of their arguments, and what is checked of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from madkit.base.checks import NO, Check, at_least, several

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from madkit.record import Run
else:
    Axes = Run = Any                     # plot knows neither matplotlib nor torch before it draws


def _runs(value: Any) -> Any:
    """Whatever has a table is a run."""
    if not isinstance(value, Mapping):
        return value if hasattr(value, "table") and hasattr(value, "spec") else NO
    named = all(isinstance(name, str) and _runs(run) is run for name, run in value.items())
    return dict(value) if named else NO


def _axes(value: Any) -> Any:
    if hasattr(value, "flat"):
        each = list(value.flat)
    else:
        each = list(value) if isinstance(value, list | tuple) else [value]
    fits = each and not any(isinstance(one, type) or not hasattr(one, "spines") for one in each)
    return value if fits else NO


def _generations(value: Any) -> Any:
    taken = [at_least(0).take(t) for t in several(value)]
    return NO if NO in taken or not taken else taken


Runs = Annotated[Run | Mapping[str, Run], Check(
    "a Run, as mk.run and mk.exact.run return, or a dict of runs by name", _runs, TypeError)]
One = Annotated[Axes, Check(
    "matplotlib axes, such as mk.plot.figure().panels[0, 0]",
    lambda value: value if hasattr(value, "spines") and not isinstance(value, type) else NO, TypeError)]
On = Annotated[Axes | Sequence[Axes], Check(
    "matplotlib axes, such as those of mk.plot.figure().panels", _axes, TypeError)]
Generations = Annotated[Iterable[int], Check(
    "a list of generations, such as [1, 10]", _generations, TypeError)]
Colour = Annotated[str, Check(
    'a colour as "#RRGGBB"', lambda value: value if re.fullmatch("#[0-9A-Fa-f]{6}", value) else NO)]
