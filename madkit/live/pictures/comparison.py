"""A picture that compares loops: what is left of the variance,
for each of them, while sliders move.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from madkit import exact, theory
from madkit.base.checks import Count, Rows, Unit
from madkit.base.gate import gate
from madkit.base.quantiles import quantiles
from madkit.live.controls import KNOWN, Choice, Slider
from madkit.live.pictures.canvas import Canvas, Frame
from madkit.loops import Loop
from madkit.plot import COLOURS, DRAWING, figure
from madkit.plot.language import ink, looks
from madkit.plot.layout import LABEL, TEXT, move_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOOT = 0.03                              # the lowest share of the truth's variance that is shown


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

    def __init__(
        self,
        loops: Mapping[str, Callable[[int, float], Loop]],  # by the names that the picture shows
        *,
        dim: Count = 2,
        generations: Count = 50,                            # how far the axes reach
        seeds: int = 100,                                   # how many, for the band
    ):
        self.loops, self.dim, self.generations, self.seeds = dict(loops), dim, generations, seeds
        self.t = np.arange(1, generations + 1)
        self.looks = looks([repr(loop(2, 1.0)) for loop in self.loops.values()])
        self._place()

    @property
    def controls(self) -> dict[str, Slider | Choice]:
        """λ and n."""
        return {"lam": KNOWN["lam"], "n": Slider("rows per generation n", 100, 2, 1000)}

    def update(self, n: Rows, lam: Unit) -> Frame:
        """n real rows in generation 1, n synthetic rows in each later one, sampling bias lam."""
        with DRAWING:
            ends = []
            for i, loop in enumerate(self.loops.values()):
                low, median, high, expected = self._shares(loop(n, lam), n)
                self.bands[i].set_xy(np.transpose([[*self.t, *self.t[::-1]], [*low, *high[::-1]]]))
                self.lines[i].set_data(self.t, median)
                self.theory[i].set_data(self.t, expected)
                ends.append(float(median[-1]))
            self._name(ends)
            return Frame(self.canvas.png(), self._words(n, lam, ends))

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

    def _place(self) -> None:
        drawn = figure(10, 4.2)
        drawn.set_layout_engine("none")
        self.ax = ax = drawn.panels.item()
        self._axes(ax)
        self.bands = [ax.fill([1], [1], alpha=0.2, linewidth=0, color=look.colour)[0]
                      for look in self.looks]
        self.lines = [ax.plot([], [], color=look.colour, linestyle=look.line, linewidth=2.4)[0]
                      for look in self.looks]
        self.theory = [ax.plot([], [], color=COLOURS["theory"], linewidth=1.2, dashes=(4, 3))[0]
                       for _ in self.looks]
        self.names = [ax.text(1.03, 0, name, transform=ax.transAxes, va="center", fontsize=TEXT,
                              fontweight="bold", color=ink(look.colour))
                      for name, look in zip(self.loops, self.looks, strict=True)]
        self.canvas = Canvas(drawn, [*self.bands, *self.lines, *self.theory, *self.names])

    def _axes(self, ax: Axes) -> None:
        ax.set_position((0.09, 0.15, 0.68, 0.75))
        ax.set(xscale="log", yscale="log", xlim=(1, self.generations), ylim=(FOOT, 2))
        ticks = [t for t in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if t <= self.generations]
        ax.set_xticks(ticks, map(str, ticks))
        ax.set_yticks([0.03, 0.1, 0.3, 1], ["3 %", "10 %", "30 %", "100 %"])
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_ticks([], minor=True)
        ax.tick_params(axis="x", pad=6)
        ax.set_xlabel("generation (log scale)", fontsize=LABEL, color=COLOURS["text"])
        ax.set_title("variance, as a share of the truth's (log scale)", loc="left",
                     fontsize=LABEL, color=COLOURS["text"])
        ax.axhline(1, color=COLOURS["real"], linewidth=0.8, zorder=0)
        ax.text(0.02, 0.04, "line: median, band: 10–90 %\nthin dashes: expectation",
                transform=ax.transAxes, fontsize=TEXT, color=COLOURS["faint"])

    def _name(self, ends: list[float]) -> None:
        """Names beside the ends of the lines; at the foot where a line has left the picture."""
        low, high = np.log(self.ax.get_ylim())
        move_names(self.names, ((np.log(ends) - low) / (high - low)).clip(0.03, 1), room=1.1)


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.095 else f"{100 * share:.0f} %"
