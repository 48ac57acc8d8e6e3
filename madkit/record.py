"""`Run`, the record of a run, and its files.

What draws, compares and reports reads this and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from madkit.base import card, claims, ends, files, npz, sealed
from madkit.base import wide as tables
from madkit.base.checks import Place, place
from madkit.base.gate import gate
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

    @gate
    def save(self, folder: Place) -> Path:
        """Write the record into a folder (csv, json, npz), but not into one with another run."""
        folder = place("folder", folder)
        with claims.claimed(folder, self.spec):
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


_FRAMES = {
    "table": {"seed": "i", "generation": "i", "metric": "s", "value": "f"},
    "theory": {"generation": "f", "metric": "s", "value": "f", "kind": "s"},
    "composition": {"generation": "i", "source": "s", "born": "i", "rows": "i"},
}


def write_run(result: Run, folder: Path, compressed: bool = False, **more: Any) -> None:
    """The files that `load` reads; more: what spec.json says beside the run's own spec."""
    content: dict[str, bytes | memoryview]
    content = {f"{name}.csv": getattr(result, name).to_csv(index=False).encode()
               for name in _FRAMES}
    rows: dict[str, Mapping[Any, Samples | None]]
    rows = {"samples.npz": {"real": result.real} | result.samples, "places.npz": result.places}
    content |= {name: npz.as_npz(npz.flat(rows[name]), compressed) for name in rows if rows[name]}
    sealed.write(folder, result.spec | more, content, complete=result.complete)


@gate
def load(folder: Place) -> Run:
    """A Run that `Run.save` or `run(store=…)` wrote. StoreError where it is damaged or cut off."""
    folder = place("folder", folder)
    spec = sealed.run_in(folder)
    try:
        return _read(folder, dict(spec))
    except files.StoreError as error:
        if sealed.run_in(folder) == spec:
            raise files.StoreError(f"{error}. {sealed.CURE}") from error
    return load(folder)  # it was written anew meanwhile


def _read(folder: Path, spec: dict[str, Any]) -> Run:
    sums = sealed.sums(folder, spec, [*(f"{name}.csv" for name in _FRAMES), "samples.npz"])
    frames = {name: files.read_table(folder / f"{name}.csv", columns, sums.get(f"{name}.csv"))
              for name, columns in _FRAMES.items()}
    drawn = _samples(folder / "places.npz", sums) if "places.npz" in sums else {}
    samples = _samples(folder / "samples.npz", sums)
    spec = {name: spec[name] for name in spec if name not in ("files", "of")}
    return Run(**frames, real=samples.pop(None, None), complete=spec.pop("complete"), spec=spec,
               samples=samples, places=drawn, folder=folder)


def _samples(path: Path, sums: Mapping[str, str | None]) -> dict[Any, Samples]:
    """{generation: Samples}, None: the real rows."""
    parts = npz.grouped(npz.read_arrays(path, expected=sums.get(path.name)))
    try:
        return {None if name == "real" else int(name): Samples(**part)
                for name, part in parts.items()}
    except Exception as error:  # whatever a stranger put there
        raise files.damaged(path, error) from error
