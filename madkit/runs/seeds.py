"""The seeds of a run, one after another or side by side."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future, as_completed
from functools import partial
from time import perf_counter

from madkit.base import workers
from madkit.base.files import StoreError
from madkit.base.progress import bar, bars
from madkit.base.rng import preserved
from madkit.record import Entry
from madkit.runs.job import Job
from madkit.runs.late import lost, portable, warn_of_metrics
from madkit.runs.trajectory import trajectory


def collect(job: Job, executor: Executor | None,
            progress: bool) -> tuple[list[Entry], BaseException | None]:
    """The records, in order, and what stopped the run early: Ctrl-C, or any error but of a store.
    """
    records: list[Entry] = []
    stopped: BaseException | None = None
    warned: set[str] = set()
    with bars(progress), bar(total=job.generations * len(job.seeds), unit="generation") as shown:
        try:
            for batch in _side_by_side(job, executor) if executor else _one_by_one(job):
                records += batch
                warn_of_metrics(batch, warned)
                shown.update(len(batch))
        except StoreError:
            raise  # a refusal: what was read of the store so far is no result
        except (Exception, KeyboardInterrupt, SystemExit) as error:
            if isinstance(error, KeyboardInterrupt) and workers.in_worker.get():
                raise  # a cell of a sweep is whole, or is not there
            stopped = lost(error)
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
    """Each seed's records. When one stops, those that run are waited for; no other is begun."""
    packed = workers.pack(partial(_of_one_seed, job))
    stopped: BaseException | None = None
    futures: list[Future] = []
    try:
        futures += (executor.submit(workers.call, packed, seed) for seed in job.seeds)
        for future in as_completed(futures):
            if not future.cancelled():
                records, error = _ended(future)
                stopped = stopped or error
                yield records
            if stopped:
                _cancel(futures)
    finally:
        _cancel(futures)
    if stopped:
        raise stopped


def _cancel(futures: list[Future]) -> None:
    for future in futures:
        future.cancel()


def _ended(future: Future) -> tuple[list[Entry], BaseException | None]:
    """What a worker made, and what stopped it."""
    try:
        return workers.unpack(future.result())
    except StoreError:
        raise
    except Exception as error:
        return [], error


def _of_one_seed(job: Job, seed: int) -> tuple[list[Entry], BaseException | None]:
    """In a worker: all records of a seed, and what stopped it; those done, where it is stopped."""
    records: list[Entry] = []
    try:
        for batch in _together(trajectory(job, seed)):
            records += batch
    except StoreError:
        raise
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        return records, portable(error)
    return records, None
