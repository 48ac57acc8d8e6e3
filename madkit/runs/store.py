"""The store of a run: whose it is, which seeds it has, and whether anything is to be done in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from madkit.base import claims, files, sealed
from madkit.base.aloud import warn
from madkit.base.writers import tidy
from madkit.record import Run, write_run
from madkit.runs.job import Job
from madkit.runs.shelf import Shelf
from madkit.runs.told import leave

IDENTITY = tuple(name for name in claims.IDENTITY if name != "seeds")  # further ones may come
MADE = ("versions", "device", "date", "resumed")


@dataclass
class Store:
    """A store while its run goes on."""

    folder: Path
    held: dict[str, Any]  # what its spec.json says
    done: bool = False    # nothing is left to do: it is only read

    def keep(self, result: Run) -> OSError | None:
        """Write the record, unless it is there; the error, where the disk is full."""
        result.spec |= {name: self.held[name] for name in MADE if name in self.held}
        try:
            if not self.done:
                write_run(result, self.folder, of=self.held["of"])
        except OSError as error:
            return error
        result.folder = self.folder
        return None


@contextmanager
def opened(asked: Job) -> Iterator[tuple[Job, Store | None]]:
    """The job with the seeds that its store has already, and the store, for this process to write
    in; None where there is none.

    A store that has all that is asked is only read. Raises StoreError for one of another run, and
    for one that another process writes in.
    """
    if (folder := asked.store) is None:
        yield asked, None
        return
    spec, held, there = asked.spec(), claims.holding(folder), folder.exists()
    new = held is None
    if held is not None:
        claims.compare(folder, held, spec, IDENTITY, "run")
        if _done(wider := _widened(asked, folder, held), folder, held):
            tidy(folder)
            _warn(asked, wider)
            yield wider, Store(folder, held, done=True)
            return
    try:
        with claims.claimed(folder, spec, IDENTITY) as held:
            wider = _widened(asked, folder, held)
            if held["seeds"] != wider.seeds:
                held = {name: held[name] for name in held if name not in ("complete", "files")}
                held["seeds"] = wider.seeds
                files.write_json(folder / "spec.json", held)
            _warn(asked, wider)
            yield wider, Store(folder, held)
    except BaseException:
        if new and not any(folder.glob("seed-*/*")):
            _take_back(folder, there)
        raise
    finally:
        leave(asked)


def _take_back(folder: Path, there: bool) -> None:
    """Leave a folder in which nothing was done as it was before."""
    with suppress(OSError):
        (folder / "spec.json").unlink(missing_ok=True)
        for seed in folder.glob("seed-*"):
            seed.rmdir()
        if not there:
            folder.rmdir()


def _widened(asked: Job, folder: Path, held: dict[str, Any]) -> Job:
    """The job with the seeds of the store, too: what is stored is part of what comes out."""
    has = claims.seeds(folder, held)
    if set(has) <= set(asked.seeds):
        return asked
    return replace(asked, seeds=has + [seed for seed in asked.seeds if seed not in has])


def _warn(asked: Job, wider: Job) -> None:
    if more := [seed for seed in wider.seeds if seed not in asked.seeds]:
        warn(f"store: {asked.store} has seeds {more} too, and so has the run; for {asked.seeds} "
             "alone leave store= out, or give another folder")


def _done(asked: Job, folder: Path, held: dict[str, Any]) -> bool:
    """Whether all that is asked is there, perhaps more, and is what was written."""
    if held.get("complete") is not True or held.get("seeds") != asked.seeds:
        return False
    recorded = held.get("generations")
    shelves = (Shelf(folder / f"seed-{seed}", seed) for seed in asked.seeds)
    return (isinstance(recorded, int) and recorded >= asked.generations
            and all(shelf.generations() >= asked.generations for shelf in shelves)
            and sealed.intact(folder, held))
