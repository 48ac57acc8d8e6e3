"""Metrics of one generation after another: against the seed's test rows, or the truth's moments."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from torch import Tensor

from madkit.base.device import resolve
from madkit.base.rng import preserved, stream
from madkit.metrics import MOMENTS
from madkit.metrics.seen import seen
from madkit.metrics.values import Metric, metric_name, named
from madkit.runs import foreseen, late
from madkit.runs.job import Job
from madkit.samples import Samples


class Judge:
    """The metrics of one seed: called with generation t, it gives {name in tables: number}.

    real     test rows, or a function that makes them when a metric looks at rows
    moments  of the truth, (mean, covariance), where moment metrics judge the fit itself
    failed   {metric: why} of the last generation judged: those that raised, whose values are NaN
    """

    def __init__(self, metrics: Sequence[Metric], features: Any, seed: int,
                 real: Callable[[], Samples], moments: tuple[Tensor, ...] = ()):
        self.metrics, self.features, self.seed, self.moments = metrics, features, seed, moments
        rows = any(not self._by_moments(metric) for metric in metrics)
        self.real = self._seen(foreseen.enough(real(), metrics), 0) if rows else None
        self.names: dict[str, list[str]] = {}
        self.failed: dict[str, str] = {}

    @classmethod
    def of(cls, job: Job, seed: int) -> Judge:
        """That of a run."""
        device = resolve(job.device)
        known = job.truth.moments() if job.knows_moments() else ()
        return cls(job.metrics, job.features, seed,
                   lambda: job.truth.test(job.emit, seed).to(device),
                   tuple(part.to(device) for part in known))

    def _by_moments(self, metric: Metric) -> bool:
        return bool(self.moments) and metric in MOMENTS

    def _seen(self, samples: Samples, t: int) -> Samples:
        if self.features is None:
            return samples
        with stream(self.seed, "features", t):
            return seen(self.features, samples)

    def __call__(self, t: int, samples: Samples, model: Any = None) -> dict[str, float]:
        values: dict[str, float] = {}
        self.failed = {}
        if self.metrics:
            with preserved():
                fake = cache(lambda: self._seen(samples, t))
                for metric in self.metrics:
                    values |= self._judge(metric, t, fake, model)
        return values

    def _judge(self, metric: Metric, t: int, fake: Callable[[], Samples],
               model: Any) -> dict[str, float]:
        """One metric's values; in generation 1 its error is raised, later they are NaN."""
        name = metric_name(metric)
        try:
            by_fit = self._by_moments(metric)
            sides = (self.moments, model.moments()) if by_fit else (self.real, fake())
            with stream(self.seed, "metric", name, t):
                value = metric(*sides)
            values = named(metric, value)
        except Exception as error:
            if t == 1:
                error.add_note(f"metric {name} in generation 1 of seed {self.seed}")
                raise
            self.failed[name] = late.words(error)
            return dict.fromkeys(self.names.get(name, [name]), math.nan)
        self.names[name] = list(values)
        return values
