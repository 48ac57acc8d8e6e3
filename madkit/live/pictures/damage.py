"""A picture of a fault and of the metrics that see it.

    picture = mk.live.Damage(mk.data.grid25())
    mk.live.view(picture, fault="noise")                        # with sliders
    picture.update(fault="modes dropped", strength=0.3)         # Frame
    picture.table(0.3)                                          # every fault, every metric
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit import metrics as known
from madkit.base.checks import Rows, Seed, Several, Unit, whole
from madkit.base.foreign import Truthful
from madkit.base.gate import gate
from madkit.live.controls import Choice
from madkit.live.pictures.canvas import Canvas, Frame
from madkit.metrics.faults import FAULTS, Faults
from madkit.metrics.values import Metrics, chosen, named, words
from madkit.plot import COLOURS, DRAWING, figure
from madkit.plot.language import ink
from madkit.plot.layout import LABEL, TEXT
from madkit.samples import Samples

if TYPE_CHECKING:
    import pandas as pd

STRENGTHS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
SEEN = 4.0  # standard deviations of a perfect model's score that count as seen
ORDER = ("w2_squared", "frechet", "sliced_w2", "mmd", "precision", "density", "recall",
         "coverage", "trace", "modes.alive", "modes.variance", "classes.entropy")  # as drawn
ROWS = 1000                         # drawn on the left


@gate
class Damage:
    """Left: real rows (grey) and what a model with a known fault emits.
    Right: one line for each metric, its value over the strength of the fault,
    with the range of a perfect model (grey) and whether it sees the fault.

        picture.update(fault="noise", strength=0.1)      # a fault of mk.metrics.FAULTS, a strength of STRENGTHS

    A metric sees a fault when its value is more than 4 standard deviations away from the mean of a
    perfect model's, which new rows of the truth are, `repeats` times; values that agree to ten
    digits count as equal. Every fault is computed when first asked for. Rows are drawn as points of
    the plane, or as images. Metrics judge features of the rows where `features` is given.
    `names(metric)` says a metric in words.
    """

    names = staticmethod(words)

    def __init__(
        self,
        truth: Truthful,                # with centres or labels; see mk.metrics.Faults
        n: Rows = 500,                                             # rows on each side
        *,
        metrics: Metrics | None = None,                            # None: those of ORDER
        features: Callable[[Samples], Samples] | None = None,
        repeats: Several = 20,                                     # perfect models, for the range
        seed: Seed = 0,
    ):
        self.rows, self.repeats = Faults(truth, n, seed), whole("Damage: repeats", repeats, least=2)
        self.features = features or (lambda rows: rows)
        self.metrics = chosen(_metrics(truth) if metrics is None else metrics)
        self._curves: dict[str, pd.DataFrame] = {}
        self._drawing: _Drawing | None = None

    @property
    def controls(self) -> dict[str, Choice]:
        """The fault, and its strength."""
        faults = tuple(FAULTS)
        return {"fault": Choice("fault", faults[0], faults),
                "strength": Choice("strength", 0.3, STRENGTHS)}

    def update(self, fault: str, strength: Unit) -> Frame:
        """The rows with a fault, and the metrics' verdicts."""
        with DRAWING:
            curves = self.curves(fault)
            if strength not in STRENGTHS:
                raise ValueError(f"strength: expected one of {', '.join(map(str, STRENGTHS))}, "
                                 f"got {strength!r}")
            seen = self.seen(curves.loc[strength])
            self._drawing = self._drawing or _Drawing(self)
            drawn = self._drawing(fault, strength, curves, seen)
            return Frame(drawn, self._words(fault, strength, seen))

    def judge(self, fake: Samples) -> pd.Series:
        """The value of each metric of rows of your own, against the same real rows."""
        return self._judge(self.rows.real, fake)

    def seen(self, values: Mapping[str, Any] | pd.Series) -> pd.Series:
        """Whether each metric's value (of `judge`) is out of a perfect model's range."""
        import pandas as pd

        found = pd.Series(values, dtype=float)
        away = (found - self.perfect.mean()).abs()
        return (away > SEEN * self.perfect.std() + 1e-10 * self.perfect.mean().abs()) | found.isna()

    def curves(self, fault: str) -> pd.DataFrame:
        """The metrics (columns) over STRENGTHS (index)."""
        import pandas as pd

        if fault not in self._curves:
            judged = {s: self.judge(self.rows.emit(fault, s)) for s in STRENGTHS}
            self._curves[fault] = pd.DataFrame(judged).T
        return self._curves[fault]

    def table(self, strength: Unit) -> pd.DataFrame:
        """"sees" or "–" for each metric (rows) and fault (columns) at one strength."""
        import pandas as pd

        verdicts = {fault: self.seen(self.judge(self.rows.emit(fault, strength)))
                    for fault in FAULTS}
        return pd.DataFrame(verdicts).replace({True: "sees", False: "–"}).rename(index=words)

    @cached_property
    def perfect(self) -> pd.DataFrame:
        """The metrics (columns) of perfect models, other seeds of the truth (rows)."""
        import pandas as pd

        others = (Faults(self.rows.truth, self.rows.n, self.rows.seed + 1 + i)
                  for i in range(self.repeats))
        return pd.DataFrame([self._judge(one.real, one.perfect) for one in others])

    def _judge(self, real: Samples, fake: Samples) -> pd.Series:
        import pandas as pd

        real, fake = self.features(real), self.features(fake)
        values: dict[str, float] = {}
        for metric in self.metrics:
            values |= named(metric, metric(real, fake))
        return pd.Series({name: values[name] for name in ORDER if name in values}, dtype=float)

    def _words(self, fault: str, strength: float, seen: pd.Series) -> str:
        sees, misses = ([words(name) for name in seen.index[seen == verdict]]
                        for verdict in (True, False))
        return (f"{fault[0].upper()}{fault[1:]}, strength {100 * strength:g} %. Seen by: "
                f"{', '.join(sees) or 'none'}. Missed by: {', '.join(misses) or 'none'}.")


