"""Tracks of runs that are made while one looks: any model on any truth,
generation by generation, all seeds in step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from madkit import data, metrics
from madkit.base.quantiles import quantiles
from madkit.base.rng import preserved
from madkit.live.scenes.pack import Track
from madkit.live.scenes.page import curve
from madkit.live.scenes.stored import cloud
from madkit.loops import Loop
from madkit.metrics.clouds import lines
from madkit.metrics.values import metric_name
from madkit.record import Entry, Run
from madkit.runs.job import job
from madkit.runs.run import finished
from madkit.runs.trajectory import trajectory
from madkit.samples import Samples

METRICS = curve("recall"), curve("sliced_w2")
EMIT = 400


@dataclass(eq=False)
class Growing:
    """A run under way: `grow()` does the next generation of every seed;
    `track()` is what there is so far, `run()` its record.
    """

    key: str
    label: str
    model: Any
    loop: Loop
    truth: Any
    generations: int
    seeds: Sequence[int]
    n_ini: int | None = None
    judged: Sequence[Callable | str] = (metrics.recall, metrics.sliced_w2)
    emit: int = EMIT

    def __post_init__(self):
        self.job = job(self.model, self.loop, self.truth, generations=self.generations,
                       seeds=self.seeds, n_ini=self.n_ini, metrics=self.judged,
                       emit=self.emit, device="cpu")
        self.records: list[list[Entry]] = []
        self._paths = [trajectory(self.job, seed) for seed in self.job.seeds]

    def grow(self) -> bool:
        """The next generation; False when there are no more.

        Raises what the model or the loop raises.
        """
        if self.done:
            return False
        with preserved():
            self.records.append([next(path) for path in self._paths])
        return True

    @property
    def done(self) -> bool:
        return len(self.records) == self.generations

    def track(self) -> Track:
        t = range(1, len(self.records) + 1)
        names = [metric_name(metric) for metric in self.job.metrics]
        rows = [first.samples.x for first, *_ in self.records if first.samples is not None]
        return {"key": self.key, "label": self.label, "t": list(t), "kept": list(t),
                "lam": self.job.lam_emit, "seeds": len(self.job.seeds),
                "curves": {name: self._curve(name) for name in names},
                "rows": np.stack(list(map(cloud, rows))), "real": cloud(self.real().x),
                "composition": [[first.t, [list(part) for part in first.composition]]
                         for first, *_ in self.records]}

    def real(self) -> Samples:
        """The rows that metrics judge against."""
        return self.job.real()

    def _curve(self, name: str) -> dict[str, Any]:
        values = np.array([[record.values[name] for record in one] for one in self.records])
        low, median, high = quantiles(values.T / self._unit(name))  # of (S, T)
        several = len(self.job.seeds) > 1
        return {"low": low if several else None, "median": median,
                "high": high if several else None, "theory": None, "words": ""}

    def _unit(self, name: str) -> float:
        """What a curve counts in: a variance in the truth's, as that of a Gaussian does."""
        real = self.real()
        return metrics.trace(real, real) if name == "trace" else 1.0

    def run(self) -> Run:
        """The record of the generations done."""
        ordered = [record for seed in zip(*self.records, strict=True) for record in seed]
        return finished(self.job, ordered, self.done)


@dataclass(frozen=True)
class drawn(data.Endless):
    """The truth that drawn points stand for: a Gaussian of standard deviation `spread`
    around each, all alike likely.
    """

    points: tuple[tuple[float, ...], ...]
    spread: float = 0.12
    shape = (2,)

    def draw(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """n independent rows."""
        centres = torch.tensor(self.points, dtype=torch.float64)
        which = torch.randint(len(centres), (n,), generator=generator)
        z = torch.randn(n, *self.shape, generator=generator, dtype=torch.float64)
        return centres[which] + self.spread * z


def angles() -> list[float]:
    """Of the lines that `metrics.sliced_w2` projects onto, in the plane: the page takes the same."""
    x, y = lines(2, 128)
    return torch.atan2(y, x).tolist()


def components(points: Sequence[Any]) -> int:
    """Gaussians of the mixture that learns drawn points: letters of a word need many, 40 at most."""
    return min(max(8, len(points) // 10), 40)


def together(growing: Sequence[Growing]) -> Iterator[int]:
    """One generation of all in turn, until all are done; the generation just done."""
    while any([one.grow() for one in growing]):
        yield min(len(one.records) for one in growing)

