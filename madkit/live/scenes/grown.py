"""Runs that grew in a page: the rows that it drew become the Run behind the picture.

The page runs loops on what one draws, types or drops by itself (js/explorer/grown.js), with the law
of `mk.run` and a generator of its own. So its rows come here as they are, and are judged here.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch

from madkit.live.scenes import gaussian
from madkit.live.scenes.growing import Growing
from madkit.record import Entry, Run
from madkit.runs.judge import Judge
from madkit.samples import Samples

MADE_BY = "the explorer's page"


@dataclass(eq=False)
class Grown(Growing):
    """A run that a page made: `rows` of all generations and test rows `real`, float32 in base64.

    ValueError for anything else.
    """

    rows: Any = field(default=None, kw_only=True)
    tested: Any = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        del self.records                                # made when somebody asks
        width = self.emit * int(np.prod(self.job.truth.shape))
        self.rows = _numbers("rows", self.rows, self.generations * width)
        self.tested = _numbers("real", self.tested, width)

    def real(self) -> Samples:
        return self._samples(self.tested)

    def _samples(self, rows: np.ndarray) -> Samples:
        return Samples(torch.tensor(rows.reshape(self.emit, *self.job.truth.shape), dtype=torch.float64))

    def grow(self) -> bool:
        return False

    @property
    def done(self) -> bool:
        return True

    @cached_property
    def records(self) -> list[list[Entry]]:  # type: ignore[override]
        """Of every generation, judged when somebody asks."""
        seed, judge = self.job.seeds[0], Judge(self.job.metrics, None, self.job.seeds[0], self.real)
        made = gaussian.composition(self.job.loop, self.generations, self.job.n_ini)
        each = np.split(self.rows, self.generations)
        return [[Entry(seed, t, judge(t, emitted), [tuple(part) for part in parts], emitted)]
                for (t, parts), rows in zip(made, each, strict=True)
                for emitted in [self._samples(rows).stamped(t)]]

    def run(self) -> Run:
        run = super().run()
        return replace(run, real=self.real(), spec=run.spec | {"made_by": MADE_BY})


def _numbers(name: str, text: Any, count: int) -> np.ndarray:
    if not isinstance(text, str) or len(text) != 4 * -(-4 * count // 3):
        raise ValueError(f"{name}: expected {count:,} numbers of float32 in base64")
    numbers = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity")
    return numbers