def _metrics(truth: Any) -> list[Callable]:
    """All that look at rows; of modes where the truth has centres."""
    chosen = [known.sliced_w2, known.mmd, known.precision, known.density, known.recall,
              known.coverage, known.trace]
    if hasattr(truth, "centres"):
        return [known.w2_squared, *chosen, known.modes(truth.centres, 4 * truth.std)]
    return [known.frechet, *chosen[1:]]


class _Drawing:
    """The artists of a Damage. `drawing(fault, strength, curves, seen)` puts them in place: PNG."""

    def __init__(self, picture: Damage):
        self.picture, names = picture, list(picture.perfect.columns)
        self.figure = figure(10, 4.6, 1, 1 + len(names))
        self.figure.set_layout_engine("none")
        self.left, *self.lines = self.figure.panels.flat
        self._left(picture.rows.real)
        self.parts = [self._line(ax, name, i, len(names))
                      for i, (ax, name) in enumerate(zip(self.lines, names, strict=True))]
        moving = [part for parts in self.parts for part in parts]
        self.canvas = Canvas(self.figure, [self.shown, self.heading, *moving])

    def _left(self, real: Samples) -> None:
        ax = self.left
        ax.set_position((0.015, 0.07, 0.37, 0.845))
        ax.grid(False)
        ax.set(xticks=[], yticks=[], aspect="equal")
        ax.spines[:].set(visible=True, color="#BBBBBB")
        self.heading = ax.set_title("", loc="left", fontsize=LABEL, fontweight="bold",
                                    color=ink(COLOURS["synthetic"]))
        if len(real.shape) == 1:
            x = real.x[:ROWS].cpu().numpy()
            centre, half = (x.max(0) + x.min(0)) / 2, 0.62 * np.ptp(x, axis=0).max()
            ax.set(xlim=centre[0] + [-half, half], ylim=centre[1] + [-half, half])
            ax.plot(*x.T, ".", color=COLOURS["real"], markersize=4, markeredgewidth=0, alpha=0.35)
            (self.shown,) = ax.plot([], [], ".", color=COLOURS["synthetic"], markersize=4,
                                    markeredgewidth=0, alpha=0.7)
            ax.set_xlabel("grey: real rows, vermilion: emitted rows", loc="left",
                          fontsize=TEXT, color=COLOURS["text"])
        else:
            self.shown = ax.imshow(_sheet(real), cmap="gray", vmin=0, vmax=1,
                                   interpolation="nearest")
            ax.set_xlabel("emitted images, one column for each label", loc="left",
                          fontsize=TEXT, color=COLOURS["text"])

    def _line(self, ax: Any, name: str, i: int, many: int) -> tuple[Any, ...]:
        height = 0.845 / many
        ax.set_position((0.565, 0.915 - (i + 0.88) * height, 0.19, 0.76 * height))
        ax.set(xlim=(-0.3, len(STRENGTHS) - 0.7), ylim=(-0.1, 1.1), xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        ax.grid(False)
        ax.text(-0.05, 0.5, words(name), transform=ax.transAxes, va="center", ha="right",
                fontsize=TEXT, color=COLOURS["text"])
        if i == 0:
            ax.set_title("strength 0 … 100 %", fontsize=TEXT, loc="left", color=COLOURS["faint"])
            ax.set_title("here (perfect model)", fontsize=TEXT, loc="right", color=COLOURS["faint"],
                         x=1.95)
        band = ax.fill([0], [0], color="#D8D8D8", linewidth=0)[0]
        (line,) = ax.plot([], [], color=COLOURS["synthetic"], linewidth=2)
        (dot,) = ax.plot([], [], "o", color=COLOURS["synthetic"], markersize=7)
        return band, line, dot, ax.text(1.06, 0.5, "", transform=ax.transAxes, va="center",
                                        fontsize=TEXT)

    def __call__(self, fault: str, strength: float, curves: pd.DataFrame, seen: pd.Series) -> bytes:
        emitted, perfect = self.picture.rows.emit(fault, strength), self.picture.perfect
        if len(emitted.shape) == 1:
            self.shown.set_data(emitted.x[:ROWS].cpu().numpy().T)
        else:
            self.shown.set_data(_sheet(emitted))
        self.heading.set_text(f"{fault}, strength {100 * strength:g} %")
        for name, (band, line, dot, text) in zip(curves, self.parts, strict=True):
            mean, spread = perfect[name].mean(), SEEN * perfect[name].std()
            y = curves[name].fillna(0).to_numpy()
            low, high = min(y.min(), mean - spread), max(y.max(), mean + spread)
            low, scale = (low, high - low) if high > low else (low - 0.5, 1)
            place = (y - low) / scale
            ends = [(mean + side * spread - low) / scale for side in (-1, 1)]
            ends = [ends[0] - 0.02, ends[1] + 0.02]  # a perfect model without spread
            left, right = -0.3, len(y) - 0.7
            band.set_xy([(left, ends[0]), (right, ends[0]), (right, ends[1]), (left, ends[1])])
            line.set_data(range(len(y)), place)
            at = STRENGTHS.index(strength)
            dot.set_data([at], [place[at]])
            verdict = "sees" if seen[name] else "misses"
            text.set(text=f"{verdict}  {_number(curves[name].iloc[at])} ({_number(mean)})",
                     fontweight="bold" if seen[name] else "normal",
                     color=ink(COLOURS["synthetic"]) if seen[name] else COLOURS["faint"])
        return self.canvas.png()


def _number(value: float) -> str:
    return f"{round(value, 4) + 0:.3g}"


def _sheet(images: Samples) -> np.ndarray:
    """Images as one, 8 rows of 10 columns, a column for each label; white where there are fewer."""
    h, w = images.shape[1:]
    sheet = np.ones((8, h + 1, 10, w + 1))
    for column in range(10):
        which = slice(8 * column, None) if images.y is None else images.y == column
        chosen = images.x[which][:8, 0]
        sheet[: len(chosen), :h, column, :w] = chosen.cpu().numpy()
    return sheet.reshape(8 * (h + 1), 10 * (w + 1))
