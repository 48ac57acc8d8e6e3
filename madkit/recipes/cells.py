"""Recipes as sweeps: every recipe is a function at the cells of a grid,
so any Executor can run it, and any run goes on.

    DIR/spec.json, DIR/cells/      the sweep, as `mk.sweep.grid` keeps it
    DIR/table.csv, DIR/picture.png the figure's table and picture (of recipes with runs: their rows)

The record of a Gaussian figure, OUT/NAME/, is its table, its picture and a spec.json;
its sweep is kept in WORK/NAME/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from madkit import sweep as sweeps
from madkit.base import describe as specs
from madkit.base import files as store
from madkit.base import sealed
from madkit.base.checks import place
from madkit.base.device import resolve
from madkit.base.provenance import provenance
from madkit.base.workers import processes
from madkit.recipes.gaussian import CellsRecipe
from madkit.recipes.images import Recipe
from madkit.recipes.presets import Preset
from madkit.recipes.runs import processes_of, trained
from madkit.recipes.table import folder_name, recipe
from madkit.sweep.cells import Folder, tasks

if TYPE_CHECKING:
    import pandas as pd


def sweep(
    name: str,                       # of mk.recipes.RECIPES
    preset: Preset = "laptop",
    out: str | Path = "sweeps",      # the folder of this sweep: what is done stays there
    dask: str | None = None,         # a Dask scheduler: "tcp://10.0.0.1:8786"; None: processes here
    workers: int | None = None,      # processes of one thread each; None: one a core, one on a GPU
    retry: bool = False,             # try again what failed before
) -> Path:
    """Run a recipe cell by cell, and write table and picture beside the cells; gives the folder.

    The same call goes on after a stop. Raises what `mk.sweep.grid` raises.
    """
    made, folder = recipe(name, preset), place("out", out)
    rows = swept(name, preset, made, folder, dask, processes_of(workers), retry)
    written = {"table.csv": _csv(rows)}
    if isinstance(made, CellsRecipe):
        written = _figure(made, made.summary(rows))
    for file, content in written.items():
        store.write(folder / file, content)
    return folder


def grid(
    name: str, preset: Preset, made: Recipe | CellsRecipe
) -> tuple[Callable[..., Any], dict[str, list[Any]]]:
    """A recipe as a function and its grid: of a recipe of runs, its labels."""
    if isinstance(made, CellsRecipe):
        return made.f, dict(made.over)
    return partial(trained, name=name, preset=preset), {"label": list(made.loops)}


# --- what a recording is of this kind -------------------------------------------------------------


def beside(folder: Path, made: CellsRecipe) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """(held, asked) of the sweep that a folder holds."""
    if (folder / "spec.json").exists():
        yield store.read_json(folder / "spec.json"), _asked(made)


def make(
    name: str,
    preset: Preset,
    made: CellsRecipe,
    work: Path,
    workers: int,
) -> tuple[pd.DataFrame, dict[str, Any], str]:
    """The table of the figure, its sweep made in `work`; how; and what was there, in words."""
    home = work / folder_name(name, preset)
    before = len(list((home / "cells").glob("*.json")))
    table = made.summary(swept(name, preset, made, home, None, workers, retry=True))
    how = {"beside": made.beside, "dim": made.dim, "processes": workers} | _asked(made)
    return table, how, f", {before} tasks were there already" if before else ""


def write(
    folder: Path,
    made: CellsRecipe,
    table: pd.DataFrame,
    how: Mapping[str, Any],
) -> dict[str, Any]:
    """Write the table, its picture, and how they were made, with versions, device and date."""
    whole = dict(how) | provenance(str(resolve("auto")))
    sealed.write(folder, whole, _figure(made, table))
    return whole


def _asked(made: CellsRecipe) -> dict[str, Any]:
    return {"sweep": specs.describe(made.f), "over": dict(made.over), "seeds": made.seeds}


# --- running --------------------------------------------------------------------------------------


def swept(
    name: str,
    preset: Preset,
    made: Recipe | CellsRecipe,
    folder: Path,
    dask: str | None,
    workers: int,
    retry: bool,
) -> pd.DataFrame:
    """All rows of a recipe. Raises StoreError, naming an error, when some are missing."""
    f, over = grid(name, preset, made)
    with _executor(dask, workers) as executor:
        for _ in sweeps.grid(f, over, made.seeds, store=folder, executor=executor, retry=retry):
            pass
    known = set().union(*Folder(folder).known())
    if any(task.name not in known for task in tasks(over, range(made.seeds))):
        raise KeyboardInterrupt  # `grid` has said so
    failed = sweeps.failures(folder)
    if len(failed):
        raise store.StoreError(f"{name}: {len(failed)} cells failed, such as "
                               f"{failed.error.iloc[0]}; the others are in {folder}, and "
                               "--retry tries the failed ones again")
    return sweeps.table(folder)


@contextmanager
def _executor(dask: str | None, workers: int) -> Iterator[Executor]:
    if dask is None:
        with processes(workers) as pool:
            yield pool
        return
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error}; clusters need more packages: "
                                  "pip install 'madkit[sweep]'") from None
    with Client(dask) as client:
        yield client.get_executor()


def _figure(made: CellsRecipe, table: pd.DataFrame) -> dict[str, bytes]:
    """The files of a figure: its table and its picture."""
    return {"table.csv": _csv(table), "picture.png": made.draw(table).figure.png(110)}


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, float_format="%.6g").encode()
