"""A picture of recorded image runs: what a generation emitted beside real images,
and how good and how diverse it is.

    runs = mk.recorded("fig06_fully_synthetic")                         # {"λ = 1": Run, "λ = 0.8": Run, …}
    mk.live.view(mk.live.Sheets(runs), t=5, lam=1.0)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from madkit.base.checks import Count, Unit
from madkit.base.gate import gate
from madkit.live.controls import Choice, Slider, bias, generation
from madkit.live.pictures.canvas import Canvas, Frame
from madkit.metrics.values import value_of, words
from madkit.plot import COLOURS, DRAWING, family, figure
from madkit.plot.language import ink, named
from madkit.plot.layout import LABEL, TEXT, generation_axis, move_names
from madkit.plot.sheets import labels_of, mosaic, tiles
from madkit.record import Run

EACH = 10                                                               # images of each label
VALUES = {"frechet": replace(value_of("frechet"), short="FID"),              # of features, that is
          "precision": value_of("precision"), "recall": value_of("recall")}
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
        self.paths = {name: {metric: _path(name, run, metric) for metric in VALUES}
                      for name, run in self.runs.items()}
        self.labels = labels_of(self.runs)
        self._place()

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
        with DRAWING:
            look = family(one.spec["loop"])
            if one.real is not None:
                self.real.set_data(self._sheet(one.real))
            self.emitted.set_data(self._sheet(one.samples[t]))
            self.heading.set(text=f"emitted by generation {t}", color=ink(look.colour))
            self.titles[0].set_text(f"{name} · {words('frechet')} (FID)")
            self.seeds.set_text(_seeds(one).replace(", ", ",\n"))
            self._curves(t, paths, look.colour)
            return Frame(self.canvas.png(), self._words(t, name))

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

    def _sheet(self, samples) -> np.ndarray:
        """A column for each label; images without labels in their order."""
        grid = tiles(samples, self.labels, EACH)
        return mosaic(grid if self.labels[0] is None else grid.swapaxes(0, 1))

    # --- what is drawn ----------------------------------------------------------------------------

    def _place(self) -> None:
        self.figure = drawn = figure(11, 4.1, 2, 2)
        drawn.set_layout_engine("none")
        (left, upper), (middle, lower) = drawn.panels
        first = next(iter(self.runs.values()))
        self.real, _ = self._image(left, 0.012, "real", first.real)
        self.emitted, self.heading = self._image(middle, 0.33, "emitted",
                                                 next(iter(first.samples.values())))
        top = max(value for paths in self.paths.values()
                  for value in paths["frechet"].values() if np.isfinite(value))
        self.titles = [self._axis(upper, 0.585, "", 1.08 * top),
                       self._axis(lower, 0.12, "precision and recall", 1.08)]
        lower.set_yticks([0, 0.5, 1])
        upper.set_xlabel("")
        upper.set_xticklabels([])
        self.axes = {"frechet": upper, "precision": lower, "recall": lower}
        dashes = {"frechet": "-", "precision": "-", "recall": (0, (8, 3))}
        self.lines = {m: ax.plot([], [], linewidth=2.4, linestyle=dashes[m], color=COLOUR[m])[0]
                      for m, ax in self.axes.items()}
        self.dots = {m: ax.plot([], [], "o", markersize=7, clip_on=False, color=COLOUR[m])[0]
                     for m, ax in self.axes.items()}
        self.cursors = [ax.plot([], [], color=COLOURS["faint"], linewidth=1)[0]
                        for ax in (upper, lower)]
        self.names = {m: ax.text(1.04, 0, VALUES[m].short, transform=ax.transAxes, va="center",
                                 fontsize=TEXT, fontweight="bold", color=ink(COLOUR[m]))
                      for m, ax in self.axes.items()}
        self.seeds = drawn.text(0.898, 0.507, "", fontsize=TEXT, color=COLOURS["faint"],
                                va="center")
        self.canvas = Canvas(drawn, [self.real, self.emitted, self.heading, self.titles[0],
                                     self.seeds, *self.cursors, *self.lines.values(),
                                     *self.dots.values(), *self.names.values()])

    def _image(self, ax, x: float, heading: str, samples):
        """An empty sheet, and its heading."""
        size = 0.3
        ax.set_position((x, 0.09, size, 0.815))
        ax.grid(False)
        ax.spines[:].set_visible(False)
        shown = ax.imshow(self._sheet(samples), cmap="gray", vmin=0, vmax=1,
                          interpolation="nearest", aspect="auto")
        height, width = shown.get_array().shape[:2]
        ax.set_box_aspect(height / width)
        ax.set(yticks=[], xticks=[])
        if self.labels[0] is not None:
            each = width / len(self.labels)
            places = [(i + 0.5) * each - 0.5 for i in range(len(self.labels))]
            ax.set_xticks(places, [str(label) for label in self.labels])
        return shown, ax.set_title(heading, loc="left", fontsize=LABEL, fontweight="bold",
                                   color=COLOURS["real"])

    def _axis(self, ax, y: float, title: str, top: float):
        """Axes of a number over generations, and their title."""
        ax.set_position((0.69, y, 0.2, 0.325))
        generation_axis(ax, max(max(paths["frechet"]) for paths in self.paths.values()))
        ax.set_ylim(0, top)
        return ax.set_title(title, loc="left", fontsize=LABEL, color=COLOURS["text"])

    def _curves(self, t: int, paths: dict[str, dict[int, float]], colour: str) -> None:
        for metric, path in paths.items():
            self.lines[metric].set_data(list(path), list(path.values()))
            self.dots[metric].set_data([t], [path[t]])
        for artist in (self.lines["frechet"], self.dots["frechet"]):
            artist.set_color(colour)
        self.names["frechet"].set_color(ink(colour))
        for cursor in self.cursors:
            cursor.set_data([t, t], cursor.axes.get_ylim())
        for ax in dict.fromkeys(self.axes.values()):
            ends = {m: path[max(path)] for m, path in paths.items() if self.axes[m] is ax}
            places = np.nan_to_num(list(ends.values())) / ax.get_ylim()[1]
            move_names([self.names[m] for m in ends], places)


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
