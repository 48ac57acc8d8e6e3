"""A picture of sampling bias: what every model emits at one λ,
and where that is between quality and diversity.
"""

from __future__ import annotations

import io
import math

from madkit.base.checks import Unit
from madkit.base.gate import gate
from madkit.live.controls import KNOWN, Choice
from madkit.live.pictures.canvas import Frame
from madkit.metrics.bias import Biased
from madkit.plot import DRAWING, bias, layout
from madkit.plot.language import COLOURS


@gate
class SamplingBias:
    """Left: a panel per model, emitted rows over real ones (or sheets of images beside a real one).
    Right: precision over recall.

        picture = mk.live.SamplingBias(mk.sampling_bias(models, truth))
        picture.update(lam=0.8)                              # Frame; λ one of those sampled at
        mk.live.view(picture, lam=0.8)                       # with a slider

    A frame is drawn once for each λ, and kept: nothing is sampled while a slider moves.
    """

    def __init__(self, biased: Biased):
        self.biased = biased
        self._drawn: dict[float, Frame] = {}

    @property
    def controls(self) -> dict[str, Choice]:
        """λ, of those sampled at, in their order."""
        lams = tuple(next(iter(self.biased.samples.values())))
        return {"lam": Choice(KNOWN["lam"].label, lams[0], lams)}

    def update(self, lam: Unit) -> Frame:
        """All models at this λ. ValueError for a λ that it was not sampled at."""
        with DRAWING:
            if lam not in self._drawn:
                self._drawn[lam] = Frame(self._png(lam), self._words(lam))
            return self._drawn[lam]

    def _png(self, lam: float) -> bytes:
        names, columns = bias.names_of(self.biased), 6
        across = len(names) if len(names) < 4 else math.ceil(len(names) / 2)
        down, shape = math.ceil(len(names) / across), bias.aspect(self.biased, columns)
        tall = 6 / across * shape + 0.35                                     # inches of a row
        drawn = layout.figure(11, max(3.8, down * tall), down, across)
        drawn.set_layout_engine("none")
        panels = list(drawn.panels.flat)
        self._place(panels, across, down)
        bias.draw(panels[: len(names)], self.biased, lam, columns)
        for panel, name in zip(panels, names, strict=False):
            panel.set_title(name, fontsize=layout.TEXT, color=COLOURS["text"], pad=4)
        for panel in panels[len(names) :]:
            panel.set_visible(False)
        right = drawn.add_axes((0.63, 0.16, 0.21, 0.74))
        layout.plain(right)
        right.set_title(f"λ = {lam:g}", loc="left", fontsize=layout.LABEL, fontweight="bold",
                        color=COLOURS["synthetic"])
        bias.tradeoff(self.biased, lam=lam, ax=right, heading=False)
        file = io.BytesIO()
        drawn.savefig(file, format="png", dpi=120)
        return file.getvalue()

    def _place(self, panels: list, across: int, down: int) -> None:
        for i, panel in enumerate(panels):
            row, column = divmod(i, across)
            width, height = 0.55 / across, 1 / down
            corner = 0.005 + column * width, 1 - (row + 1) * height
            panel.set_position((*corner, 0.94 * width, 0.86 * height))

    def _words(self, lam: float) -> str:
        said = [f"{name} {self.biased.value(name, lam, 'precision'):.2f} and "
                f"{self.biased.value(name, lam, 'recall'):.2f}"
                for name in self.biased.samples]
        best = f"real against real {self.biased.floor['precision']:.2f} and {self.biased.floor['recall']:.2f}"
        return f"λ = {lam:g}, precision and recall: {', '.join([*said, best])}."
