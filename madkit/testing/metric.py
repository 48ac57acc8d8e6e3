"""check_metric: a number for two clouds, the same number every time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from madkit.base.checks import Rows, shown
from madkit.base.foreign import asked
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.rng import generator, stream
from madkit.metrics.values import metric_name, named
from madkit.samples import Samples
from madkit.testing.words import called, require, require_truth, takes, unchanged


@gate
@guarded
def check_metric(metric: Any, truth: Any = None, n: Rows = 200) -> None:
    """The rules of a metric: (real: Samples, fake: Samples) -> a number, or a dict of numbers.

    truth  whose test and real rows it judges, n of each; None: normal rows in the plane against
           narrower, shifted ones

    Raises AssertionError, with what to change, if it returns something else,
    NaN or infinity on such clouds, NaN on a cloud that has collapsed to one real row
    (±infinity is fine there), changes its arguments, or gives another value, or other keys,
    on a second call in the same random stream.
    """
    require(callable(metric), f"a metric is a function (real, fake) -> number, got {shown(metric)}")
    takes(metric, "metric(real, fake)", None, None)
    if truth is not None:
        require_truth(truth)
    real, fake = _clouds(n) if truth is None else (asked(truth, "test", n), asked(truth, "real", n))
    point = Samples(real.x[:1].expand_as(fake.x).clone()).stamped(1)
    values = _judge(metric, real, fake)
    itself = {f"{key} of real against real": v for key, v in _judge(metric, real, real).items()}
    for what, value in (values | itself).items():
        require(math.isfinite(value),
                f"{what} is {value} on ordinary clouds of {n} rows, expected a finite number")
    for what, value in _judge(metric, real, point).items():
        require(not math.isnan(value), f"{what} is NaN when all emitted rows are one point, "
                                       "expected a number or an infinity: loops do collapse; "
                                       "centre before you square, and work in float64")
    require(_judge(metric, real, fake) == values,
            "a second call on the same rows, in the same random stream, gave another value: draw "
            "from the global generators only (torch.randn, not np.random.default_rng()) and "
            "remember nothing between calls")
    require(_judge(metric, real, point).keys() == values.keys(),
            "a dict must have the same keys on every call")


def _clouds(n: int) -> tuple[Samples, Samples]:
    noise = generator(0, "check", "metric")
    real, fake = (torch.randn(n, 2, generator=noise, dtype=torch.float64) for _ in "ab")
    return Samples(real), Samples(0.5 + 0.7 * fake).stamped(1)


def _judge(metric: Callable, real: Samples, fake: Samples) -> dict[str, float]:
    """The values by name; the metric sees the arguments, its own stream and nothing else."""
    with (
        unchanged(real, "the metric (real)"),
        unchanged(fake, "the metric (fake)"),
        stream(0, "check", "metric"),
    ):
        value = called(metric, "metric(real, fake)", real, fake)
    parts = value if isinstance(value, dict) else {metric_name(metric): value}
    for key, number in parts.items():
        require(isinstance(key, str), "the keys of a metric's dict are names, expected str, got "
                                      f"{key!r}")
        require(hasattr(number, "__float__") and not isinstance(number, Tensor | str)
                and getattr(number, "ndim", 0) == 0,
                f"{key} must be a number, got {type(number).__name__}: return float(value)")
    return named(metric, value)
