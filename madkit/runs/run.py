"""`run`: a loop over seeds, judged, and recorded as a `Run`.

All of it is a convenience over `steps`: seeds, metrics, features, progress, a store that survives a
kill, and seeds side by side on any `concurrent.futures.Executor`.
"""

from __future__ import annotations

from concurrent.futures import Executor

from madkit.base import workers
from madkit.base.checks import Count, Place, Seeds, Several, Unit
from madkit.base.device import Device
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.loops import Loop
from madkit.metrics.values import Features, Metrics
from madkit.record import Entry, Run, assemble
from madkit.runs.expected import expected
from madkit.runs.foreseen import check_tools
from madkit.runs.job import Job, job
from madkit.runs.late import warn_of_stop, words
from madkit.runs.seeds import collect
from madkit.runs.store import opened as store_of
from madkit.steps import Model, Truth


@gate
@guarded
def run(
    model: Model,                              # fit(data) -> self, sample(n, lam) -> Samples
    loop: Loop,                                # State -> Samples, such as mk.fully_synthetic(100)
    truth: Truth,                              # such as mk.data.gaussian(2)
    *,
    generations: Count = 10,
    seeds: Seeds = 1,                          # a count (0 … seeds−1) or the seeds themselves
    n_ini: Several | None = None,              # real rows of generation 1; None: the loop's size
    metrics: Metrics | None = None,            # names, or (real, fake) -> number; see below
    features: Features | None = None,          # such as mk.metrics.LeNet("mnist"), or a network
    emit: Several = 1000,                      # emitted rows to judge, against ≤ as many test rows
    lam_emit: Unit | None = None,              # λ of these; None: that of the loop's Synthetic, else 1
    device: Device = "auto",                   # "auto" (cuda, else cpu), "cpu", "cuda", "mps"
    store: Place | None = None,                # folder of every generation: a killed run goes on
    executor: Executor | None = None,          # for seeds side by side: mk.sweep.processes(4)
    progress: bool = True,                     # a bar, once it takes over two seconds
) -> Run:
    """Run a self-consuming loop and judge every generation.

    Whatever fails late returns what is done. Ctrl-C, a fit that diverges, an error of the model or
    loop, a worker process that dies, a full disk: the Run is incomplete, `run.stopped` is what
    stopped it, and a warning says so; before the first generation is done, the error is raised. A
    metric that raises ends nothing: its value is NaN, with a warning. With a store, the same call
    goes on where it stopped, and `mk.reopen` samples from the generations done.

    Without metrics: w2_squared, mean_error, trace and logdet where model and truth know their
    moments, else sliced_w2, precision and recall. Moment metrics judge the fit itself where moments
    are known (λ not applied); all others judge emitted rows. Nothing here changes a trajectory: it
    is a function of (model, loop, truth, seed, n_ini) alone. Raises TypeError or ValueError for bad
    arguments, StoreError when the folder holds another run or is damaged.
    """
    check_tools(features, executor)
    asked = job(model, loop, truth, generations=generations, seeds=seeds, n_ini=n_ini,
                metrics=metrics, features=features, emit=emit, lam_emit=lam_emit, device=device,
                store=store)
    with store_of(asked) as (asked, kept):
        records, stopped = collect(asked, executor, progress)
        if stopped and not records and not isinstance(stopped, KeyboardInterrupt):
            raise stopped
        asked_for = asked.generations * len(asked.seeds)
        result = finished(asked, records, len(records) == asked_for, stopped)
        result.stopped = stopped = (kept.keep(result) if kept else None) or stopped
    if stopped and workers.in_worker.get():
        raise stopped  # a cell of a sweep is whole, or is not there
    if stopped:
        warn_of_stop(stopped, len(records), asked_for)
    return result


def finished(job: Job, records: list[Entry], complete: bool,
             stopped: BaseException | None = None) -> Run:
    """The records of a job as a Run."""
    spec = job.spec() | {"generations": job.generations}
    spec |= {"stopped": words(stopped)} if stopped else {}
    return assemble(records, expected(job), job.real(), spec, complete)
