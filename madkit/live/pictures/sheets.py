"""A picture of recorded image runs: what a generation emitted beside real images,
and how good and how diverse it is.

    runs = mk.recorded("fig06_fully_synthetic")                         # {"λ = 1": Run, "λ = 0.8": Run, …}
    mk.live.view(mk.live.Sheets(runs), t=5, lam=1.0)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from madkit.base.checks import Count, Unit
from madkit.base.gate import gate
from madkit.live.controls import Choice, Slider, bias, generation
from madkit.live.pictures.frame import Drawn, Frame, check_rows
from madkit.live.scenes import panels
from madkit.metrics.values import value_of, words
from madkit.plot.language import COLOURS, family, named
from madkit.plot.sheets import labels_of, tiles
from madkit.record import Run

EACH = 10                                                               # images of each label
VALUES = {"frechet": replace(value_of("frechet"), short="FID"),              # of features, that is
          "precision": value_of("precision"), "recall": value_of("recall")}
DASHES = {"frechet": "-", "precision": "-", "recall": (0, (8, 3))}
COLOUR = {name: COLOURS[value.aspect or "synthetic"] for name, value in VALUES.items()}


@gate
class Sheets:
    """Left: a sheet of real images. Middle: the images that generation t emitted,
    a column for each label, the first ten, none chosen. Right: Fréchet distance,
    precision and recall of the first seed, the cursor at t.

        picture = mk.live.Sheets(mk.recorded("fig06_fully_synthetic"))
        picture.update(t=5, lam=0.8)                    # the run called "λ = 0.8": Frame
        picture.update(t=5, run="λ = 0.8")              # the same
        picture.update(t=5)                             # the first of the runs

    Limits are the same for all runs, so that they compare. Labels of emitted images are those that
    the model was asked for. ValueError for runs without these metrics or without images, for a run
    that is not there, and for a generation whose images were not kept.
    """

    def __init__(self, runs: Run | Mapping[str, Run]):
        self.runs = named(runs)
        check_rows("Sheets", self.runs)
        self.paths = {name: {metric: _path(name, run, metric) for metric in VALUES}
                      for name, run in self.runs.items()}
        self.labels = labels_of(self.runs)
        self.last = max(max(paths["frechet"]) for paths in self.paths.values())
        self.top = max(value for paths in self.paths.values()
                       for value in paths["frechet"].values() if np.isfinite(value))
        self._sheet("real", COLOURS["real"], next(iter(self.runs.values())).real)

    @property
    def controls(self) -> dict[str, Slider | Choice]:
        """The generation, of those that all runs kept; of several runs λ, or else the run."""
        t = generation(set.intersection(*(set(run.samples) for run in self.runs.values())))
        if len(self.runs) == 1:
            return {"t": t}
        names = tuple(self.runs)
        if lam := bias(names):
            return {"t": t, "lam": lam}
        return {"t": t, "run": Choice("run", names[0], names)}

    def update(self, t: Count, run: str | None = None, lam: Unit | None = None) -> Frame:
        """Generation t of the run of this name, or of the one called "λ = lam"."""
        name = self._name(run, lam)
        one, paths = self.runs[name], self.paths[name]
        if t not in one.samples:
            raise ValueError(f"t: the images of generation {t} were not kept, expected one of "
                             f"{', '.join(map(str, one.samples))}")
        look = family(one.spec["loop"])
        emitted = self._sheet(f"generation {t}", look.colour, one.samples[t])
        left = [] if one.real is None else [self._sheet("real", COLOURS["real"], one.real)]
        colours = COLOUR | {"frechet": look.colour}
        x = panels.generations(self.last)
        lines = {metric: panels.line(VALUES[metric].short, colours[metric], list(path),
                                     list(path.values()), dash=DASHES[metric], dot=path[t])
                 for metric, path in paths.items()}
        upper = panels.plot(f"{name} · {words('frechet')} (FID)", x,
                            panels.axis("", 0, 1.08 * self.top), [lines["frechet"]], at=t)
        lower = panels.plot("precision and recall", x, panels.axis("", 0, 1.08, ticks=(0, 0.5, 1)),
                            [lines["precision"], lines["recall"]], at=t, note=_seeds(one))
        return Drawn(panels.scene(self._words(t, name), [*left, emitted], [upper, lower]))

    def _name(self, run: str | None, lam: float | None) -> str:
        name = run if run is not None else next(iter(self.runs)) if lam is None else f"λ = {lam:g}"
        if name not in self.runs:
            raise ValueError(f"{'run' if run is not None else 'lam'}: expected one of "
                             f"{', '.join(self.runs)}, got {name!r}")
        return name

    def _words(self, t: int, name: str) -> str:
        run = self.runs[name]
        said = ", ".join(f"{VALUES[metric].short} {path[t]:.3g} "
                         f"({path[min(path)]:.3g} in generation {min(path)})"
                         for metric, path in self.paths[name].items())
        kind = family(run.spec["loop"]).name.removesuffix(" loop")
        return (f"{name}: generation {t} of {max(run.samples)}, {kind} loop, {_seeds(run)}. "
                f"{said}. Left real images, beside them those that this generation emitted: the "
                "first ten of each label, white where fewer were kept.")

    def _sheet(self, title: str, colour: str, samples: Any) -> panels.Panel:
        """A column for each label; images without labels in their order."""
        grid, named = tiles(samples, self.labels, EACH), self.labels[0] is not None
        return panels.sheet(title, colour, grid.swapaxes(0, 1) if named else grid,
                            self.labels if named else None)


def _path(name: str, run: Run, metric: str) -> dict[int, float]:
    """{generation: value} of the first seed."""
    rows = run.table[(run.table.metric == metric) & (run.table.seed == run.table.seed.min())]
    if rows.empty:
        present = ", ".join(map(str, dict.fromkeys(run.table.metric))) or "none"
        raise ValueError(f"Sheets: {name!r} has no metric {metric!r}, expected "
                         f"{', '.join(VALUES)}; it has {present}")
    return dict(zip(rows.generation.tolist(), rows.value.tolist(), strict=True))


def _seeds(run: Run) -> str:
    seeds = run.table.seed.nunique()
    return "one seed, no band" if seeds == 1 else f"the first of {seeds} seeds"
