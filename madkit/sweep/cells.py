"""The cells of a sweep, and the folder that keeps what is known of each.

    FOLDER/spec.json                              the function, the values that each name takes, the
                                                  seeds; versions, device, date
    FOLDER/cells/3fa9c0d1e2b4-seed-7.json         one task, done: its cell, seed, rows by column,
                                                  seconds, versions, device, date
    FOLDER/cells/3fa9c0d1e2b4-seed-8.failed.json  one task, failed: its error and traceback in the
                                                  place of rows

The digits are a digest of the cell, which the file names in full. Numbers are written as Python
writes them, which loses no bit. A record is text from the moment that it is made, in the worker:
rows just computed are read as rows from disk are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from madkit.base import files as store
from madkit.base.describe import FORMAT

if TYPE_CHECKING:
    import pandas as pd

Value = str | int | float | bool | None
Cell = dict[str, Value]
# cell, seed, and rows {column: values} or error and traceback; seconds, versions, device, date
Outcome = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One cell and one seed."""

    cell: Cell
    seed: int

    @property
    def name(self) -> str:
        """The name of its file, without ending: the same in whatever order the cell was written."""
        return f"{store.digest(json.dumps(_same(self.cell), sort_keys=True).encode())[:12]}-seed-{self.seed}"

    def __str__(self) -> str:
        return ", ".join(f"{name}={value!r}"
                         for name, value in (self.cell | {"seed": self.seed}).items())


def _same(cell: Cell) -> Cell:
    """The cell with equal values written equally: 1.0 and 1 are one."""
    return {name: int(value) if isinstance(value, int | float) and value % 1 == 0 else value
            for name, value in cell.items()}


def tasks(over: Mapping[str, list[Value]], seeds: Iterable[int]) -> Iterator[Task]:
    """Every cell with every seed, the last name and then the seeds running fastest."""
    seeds = list(seeds)
    for values in product(*over.values()):
        yield from (Task(dict(zip(over, values, strict=True)), seed) for seed in seeds)


def frame(records: Iterable[Outcome], names: Iterable[str]) -> pd.DataFrame:
    """The rows of records, one below the other: columns of the cell (names), seed,
    and those that the function gave.
    """
    import pandas as pd

    records = list(records)
    given = dict.fromkeys(chain.from_iterable(record["rows"] for record in records))
    columns: dict[str, list]
    columns = {name: [] for name in (*names, "seed", *(given or ("metric", "value")))}
    for record in records:
        rows = record["rows"]
        n = len(rows["metric"])
        for name in columns:
            one = record["seed"] if name == "seed" else record["cell"].get(name)
            columns[name] += rows[name] if name in rows else [one] * n
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class Folder:
    """A sweep on disk."""

    path: Path

    def claim(self, sweep: str, over: Mapping[str, list[Value]], seeds: list[int],
              provenance: dict[str, str]) -> None:
        """Make the folder this sweep's, or check that it is;
        further values and seeds are added to those that it has.

        Raises StoreError when it holds something else.
        """
        spec = {"format": FORMAT, "sweep": sweep, "names": sorted(over), "over": dict(over),
                "seeds": seeds}
        spec |= provenance
        store.claim(self.path, spec, ("sweep", "names"), "sweep")
        held = store.read_json(self.path / "spec.json")
        wider = {name: _union(values, over[name]) for name, values in held["over"].items()}
        whole = held | {"over": wider, "seeds": _union(held["seeds"], seeds)}
        if whole != held:
            store.write(self.path / "spec.json", json.dumps(whole, indent=1).encode())
        (self.path / "cells").mkdir(exist_ok=True)

    def spec(self) -> dict[str, Any]:
        """What the folder holds. Raises StoreError when it is no sweep."""
        spec = self.path / "spec.json"
        held = store.read_json(spec) if spec.exists() else {}
        if "sweep" not in held:
            raise store.StoreError(f"{self.path} holds no sweep; mk.sweep.grid(…, "
                                   f"store={str(self.path)!r}) makes one")
        return held

    def tasks(self) -> Iterator[Task]:
        """Every task that was ever asked for, in the order of the grid."""
        spec = self.spec()
        return tasks(spec["over"], spec["seeds"])

    def known(self) -> tuple[set[str], set[str]]:
        """The names of the tasks that are done, and of those that failed."""
        files = os.listdir(self.path / "cells") if (self.path / "cells").exists() else []
        failed = {name.removesuffix(".failed.json")
                  for name in files if name.endswith(".failed.json")}
        done = {name.removesuffix(".json") for name in files if name.endswith(".json")}
        done -= {f"{name}.failed" for name in failed}
        return done, failed - done

    def read(self, task: Task, failed: bool = False) -> Outcome:
        """What is kept of a task, or StoreError."""
        path, needs = self._file(task, failed), {"cell", "seed", "error" if failed else "rows"}
        try:
            record = store.read_json(path)
        except store.StoreError:
            record = None
        whole = isinstance(record, dict) and needs <= set(record)
        if not whole or (record["cell"], record["seed"]) != (task.cell, task.seed):
            raise store.StoreError(f"{path} is damaged; nothing was changed. Remove it, and the "
                                   f"same call of mk.sweep.grid computes it again ({task})")
        return record

    def write(self, task: Task, text: str) -> Outcome:
        """Keep a task, whole or not at all."""
        record = json.loads(text)
        failed = "error" in record
        store.write(self._file(task, failed), text.encode())
        if not failed:
            self._file(task, failed=True).unlink(missing_ok=True)
        return record

    def _file(self, task: Task, failed: bool) -> Path:
        return self.path / "cells" / f"{task.name}{'.failed' if failed else ''}.json"


def _union(held: list, asked: list) -> list:
    return held + [value for value in asked if value not in held]
