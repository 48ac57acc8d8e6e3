"""What fails late: one rule for all of it.

Before the first generation is done, an error is raised as it is: nothing is lost. Afterwards what
is done is returned as an incomplete Run, the error is its `stopped`, and a warning says so. A
metric that raises ends nothing: its value is NaN. In a worker process an error travels beside the
records that were made before it.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from madkit.base import aloud, workers
from madkit.record import Entry


@contextmanager
def placed(t: int, seed: int) -> Iterator[None]:
    """What is raised within says where it happened."""
    where = f"generation {t} of seed {seed}"
    try:
        yield
    except Exception as error:
        if where not in words(error):
            error.add_note(f"in {where}")
        raise


def words(error: BaseException) -> str:
    """An error and where it happened, in one line."""
    kind, said = type(error).__name__, str(error)
    notes = [note for note in getattr(error, "__notes__", []) if "\n" not in note]
    return ", ".join([f"{kind}: {said}" if said else kind, *notes])


def portable(error: BaseException) -> BaseException:
    """The error as it can leave a worker process, its traceback as a note."""
    trace = "".join(traceback.format_exception(error))
    try:
        workers.unpack(workers.pack(lambda: error))()  # some cannot be made again, others hold what stays
    except Exception:
        error = RuntimeError(words(error))
    error.add_note(f"in a worker:\n{trace}")
    return error


def lost(error: BaseException) -> BaseException:
    """The error; where a pool of processes broke, in words."""
    if not isinstance(error, BrokenProcessPool):
        return error
    return BrokenExecutor(f"executor: its worker processes died ({words(error)}). Either "
                          f"{workers.GUARD}; or one was killed, or memory ran out: "
                          "mk.sweep.processes(n) outlives a worker that is killed")


def warn_of_metrics(entries: Iterable[Entry], known: set[str]) -> None:
    """One warning for each metric that raised, at its first time."""
    for entry in entries:
        for name, said in entry.failed.items():
            if name not in known:
                known.add(name)
                aloud.warn(f"metrics: {name} failed in generation {entry.t} of seed "
                           f"{entry.seed} and is NaN there ({said}). The run goes on; this is "
                           "told once")


def warn_of_stop(stopped: BaseException, done: int, asked: int) -> None:
    """Says why a run is not all that was asked for; whoever pressed Ctrl-C knows."""
    if not isinstance(stopped, KeyboardInterrupt):
        aloud.warn(f"run: stopped by {words(stopped)}. What was done is returned, {done} of "
                   f"{asked} generations; `raise run.stopped` shows where it happened")
