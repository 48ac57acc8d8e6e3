"""A picture of sampling bias: what every model emits at one λ,
and where that is between quality and diversity.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from madkit.base.checks import Unit
from madkit.base.gate import gate
from madkit.live.controls import KNOWN, Choice
from madkit.live.pictures.frame import Drawn, Frame
from madkit.live.scenes import panels
from madkit.metrics.bias import Biased
from madkit.metrics.values import value_of
from madkit.plot import bias
from madkit.plot.language import COLOURS, shades
from madkit.plot.sheets import tiles

COLUMNS = 6                          # images of each label
SIGNS = ("circle", "square", "diamond", "triangle")


@gate
class SamplingBias:
    """Left: a panel per model, emitted rows over real ones (or sheets of images beside a real one).
    Right: precision over recall.

        picture = mk.live.SamplingBias(mk.sampling_bias(models, truth))
        picture.update(lam=0.8)                              # Frame; λ one of those sampled at
        mk.live.view(picture, lam=0.8)                       # with a slider

    Nothing is sampled while a slider moves.
    """

    plays = "lam"                        # the control that the player moves

    def __init__(self, biased: Biased):
        self.biased = biased

    @property
    def controls(self) -> dict[str, Choice]:
        """λ, of those sampled at, in their order."""
        lams = tuple(next(iter(self.biased.samples.values())))
        return {"lam": Choice(KNOWN["lam"].label, lams[0], lams)}

    def update(self, lam: Unit) -> Frame:
        """All models at this λ. ValueError for a λ that it was not sampled at."""
        emitted = self._emitted(lam)
        paths = bias.paths_of(self.biased)
        colours = shades(COLOURS["synthetic"], len(paths))
        lines = [panels.line(name, colour, points[:, 1], points[:, 2], marker=marker,
                             ring=int(np.flatnonzero(points[:, 0] == lam)[0]))
                 for (name, points), colour, marker
                 in zip(paths, colours, SIGNS * len(paths), strict=False)]
        best = [self.biased.floor["recall"], self.biased.floor["precision"]]
        x, y = self._axes(paths, best)
        plot = panels.plot(value_of("precision").label, x, y, lines,
                           cross=[*best, "real against real"], note=f"ring: λ = {lam:g}")
        return Drawn(panels.scene(self._words(lam), emitted, [plot]))

    def _axes(self, paths: list[bias.Path], best: list[float]) -> list[dict[str, Any]]:
        every = np.concatenate([points[:, 1:] for _, points in paths] + [np.array([best])])
        low, high = every.min(0), every.max(0)
        margin = 0.08 * (high - low).clip(min=0.05)
        foot = min(float(low[1] - margin[1]), 0.8)                # small differences look small
        return [panels.axis(value_of("recall").label, low[0] - margin[0], high[0] + margin[0]),
                panels.axis("", foot, max(high[1] + margin[1], 1.02))]

    def _emitted(self, lam: float) -> list[panels.Panel]:
        """A panel for each model; before those of images, a sheet of real ones."""
        biased, colour = self.biased, COLOURS["synthetic"]
        each = {name: bias.at(rows, lam) for name, rows in biased.samples.items()}
        if len(biased.real.shape) == 3:
            labels = bias.labels_of(biased)
            real = panels.sheet("real", COLOURS["real"], tiles(biased.real, labels, COLUMNS), None)
            return [real] + [panels.sheet(name, colour, tiles(rows, labels, COLUMNS), None)
                             for name, rows in each.items()]
        plane = bias.plane(biased.real)
        seen = panels.window(plane, 0.1)
        grey = panels.placed(plane, seen)
        return [panels.cloud(name, colour, grey, panels.placed(bias.plane(rows), seen))
                for name, rows in each.items()]

    def _words(self, lam: float) -> str:
        said = [f"{name} {self.biased.value(name, lam, 'precision'):.2f} and "
                f"{self.biased.value(name, lam, 'recall'):.2f}"
                for name in self.biased.samples]
        best = f"real against real {self.biased.floor['precision']:.2f} and {self.biased.floor['recall']:.2f}"
        return f"λ = {lam:g}, precision and recall: {', '.join([*said, best])}."
