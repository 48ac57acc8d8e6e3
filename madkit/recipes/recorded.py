"""Runs of the paper's experiments that were made before."""

from __future__ import annotations

from madkit.base.checks import Place
from madkit.base.gate import gate
from madkit.base.shipped import home_of
from madkit.record import Run, load


@gate
def recorded(name: str, folder: Place | None = None) -> dict[str, Run]:
    """{label: Run} of a recorded experiment, in the order of its recipe,
    such as recorded("fig06_fully_synthetic")["λ = 0.5"].

    name     of the experiment, as `madkit recipes` lists them
    folder   where `madkit record NAME -o FOLDER` put it; None: the shipped ones. A folder that
             holds one run has its name as label. Raises FileNotFoundError when there is none of
             that name.
    """
    home = home_of(name, folder)
    if (home / "samples.npz").exists():
        return {name: load(home)}
    runs = [load(path.parent) for path in sorted(home.glob("*/spec.json"))]
    if not runs:
        how = ("it holds the table of a sweep: "
               f"mk.sweep.recorded({name!r})" if (home / "table.csv").exists() else
               f"`madkit record {name}` makes them")
        raise FileNotFoundError(f"recorded: expected runs in {home}, found none; {how}")
    return {run.spec["label"]: run for run in sorted(runs, key=lambda run: run.spec["order"])}
