"""A matplotlib figure that shows itself in a notebook: pixels,
the same with a text alternative, and that text alone.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from matplotlib import axes, figure
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from madkit.base import notebook
from madkit.plot.layout import DRAWING
from madkit.plot.still import still


class Shown:
    """What a notebook shows of anything that has a figure: the figure."""

    figure: Any

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        notebook.shown()
        return self.figure.bundle()


class Axes(Shown, axes.Axes):
    """Axes that show their figure, and names as they are: "$" is a dollar."""

    def text(self, *args: Any, **kwargs: Any) -> Any:
        return super().text(*args, **{"parse_math": False} | kwargs)

    def annotate(self, *args: Any, **kwargs: Any) -> Any:
        return super().annotate(*args, **{"parse_math": False} | kwargs)


class Panels(Shown, np.ndarray):
    """An array of axes that shows their figure."""

    @property
    def figure(self) -> figure.Figure:
        """The figure of the first panel."""
        return self.flat[0].figure


class Figure(Shown, figure.Figure):
    """A figure without pyplot: the last line of a cell shows it, `savefig` writes it,
    `alt` is what it says in words.
    """

    grid: list[list[Axes]]     # no array: the cycle collector sees into lists alone
    _alt: str | None = None

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        FigureCanvasAgg(self)

    @property
    def panels(self) -> Panels:
        """Its axes, (rows, columns)."""
        return np.array(self.grid, dtype=object).view(Panels)

    @property
    def alt(self) -> str:
        """The text alternative: what was set, else titles,
        labels and the two ends of every named line.
        """
        return self._alt if self._alt is not None else " ".join(map(_words, self.axes))

    @alt.setter
    def alt(self, text: str) -> None:
        self._alt = text

    def draw(self, renderer: Any) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")      # emoji: an empty box
            super().draw(renderer)

    def png(self, dpi: float = 150) -> bytes:
        """The figure as a PNG file."""
        file = io.BytesIO()
        with DRAWING:
            self.savefig(file, format="png", dpi=dpi)
            release(self)
        return file.getvalue()

    def bundle(self) -> dict[str, str]:
        """Its three forms: image/png, text/html with a text alternative, text/plain."""
        return still(self.png(), self.alt, f"{self.get_figwidth():.4g}in", caption=False)


def release(drawn: figure.Figure) -> None:
    """Let go of the pixels that a figure was drawn into, megabytes that its canvas and each of its
    texts would hold: a notebook keeps every figure that it ever showed.
    """
    for text in drawn.findobj(Text):
        text._renderer = None
    FigureCanvasAgg(drawn)


def _words(ax: axes.Axes) -> str:
    """One panel in words."""
    texts = [text.get_text() for text in reversed(ax.texts) if text.get_gid() == "title"]
    texts += [ax.get_title(loc) for loc in ("left", "center")]
    labels = " over ".join(label for label in (ax.get_ylabel(), ax.get_xlabel()) if label)
    said = [text.replace("\n", " ").rstrip(".") + "." for text in (*texts, labels) if text]
    return " ".join([*said, *filter(None, map(_ends, ax.lines))])


def _ends(line: Any) -> str:
    """A named line in words: where it starts and where it ends."""
    x, y = (np.asarray(part, float) for part in (line.get_xdata(), line.get_ydata()))
    seen = np.flatnonzero(np.isfinite(y))
    if not len(seen) or line.get_label().startswith("_"):
        return ""
    first, last = seen[[0, -1]]
    return f"{line.get_label()}: {y[first]:.3g} at {x[first]:g}, {y[last]:.3g} at {x[last]:g}."
