"""What is known of the arguments of a run before generation 1: what would fail late is refused."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor

from madkit import loops
from madkit import metrics as mad_metrics
from madkit.base import aloud, foreign, workers
from madkit.base.checks import misfit, shown
from madkit.loops import Fresh, Loop
from madkit.metrics.seen import warn_of_pixels
from madkit.metrics.values import Metric, chosen, metric_name
from madkit.runs import sizes
from madkit.samples import Samples

# metrics that compare rows by their distance, which is none of pictures
PIXELWISE = {"frechet", "sliced_w2", "mmd", "precision", "recall", "density", "coverage"}
TINY = 64  # numbers in a picture: that of 8 × 8 pixels is hardly more than its pixels
NEIGHBOURS = (mad_metrics.precision, mad_metrics.recall, mad_metrics.density, mad_metrics.coverage)
NEAR = 5   # their k
MANY = 4   # times as many emitted rows as test rows sway what neighbours say


def check_tools(features: Any, executor: Any) -> None:
    """TypeError for what metrics cannot see by, or what is no Executor."""
    if features is not None and not callable(features):
        raise TypeError("features: expected a function Samples -> (n, d) or a torch.nn.Module, got "
                        f"{shown(features)}")
    if inspect.isroutine(features) and (why := misfit(features, 1)):
        raise TypeError("features: expected a function of one argument, Samples -> (n, d), got "
                        f"{shown(features)} ({why})")
    workers.check_executor(executor)


def check(job: Any) -> None:
    """All of it, of a Job."""
    sizes.check(job)
    check_copy(job.model)
    check_lam(job.model, job.loop, job.lam_emit)
    check_fresh(job.loop, job.truth, job.n_ini, job.generations)
    if job.knows_moments():
        check_moments(job.truth)
    judged = {metric_name(metric) for metric in job.metrics if not job.by_moments(metric)}
    check_near(job.metrics, job.emit, "emit", "rows")
    if isinstance(held := getattr(job.truth, "held", None), int):
        check_test_rows(job.metrics, held)
        warn_of_few(job.metrics, job.emit, held)
    shape = tuple(getattr(job.truth, "shape", ()))
    if job.features is None and judged & PIXELWISE and len(shape) == 3 and math.prod(shape) > TINY:
        warn_of_pixels()


def warn_of_few(metrics: Iterable[Metric], emitted: int, held: int) -> None:
    """A word where metrics of neighbours meet far fewer test rows than emitted ones."""
    near = [metric_name(one) for one in metrics if getattr(one, "func", one) in NEIGHBOURS]
    if near and emitted > MANY * held:
        aloud.warn(f"emit: {' and '.join(near)} compare {emitted:,} emitted rows with {held:,} "
                   "test rows, all that the truth holds out, and their numbers sway the result: "
                   f"emit={held} judges as many of each; a larger test= holds out more")


def check_test_rows(metrics: Iterable[Metric], rows: int) -> None:
    """ValueError where there are fewer test rows than one of the metrics needs."""
    check_near(metrics, rows, "truth", "test rows",
               "; hold out a larger share (test=), or give other metrics")


def enough(test: Samples, metrics: Iterable[Metric]) -> Samples:
    """The same test rows. ValueError where there are fewer than one of the metrics needs."""
    check_test_rows(metrics, len(test))
    return test


def check_near(metrics: Iterable[Metric], rows: int, name: str, what: str, advice: str = "") -> None:
    """ValueError where rows have fewer neighbours than one of the metrics looks at."""
    if rows <= NEAR and (near := [one for one in metrics if one in NEIGHBOURS]):
        raise ValueError(f"{name}: expected at least {NEAR + 1} {what}, since "
                         f"{metric_name(near[0])} looks at the {NEAR} nearest of each, got "
                         f"{rows}{advice}")


def check_copy(model: Any) -> None:
    """TypeError for a model that cannot be copied: each generation fits a copy."""
    try:
        copy.deepcopy(model)
    except Exception as error:
        raise TypeError(f"model: {foreign.name(model)} cannot be copied ({error}), and each "
                        "generation fits a copy of it: make inside of fit what cannot be copied "
                        "(generators, open files, compiled functions)") from error


def check_lam(model: Any, loop: Loop, lam_emit: float) -> None:
    """ValueError where a model that knows no λ is asked for one."""
    asked = [getattr(part, "lam", 1.0) for part in loops.parts(loop)] + [lam_emit]
    if others := [lam for lam in asked if lam != 1]:
        if not foreign.takes_lam(model):
            raise ValueError(foreign.no_lam(model, others[0]))


def check_fresh(loop: Loop, truth: Any, n_ini: int, generations: int) -> None:
    """ValueError where a finite truth has fewer rows than the sources of a sum take."""
    left = getattr(truth, "rows", None)
    n = sum(part.n for part in loops.parts(loop) if type(part) is Fresh)
    needed = n_ini + (generations - 1) * n
    if isinstance(left, int) and n and needed > left:
        possible = 1 + max(0, (left - n_ini) // n)
        enough = f"{possible} generations are possible" if n_ini <= left else "none is possible"
        raise ValueError(f"generations: {generations} take {needed} rows of real data, n_ini = "
                         f"{n_ini} and {n} fresh ones in each later generation, but {truth!r} has "
                         f"{left}: {enough}; ask for fewer generations, fewer fresh rows or a "
                         "smaller n_ini")


def check_truth(truth: Any) -> None:
    """TypeError for what cannot be a truth."""
    foreign.a_truth("truth", truth)


def check_moments(truth: Any) -> None:
    """TypeError where its moments are no pair of tensors."""
    known = truth.moments()
    pair = isinstance(known, tuple | list) and len(known) == 2
    if not pair or not all(isinstance(part, Tensor) for part in known):
        raise TypeError(f"truth: {type(truth).__name__}.moments() must return tensors, the mean (d,) "
                        f"and the covariance (d, d), got {shown(known)}")


def metrics(given: Metric | str | Iterable[Metric | str] | None, model: Any, truth: Any,
            features: Callable | None) -> tuple[Metric, ...]:
    """Those asked for, or those that suit the model and the truth."""
    if given is not None:
        return chosen(given)
    moments = hasattr(model, "moments") and hasattr(truth, "moments") and features is None
    clouds = (mad_metrics.sliced_w2, mad_metrics.precision, mad_metrics.recall)
    return mad_metrics.MOMENTS[:4] if moments else clouds
