"""Names that stood elsewhere before: each answers with the new one,
in the AttributeError that it raises anyway.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

MOVED = {  # in 0.3.0: what was written, and what is written now
    "mk.features": "mk.metrics.LeNet", "mk.damage": "mk.metrics.Faults and mk.metrics.FAULTS",
    "mk.exercises": "mk.lesson",
    "mk.report.results": "mk.lesson.results(metrics, figures), "
                         "which reads parameters, seed and lesson itself",
    "mk.report.check_parameters": "mk.lesson.check_parameters",
    "mk.report.check_environment": "mk.lesson.check_environment",
    "mk.report.report": "mk.report(…)", "mk.report.ReportError": "mk.lesson.ReportError",
    "mk.pictures": "mk.live", "mk.page": "mk.report(…)",
    "mk.bias": "mk.sampling_bias", "mk.recording": "mk.recipes",
    "mk.store": "mk.load and mk.reopen",
    "mk.models.training": "mk.progress(False) for bars; steps of training are model.training(data)",
    "mk.sweep.effective_sample_size": "mk.exact.effective_sample_size",
    "mk.sweep.limit": "mk.exact.effective_sample_size",
}


def missing(room: str, name: str) -> AttributeError:
    """The error for a name that a room, "mk" or "mk.sweep", does not have."""
    new = MOVED.get(f"{room}.{name}")
    if new:
        return AttributeError(f"{room}.{name} has moved: write {new}")
    return AttributeError(f"{room} has no attribute {name!r}")


class Answering:
    """A function in whose place a module stood: it is called as ever,
    and answers for the names that the module had.
    """

    def __init__(self, f: Callable[..., Any], name: str):
        functools.update_wrapper(self, f)
        self.__dict__["_name"] = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> Any:
        raise missing(self.__dict__.get("_name", "mk"), name)
