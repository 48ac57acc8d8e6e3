"""The record of a recipe: what is left of its runs or cells, with a card that says how it was made.

    OUT/NAME/README.md    the card; beside it tables, pictures, and spec.json: a later recording is
                          compared with it

`runs` and `cells` say what a recording is of their kind: `make` it, or what is missing of it, in
WORK; `write` its files; and `beside` it what is asked, what a folder holds already. A kill at any
moment, or Ctrl-C, loses what was in flight, no more; the same call goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from madkit.base import files as store
from madkit.base.checks import Count, Place, place
from madkit.base.gate import gate
from madkit.base.writers import writing
from madkit.recipes import cells, runs
from madkit.recipes.card import card
from madkit.recipes.images import Recipe
from madkit.recipes.presets import Preset
from madkit.recipes.table import folder_name, recipe


@gate
def record(
    name: str,                       # of mk.recipes.RECIPES
    preset: Preset = "laptop",
    out: Place = "data/runs",        # the record goes to OUT/NAME, if not laptop to OUT/NAME-PRESET
    work: Place = "runs",            # whole runs and cells, to go on from; may be deleted
    workers: Count | None = None,    # processes of one thread each; None: one a core, one on a GPU
    force: bool = False,             # replace a record that was made with other settings
) -> Path:
    """Run a recipe, or what is missing of it, and write its record; gives the folder.

    Raises StoreError, before anything runs, for a folder that holds a record of other settings;
    KeyboardInterrupt on Ctrl-C.
    """
    made, workers = recipe(name, preset), runs.processes_of(workers)
    folder = place("out", out) / folder_name(name, preset)
    kind = runs if isinstance(made, Recipe) else cells
    if not force:
        _refuse(folder, kind.beside(folder, made))
    started = monotonic()
    result, more, said = kind.make(name, preset, made, place("work", work), workers)
    took = f"{timedelta(seconds=round(monotonic() - started))}{said}"
    store.make_folder(folder)
    how = {"recipe": name, "preset": preset} | more | {"took": took}
    with writing(folder):
        how = kind.write(folder, made, result, how)
        store.write(folder / "README.md", card(folder, made, result, how).encode())
    return folder


def _refuse(folder: Path, pairs: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """StoreError, naming what differs, when the folder holds a record of other settings."""
    other = [f"{key}: recorded {held.get(key)}, asked {value}"
             for held, asked in pairs for key, value in asked.items() if held.get(key) != value]
    if other:
        raise store.StoreError(f"record: {folder} holds a record of other settings "
                               f"({'; '.join(other)}); give another folder (-o), or --force to "
                               "replace it")
