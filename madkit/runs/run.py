"""`run`: a loop over seeds, judged, and recorded as a `Run`.

All of it is a convenience over `steps`: seeds, metrics, features, progress, a store that survives a
kill, and seeds side by side on any `concurrent.futures.Executor`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from madkit.base import files, workers
from madkit.loops import Loop
from madkit.metrics.values import Metric
from madkit.record import Entry, Run, assemble, write_run
from madkit.runs.expected import expected
from madkit.runs.job import Job, job
from madkit.runs.seeds import collect
from madkit.samples import Samples
from madkit.steps import Model, Truth


def run(
    model: Model,                              # fit(data) -> self, sample(n, lam) -> Samples
    loop: Loop,                                # State -> Samples, such as mk.fully_synthetic(100)
    truth: Truth,                              # such as mk.data.gaussian(2)
    *,
    generations: int = 10,
    seeds: int | Iterable[int] = 1,            # a count (0 … seeds−1) or the seeds themselves
    n_ini: int | None = None,                  # real rows of generation 1; None: the loop's size
    metrics: Iterable[Metric | str] | None = None,     # names, or (real, fake) -> number; see below
    features: Callable[[Samples], Any] | None = None,  # such as mk.metrics.LeNet("mnist"); None: rows
    emit: int = 1000,                          # emitted rows to judge, against as many test rows
    lam_emit: float | None = None,             # λ of these; None: that of the loop's Synthetic, else 1
    device: str = "auto",                      # "auto" (cuda, else cpu), "cpu", "cuda", "mps"
    store: str | Path | None = None,           # folder of every generation: a killed run goes on
    executor: Executor | None = None,          # for seeds side by side: mk.sweep.processes(4)
    progress: bool = True,                     # a bar, once it takes over two seconds
) -> Run:
    """Run a self-consuming loop and judge every generation. Ctrl-C returns what is done.

    A fit that diverges raises FloatingPointError, which names the generation; the same call would
    diverge there again. With a store, `mk.load` reads the generations done and `mk.reopen` samples
    from them.

    Without metrics: w2_squared, mean_error, trace and logdet where model and truth know their
    moments, else sliced_w2, precision and recall. Moment metrics judge the fit itself where moments
    are known (λ not applied); all others judge emitted rows. Nothing here changes a trajectory: it is a function of (model,
    loop, truth, seed, n_ini) alone. Raises TypeError or ValueError for bad arguments, StoreError
    when the folder holds another run or is damaged.
    """
    _check_tools(features, executor)
    asked = job(model, loop, truth, generations=generations, seeds=seeds, n_ini=n_ini,
                metrics=metrics, features=features, emit=emit, lam_emit=lam_emit, device=device,
                store=store)
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
    spec = job.spec() | {"generations": job.generations}
    return assemble(records, expected(job), job.real(), spec, complete)


def _check_tools(features: Any, executor: Any) -> None:
    if features is not None and not callable(features):
        raise TypeError(f"features: expected a function Samples -> (n, d), got {features!r}")
    workers.check_executor(executor)
