"""`run`: a loop over seeds, judged, and recorded as a `Run`.

All of it is a convenience over `loops.steps`: seeds, metrics, features, progress, a store that survives a kill, and
seeds side by side on any `concurrent.futures.Executor`.
"""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch

from madkit import loops, workers
from madkit import metrics as mad_metrics
from madkit import spec as specs
from madkit import store as stores
from madkit.checks import several_seeds, unit, whole
from madkit.loops import Generation, Loop
from madkit.models.training import bars
from madkit.record import Run, assemble, write_run
from madkit.resume import resumed
from madkit.rng import preserved, stream
from madkit.samples import Samples
from madkit.shelf import Record, Shelf

if TYPE_CHECKING:
    import pandas as pd

Metric = Callable[[Any, Any], float | dict[str, float]]  # (real, fake): Samples, or moments for a moment metric


def run(
    model: Any,                                # fit(data) -> self, sample(n, lam) -> Samples
    loop: Loop,                                # State -> Samples, such as mk.fully_synthetic(100)
    truth: Any,                                # such as mk.data.gaussian(2)
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
        stores.claim(asked.store, asked.spec())
    records, stopped = _collect(asked, executor, progress)
    result = finished(asked, records, len(records) == asked.generations * len(asked.seeds))
    if asked.store:
        write_run(result, asked.store)
    if isinstance(stopped, FloatingPointError):
        raise stopped
    return result


def job(model: Any, loop: Loop, truth: Any, *, generations: int, seeds: int | Iterable[int], n_ini: int | None = None,
        metrics: Iterable[Metric | str] | None = None, features: Callable[[Samples], Any] | None = None, emit: int = 1000,
        lam_emit: float | None = None, device: str = "auto", store: str | Path | None = None) -> Job:
    """The arguments of a run, checked: see `run`."""
    loops.check_loop(loop)
    loops.check_model_methods(model)
    _check_truth(truth)
    return Job(model, loop, truth, whole("generations", generations, least=1), several_seeds(seeds), _n_ini(loop, n_ini),
               _metrics(metrics, model, truth, features), features, whole("emit", emit, least=2),
               loops.emitted_lam(loop) if lam_emit is None else unit("lam_emit", lam_emit), str(loops.resolve(device)),
               None if store is None else Path(store))


def finished(job: Job, records: list[Record], complete: bool) -> Run:
    """The records of a job as a Run."""
    return assemble(records, _theory(job), job.real(), job.spec() | {"generations": job.generations}, complete)


@dataclass(frozen=True)
class Job:
    """The checked arguments of a run: what crosses to a worker process."""

    model: Any
    loop: Loop
    truth: Any
    generations: int
    seeds: list[int]
    n_ini: int
    metrics: tuple[Metric, ...]
    features: Callable | None
    emit: int
    lam_emit: float
    device: str
    store: Path | None

    def spec(self) -> dict[str, Any]:
        """The run in words and numbers: its identity, then its provenance."""
        return {
            "model": specs.describe(self.model), "loop": specs.describe(self.loop), "truth": specs.describe(self.truth),
            "seeds": self.seeds, "n_ini": self.n_ini, "metrics": [specs.describe(metric) for metric in self.metrics],
            "features": specs.describe(self.features), "emit": self.emit, "lam_emit": self.lam_emit, "data": repr(self.truth),
        } | specs.provenance(self.device)

    def real(self) -> Samples:
        """The test rows of the first seed."""
        return self.truth.test(self.emit, self.seeds[0])

    def emits(self, seed: int) -> bool:
        """Whether this seed's emitted rows are needed: kept, stored or judged."""
        judged = any(not self.by_moments(metric) for metric in self.metrics)
        return judged or self.store is not None or seed == self.seeds[0]

    def by_moments(self, metric: Metric) -> bool:
        """Whether the metric judges the fit itself."""
        known = hasattr(self.model, "moments") and hasattr(self.truth, "moments")
        return metric in mad_metrics.MOMENTS and known and self.features is None


def trajectory(job: Job, seed: int) -> Iterator[Record]:
    """The judged generations of one seed: those in the store first, then new ones."""
    shelf = Shelf(job.store / f"seed-{seed}", seed) if job.store else None
    done, state = 0, None
    if shelf:
        done = min(shelf.generations(), job.generations)
        for t in range(1, done + 1):
            yield shelf.record(t)
        going_on = 0 < done < job.generations
        state = resumed(shelf, done, job.model, job.loop, job.truth, job.device) if going_on else None
    if done == job.generations:
        return
    past = loops.steps(job.model, job.loop, job.truth, seed=seed, n_ini=job.n_ini, emit=job.emit if job.emits(seed) else 0,
                       lam_emit=job.lam_emit, device=job.device, state=state)
    judge = Judge(job, seed)
    cursor = state.cursor if state else job.n_ini
    for generation in islice(past, job.generations - done):
        record = Record(seed, generation.t, judge(generation))
        if shelf or seed == job.seeds[0]:
            record = replace(record, samples=generation.samples, composition=composition(generation, cursor))
        cursor = generation.state.cursor
        if shelf:
            kept = generation.model.state_dict() if loops.offers_state(generation.model) else None
            shelf.write(record, generation.data, cursor, kept)
        yield record if seed == job.seeds[0] else replace(record, samples=None)


class Judge:
    """The metrics of one seed: judges a generation against the seed's test rows, or the truth's moments."""

    def __init__(self, job: Job, seed: int):
        self.job, self.seed, device = job, seed, loops.resolve(job.device)
        self.moments = tuple(part.to(device) for part in job.truth.moments()) if hasattr(job.truth, "moments") else None
        self.rows = any(not job.by_moments(metric) for metric in job.metrics)
        self.real = self._seen(job.truth.test(job.emit, seed).to(device), 0) if self.rows else None

    def _seen(self, samples: Samples, t: int) -> Samples:
        if self.job.features is None:
            return samples
        with stream(self.seed, "features", t):
            seen = self.job.features(samples)
        return seen if isinstance(seen, Samples) else Samples(seen, samples.y, samples.born)

    def __call__(self, generation: Generation) -> dict[str, float]:
        values: dict[str, float] = {}
        if not self.job.metrics:
            return values
        with preserved():
            fake = self._seen(generation.samples, generation.t) if self.rows else None
            for metric in self.job.metrics:
                sides = (self.moments, generation.model.moments()) if self.job.by_moments(metric) else (self.real, fake)
                values |= self._judge(metric, sides, generation.t)
        return values

    def _judge(self, metric: Metric, sides: tuple, t: int) -> dict[str, float]:
        name = metric_name(metric)
        with stream(self.seed, "metric", name, t):
            value: Any = metric(*sides)
        named = {f"{name}.{key}": v for key, v in value.items()} if isinstance(value, dict) else {name: value}
        try:
            return {key: float(v) for key, v in named.items()}
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(f"metrics: {name} must return a number or a dict of numbers, got {reprlib.repr(value)}") from None


def composition(generation: Generation, cursor: int) -> list[tuple[str, int, int]]:
    """(source, born, rows) of a training set; cursor = fresh rows used before it was made."""
    real, *synthetic = torch.bincount(generation.data.born).tolist() or [0]
    fresh = min(generation.state.cursor - cursor, real)
    rows = [("real", 0, real - fresh), ("fresh", 0, fresh)] + [("synthetic", t, n) for t, n in enumerate(synthetic, 1)]
    return [row for row in rows if row[2]]


def metric_name(metric: Metric) -> str:
    """The name of a metric in tables."""
    while isinstance(metric, partial):
        metric = metric.func
    return getattr(metric, "__name__", type(metric).__name__)


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


# --- seeds, one after another or side by side ----------------------------------------------------------------------


def _collect(job: Job, executor: Executor | None, progress: bool) -> tuple[list[Record], BaseException | None]:
    """The records, in order, and what stopped the run early: Ctrl-C, or a fit that diverged."""
    from tqdm.auto import tqdm

    records: list[Record] = []
    stopped: BaseException | None = None
    shown = bars.set(progress and bars.get())
    bar = tqdm(total=job.generations * len(job.seeds), unit="generation", delay=2, disable=not bars.get(), leave=False)
    try:
        for batch in _side_by_side(job, executor) if executor else _one_by_one(job):
            records += batch
            bar.update(len(batch))
    except (KeyboardInterrupt, FloatingPointError) as error:
        if isinstance(error, KeyboardInterrupt) and workers.lonely.get():
            raise  # a cell of a sweep is whole, or is not there
        stopped = error
    finally:
        bars.reset(shown)
        bar.close()
    order = {seed: i for i, seed in enumerate(job.seeds)}
    records.sort(key=lambda record: (order[record.seed], record.t))
    return records, stopped


def _one_by_one(job: Job) -> Iterator[list[Record]]:
    for seed in job.seeds:
        yield from _together(trajectory(job, seed))


def _together(records: Iterator[Record], seconds: float = 0.01) -> Iterator[list[Record]]:
    """The records in batches, each made under one saving of the generators: for a tiny model, that is half of the time."""
    more = True
    while more:
        batch: list[Record] = []
        until = perf_counter() + seconds
        try:
            with preserved():
                for record in records:
                    batch.append(record)
                    if perf_counter() > until:
                        break
                else:
                    more = False
        finally:
            yield batch


def _side_by_side(job: Job, executor: Executor) -> Iterator[list[Record]]:
    packed = workers.pack(partial(_of_one_seed, job))
    futures = [executor.submit(workers.call, packed, seed) for seed in job.seeds]
    try:
        for future in as_completed(futures):
            yield workers.unpack(future.result())
    finally:
        for future in futures:
            future.cancel()


def _of_one_seed(job: Job, seed: int) -> list[Record]:
    """All records of a seed, in a worker: those done, where it is interrupted."""
    records: list[Record] = []
    try:
        for batch in _together(trajectory(job, seed)):
            records += batch
    except KeyboardInterrupt:
        pass
    return records


# --- arguments -----------------------------------------------------------------------------------------------------


def _n_ini(loop: Loop, n_ini: int | None) -> int:
    return whole("n_ini", loops.initial_rows(loop) if n_ini is None else n_ini, least=2)


def _check_truth(truth: Any) -> None:
    missing = [name for name in ("real", "fresh", "test") if not callable(getattr(truth, name, None))]
    if isinstance(truth, type) or inspect.isfunction(truth):
        raise TypeError(f"truth: {truth.__name__} makes a truth, it is none yet: call it, as in mk.data.gaussian(2)")
    if missing:
        raise TypeError(f"truth: expected one of mk.data, such as mk.data.gaussian(2) or mk.data.array(x), got "
                        f"{reprlib.repr(truth)} without {', '.join(missing)}")


def _check_tools(features: Any, executor: Any) -> None:
    if features is not None and not callable(features):
        raise TypeError(f"features: expected a function Samples -> (n, d) numbers, got {features!r}")
    workers.check_executor(executor)


def _metrics(chosen: Iterable[Metric | str] | None, model: Any, truth: Any, features: Callable | None) -> tuple[Metric, ...]:
    if chosen is None:
        moments = hasattr(model, "moments") and hasattr(truth, "moments") and features is None
        return mad_metrics.MOMENTS[:4] if moments else (mad_metrics.sliced_w2, mad_metrics.precision, mad_metrics.recall)
    if callable(chosen) or isinstance(chosen, str):
        chosen = [chosen]
    found = tuple(_metric(metric) for metric in chosen)
    names = [metric_name(metric) for metric in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"metrics: expected different names, got {', '.join(names)}: the table would keep one {twice[0]}; "
                         "give each a name of its own (def precision_9(real, fake): …)")
    return found


def _metric(metric: Metric | str) -> Metric:
    known = {name: f for name, f in vars(mad_metrics).items()
             if callable(f) and f.__module__ == mad_metrics.__name__ and not name.startswith("_")}
    if isinstance(metric, str) and metric in known:
        return known[metric]
    if not callable(metric):
        raise ValueError(f"metrics: {metric!r} is unknown; give a function (real, fake) -> number, "
                         f"or one of {', '.join(sorted(known))}")
    return metric
