"""`Run`, the record of a run, and its files. What draws, compares and reports reads this and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from madkit.base import card, files, sources
from madkit.base.ends import ends, size
from madkit.base.shipped import shipped
from madkit.samples import Samples

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Entry:
    """What is kept of one generation of one seed."""

    seed: int
    t: int
    values: dict[str, float]                      # metric -> value
    composition: list[tuple[str, int, int]] = field(default_factory=list)  # (source, born, rows) of the training set
    samples: Samples | None = None                # emitted


@dataclass
class Run(card.Carded):
    """The record of a run; `plot` draws it, `save` and `load` keep it.

    table        seed, generation, metric, value: one row each (exact runs of several loops: also `loop`)
    theory       generation, metric, value, kind ("expectation", "exact", "asymptote": see `mk.theory.table`), or empty
    samples      {generation: Samples} that the first seed emitted
    real         test rows of the first seed, which metrics judged against
    composition  generation, source ("real" | "fresh" | "synthetic"), born, rows: the training sets of the first seed
    spec         model, loop, truth, seeds, …, versions, device, date, as text and numbers
    complete     False after Ctrl-C: the generations done are here
    places       {generation: Samples (n, 2)}, 0 = real: rows in the fixed map that a recorded image run is drawn in, or empty
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

    def save(self, folder: str | Path) -> Path:
        """Write the record into a folder (csv, json and npz; `mk.load` reads it). Refuses a folder that holds another run."""
        folder = Path(folder)
        files.claim(folder, self.spec)
        write_run(self, folder)
        self.folder = folder
        return folder

    def _told(self) -> Iterator[card.Line]:
        loops = sources.each(str(self.spec.get("loop") or ""))
        names = sources.name(loops[0]) if len(loops) == 1 else f"{len(loops)} loops"
        done = "" if self.complete else ", incomplete"
        yield f"Run: {names}, {size(self.table, self.spec)}{done}"
        for key in ("label", "model", "truth", "features"):
            value = self.spec.get("data" if key == "truth" else key) or self.spec.get(key)
            if value not in (None, "None"):
                yield ("recorded as" if key == "label" else key), value
        yield "generation 1", sources.start(self.spec.get("n_ini"))
        for i, loop in enumerate(loops[:8]):
            which = f"loop {i}, " if len(loops) > 1 else ""
            yield f"{which}generation t ≥ 2", sources.training(loop)
        if self.samples:
            rows = card.several(len(next(iter(self.samples.values()))), "row")
            kept = card.few([*map(str, self.samples)], 6)
            yield "emitted rows kept", f"{rows} of generations {kept}"
        yield "on disk", self.folder or "not yet: run.save(folder) keeps it"
        if grid := ends(self.table, self.theory):
            yield grid

    def __repr__(self) -> str:
        return card.as_text(card.told(self))


def assemble(records: list[Entry], theory: pd.DataFrame, real: Samples | None, spec: dict, complete: bool) -> Run:
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
    """The files that `load` reads; until the last is written, spec.json does not say whether the run is complete."""
    resumed = {k: v for k, v in files.read_json(folder / "spec.json").items() if k == "resumed"}
    files.write(folder / "spec.json", json.dumps(result.spec | resumed, indent=1).encode())
    for name in _FRAMES:
        files.write(folder / f"{name}.csv", getattr(result, name).to_csv(index=False).encode())
    files.write_arrays(folder / "samples.npz", _flatten({"real": result.real} | result.samples))
    if result.places:
        files.write_arrays(folder / "places.npz", _flatten(result.places))
    files.write(folder / "spec.json", json.dumps(result.spec | resumed | {"complete": result.complete}, indent=1).encode())


def load(folder: str | Path) -> Run:
    """Read a Run that `Run.save` or `run(store=…)` wrote. Raises StoreError for a missing, damaged or unfinished folder."""
    folder = Path(folder)
    if not (folder / "spec.json").exists():
        raise files.StoreError(f"load: {folder} holds no run (no spec.json)")
    spec = files.read_json(folder / "spec.json")
    if "complete" not in spec:
        raise files.StoreError(f"load: the run in {folder} was cut off; call mk.run with the same arguments and "
                                f"store={str(folder)!r} to finish it")
    frames = {name: files.read_table(folder / f"{name}.csv") for name in _FRAMES}
    samples = _unflatten(files.read_arrays(folder / "samples.npz"))
    places = _unflatten(files.read_arrays(folder / "places.npz")) if (folder / "places.npz").exists() else {}
    return Run(**frames, real=samples.pop("real", None), samples={int(t): s for t, s in samples.items()},
               complete=spec.pop("complete"), spec=spec,
               places={int(t): s for t, s in places.items()}, folder=folder)


def recorded(name: str, folder: str | Path | None = None) -> dict[str, Run]:
    """{label: Run} of a recorded experiment, in the order of its recipe, such as recorded("fig06_fully_synthetic")["λ = 0.5"].

    folder   where `madkit record NAME -o FOLDER` put it; None: the shipped ones. A folder that holds one run has its name
             as label. Raises FileNotFoundError when there is none of that name.
    """
    home = shipped(f"runs/{name}") if folder is None else Path(folder) / name
    if (home / "samples.npz").exists():
        return {name: load(home)}
    runs = [load(path.parent) for path in sorted(home.glob("*/spec.json"))]
    if not runs:
        how = (f"it holds the table of a sweep: mk.sweep.recorded({name!r})" if (home / "table.csv").exists() else
               f"`madkit record {name}` makes them")
        raise FileNotFoundError(f"recorded: expected runs in {home}, found none; {how}")
    return {run.spec["label"]: run for run in sorted(runs, key=lambda run: run.spec["order"])}


def _flatten(rows: Mapping[Any, Samples | None]) -> dict[str, Any]:
    return {f"{part}_{name}": getattr(samples, part).numpy() for name, samples in rows.items() if samples is not None
            for part in ("x", "y", "born") if getattr(samples, part) is not None}


def _unflatten(arrays: dict[str, Any]) -> dict[str, Samples]:
    names = dict.fromkeys(name.partition("_")[2] for name in arrays)
    return {name: Samples(**{part: torch.from_numpy(arrays[f"{part}_{name}"]) for part in ("x", "y", "born")
                             if f"{part}_{name}" in arrays}) for name in names}
