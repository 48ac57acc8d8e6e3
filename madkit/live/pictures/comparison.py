"""A picture that compares loops: what is left of the variance,
for each of them, while sliders move.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from madkit import exact, theory
from madkit.base.captured import captured
from madkit.base.checks import Count, Rows, Unit
from madkit.base.gate import gate
from madkit.base.quantiles import quantiles
from madkit.live.controls import KNOWN, Choice, Slider
from madkit.live.pictures.frame import Drawn, Frame
from madkit.live.scenes import panels
from madkit.loops import Loop
from madkit.plot.language import looks

FOOT = 0.03                              # the lowest share of the truth's variance that is shown
SHARES = panels.axis("", FOOT, 2, True, {0.03: "3 %", 0.1: "10 %", 0.3: "30 %", 1: "100 %"})


@gate
class Comparison:
    """Several loops side by side: the variance of the fit over generations,
    median and band of all seeds, theory on top.

        loops = {"fully synthetic": mk.fully_synthetic, "everything kept": mk.accumulate}
        picture = mk.live.Comparison(loops)
        picture.update(n=100, lam=0.8)                      # n real rows, then loop(n, lam) for each loop: Frame
        mk.live.view(picture, n=100, lam=0.8)               # with sliders

    Both axes are logarithmic: exponential decay falls off the picture, a power law is a straight
    line. A Gaussian is fitted to N(0, I); every move recomputes all seeds by the exact law.
    """

    plays = "lam"                        # the control that the player moves

    def __init__(
        self,
        loops: Mapping[str, Callable[[int, float], Loop]],  # by the names that the picture shows
        *,
        dim: Count = 2,
        generations: Count = 50,                            # how far the axes reach
        seeds: int = 100,                                   # how many, for the band
    ):
        self.loops = {name: captured(loop) for name, loop in loops.items()}
        self.dim, self.generations, self.seeds = dim, generations, seeds
        self.t = np.arange(1, generations + 1)
        self.looks = looks([repr(loop(2, 1.0)) for loop in self.loops.values()])

    @property
    def controls(self) -> dict[str, Slider | Choice]:
        """λ and n."""
        return {"lam": KNOWN["lam"], "n": Slider("rows per generation n", 100, 2, 1000)}

    def update(self, n: Rows, lam: Unit) -> Frame:
        """n real rows in generation 1, n synthetic rows in each later one, sampling bias lam."""
        shares = [self._shares(loop(n, lam), n) for loop in self.loops.values()]
        lines = [panels.line(name, look.colour, self.t, median, dash=look.line, low=low, high=high,
                             theory=expected)
                 for name, look, (low, median, high, expected)
                 in zip(self.loops, self.looks, shares, strict=True)]
        ticks = [t for t in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if t <= self.generations]
        x = panels.axis("generation (log scale)", 1, max(self.generations, 2), True, ticks)
        plot = panels.plot("variance left, of the truth's (log scale)", x, SHARES, lines,
                           level=1, note="line: median, band: 10–90 %, thin dashes: expectation")
        ends = [float(median[-1]) for _, median, *_ in shares]
        return Drawn(panels.scene(self._words(n, lam, ends), [], [plot]))

    def _words(self, n: int, lam: float, ends: list[float]) -> str:
        said = ", ".join(f"{name} {_percent(end)}"
                         for name, end in zip(self.loops, ends, strict=True))
        return (f"λ = {lam:g}, n = {n}: variance left at generation {self.generations}, as a "
                f"share of the truth's, in the median of {self.seeds} seeds: {said}.")

    def _shares(self, loop: Loop, n: int) -> np.ndarray:
        """10 %, median, 90 % of the seeds, and the expectation, (4, T)."""
        drawn = exact.simulate(loop, self.dim, generations=self.generations, seeds=self.seeds,
                               n_ini=n, metrics="trace", device="cpu")
        trace = drawn["trace"][0]  # (S, T)
        expected = theory.moments(loop, self.dim, self.generations, n).m
        left = np.vstack([quantiles(trace) / self.dim, expected])
        return left.clip(min=1e-9)                                        # > 0 on a log axis


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.095 else f"{100 * share:.0f} %"
