"""A picture of a run's own rows: what each generation emitted, and which numbers of it fall.

It plays a run that was recorded, or one that is made anew for every setting of the sliders:

    run = mk.load(mk.data.shipped("runs/fig14_fully_synthetic"))
    mk.live.view(mk.live.Playback(run), t=500)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from madkit.base.checks import Count
from madkit.base.gate import gate
from madkit.base.quantiles import quantiles
from madkit.live.controls import KNOWN, Choice, Slider, generation
from madkit.live.pictures.canvas import Canvas, Frame
from madkit.metrics.values import words
from madkit.plot import COLOURS, DRAWING, family, figure
from madkit.plot.language import Family, ink, ramp
from madkit.plot.layout import LABEL, TEXT, generation_axis, move_names
from madkit.record import Run

LETTERS = {"lam": "λ"}               # settings as the paper writes them
METRICS = ("modes.alive", "modes.variance", "trace")
LINES = ("-", (0, (5, 2)), (0, (1, 1)))     # of the first, second, … metric


@gate
class Playback:
    """Left: real rows (grey) and the rows that generation t of the first seed emitted.
    Right: metrics over generations, as shares of what they are in generation 1;
    median and band of all seeds, dots for the rows on the left.

        picture = mk.live.Playback(run)                      # a Run with rows in the plane
        picture.update(t=500)                                # Frame
        picture = mk.live.Playback(                          # a run for each λ: the last is kept
            lambda lam: mk.run(model, mk.fully_synthetic(250, lam), truth, metrics=…),
            generations=10)
        picture.update(t=10, lam=0.8)
        mk.live.view(picture, t=10, lam=0.8)                 # with sliders

    At most three metrics, positive in generation 1.
    ValueError for a generation whose rows were not kept.
    """

    def __init__(
        self,
        run: Run | Callable[..., Run],     # a Run, or the function of settings that makes one
        metrics: Sequence[str] = METRICS,  # of the run's table, three at most
        generations: Count | None = None,  # of runs that a function makes: the slider's end
    ):
        self.make: Callable[..., Run] = run if callable(run) else lambda: run
        asked = range(1, 1 + (generations or 0))
        self._kept = tuple(run.samples) if isinstance(run, Run) else asked
        self.metrics = tuple(metrics)
        self._played: tuple[dict[str, Any], Run, list[_Path]] | None = None
        self._drawing: _Drawing | None = None

    @property
    def controls(self) -> dict[str, Slider | Choice | None]:
        """The generation, and what the function takes; None where the range is not known."""
        given = inspect.signature(self.make).parameters.values()
        taken = [p for p in given if p.kind is not p.VAR_KEYWORD]
        known = {p.name: KNOWN.get(p.name) for p in taken
                 if p.name in KNOWN or p.default is p.empty}
        return {"t": generation(self._kept) if self._kept else None} | known

    def update(self, t: Count, **settings: Any) -> Frame:
        """Generation t of the run with these settings."""
        with DRAWING:
            run, paths = self.play(**settings)
            if t not in run.samples:
                kept = ", ".join(map(str, run.samples))
                raise ValueError(
                    f"t: the rows of generation {t} were not kept, expected one of {kept}")
            self._drawing = self._drawing or _Drawing(run, self.metrics)
            return Frame(self._drawing(t, run, paths), self._words(t, run, paths, settings))

    def play(self, **settings: Any) -> tuple[Run, list[_Path]]:
        """The run of these settings, and its metrics."""
        if self._played is None or self._played[0] != settings:
            run = self.make(**settings)
            self._played = settings, run, [_path(run, metric) for metric in self.metrics]
        return self._played[1:]

    def _words(self, t: int, run: Run, paths: list[_Path], settings: dict[str, Any]) -> str:
        given = "".join(f", {LETTERS.get(name, name)} = {value:g}"
                        for name, value in settings.items())
        said = ", ".join(f"{words(path.metric)} {path.at(t):.3g} "
                         f"({path.first[0]:.3g} in generation 1)" for path in paths)
        name = family(run.spec["loop"]).name.removesuffix(" loop")
        return f"Generation {t} of {run.table.generation.max()}, {name} loop{given}, first seed: {said}."


@dataclass(frozen=True)
class _Path:
    """One metric over the judged generations t (T,)."""

    metric: str
    t: np.ndarray
    first: np.ndarray           # (T,) of the first seed, whose rows are shown
    # (3, T): 10 %, median, 90 % of the seeds, as shares of the median in generation 1
    shares: np.ndarray
    start: float                # that median

    def at(self, t: int) -> float:
        """The first seed's value in generation t."""
        return float(self.first[np.searchsorted(self.t, t)])


