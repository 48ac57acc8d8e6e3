"""Sweeps that were made before: the tables of the paper's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from madkit.base import sealed
from madkit.base.checks import Place
from madkit.base.files import read_json, read_table
from madkit.base.gate import gate
from madkit.base.shipped import home_of, readable

if TYPE_CHECKING:
    import pandas as pd


@gate
def recorded(name: str, folder: Place | None = None) -> pd.DataFrame:
    """The table of a recorded sweep, such as recorded("fig11_fresh_data"): a row for each cell;
    `.attrs` says how it was made.

    name     of the experiment, as `madkit recipes` lists them
    folder   where `madkit record NAME -o FOLDER` put it; None: the shipped ones. Raises
             FileNotFoundError when there is none, StoreError when it is damaged.
    """
    home = home_of(name, folder)
    if not (home / "table.csv").exists():
        raise FileNotFoundError(f"recorded: expected a table in {home}, found none; `madkit "
                                f"record {name}` makes it, and mk.recorded reads records of runs")
    with readable(folder):
        spec = read_json(home / "spec.json")
        sums = sealed.sums(home, spec, ["table.csv"])
        table = read_table(home / "table.csv", {}, sums["table.csv"])
    table.attrs = {name: value for name, value in spec.items() if name != "files"}
    return table
