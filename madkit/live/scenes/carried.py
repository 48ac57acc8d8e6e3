"""What a page without a kernel carries of a view: the scenes of some of its settings."""

from __future__ import annotations

import base64
import gzip
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from madkit.live.scenes.pack import pack
from madkit.live.scenes.page import Control
from madkit.live.scenes.panels import cut

WEIGHT = 260_000                     # bytes that all scenes may take, about
MOST = 120                           # scenes
PLAYED = 25                          # places of the control that is played
FEWEST = 8                           # scenes, whatever they weigh
ROWS, REAL = 400, 500                # of a cloud
DIGITS = 10                          # bits of a float32 that are kept: three decimal digits
Scene = dict[str, Any]


def carried(
    controls: Sequence[Control],
    keep: Mapping[str, set[int]],    # places that start and presets need, by control
    plays: str,                      # the control that is played, "" for none
    slow: bool,                      # of all others but that one: only the places of `keep`
    start: Scene,
    draw: Callable[[dict[str, Any]], Scene],
) -> tuple[tuple[Control, ...], str]:
    """Fewer places on the controls, and the scenes of all of them: packed, in base64."""
    each = len(gzip.compress(pack([cut(start, ROWS, REAL)], DIGITS)))
    most = max(FEWEST, min(MOST, WEIGHT // each))
    few = _thinned(controls, keep, plays, slow, most)
    scenes = []
    for places in product(*(range(len(one.values)) for one in few)):
        values = {one.name: one.values[at] for one, at in zip(few, places, strict=True)}
        scenes.append(cut(draw(values), ROWS, REAL) | {"key": ",".join(map(str, places))})
    packed = gzip.compress(pack(scenes, DIGITS), 9, mtime=0)
    return few, base64.b64encode(packed).decode()


def _thinned(controls: Sequence[Control], keep: Mapping[str, set[int]], plays: str, slow: bool,
             most: int) -> tuple[Control, ...]:
    """As many places as may be, as many on one control as on another."""
    for count in range(most, 1, -1):
        few = tuple(_few(one, count, keep[one.name], plays, slow) for one in controls)
        if math.prod(len(one.values) for one in few) <= most:
            return few
    return tuple(_few(one, 1, keep[one.name], plays, slow=True) for one in controls)


def _few(control: Control, count: int, keep: set[int], plays: str, slow: bool) -> Control:
    if control.name == plays:
        return control.thinned(min(count, PLAYED), keep)
    if slow:
        chosen = sorted(keep)
        return Control(control.name, control.label, tuple(control.values[i] for i in chosen),
                       tuple(control.words[i] for i in chosen))
    return control.thinned(count, keep)
