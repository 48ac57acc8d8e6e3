"""A city of drawn faces that learns from itself: not in the paper, and in the place of its Figure 1.

Every attribute of a face is known, so what a loop forgets has a name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from madkit import data, metrics
from madkit.models import matching
from madkit.recipes.images import Recipe, five
from madkit.recipes.presets import Preset


@dataclass(frozen=True)
class Size:
    """The numbers of one preset."""

    n: int               # rows of a training set (augmentation and fresh data: of each half)
    settings: dict[str, Any]
    generations: int
    seeds: int
    emit: int            # emitted faces that metrics judge, against as many test faces


SIZES: dict[Preset, Size] = {
    "smoke": Size(100, matching.TINY | {"steps": 10, "jumps": 3}, 2, 2, 100),
    # not measured yet: about two minutes a generation on one core, by the steps
    "laptop": Size(4000, matching.SMALL | {"steps": 1500, "decay": 0.995}, 6, 1, 1000),
    # five and a half minutes; generation 1 still falls short of the truth: recall .71 of .98, seed 0
    "paper": Size(10_000, matching.SMALL | {"steps": 4000, "decay": 0.998}, 10, 3, 2000),
}


def city(preset: Preset) -> Recipe:
    """Not in the paper: a city of drawn faces, five loops, several seeds:
    who is gone first, and who is left.
    """
    size, attributes = SIZES[preset], metrics.Attributes()
    judged = (attributes.census, metrics.frechet, metrics.precision, metrics.recall,
              metrics.density, metrics.coverage)
    return Recipe(matching.FlowMatching(**size.settings), data.faces(), five(size.n),
                  size.generations, size.seeds, {}, size.emit, judged, attributes, attributes.map,
                  "StyleGAN2 on FFHQ 128 × 128, n = 70,000, 9 generations of one seed: "
                  "photographs, of which nobody knows the attributes")


CITY: dict[str, Callable[[Preset], Recipe]] = {"city": city}