def _path(run: Run, metric: str) -> _Path:
    rows = run.table[run.table.metric == metric]
    table = rows.pivot_table(index="seed", columns="generation", values="value", dropna=False)
    seen = quantiles(table.to_numpy(float))
    first, start = table.loc[run.spec["seeds"][0]].to_numpy(float), float(seen[1, 0])
    return _Path(metric, table.columns.to_numpy(), first, seen / start, start)


class _Drawing:
    """The artists of a Playback. `drawing(t, run, paths)` puts them in place: PNG."""

    def __init__(self, run: Run, metrics: Sequence[str]):
        self.figure = figure(10, 4, 1, 2)
        self.figure.set_layout_engine("none")
        self.left, self.right = self.figure.panels.flat
        self._left(run)
        self._right(run, metrics)
        self.canvas = Canvas(self.figure, [self.rows, self.heading, *self.bands, *self.lines,
                                           self.cursor, *self.dots, *self.names])

    def _left(self, run: Run) -> None:
        ax, real = self.left, _rows(run.real)
        centre, half = (real.max(0) + real.min(0)) / 2, 0.53 * np.ptp(real, axis=0).max()
        ax.set_position((0.015, 0.075, 0.336, 0.84))
        ax.grid(False)
        ax.set(xlim=centre[0] + [-half, half], ylim=centre[1] + [-half, half], aspect="equal",
               xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color="#BBBBBB")
        ax.plot(*real[:1500].T, ".", color=COLOURS["real"], markersize=4, markeredgewidth=0,
                alpha=0.35, zorder=1)
        ax.set_xlabel("grey: real rows", loc="left", fontsize=TEXT, color=COLOURS["real"])
        (self.rows,) = ax.plot([], [], ".", markersize=4, markeredgewidth=0, alpha=0.7)
        self.heading = ax.set_title("", loc="left", fontsize=LABEL, fontweight="bold")

    def _right(self, run: Run, metrics: Sequence[str]) -> None:
        ax = self.right
        ax.set_position((0.435, 0.15, 0.375, 0.765))
        generation_axis(ax, int(run.table.generation.max()))
        ax.set(ylim=(0, 1.5), yticks=[0, 0.5, 1, 1.5])
        ax.set_yticklabels(["0", "50 %", "100 %", "150 %"])
        ax.set_title("as a share of generation 1", loc="left", fontsize=LABEL,
                     color=COLOURS["text"])
        ax.axhline(1, color=COLOURS["real"], linewidth=0.8, zorder=0)
        self.bands = [ax.fill([0], [0], alpha=0.18, linewidth=0)[0] for _ in metrics]
        self.lines = [ax.plot([], [], linewidth=2.4, linestyle=line)[0]
                      for line, _ in zip(LINES, metrics, strict=False)]
        self.cursor = ax.plot([], [], color=COLOURS["faint"], linewidth=1)[0]
        self.dots = [ax.plot([], [], "o", markersize=7)[0] for _ in metrics]
        self.names = [ax.text(1.03, 0, words(metric).replace(" ", "\n", 1), va="center",
                              transform=ax.transAxes, fontsize=TEXT, fontweight="bold")
                      for metric in metrics]

    def __call__(self, t: int, run: Run, paths: list[_Path]) -> bytes:
        look = family(run.spec["loop"])
        self.rows.set(data=_rows(run.samples[t]).T, color=look.colour)
        alive = next((f" · {p.at(t):.0f} of {p.start:.0f} modes"
                      for p in paths if p.metric == "modes.alive"), "")
        self.heading.set(text=f"generation {t}{alive}", color=ink(look.colour))
        self.cursor.set(data=([t, t], self.right.get_ylim()))
        self._curves(t, paths, look)
        return self.canvas.png()

    def _curves(self, t: int, paths: list[_Path], look: Family) -> None:
        places = (0.5, 0.8, 0.3)
        for path, place, band, line, dot, name in zip(
                paths, places, self.bands, self.lines, self.dots, self.names, strict=False):
            colour, (low, median, high) = ramp(look.colour, place), path.shares
            band.set(xy=np.transpose([[*path.t, *path.t[::-1]], [*low, *high[::-1]]]), color=colour)
            line.set(data=(path.t, median), color=colour)
            dot.set(data=([t], [path.at(t) / path.start]), color=colour)
            name.set_color(ink(colour))
        top = self.right.get_ylim()[1]
        # above the axis
        ends = np.nan_to_num([path.shares[1, -1] for path in paths]).clip(0.06 * top, top) / top
        move_names(self.names, ends)


def _rows(samples: Any) -> np.ndarray:
    if samples is None or samples.x.ndim != 2 or samples.x.shape[1] != 2:
        raise ValueError("Playback: expected a run with real and emitted rows of two numbers each, "
                         f"got {samples!r}")
    return samples.x.cpu().numpy()
