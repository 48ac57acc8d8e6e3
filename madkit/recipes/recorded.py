"""Runs of the paper's experiments that were made before."""

from __future__ import annotations

from pathlib import Path

from madkit.base.checks import Place
from madkit.base.files import StoreError, read_json
from madkit.base.gate import gate
from madkit.base.shipped import home_of, readable
from madkit.recipes.card import named
from madkit.record import Run, load


@gate
def recorded(name: str, folder: Place | None = None) -> dict[str, Run]:
    """{label: Run} of a recorded experiment, in the order of its recipe,
    such as recorded("fig06_fully_synthetic")["λ = 0.5"].

    name     of the experiment, as `madkit recipes` lists them
    folder   where `madkit record NAME -o FOLDER` put it; None: the shipped ones. A folder that
             holds one run has its name as label. Raises FileNotFoundError when there is none of
             that name, StoreError when it is damaged.
    """
    home = home_of(name, folder)
    with readable(folder):
        if (home / "samples.npz").exists() or _is_run(home / "spec.json"):
            return {name: load(home)}
        runs = [load(path) for path in sorted(home.glob("*/"))  # one without a spec.json is damaged
                if path.is_dir() and any(one.name[0] != "." for one in path.iterdir())]
        _check_whole(home)
    if not runs:
        how = ("it holds the table of a sweep: "
               f"mk.sweep.recorded({name!r})" if (home / "table.csv").exists() else
               f"`madkit record {name}` makes them")
        raise FileNotFoundError(f"recorded: expected runs in {home}, found none; {how}")
    return {str(run.spec.get("label")): run for run in sorted(runs, key=_order)}


def _check_whole(home: Path) -> None:
    """StoreError where a run that the card names is gone."""
    card = home / "README.md"
    said = named(card.read_text(encoding="utf-8", errors="replace")) if card.exists() else []
    for name in said:
        if name.endswith("/spec.json") and not (home / name).exists():
            raise StoreError(f"{home} is damaged (the run in {Path(name).parent} is gone)")


def _is_run(spec: Path) -> bool:
    """Whether there is the spec of a run, not that of a sweep."""
    return spec.exists() and "sweep" not in read_json(spec)


def _order(run: Run) -> int:
    """The place of a run's label in its recipe."""
    order = run.spec.get("order")
    return order if isinstance(order, int) else 0
