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

from madkit.base.captured import captured
from madkit.base.checks import Count, shown
from madkit.base.foreign import Truthful
from madkit.base.gate import gate
from madkit.base.quantiles import quantiles
from madkit.live.controls import KNOWN, Choice, Slider, generation
from madkit.live.pictures.frame import Drawn, Frame, check_rows
from madkit.live.scenes import panels
from madkit.metrics.values import words
from madkit.plot.language import Family, family, ramp
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

    At most three metrics, positive in generation 1. Of a truth with modes, those that have a row
    near (within 4 of its standard deviations) are ringed, and the others crossed out.
    ValueError for a generation whose rows were not kept.
    """

    def __init__(
        self,
        run: Run | Callable[..., Run],     # a Run, or the function of settings that makes one
        metrics: Sequence[str] | None = None,  # of the run's table, three at most; None: those
                                           # of METRICS that it has, else its first
        generations: Count | None = None,  # of runs that a function makes: the slider's end
        truth: Truthful | None = None,     # with centres and std, such as mk.data.grid25()
    ):
        if isinstance(run, Run):
            check_rows("Playback", {"": run})
        self.make: Callable[..., Run] = captured(run) if callable(run) else lambda: run
        self.made = callable(run)
        self.modes = None if truth is None else _modes(truth)
        asked = range(1, 1 + (generations or 0))
        self._kept = tuple(run.samples) if isinstance(run, Run) else asked
        self.metrics = None if metrics is None else tuple(metrics)
        self._played: tuple[dict[str, Any], Run, list[_Path]] | None = None

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
        run, paths = self.play(**settings)
        if t not in run.samples:
            kept = ", ".join(map(str, run.samples))
            raise ValueError(f"t: the rows of generation {t} were not kept, expected one of {kept}")
        look = family(run.spec["loop"])
        words = self._words(t, run, paths, settings)
        return Drawn(panels.scene(words, [self._cloud(t, run, paths, look)],
                                  [_curves(t, run, paths, look)]))

    def play(self, **settings: Any) -> tuple[Run, list[_Path]]:
        """The run of these settings, and its metrics."""
        if self._played is None or self._played[0] != settings:
            run = self.make(**settings)
            chosen = _named(run) if self.metrics is None else self.metrics
            self._played = settings, run, [_path(run, metric) for metric in chosen]
        return self._played[1:]

    def _cloud(self, t: int, run: Run, paths: list[_Path], look: Family) -> panels.Panel:
        real, rows = _rows(run.real), _rows(run.samples[t])
        seen = panels.window(real, 0.03)
        alive = next((f" · {p.at(t):.0f} of {p.start:.0f} modes"
                      for p in paths if p.metric == "modes.alive"), "")
        own, note = {}, "grey: real rows"
        if self.modes is not None:
            near = _near(rows, *self.modes)
            own = {"rings": panels.placed(self.modes[0][near], seen),
                   "crosses": panels.placed(self.modes[0][~near], seen)}
            note = "grey: real rows; ring: a mode that lives, cross: one that is gone"
        return panels.cloud(f"generation {t}{alive}", look.colour, panels.placed(real, seen),
                            panels.placed(rows, seen), note=note, **own)

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


def _named(run: Run) -> list[str]:
    """What is drawn where nothing is asked for."""
    there = [*run.table.metric.unique()]
    return [metric for metric in METRICS if metric in there] or there[:1]


def _path(run: Run, metric: str) -> _Path:
    rows = run.table[run.table.metric == metric]
    if rows.empty:
        there = ", ".join(map(repr, run.table.metric.unique()))
        raise ValueError(f"metrics: expected names of the run's metrics, {there}, got {shown(metric)}")
    table = rows.pivot_table(index="seed", columns="generation", values="value", dropna=False)
    seen = quantiles(table.to_numpy(float))
    first, start = table.loc[run.spec["seeds"][0]].to_numpy(float), float(seen[1, 0])
    return _Path(metric, table.columns.to_numpy(), first, seen / start, start)


SHARES = panels.axis("", 0, 1.5, ticks={0: "0", 0.5: "50 %", 1: "100 %", 1.5: "150 %"})


def _curves(t: int, run: Run, paths: list[_Path], look: Family) -> panels.Panel:
    lines = [panels.line(words(path.metric), ramp(look.colour, place), path.t, path.shares[1],
                         dash=dash, low=path.shares[0], high=path.shares[2],
                         dot=path.at(t) / path.start)
             for path, place, dash in zip(paths, (0.5, 0.8, 0.3), LINES, strict=False)]
    x = panels.generations(int(run.table.generation.max()))
    return panels.plot("as a share of generation 1", x, SHARES, lines, at=t, level=1)


def _modes(truth: Any) -> tuple[np.ndarray, float]:
    """The centres (k, 2) of its modes, and how near a row of them is."""
    centres = np.asarray(getattr(truth, "centres", np.empty(0)), float)
    if centres.ndim != 2 or centres.shape[1] != 2 or not hasattr(truth, "std"):
        raise ValueError("Playback: truth expected modes in the plane, with centres (k, 2) and std, "
                         f"such as mk.data.grid25(), got {shown(truth)}")
    return centres, 4 * float(truth.std)


def _near(rows: np.ndarray, centres: np.ndarray, radius: float) -> np.ndarray:
    """Whether a row is near, for each centre, (k,)."""
    squared = ((rows[:, None] - centres) ** 2).sum(-1)
    mine = (squared == squared.min(1, keepdims=True)) & (squared <= radius**2)
    return mine.any(0)


def _rows(samples: Any) -> np.ndarray:
    if samples is None or samples.x.ndim != 2 or samples.x.shape[1] != 2:
        raise ValueError("Playback: expected a run with real and emitted rows of two numbers each, "
                         f"got {shown(samples)}")
    return samples.x.cpu().numpy()
