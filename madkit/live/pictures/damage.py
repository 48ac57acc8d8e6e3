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
from madkit.base.checks import Rows, Seed, Several, Unit, shown, whole
from madkit.base.foreign import Truthful
from madkit.base.gate import gate
from madkit.live.controls import Choice
from madkit.live.pictures.frame import Drawn, Frame
from madkit.live.scenes import panels
from madkit.metrics.faults import FAULTS, Faults
from madkit.metrics.values import Features, Metrics, chosen, named, words
from madkit.plot.language import COLOURS
from madkit.plot.sheets import tiles
from madkit.samples import Samples

if TYPE_CHECKING:
    import pandas as pd

STRENGTHS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
SEEN = 4.0  # standard deviations of a perfect model's score that count as seen
ORDER = ("w2_squared", "frechet", "sliced_w2", "mmd", "precision", "density", "recall",
         "coverage", "trace", "modes.alive", "modes.variance", "classes.entropy")  # as drawn
EACH = 8                            # images of each label that are shown


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

    plays = "strength"                   # the control that the player moves
    names = staticmethod(words)

    def __init__(
        self,
        truth: Truthful,                # with centres or labels; see mk.metrics.Faults
        n: Rows = 500,                                             # rows on each side
        *,
        metrics: Metrics | None = None,                            # None: those of ORDER
        features: Features | None = None,
        repeats: Several = 20,                                     # perfect models, for the range
        seed: Seed = 0,
    ):
        self.rows, self.repeats = Faults(truth, n, seed), whole("Damage: repeats", repeats, least=2)
        self.features = features or (lambda rows: rows)
        self.metrics = chosen(_metrics(truth) if metrics is None else metrics)
        self._curves: dict[str, pd.DataFrame] = {}

    @property
    def controls(self) -> dict[str, Choice]:
        """The fault, and its strength."""
        faults = tuple(FAULTS)
        return {"fault": Choice("fault", faults[0], faults),
                "strength": Choice("strength", 0.3, STRENGTHS)}

    def update(self, fault: str, strength: Unit) -> Frame:
        """The rows with a fault, and the metrics' verdicts."""
        curves = self.curves(fault)
        if strength not in STRENGTHS:
            raise ValueError(f"strength: expected one of {', '.join(map(str, STRENGTHS))}, "
                             f"got {strength!r}")
        seen = self.seen(curves.loc[strength])
        emitted = self.rows.emit(fault, strength)
        title = f"{fault}, strength {100 * strength:g} %"
        left = (_images if len(emitted.shape) > 1 else _cloud)(title, self.rows.real, emitted)
        return Drawn(panels.scene(self._words(fault, strength, seen), [left],
                                  [self._verdicts(strength, curves, seen)]))

    def _verdicts(self, strength: float, curves: pd.DataFrame, seen: pd.Series) -> panels.Panel:
        """A line for each metric: its values over STRENGTHS, a perfect model's range, a verdict."""
        at = STRENGTHS.index(strength)
        rows = []
        for name in curves:
            mean, spread = self.perfect[name].mean(), SEEN * self.perfect[name].std()
            y = curves[name].fillna(0).to_numpy()
            low, high = min(y.min(), mean - spread), max(y.max(), mean + spread)
            low, scale = (low, high - low) if high > low else (low - 0.5, 1)
            band = [(mean + side * spread - low) / scale for side in (-1, 1)]
            rows.append({"name": words(name), "y": np.asarray((y - low) / scale, np.float32),
                         "band": [float(end) for end in band], "at": at, "bold": bool(seen[name]),
                         "verdict": "sees" if seen[name] else "misses",
                         "value": _number(curves[name].iloc[at]), "perfect": _number(mean)})
        return {"kind": "table", "title": "strength 0 … 100 %", "rows": rows,
                "colour": COLOURS["synthetic"],
                "note": "grey: range of a perfect model, its mean in brackets"}

    def judge(self, fake: Samples) -> pd.Series:
        """The value of each metric of rows of your own, against the same real rows."""
        return self._judge(self.rows.real, fake)

    def seen(self, values: Mapping[str, Any] | pd.Series) -> pd.Series:
        """Whether each metric's value (of `judge`) is out of a perfect model's range."""
        import pandas as pd

        try:
            found = pd.Series(values, dtype=float)
        except (TypeError, ValueError):
            raise TypeError("Damage: values: expected {metric: number}, as `judge` gives, got "
                            f"{shown(values)}") from None
        if sorted(map(str, found.index)) != sorted(self.perfect):
            raise ValueError("Damage: values: expected a number of each metric, "
                             f"{', '.join(self.perfect)}, got {shown(values)}")
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


def _number(value: float) -> str:
    return f"{round(value, 4) + 0:.3g}"


def _cloud(title: str, real: Samples, emitted: Samples) -> panels.Panel:
    x = real.x.cpu().numpy()
    seen = panels.window(x, 0.12)
    return panels.cloud(title, COLOURS["synthetic"], panels.placed(x, seen),
                        panels.placed(emitted.x.cpu().numpy(), seen),
                        note="grey: real rows, vermilion: emitted rows")


def _images(title: str, real: Samples, emitted: Samples) -> panels.Panel:
    labels = [None] * 10 if real.y is None else sorted(set(real.y.tolist()))
    return panels.sheet(title, COLOURS["synthetic"], tiles(emitted, labels, EACH).swapaxes(0, 1),
                        None if labels[0] is None else labels,
                        note="emitted images, a column for each label")
