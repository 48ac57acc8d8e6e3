"""`Run`, the record of a run, and its files.

What draws, compares and reports reads this and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from madkit.base import card, ends, files
from madkit.base import wide as tables
from madkit.base.checks import place
from madkit.samples import Samples

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Entry:
    """What is kept of one generation of one seed."""

    seed: int
    t: int
    values: dict[str, float]        # metric -> value
    composition: list[tuple[str, int, int]] = field(default_factory=list)  # (source, born, rows)
    samples: Samples | None = None  # emitted
    failed: dict[str, str] = field(default_factory=dict)  # metric -> why its values are NaN


@dataclass
class Run(card.Carded):
    """The record of a run; `plot` draws it, `save` and `load` keep it.

    table        seed, generation, metric, value: one row each (exact runs of several loops: also
                 `loop`)
    theory       generation, metric, value, kind ("expectation", "exact", "asymptote": see
                 `mk.theory.table`), or empty
    samples      {generation: Samples} that the first seed emitted
    real         test rows of the first seed, which metrics judged against
    composition  generation, source ("real" | "fresh" | "synthetic"), born, rows: the training sets
                 of the first seed
    spec         model, loop, truth, seeds, …, versions, device, date, as text and numbers
    complete     False of a run that stopped early: the generations done are here
    stopped      what stopped it: the error, KeyboardInterrupt after Ctrl-C, or None; not on disk,
                 where spec["stopped"] has its words
    places       {generation: Samples (n, 2)}, 0 = real: rows in the fixed map that a recorded image
                 run is drawn in, or empty
    folder       where it lies on disk, or None; no part of what a run is, nor of its files
    """

    table: pd.DataFrame
    theory: pd.DataFrame
    samples: dict[int, Samples]
    real: Samples | None
    composition: pd.DataFrame
    spec: dict[str, Any]
    complete: bool = True
    places: dict[int, Samples] = field(default_factory=dict)
    folder: Path | None = field(default=None, compare=False)
    stopped: BaseException | None = field(default=None, compare=False)

    def save(self, folder: str | Path) -> Path:
        """Write the record into a folder (csv, json, npz), but not into one with another run."""
        folder = place("folder", folder)
        files.claim(folder, self.spec)
        write_run(self, folder)
        self.folder = folder
        return folder

    def wide(self) -> pd.DataFrame:
        """The table with one column a metric, and one row a seed and generation."""
        return tables.wide(self.table)

    def to_xarray(self) -> Any:
        """The table as an xarray.Dataset; ImportError where xarray is not installed."""
        return tables.arrays(self.table, self.spec)

    def _told(self) -> Iterator[card.Line]:
        return ends.told(self)

    def __repr__(self) -> str:
        return card.as_text(card.told(self))


def assemble(records: list[Entry], theory: pd.DataFrame, real: Samples | None, spec: dict,
             complete: bool) -> Run:
    """Records of all seeds as one Run."""
    import pandas as pd

    rows = [(r.seed, r.t, metric, value) for r in records for metric, value in r.values.items()]
    first = [r for r in records if r.seed == spec["seeds"][0]]
    parts = [(r.t, *part) for r in first for part in r.composition]
    return Run(
        table=pd.DataFrame(rows, columns=["seed", "generation", "metric", "value"]),
        theory=theory,
        samples={r.t: r.samples.to("cpu") for r in first if r.samples is not None},
        real=real,
        composition=pd.DataFrame(parts, columns=["generation", "source", "born", "rows"]),
        spec=spec,
        complete=complete,
    )


_FRAMES = ("table", "theory", "composition")


def write_run(result: Run, folder: Path) -> None:
    """The files that `load` reads; spec.json says last whether the run is complete."""
    resumed = {k: v for k, v in files.read_json(folder / "spec.json").items() if k == "resumed"}
    files.write(folder / "spec.json", json.dumps(result.spec | resumed, indent=1).encode())
    for name in _FRAMES:
        files.write(folder / f"{name}.csv", getattr(result, name).to_csv(index=False).encode())
    files.write_arrays(folder / "samples.npz", _flatten({"real": result.real} | result.samples))
    if result.places:
        files.write_arrays(folder / "places.npz", _flatten(result.places))
    whole = result.spec | resumed | {"complete": result.complete}
    files.write(folder / "spec.json", json.dumps(whole, indent=1).encode())


def load(folder: str | Path) -> Run:
    """A Run that `Run.save` or `run(store=…)` wrote. StoreError where it is damaged or cut off."""
    folder = place("folder", folder)
    if not (folder / "spec.json").exists():
        raise files.StoreError(f"load: {folder} holds no run (no spec.json)")
    spec = files.read_json(folder / "spec.json")
    if "complete" not in spec:
        raise files.StoreError(f"load: the run in {folder} was cut off; call mk.run with the same "
                                f"arguments and store={str(folder)!r} to finish it")
    frames = {name: files.read_table(folder / f"{name}.csv") for name in _FRAMES}
    samples = _unflatten(files.read_arrays(folder / "samples.npz"))
    drawn = files.read_arrays(folder / "places.npz") if (folder / "places.npz").exists() else {}
    return Run(**frames, real=samples.pop("real", None), complete=spec.pop("complete"), spec=spec,
               samples={int(t): rows for t, rows in samples.items()},
               places={int(t): rows for t, rows in _unflatten(drawn).items()}, folder=folder)


def _flatten(rows: Mapping[Any, Samples | None]) -> dict[str, Any]:
    return {f"{part}_{name}": getattr(samples, part).numpy()
            for name, samples in rows.items() if samples is not None
            for part in ("x", "y", "born") if getattr(samples, part) is not None}


def _unflatten(arrays: dict[str, Any]) -> dict[str, Samples]:
    names = dict.fromkeys(name.partition("_")[2] for name in arrays)
    return {name: Samples(**{part: torch.from_numpy(arrays[f"{part}_{name}"])
                             for part in ("x", "y", "born") if f"{part}_{name}" in arrays})
            for name in names}
