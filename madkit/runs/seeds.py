"""The seeds of a run, one after another or side by side."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, as_completed
from functools import partial
from time import perf_counter

from madkit.base import workers
from madkit.base.progress import bar, bars
from madkit.base.rng import preserved
from madkit.record import Entry
from madkit.runs.job import Job
from madkit.runs.trajectory import trajectory


def collect(job: Job, executor: Executor | None,
            progress: bool) -> tuple[list[Entry], BaseException | None]:
    """The records, in order, and what stopped the run early: Ctrl-C, or a fit that diverged."""
    records: list[Entry] = []
    stopped: BaseException | None = None
    with bars(progress), bar(total=job.generations * len(job.seeds), unit="generation") as shown:
        try:
            for batch in _side_by_side(job, executor) if executor else _one_by_one(job):
                records += batch
                shown.update(len(batch))
        except (KeyboardInterrupt, FloatingPointError) as error:
            if isinstance(error, KeyboardInterrupt) and workers.in_worker.get():
                raise  # a cell of a sweep is whole, or is not there
            stopped = error
    order = {seed: i for i, seed in enumerate(job.seeds)}
    records.sort(key=lambda record: (order[record.seed], record.t))
    return records, stopped


def _one_by_one(job: Job) -> Iterator[list[Entry]]:
    for seed in job.seeds:
        yield from _together(trajectory(job, seed))


def _together(records: Iterator[Entry], seconds: float = 0.01) -> Iterator[list[Entry]]:
    """The records in batches, each made under one saving of the generators.

    For a tiny model, that saves half of the time.
    """
    more = True
    while more:
        batch: list[Entry] = []
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


def _side_by_side(job: Job, executor: Executor) -> Iterator[list[Entry]]:
    packed = workers.pack(partial(_of_one_seed, job))
    futures = [executor.submit(workers.call, packed, seed) for seed in job.seeds]
    try:
        for future in as_completed(futures):
            yield workers.unpack(future.result())
    finally:
        for future in futures:
            future.cancel()


def _of_one_seed(job: Job, seed: int) -> list[Entry]:
    """All records of a seed, in a worker: those done, where it is interrupted."""
    records: list[Entry] = []
    try:
        for batch in _together(trajectory(job, seed)):
            records += batch
    except KeyboardInterrupt:
        pass
    return records
