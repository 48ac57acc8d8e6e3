"""`run`: a loop over seeds, judged, and recorded as a `Run`.

All of it is a convenience over `steps`: seeds, metrics, features, progress, a store that survives a kill, and
seeds side by side on any `concurrent.futures.Executor`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from madkit.base import files, workers
from madkit.loops import Loop
from madkit.metrics.values import Metric, metric_name
from madkit.record import Entry, Run, assemble, write_run
from madkit.runs.job import Job, job
from madkit.runs.seeds import collect
from madkit.samples import Samples
from madkit.steps import Model, Truth

if TYPE_CHECKING:
    import pandas as pd


def run(
    model: Model,                              # fit(data) -> self, sample(n, lam) -> Samples
    loop: Loop,                                # State -> Samples, such as mk.fully_synthetic(100)
    truth: Truth,                              # such as mk.data.gaussian(2)
    *,
    generations: int = 10,
    seeds: int | Iterable[int] = 1,            # a count (0 … seeds−1) or the seeds themselves
    n_ini: int | None = None,                  # real rows of generation 1; None: the rows that the loop adds each generation
    metrics: Iterable[Metric | str] | None = None,  # (real, fake) -> number or dict; None: moments where known, else clouds
    features: Callable[[Samples], Any] | None = None,  # maps real and emitted rows before metrics see them
    emit: int = 1000,                          # emitted rows that metrics judge, against as many test rows
    lam_emit: float | None = None,             # their λ; None: the one that the loop's Synthetic sources agree on, else 1
    device: str = "auto",                      # "auto" (cuda, else cpu), "cpu", "cuda", "mps"
    store: str | Path | None = None,           # a folder: every generation is kept there, and a killed run goes on
    executor: Executor | None = None,          # seeds side by side, such as ProcessPoolExecutor(mp_context=get_context("spawn"))
    progress: bool = True,                     # a bar, once it takes over two seconds
) -> Run:
    """Run a self-consuming loop and judge every generation. Ctrl-C returns the generations done, marked incomplete.

    A fit that diverges raises FloatingPointError, which names the generation; the same call would diverge there again. With
    a store, `mk.load` reads the generations done and `mk.reopen` samples from them.

    Moment metrics judge the fit itself where model and truth know their moments (λ not applied); all others judge
    emitted rows. Nothing here changes a trajectory: it is a function of (model, loop, truth, seed, n_ini) alone.
    Raises TypeError or ValueError for bad arguments, StoreError when the folder holds another run or is damaged.
    """
    _check_tools(features, executor)
    asked = job(model, loop, truth, generations=generations, seeds=seeds, n_ini=n_ini, metrics=metrics, features=features,
                emit=emit, lam_emit=lam_emit, device=device, store=store)
    if asked.store:
        files.claim(asked.store, asked.spec())
    records, stopped = collect(asked, executor, progress)
    result = finished(asked, records, len(records) == asked.generations * len(asked.seeds))
    if asked.store:
        write_run(result, asked.store)
        result.folder = asked.store
    if isinstance(stopped, FloatingPointError):
        raise stopped
    return result


def finished(job: Job, records: list[Entry], complete: bool) -> Run:
    """The records of a job as a Run."""
    return assemble(records, _theory(job), job.real(), job.spec() | {"generations": job.generations}, complete)


def _theory(job: Job) -> pd.DataFrame:
    """What theory says of this run: only of a Gaussian model with its full covariance, on a Gaussian truth, judged as it is."""
    import pandas as pd

    from madkit import data, models, theory

    known = isinstance(job.model, models.Gaussian) and job.model.covariance == "full" and isinstance(job.truth, data.gaussian)
    if not known or job.features is not None:
        return pd.DataFrame(columns=["generation", "metric", "value", "kind"])
    mean, cov = job.truth.moments()
    table = theory.table(job.loop, len(mean), job.generations, job.n_ini, mean, cov, job.model.ddof)
    return table[table.metric.str.split(".").str[0].isin([metric_name(metric) for metric in job.metrics])]


def _check_tools(features: Any, executor: Any) -> None:
    if features is not None and not callable(features):
        raise TypeError(f"features: expected a function Samples -> (n, d) numbers, got {features!r}")
    workers.check_executor(executor)
