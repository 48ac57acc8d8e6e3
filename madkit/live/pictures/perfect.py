"""A picture of what a perfect model scores: real rows against real rows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

from madkit import metrics, theory
from madkit.base.checks import Count, Seed
from madkit.base.gate import gate
from madkit.base.rng import generator
from madkit.live.controls import Choice, Slider
from madkit.live.pictures.canvas import Canvas, Frame
from madkit.metrics.values import value_of
from madkit.plot import COLOURS, DRAWING, figure
from madkit.plot.language import ink, on_log
from madkit.plot.layout import LABEL, TEXT, move_names
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

    def __init__(self, seed: Seed = 0):
        self.seed, self._drawing = seed, _Drawing()
        self.scores = lru_cache(maxsize=None)(self._scores)

    @property
    def controls(self) -> dict[str, Slider | Choice]:
        """Dimensions and neighbours."""
        return {"dim": Choice("dimensions d", 8, (2, 8, 32)), "k": Slider("neighbours k", 5, 1, 10)}

    def update(self, dim: Count, k: Count) -> Frame:
        """The scores in dim dimensions with k nearest neighbours."""
        with DRAWING:
            scores = self.scores(dim, k)
            return Frame(self._drawing(dim, k, scores), self._words(dim, k, scores))

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


class _Drawing:
    """The artists of a Perfect. `drawing(dim, k, scores)` puts them in place: PNG."""

    def __init__(self):
        self.figure = figure(10, 4, 1, 2)
        self.figure.set_layout_engine("none")
        self.left, self.right = self.figure.panels.flat
        titles = "share (1 is best)", on_log(FRECHET.label)
        for ax, place, title in zip((self.left, self.right), (0.06, 0.63), titles, strict=True):
            ax.set_position((place, 0.16, 0.35, 0.72))
            ax.set(xscale="log", xlim=(ROWS[0] * 0.9, ROWS[-1] * 1.1))
            ax.set_xticks(ROWS, map(str, ROWS))
            ax.set_xticks([], minor=True)
            ax.set_xlabel("rows on each side n (log scale)", fontsize=LABEL, color=COLOURS["text"])
            ax.set_title(title, loc="left", fontsize=LABEL, color=COLOURS["text"])
        self.left.set(ylim=(0, 1.04))
        self.right.set(yscale="log", ylim=(0.002, 500))
        looks = [(self.left, COLOUR[name], line) for name, line in LINES.items()]
        looks.append((self.right, COLOURS["real"], "-"))
        self.bands = [ax.fill([1], [1], color=colour, alpha=0.18, linewidth=0)[0]
                      for ax, colour, _ in looks]
        self.lines = [ax.plot([], [], color=colour, linestyle=line, linewidth=2.4)[0]
                      for ax, colour, line in looks]
        self.theory = [ax.plot([], [], color=COLOURS["theory"], linewidth=1.2, dashes=(4, 3))[0]
                       for ax in (self.left, self.right)]
        self.names = [self.left.text(1.02, 0, name, transform=self.left.transAxes, va="center",
                                     fontsize=TEXT, fontweight="bold", color=ink(COLOUR[name]))
                      for name in LINES]
        self.right.text(0.97, 0.93, "dashes: expectation", transform=self.right.transAxes,
                        ha="right", fontsize=TEXT, color=COLOURS["theory"])
        self.left.text(0.97, 0.05, "dashes: exact, for coverage", transform=self.left.transAxes,
                       ha="right", fontsize=TEXT, color=COLOURS["theory"])
        self.canvas = Canvas(self.figure, [*self.bands, *self.lines, *self.theory, *self.names])

    def __call__(self, dim: int, k: int, scores: dict[str, np.ndarray]) -> bytes:
        for band, line, values in zip(self.bands, self.lines, scores.values(), strict=True):
            band.set_xy([*zip(ROWS, values.min(1), strict=True),
                         *zip(ROWS[::-1], values.max(1)[::-1], strict=True)])
            line.set_data(ROWS, values.mean(1))
        self.theory[0].set_data(ROWS, [theory.perfect_coverage(n, k) for n in ROWS])
        self.theory[1].set_data(ROWS, [theory.perfect_frechet(n, dim) for n in ROWS])
        ends = [values.mean(1)[-1] for name, values in scores.items() if name in LINES]
        move_names(self.names, np.array(ends) / 1.04)
        return self.canvas.png()
