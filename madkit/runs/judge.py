"""Metrics of one generation after another: against the seed's test rows, or the truth's moments."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

from madkit.base.device import resolve
from madkit.base.rng import preserved, stream
from madkit.metrics.values import Metric, metric_name, named
from madkit.runs.job import Job
from madkit.runs.late import words
from madkit.runs.seen import seen
from madkit.samples import Samples
from madkit.steps import Generation


class Judge:
    """The metrics of one seed: called with a generation, it gives {name in tables: number}.

    failed  {metric: why} of the last generation judged: those that raised, whose values are NaN
    """

    def __init__(self, job: Job, seed: int):
        self.job, self.seed, device = job, seed, resolve(job.device)
        known = job.truth.moments() if hasattr(job.truth, "moments") else ()
        self.moments = tuple(part.to(device) for part in known)
        self.rows = any(not job.by_moments(metric) for metric in job.metrics)
        self.real = self._seen(job.truth.test(job.emit, seed).to(device), 0) if self.rows else None
        self.names: dict[str, list[str]] = {}
        self.failed: dict[str, str] = {}

    def _seen(self, samples: Samples, t: int) -> Samples:
        with stream(self.seed, "features", t):
            return seen(self.job.features, samples)

    def __call__(self, generation: Generation) -> dict[str, float]:
        values: dict[str, float] = {}
        self.failed = {}
        if not self.job.metrics:
            return values
        with preserved():
            fake = cache(lambda: self._seen(generation.samples, generation.t))
            for metric in self.job.metrics:
                values |= self._judge(metric, generation, fake)
        return values

    def _judge(self, metric: Metric, generation: Generation,
               fake: Callable[[], Samples]) -> dict[str, float]:
        """One metric's values; in generation 1 its error is raised, later they are NaN."""
        name, t = metric_name(metric), generation.t
        try:
            own = self.job.by_moments(metric)
            sides = (self.moments, generation.model.moments()) if own else (self.real, fake())
            with stream(self.seed, "metric", name, t):
                value = metric(*sides)
            values = named(metric, value)
        except Exception as error:
            if t == 1:
                error.add_note(f"metric {name} in generation 1 of seed {self.seed}")
                raise
            self.failed[name] = words(error)
            return dict.fromkeys(self.names.get(name, [name]), math.nan)
        self.names[name] = list(values)
        return values
