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
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, product
from operator import contains, itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from madkit.base import claims, files
from madkit.base.describe import FORMAT
from madkit.base.writers import tidy

if TYPE_CHECKING:
    import pandas as pd

IDENTITY = ("sweep", "names")
NAME = re.compile(r"[0-9a-f]{12}-seed-[0-9]+(\.failed)?\.json")
PLAIN = (str, int, float, bool, type(None))
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
        return f"{files.digest(json.dumps(_same(self.cell), sort_keys=True).encode())[:12]}-seed-{self.seed}"

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
              provenance: dict[str, str], todo: bool) -> None:
        """Make the folder this sweep's, or check that it is;
        further values and seeds are added to those that it has. Where nothing is to do, it is only
        read. Several processes may compute cells of one sweep: what they write twice is the same.

        Raises StoreError when it holds something else.
        """
        spec = {"format": FORMAT, "sweep": sweep, "names": sorted(over), "over": dict(over),
                "seeds": seeds}
        held = claims.holding(self.path, "sweep")
        if held is not None:
            claims.compare(self.path, held, spec, IDENTITY, "sweep")
            if not todo and _wider(self._grid(held), spec) == held:
                tidy(self.path)
                return
        with claims.claimed(self.path, spec | provenance, IDENTITY, "sweep", patience=60) as held:
            whole = _wider(self._grid(held), spec)
            if whole != held:
                files.write_json(self.path / "spec.json", whole)
        files.make_folder(self.path / "cells", inner=True)

    def spec(self) -> dict[str, Any]:
        """What the folder holds. Raises StoreError when it is no sweep."""
        spec = self.path / "spec.json"
        held = files.read_json(spec) if spec.exists() else {}
        if "sweep" not in held:
            raise files.StoreError(f"{self.path} holds no sweep; mk.sweep.grid(…, "
                                   f"store={str(self.path)!r}) makes one")
        return self._grid(held)

    def _grid(self, held: dict[str, Any]) -> dict[str, Any]:
        """The spec, whose grid is one. StoreError where it is none."""
        over = held.get("over")
        if (not isinstance(over, dict) or held.get("names") != sorted(over) or not all(map(_plain, over.values()))
                or not isinstance(held.get("seeds"), list) or not _plain(held["seeds"])):
            raise files.damaged(self.path / "spec.json", "expected over, {name: values}, and seeds")
        return held

    @cached_property
    def sweep(self) -> str:
        """Which sweep it is."""
        return claims.identified(self.spec(), IDENTITY)

    def records(self, failed: bool = False) -> list[Outcome]:
        """What is kept of the tasks that are done, or that failed, in the order of the grid."""
        over = self.spec()["over"]
        order = [{value: i for i, value in enumerate(values)}
                 for values in (*over.values(), self.spec()["seeds"])]
        placed = []
        for name in self.known()[failed]:
            record = self._read(self._file(name, failed))
            values = [*map(record["cell"].get, over), record["seed"]]
            if set(record["cell"]) != set(over) or not all(map(contains, order, values)):
                raise files.StoreError(f"{self._file(name, failed)} is of no cell of this sweep; "
                                       "nothing was changed. Call mk.sweep.grid with all values "
                                       "and seeds that it has, or remove it")
            placed.append(([place[one] for place, one in zip(order, values, strict=True)], record))
        return [record for _, record in sorted(placed, key=itemgetter(0))]

    def known(self) -> tuple[set[str], set[str]]:
        """The names of the tasks that are done, and of those that failed."""
        cells = self.path / "cells"
        if cells.exists() and not cells.is_dir():
            raise files.damaged(cells, "expected a folder", "Remove it, and what is missing is "
                                                            "computed again")
        names = list(filter(NAME.fullmatch, os.listdir(cells) if cells.exists() else []))
        failed = {name.removesuffix(".failed.json")
                  for name in names if name.endswith(".failed.json")}
        done = {name.removesuffix(".json") for name in names if not name.endswith(".failed.json")}
        return done, failed - done

    def read(self, task: Task, failed: bool = False) -> Outcome:
        """What is kept of a task, or StoreError."""
        path = self._file(task.name, failed)
        record = self._read(path)
        if (record["cell"], record["seed"]) != (task.cell, task.seed):
            raise _lost(path)
        return record

    def _read(self, path: Path) -> Outcome:
        needs = {"cell": dict, "seed": int}
        try:
            record = files.read_json(path, needs)
        except files.StoreError as error:
            raise _lost(path) from error
        plain = all(type(value) in PLAIN for value in record["cell"].values())
        task = Task(record["cell"], record["seed"])
        name = path.name.removesuffix(".json").removesuffix(".failed")
        if not plain or task.name != name or record.pop("of", self.sweep) != self.sweep:
            raise _lost(path)
        failed = path.name.endswith(".failed.json")
        if not (isinstance(record.get("error"), str) if failed else _is_table(record.get("rows"))):
            raise _lost(path)
        return record

    def write(self, task: Task, text: str) -> Outcome:
        """Keep a task, whole or not at all."""
        record = json.loads(text)
        failed = "error" in record
        files.make_folder(self.path / "cells", inner=True)
        files.write_json(self._file(task.name, failed), record | {"of": self.sweep})
        if not failed:
            self._file(task.name, failed=True).unlink(missing_ok=True)
        return record

    def _file(self, name: str, failed: bool) -> Path:
        return self.path / "cells" / f"{name}{'.failed' if failed else ''}.json"


def _lost(path: Path) -> files.StoreError:
    return files.StoreError(f"{path} is damaged, or of another sweep; nothing was changed. Remove "
                            "it, and the same call of mk.sweep.grid computes it again")


def _plain(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) in PLAIN for value in values)


def _is_table(rows: Any) -> bool:
    """Whether it is {column: values}, all of one length, with metric and value."""
    return (isinstance(rows, dict) and {"metric", "value"} <= set(rows)
            and all(map(_plain, rows.values())) and len({len(one) for one in rows.values()}) == 1)


def _wider(held: dict[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """A spec with the values and seeds that are asked beside those that it has."""
    over = {name: _union(values, asked["over"][name]) for name, values in held["over"].items()}
    return held | {"over": over, "seeds": _union(held["seeds"], asked["seeds"])}


def _union(held: list, asked: list) -> list:
    return held + [value for value in asked if value not in held]
