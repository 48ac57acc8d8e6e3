"""A picture of tails: a flow's recorded loop on the curved density,
with the contour beyond which the truth's tails lie.

    runs = mk.recorded("fig17_fully_synthetic")                         # {"λ = 1": Run, "λ = 0.75": Run}
    mk.live.view(mk.live.Tails(runs), t=3, lam=0.75)

Dashed is what fits without error would do. With z ~ N(0, I) the truth's latent cloud, generation t
then emits z ~ N(0, λᵗ I), so a share s^(1/λᵗ) lies beyond the contour that leaves s of the truth
outside, and tr Σ_t = λᵗ + (2 λ²ᵗ + λᵗ/2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from madkit.base.checks import Count, Unit
from madkit.base.gate import gate
from madkit.base.quantiles import quantiles
from madkit.data.toys import rosenbrock
from madkit.live.controls import Choice, Slider, bias, generation
from madkit.live.pictures.canvas import Canvas, Frame
from madkit.metrics.values import value_of
from madkit.plot import COLOURS, DRAWING, family, figure
from madkit.plot.language import ink
from madkit.plot.layout import LABEL, TEXT, generation_axis
from madkit.record import Run

SHARE = 0.05                                      # of the truth lies beyond the contour


@gate
class Tails:
    """Left: real rows (grey), the contour that holds 95 % of the truth, and rows that generation t
    of the first seed emitted. Right: the share of rows beyond the contour, and the total variance:
    median and band of all seeds, the cursor at t.

        picture = mk.live.Tails(mk.recorded("fig17_fully_synthetic"))
        picture.update(t=3, lam=0.75)                   # the run called "λ = 0.75": Frame

    The runs are fully synthetic, on mk.data.rosenbrock(), with metrics tails and trace.
    ValueError for runs that are called otherwise, for one that is not there,
    and for a generation whose rows were not kept.
    """

    def __init__(self, runs: Mapping[str, Run]):
        self.runs = dict(runs)
        if not self.runs or bias(self.runs) is None:
            raise ValueError('Tails: expected runs called "λ = 1", "λ = 0.75", …, '
                             f"got {', '.join(self.runs) or 'none'}")
        self.paths = {name: {metric: _path(run, metric) for metric in ("tails.5", "trace")}
                      for name, run in self.runs.items()}
        self._place()

    @property
    def controls(self) -> dict[str, Slider | Choice]:
        """The generation, of those that all runs kept, and λ."""
        kept = set.intersection(*(set(run.samples) for run in self.runs.values()))
        lam = bias(self.runs)
        assert lam is not None, "runs are called by λ"
        return {"t": generation(kept), "lam": lam}

    def update(self, t: Count, lam: Unit) -> Frame:
        """Generation t of the run called "λ = lam"."""
        name = f"λ = {lam:g}"
        if name not in self.runs:
            raise ValueError(f"lam: expected that of one of {', '.join(self.runs)}, got {lam!r}")
        run, paths = self.runs[name], self.paths[name]
        if t not in run.samples:
            raise ValueError(f"t: the rows of generation {t} were not kept, expected one of "
                             f"{', '.join(map(str, run.samples))}")
        with DRAWING:
            self.rows.set_data(*run.samples[t].x.T)
            self.heading.set_text(f"{name} · generation {t}")
            for metric, ideal in _ideal(lam, self.last).items():
                low, median, high = paths[metric] * self.scale[metric]
                outline = [[*self.ts, *self.ts[::-1]], [*low, *high[::-1]]]
                self.bands[metric].set_xy(np.transpose(outline))
                self.lines[metric].set_data(self.ts, median)
                self.theory[metric].set_data(self.ts, ideal * self.scale[metric])
                self.dots[metric].set_data([t], [median[t - 1]])
                self.cursors[metric].set_xdata([t, t])
            return Frame(self.canvas.png(), self._words(t, name, lam))

    def _words(self, t: int, name: str, lam: float) -> str:
        _, share, _ = self.paths[name]["tails.5"][:, t - 1]
        _, trace, _ = self.paths[name]["trace"][:, t - 1]
        ideal = _ideal(lam, self.last)
        seeds = len(self.runs[name].spec["seeds"])
        return (f"{name}: generation {t} of {self.last}, fully synthetic loop, median of {seeds} "
                f"seeds. Rows beyond the contour: {_percent(share)} (the truth: 5 %; perfect fits: "
                f"{_percent(ideal['tails.5'][t - 1])}). Total variance: {trace:.2g} (the truth: "
                f"3.5; perfect fits: {ideal['trace'][t - 1]:.2g}).")

    # --- what is drawn ----------------------------------------------------------------------------

    def _place(self) -> None:
        self.last = min(len(paths["trace"][0]) for paths in self.paths.values())
        self.ts, self.scale = np.arange(1, self.last + 1), {"tails.5": 100, "trace": 1}
        self.figure = drawn = figure(10.5, 4.2, 2, 2)
        drawn.set_layout_engine("none")
        (left, upper), (unused, lower) = drawn.panels
        unused.remove()
        first = next(iter(self.runs.values()))
        self.colour = family(first.spec["loop"]).colour
        self._left(left, first)
        self.bands: dict[str, Any] = {}
        self.lines: dict[str, Any] = {}
        self.theory: dict[str, Any] = {}
        self.dots: dict[str, Any] = {}
        self.cursors: dict[str, Any] = {}
        self._axis("tails.5", upper, 0.575, "rows beyond the contour, %", 100 * SHARE)
        self._axis("trace", lower, 0.12, value_of("trace").label, 3.5)
        upper.set_xlabel("")
        upper.set_xticklabels([])
        note = "line: median\nband: 10–90 %\nof the seeds\n\ndashed: fits\nwithout error\n\ngrey: the truth"
        drawn.text(0.86, 0.33, note, fontsize=TEXT, color=COLOURS["faint"], va="bottom")
        parts = (self.bands, self.theory, self.lines, self.cursors, self.dots)
        moving = [artist for part in parts for artist in part.values()]
        self.canvas = Canvas(drawn, [self.rows, self.heading, *moving])

    def _left(self, ax, run: Run) -> None:
        ax.set_position((0.012, 0.06, 0.45, 0.85))
        ax.grid(False)
        ax.set(xlim=(-3.6, 3.6), ylim=(-2.6, 10.5), xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color="#BBBBBB")
        assert run.real is not None  # a recorded run has its test rows
        ax.plot(*run.real.x.T, ".", color=COLOURS["real"], markersize=4, markeredgewidth=0,
                alpha=0.35, zorder=1)
        ax.plot(*rosenbrock().contour(SHARE).T, color=COLOURS["real"], linewidth=1.2, zorder=1)
        ax.set_xlabel("grey: real rows; the line holds 95 % of the truth", loc="left",
                      fontsize=TEXT, color=COLOURS["real"])
        (self.rows,) = ax.plot([], [], ".", color=self.colour, markersize=4.5, markeredgewidth=0,
                               alpha=0.7)
        self.heading = ax.set_title("", loc="left", fontsize=LABEL, fontweight="bold",
                                    color=ink(self.colour))

    def _axis(self, metric: str, ax, y: float, title: str, truth: float) -> None:
        ax.set_position((0.515, y, 0.325, 0.33))
        generation_axis(ax, self.last)
        highest = [np.nanmax(paths[metric]) * self.scale[metric] for paths in self.paths.values()]
        top = 1.1 * max(truth, *highest)
        ax.set_ylim(0, top)
        ax.set_title(title, loc="left", fontsize=LABEL, color=COLOURS["text"])
        ax.axhline(truth, color=COLOURS["real"], linewidth=0.8, zorder=0)
        self.bands[metric] = ax.fill([0], [0], color=self.colour, alpha=0.25, linewidth=0)[0]
        self.lines[metric] = ax.plot([], [], color=self.colour, linewidth=2.4)[0]
        self.theory[metric] = ax.plot([], [], color=COLOURS["theory"], linewidth=1.2,
                                      dashes=(4, 3))[0]
        self.dots[metric] = ax.plot([], [], "o", color=self.colour, markersize=8, clip_on=False)[0]
        self.cursors[metric] = ax.plot([1, 1], [0, top], color=COLOURS["faint"], linewidth=1)[0]


def _path(run: Run, metric: str) -> np.ndarray:
    """10 %, median and 90 % of the seeds, (3, T)."""
    rows = run.table[run.table.metric == metric]
    table = rows.pivot_table(index="seed", columns="generation", values="value", dropna=False)
    return quantiles(table.to_numpy(float))


def _ideal(lam: float, last: int) -> dict[str, np.ndarray]:
    """What fits without error would do, (T,) of each metric."""
    cooled = float(lam) ** np.arange(1, last + 1)
    shares = [rosenbrock.cooled_tail(SHARE, lam, t) for t in range(1, last + 1)]
    return {"tails.5": np.array(shares), "trace": 1.5 * cooled + 2 * cooled**2}


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share >= 1e-4 else "below 0.01 %"
