"""One fit, many λ: what sampling bias does to emitted rows, before any loop repeats it.

    sampling_bias({"Gaussian": mk.models.Gaussian()}, truth, lams=(1, 0.5)) -> Biased

Every model is fitted once, on the same real rows, and sampled at every λ from the same random
stream: so what differs between two λ is λ alone. `floor` judges the real training rows in place of
emitted ones. It is what a perfect model that remembers nothing could hope for, and no metric is 1
there by itself: two finite samples of one law differ.

λ means another thing in every model (see their docstrings), and equal numbers are not equal biases.
What can be compared is what comes out: quality, diversity, variance.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from madkit.base import foreign, limits
from madkit.base.checks import Rows, Seed, Several, Unit, unit, whole
from madkit.base.foreign import Truthful
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.rng import stream
from madkit.metrics.neighbours import precision, recall
from madkit.metrics.seen import seen as as_seen
from madkit.metrics.values import Features, Metric, Metrics, chosen, named
from madkit.samples import Samples

if TYPE_CHECKING:
    import pandas as pd


@gate
@dataclass(frozen=True)
class Biased:
    """What `sampling_bias` returns; `mk.plot.tradeoff` and `mk.plot.emitted` draw it.

    table    model, lam, metric, value: one row each
    samples  {model: {λ: Samples}}
    real     the test rows that metrics judged against
    floor    {metric: value} of the real training rows against the test rows
    """

    table: pd.DataFrame
    samples: dict[str, dict[float, Samples]]
    real: Samples
    floor: dict[str, float]

    def value(self, model: str, lam: Unit, metric: str) -> float:
        """One number of the table."""
        rows = self.table.query("model == @model and lam == @lam and metric == @metric")
        if len(rows) != 1:
            raise ValueError(f"value: expected a model, λ and metric of the table, got {model!r}, "
                             f"{lam}, {metric!r}")
        return float(rows.value.item())


@gate
@guarded
def sampling_bias(
    models: Mapping[str, Any],          # unfitted models by name; they stay unfitted
    truth: Truthful,                    # one of mk.data; with labels where a model needs them
    lams: Sequence[float] = (1.0, 0.8, 0.66, 0.5),          # every λ in [0, 1]
    n: Rows = 1000,                     # real rows that models are fitted on
    emit: Several = 1000,               # rows emitted at every λ, judged against as many test rows
    metrics: Metrics = (precision, recall),                 # (real, fake) -> number or dict
    features: Features | None = None,   # what metrics see, or a network; None: the rows
    seed: Seed = 0,
) -> Biased:
    """Fit each model once and sample it at every λ.

    Raises ValueError for λ outside [0, 1] and what models refuse.
    """
    import pandas as pd

    lams, judges = tuple(unit("lams", lam) for lam in lams), chosen(metrics)
    seen = (lambda rows: rows) if features is None else partial(as_seen, features)
    limits.rows("emit", emit, getattr(truth, "shape", ()), 8)
    train = foreign.asked(truth, "real", whole("n", n, least=2), seed)
    real = foreign.asked(truth, "test", whole("emit", emit, least=2), seed)
    samples = {name: _sampled(name, model, train, lams, len(real), seed)
               for name, model in models.items()}
    judged = seen(real)
    rows = [(name, lam, metric, value) for name, each in samples.items()
            for lam, emitted in each.items()
            for metric, value in _judged(judges, judged, seen(emitted)).items()]
    table = pd.DataFrame(rows, columns=["model", "lam", "metric", "value"])
    return Biased(table, samples, real, _judged(judges, judged, seen(train[: len(real)])))


def _sampled(name: str, model: Any, train: Samples, lams: Sequence[float], n: int,
             seed: int) -> dict[float, Samples]:
    foreign.check_methods(model)
    with stream(seed, "fit", name):
        fitted = foreign.fitted(copy.deepcopy(model), train)
    emitted = {}
    for lam in lams:
        with stream(seed, "emit", name):  # the same stream for every λ
            rows = foreign.drawn(fitted, n, lam)
        if not isinstance(rows, Samples):
            x, y = foreign.rows(rows, train.y is not None, name)
            rows = Samples(foreign.shaped(x, n, train.shape, name).to(train.x.double()), y)
        emitted[lam] = rows.stamped(1)
    return emitted


def _judged(metrics: Sequence[Metric], real: Samples, fake: Samples) -> dict[str, float]:
    """{name in tables: number} of all metrics."""
    values: dict[str, float] = {}
    for metric in metrics:
        values |= named(metric, metric(real, fake))
    return values
