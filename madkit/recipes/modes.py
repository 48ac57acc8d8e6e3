"""The paper's experiment with 25 modes: a mixture that is trained again and again on its own rows."""

from __future__ import annotations

from collections.abc import Callable

from madkit import data, metrics
from madkit.loops import fully_synthetic
from madkit.models.mixture import Mixture
from madkit.recipes.images import Recipe
from madkit.recipes.presets import Preset
from madkit.samples import Samples

SIZES: dict[Preset, tuple[int, int, int]] = {  # rows of a training set, generations, seeds
    "smoke": (500, 2, 2),
    "laptop": (5000, 2000, 5),
    "paper": (5000, 2000, 5),
}
FIRST = 500  # rows that precision and recall see: of all 5,000 they would take most of the time
KEPT = (1, 10, 30, 100, 200, 300, 500, 700, 1000, 1300, 1600)


def fig14_fully_synthetic(preset: Preset) -> Recipe:
    """Figures 14 and 15: 25 Gaussian modes, fully synthetic, λ = 1:
    the modes shrink, and die one by one.
    """
    n, generations, seeds = SIZES[preset]
    truth = data.grid25()
    judged = (metrics.modes(truth.centres, radius=4 * truth.std), metrics.trace,
              of_first(metrics.precision, FIRST), of_first(metrics.recall, FIRST))
    return Recipe(Mixture(25, start=truth.centres), truth, {"λ = 1": fully_synthetic(n)},
                  generations, seeds, {}, n, judged, None, None,
                  "25 Gaussians on a grid, sizes not given, 2,000 generations", KEPT, n)


MODES: dict[str, Callable[[Preset], Recipe]] = {"fig14_fully_synthetic": fig14_fully_synthetic}


def of_first(metric: Callable, rows: int) -> Callable:
    """A metric of the first rows of both sides, under its own name."""
    def judged(real: Samples, fake: Samples) -> float:
        return metric(real[:rows], fake[:rows])

    judged.__name__ = metric.__name__
    return judged
