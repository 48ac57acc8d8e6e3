"""A picture of what a perfect model scores: real rows against real rows."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch

from madkit import metrics, theory
from madkit.base.checks import Count, Seed
from madkit.base.gate import gate
from madkit.base.rng import generator
from madkit.live.controls import Choice, Slider
from madkit.live.pictures.frame import Drawn, Frame
from madkit.live.scenes import panels
from madkit.metrics.values import value_of
from madkit.plot.language import COLOURS, on_log
from madkit.samples import Samples

ROWS = (20, 50, 100, 200, 500)
SEEDS = 6
LINES = {"precision": "-", "recall": (0, (6, 2)), "coverage": (0, (1, 1))}
COLOUR = {name: COLOURS[str(value_of(name).aspect)] for name in LINES}
FRECHET = value_of("frechet")


@gate
class Perfect:
    """Two clouds of n rows of N(0, I), judged as real and emitted: precision,
    recall and coverage (left) and the Fréchet distance (right) over n, mean and range of 6 seeds;
    theory, where it is known, as dashes.

        mk.live.Perfect().update(dim=8, k=5)            # k of the nearest neighbours, at most 10
        mk.live.view(mk.live.Perfect(), dim=8, k=5)     # with sliders
    """

    plays = "k"                          # the control that the player moves

    def __init__(self, seed: Seed = 0):
        self.seed = seed
        self.scores = lru_cache(maxsize=None)(self._scores)

    @property
    def controls(self) -> dict[str, Slider | Choice]:
        """Dimensions and neighbours."""
        return {"dim": Choice("dimensions d", 8, (2, 8, 32)), "k": Slider("neighbours k", 5, 1, 10)}

    def update(self, dim: Count, k: Count) -> Frame:
        """The scores in dim dimensions with k nearest neighbours."""
        scores = self.scores(dim, k)
        x = panels.axis("rows on each side n (log scale)", 0.9 * ROWS[0], 1.1 * ROWS[-1], True, ROWS)
        shares = [_line(name, COLOUR[name], scores[name], dash) for name, dash in LINES.items()]
        exact = [theory.perfect_coverage(n, k) for n in ROWS]
        shares[-1] |= {"theory": np.array(exact, np.float32)}              # of coverage
        expected = [theory.perfect_frechet(n, dim) for n in ROWS]
        frechet = _line("", COLOURS["real"], scores[FRECHET.short], "-", expected)
        powers = {0.01: "0.01", 0.1: "0.1", 1: "1", 10: "10", 100: "100"}
        left = panels.plot("share (1 is best)", x, panels.axis("", 0, 1.04, ticks=(0, 0.5, 1)),
                           shares, note="thin dashes: exact, for coverage")
        right = panels.plot(on_log(FRECHET.label), x, panels.axis("", 0.002, 500, True, powers),
                            [frechet], note="thin dashes: expectation")
        return Drawn(panels.scene(self._words(dim, k, scores), [left], [right]))

    def _words(self, dim: int, k: int, scores: dict[str, np.ndarray]) -> str:
        said = ", ".join(f"{name} {values.mean(1)[-1]:.2f}" for name, values in scores.items())
        coverage = theory.perfect_coverage(ROWS[-1], k)
        frechet = theory.perfect_frechet(ROWS[-1], dim)
        return (f"A perfect model in {dim} dimensions, k = {k}, {ROWS[-1]} rows on each side: "
                f"{said}. Theory expects coverage {coverage:.2f} and {FRECHET.short} "
                f"{frechet:.2f}.")

    def _scores(self, dim: int, k: int) -> dict[str, np.ndarray]:
        """(sizes, seeds) of each metric."""
        judged = {"precision": metrics.precision, "recall": metrics.recall,
                  "coverage": metrics.coverage}
        clouds = [[_clouds(self.seed + s, n, dim) for s in range(SEEDS)] for n in ROWS]
        scores = {name: np.array([[metric(*pair, k=k) for pair in pairs] for pairs in clouds])
                  for name, metric in judged.items()}
        frechet = [[metrics.frechet(*pair) for pair in pairs] for pairs in clouds]
        return scores | {FRECHET.short: np.array(frechet)}


def _clouds(seed: int, n: int, dim: int) -> tuple[Samples, Samples]:
    noise = generator(seed, "perfect", n, dim)
    return tuple(Samples(torch.randn(n, dim, generator=noise, dtype=torch.float64))
                 for _ in "ab")  # type: ignore[return-value]


def _line(name: str, colour: str, values: np.ndarray, dash: Any, expected: Any = None) -> Any:
    """Mean and range of the seeds, (sizes, seeds)."""
    return panels.line(name, colour, ROWS, values.mean(1), dash=dash, low=values.min(1),
                       high=values.max(1), theory=expected)
