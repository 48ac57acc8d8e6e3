"""Metrics of one generation after another: against the seed's test rows, or the truth's moments."""

from __future__ import annotations

from madkit.base.device import resolve
from madkit.base.rng import preserved, stream
from madkit.metrics.values import Metric, metric_name, named
from madkit.runs.job import Job
from madkit.samples import Samples
from madkit.steps import Generation


class Judge:
    """The metrics of one seed: called with a generation, it gives {name in tables: number}."""

    def __init__(self, job: Job, seed: int):
        self.job, self.seed, device = job, seed, resolve(job.device)
        known = job.truth.moments() if hasattr(job.truth, "moments") else ()
        self.moments = tuple(part.to(device) for part in known)
        self.rows = any(not job.by_moments(metric) for metric in job.metrics)
        self.real = self._seen(job.truth.test(job.emit, seed).to(device), 0) if self.rows else None

    def _seen(self, samples: Samples, t: int) -> Samples:
        if self.job.features is None:
            return samples
        with stream(self.seed, "features", t):
            seen = self.job.features(samples)
        if isinstance(seen, Samples):
            return seen
        return Samples(seen, samples.y, samples.born, samples.fresh)

    def __call__(self, generation: Generation) -> dict[str, float]:
        values: dict[str, float] = {}
        if not self.job.metrics:
            return values
        with preserved():
            fake = self._seen(generation.samples, generation.t) if self.rows else None
            for metric in self.job.metrics:
                sides: tuple = (self.real, fake)
                if self.job.by_moments(metric):
                    sides = (self.moments, generation.model.moments())
                values |= self._judge(metric, sides, generation.t)
        return values

    def _judge(self, metric: Metric, sides: tuple, t: int) -> dict[str, float]:
        with stream(self.seed, "metric", metric_name(metric), t):
            value = metric(*sides)
        return named(metric, value)
