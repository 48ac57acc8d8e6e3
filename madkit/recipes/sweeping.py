"""Recipes as sweeps: every recipe is a function at the cells of a grid, so any Executor can run it, and any run goes on.

    DIR/spec.json, DIR/cells/      the sweep, as `mk.sweep.grid` keeps it
    DIR/table.csv, DIR/picture.png what came out: the figure's table and picture (of recipes with runs: their rows)

The record of a Gaussian figure is its table, its picture and a README, OUT/NAME/.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import torch

from madkit import sweep as sweeps
from madkit.base import describe as specs
from madkit.base import files as store
from madkit.base.device import resolve
from madkit.base.workers import processes
from madkit.loops import initial_rows
from madkit.recipes import Preset, Recipe, Sweep, recipe
from madkit.recipes.card import sweep_card, words
from madkit.runs.run import run

if TYPE_CHECKING:
    import pandas as pd

    from madkit.record import Run


def sweep(
    name: str,                       # of mk.recipes.RECIPES
    preset: Preset = "laptop",
    out: str | Path = "sweeps",      # the folder of this sweep: what is done stays there, and the same call goes on
    dask: str | None = None,         # address of a Dask scheduler, such as "tcp://10.0.0.1:8786"; None: processes here
    workers: int | None = None,      # processes of one thread each; None: as many as cores, one on a GPU
    retry: bool = False,             # try again what failed before
) -> Path:
    """Run a recipe cell by cell, and write its table and picture beside the cells. Raises what `mk.sweep.grid` raises."""
    made, folder = recipe(name, preset), Path(out)
    rows = _swept(name, preset, made, folder, dask, workers, retry)
    table = made.summary(rows) if isinstance(made, Sweep) else rows
    _write_table(folder, table)
    if isinstance(made, Sweep):
        store.write(folder / "picture.png", made.draw(table).figure.png(110))
    return folder


def record(
    name: str,
    preset: Preset,
    folder: Path,                    # of the record
    work: Path,                      # of the sweep's cells
    workers: int | None = None,
    force: bool = False,             # replace a record that was made with other settings
) -> Path:
    """The record of a Gaussian figure: its sweep run, or what is missing of it, then written down. StoreError as for `grid`."""
    made, started = recipe(name, preset), monotonic()
    assert isinstance(made, Sweep)
    asked = {"sweep": specs.describe(made.f), "over": dict(made.over), "seeds": made.seeds}
    held = store.read_json(folder / "spec.json") if (folder / "spec.json").exists() and not force else asked
    if other := [f"{key}: recorded {held.get(key)}, asked {value}" for key, value in asked.items() if held.get(key) != value]:
        raise store.StoreError(f"record: {folder} holds a record of other settings ({'; '.join(other)}); give another folder "
                               "(-o), or --force to replace it")
    before = len(list((work / "cells").glob("*.json")))
    table = made.summary(_swept(name, preset, made, work, None, workers, retry=True))
    took = str(timedelta(seconds=round(monotonic() - started))) + (f", {before} tasks were there already" if before else "")
    told = words(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _write_table(folder, table)
    how = {"recipe": name, "preset": preset, "beside": made.beside, "dim": made.dim, "processes": workers or _cores()}
    how |= asked | {"took": took} | specs.provenance(str(resolve("auto")))
    store.write(folder / "spec.json", json.dumps(how, indent=1).encode())
    store.write(folder / "picture.png", made.draw(table).figure.png(110))
    store.write(folder / "README.md", sweep_card(folder, made, how, table, told).encode())
    return folder


def cells(name: str, preset: Preset, made: Recipe | Sweep) -> tuple[Callable[..., Any], dict[str, list[Any]]]:
    """A recipe as a function and its grid: of a recipe of runs, its labels."""
    if isinstance(made, Sweep):
        return made.f, dict(made.over)
    return partial(trained, name=name, preset=preset), {"label": list(made.loops)}


def trained(seed: int, label: str, *, name: str, preset: Preset) -> Run:
    """One run of a recipe, as a cell."""
    made = recipe(name, preset)
    assert isinstance(made, Recipe)
    loop = made.loops[label]
    return run(made.model, loop, made.truth, generations=made.generations, seeds=[seed], metrics=made.metrics,
               n_ini=made.n_ini.get(label) or initial_rows(loop), features=made.features, emit=made.emit, progress=False)


def _swept(name: str, preset: Preset, made: Recipe | Sweep, folder: Path, dask: str | None, workers: int | None,
           retry: bool) -> pd.DataFrame:
    """All rows of a recipe. Raises StoreError, with the errors named, when some are missing in the end."""
    f, over = cells(name, preset, made)
    with _executor(dask, workers) as executor:
        for _ in sweeps.grid(f, over, made.seeds, store=folder, executor=executor, retry=retry):
            pass
    failed = sweeps.failures(folder)
    if len(failed):
        raise store.StoreError(f"{name}: {len(failed)} cells failed, such as {failed.error.iloc[0]}; the others are in {folder}, "
                               "and --retry tries the failed ones again")
    return sweeps.table(folder)


@contextmanager
def _executor(dask: str | None, workers: int | None) -> Iterator[Executor]:
    if dask is None:
        with processes(workers or _cores()) as pool:
            yield pool
        return
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error}; clusters need more packages: pip install 'madkit[sweep]'") from None
    with Client(dask) as client:
        yield client.get_executor()


def _cores() -> int:
    return 1 if torch.cuda.is_available() else os.cpu_count() or 1


def _write_table(folder: Path, table: pd.DataFrame) -> None:
    store.write(folder / "table.csv", table.to_csv(index=False, float_format="%.6g").encode())
