"""Recipes of runs: their runs side by side, and the thin record of them that is kept.

    WORK/<digest>/               one run of one seed, whole, as `mk.run(store=…)` keeps it
    OUT/NAME/<label>/            table of all seeds; of the first some emitted rows, with places
                                 in the map
    OUT/NAME/map.png, sheet.png  all of it in pictures

The digest is that of model, loop, truth, seed, n_ini and what judges: two recipes that need the
same run find it in the same place, and one that needs it longer goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, BrokenExecutor, Future, wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from madkit import loops, plot
from madkit.base import claims
from madkit.base import files as store
from madkit.base.checks import whole
from madkit.base.progress import bar
from madkit.base.workers import call, pack, processes
from madkit.recipes.images import Recipe
from madkit.recipes.presets import Preset
from madkit.recipes.table import recipe
from madkit.record import Run, load, write_run
from madkit.runs.run import Job, run
from madkit.samples import Samples

if TYPE_CHECKING:
    import pandas as pd

IMAGES, VECTORS = 100, 1000  # emitted rows of each generation kept
PLACES = 500                 # and places in the map
LONG = 100                   # of a longer run, every tenth generation is told
Stores = dict[tuple[str, int], Path]                             # (label, seed) -> folder


def beside(folder: Path, made: Recipe) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """(held, asked) of each run that a folder holds."""
    for path in (*folder.glob("spec.json"), *sorted(folder.glob("*/spec.json"))):
        held = store.read_json(path)
        label = held.get("label", next(iter(made.loops)))  # a folder that is one run says none
        if label in made.loops:
            asked = _identity(made, label, list(range(made.seeds)))
            yield held, asked | {"generations": made.generations}
        else:
            yield held, {"label": " or ".join(made.loops)}


def make(
    name: str,
    preset: Preset,
    made: Recipe,
    work: Path,
    workers: int,
) -> tuple[dict[str, Run], dict[str, Any], str]:
    """The thin runs by label, made in `work`; nothing more of how; and the processes, in words."""
    stores = folders(made, work)
    before, workers = _done(stores, made.generations), min(workers, len(stores))
    train(name, preset, stores, workers)
    said = f" with {workers} process{'es' if workers > 1 else ''}"
    if before:
        said += f", {before} of {len(stores) * made.generations} generations were there already"
    return thin(made, stores), {}, said


def write(
    folder: Path,
    made: Recipe,
    runs: Mapping[str, Run],
    how: Mapping[str, Any],
) -> dict[str, Any]:
    """Write the runs and their pictures; how they were made, with what they have in common."""
    for old in folder.glob("*/spec.json"):
        shutil.rmtree(old.parent)
    for flat in (*folder.glob("*.json"), *folder.glob("*.csv"), *folder.glob("*.npz")):
        flat.unlink()  # of a folder that was one run
    for label, one in runs.items():
        one.spec |= how
        home = folder / slug(label)
        store.make_folder(home, inner=True)
        write_run(one, home, compressed=True)  # most of an image is background
    images = len(made.truth.shape) == 3
    drawn = plot.chart(runs) if images else plot.clouds(runs)
    store.write(folder / "map.png", small(drawn.figure.png(100)))
    if images:
        store.write(folder / "sheet.png", small(plot.sheet(runs).figure.png(100)))
    return dict(how) | longest(runs.values()).spec


def longest(runs: Iterable[Run]) -> Run:
    """The run of which most is kept."""
    return max(runs, key=lambda run: len(run.samples))


def processes_of(workers: int | None) -> int:
    """Processes side by side: those asked for; None: as many as cores, one on a GPU."""
    if workers is not None:
        return whole("workers", workers, least=1)
    return 1 if torch.cuda.is_available() else os.cpu_count() or 1


# --- one run --------------------------------------------------------------------------------------


def job(made: Recipe, label: str, seed: int) -> Job:
    """The run of one label and seed, as `mk.run` sees it."""
    loop = made.loops[label]
    n_ini = made.n_ini.get(label) or loops.initial_rows(loop)
    return Job(made.model, loop, made.truth, made.generations, [seed], n_ini, made.metrics,
               made.features, made.emit, loops.emitted_lam(loop), "cpu", None)


def folders(made: Recipe, work: Path) -> Stores:
    """The folders of all runs of a recipe, in the order in which they are made."""
    return {(label, seed): place(made, label, seed, work)
            for seed in range(made.seeds) for label in made.loops}


def place(made: Recipe, label: str, seed: int, work: Path) -> Path:
    """The folder of one run: two runs share it when they are the same, but for their length."""
    said = json.dumps(_identity(made, label, [seed])).encode()
    return work / hashlib.blake2b(said, digest_size=8).hexdigest()


def _identity(made: Recipe, label: str, seeds: list[int]) -> dict[str, Any]:
    spec = replace(job(made, label, seeds[0]), seeds=seeds).spec()
    return {name: spec[name] for name in claims.IDENTITY}


def trained(seed: int, label: str, *, name: str, preset: Preset) -> Run:
    """One run of a recipe, as a cell of a sweep."""
    return _run(job(_recipe(name, preset), label, seed))


def train_one(name: str, preset: Preset, label: str, seed: int, folder: Path) -> None:
    """One run, kept whole in its folder. A fit that diverges ends it, and is a result."""
    try:
        _run(job(_recipe(name, preset), label, seed), folder)
    except FloatingPointError:
        if not (folder / "spec.json").exists():  # nothing was done
            raise


def _run(one: Job, folder: Path | None = None) -> Run:
    return run(one.model, one.loop, one.truth, generations=one.generations, seeds=one.seeds,
               n_ini=one.n_ini, metrics=one.metrics, features=one.features, emit=one.emit,
               store=folder, progress=False)


def _recipe(name: str, preset: Preset) -> Recipe:
    made = recipe(name, preset)
    assert isinstance(made, Recipe)
    return made


# --- all runs -------------------------------------------------------------------------------------


def train(name: str, preset: Preset, stores: Stores, workers: int) -> None:
    """All runs of a recipe, side by side, under a bar of generations.

    The first error, or Ctrl-C, ends all of them; what is done stays.
    """
    generations, packed = _recipe(name, preset).generations, pack(partial(train_one, name, preset))
    total, done = len(stores) * generations, _done(stores, generations)
    shown = bar(desc=name, total=total, initial=done, unit="generation", delay=0, leave=True)
    with shown, processes(workers) as pool:
        waiting = {pool.submit(call, packed, *one, folder) for one, folder in stores.items()}
        while waiting:
            ended, waiting = wait(waiting, timeout=1, return_when=FIRST_EXCEPTION)
            for future in ended:
                _check(future)
            shown.update(_done(stores, generations) - shown.n)


def _check(future: Future) -> None:
    """Raises what a run raised; BrokenExecutor when it killed its workers."""
    error = future.exception()
    if isinstance(error, RuntimeError) and error.__cause__ is None:  # a worker's has its traceback
        raise BrokenExecutor(f"record: {error}; the same command goes on from here") from error
    if error is not None:
        raise error


def _done(stores: Stores, generations: int) -> int:
    """Generations in the stores, of those that are asked for."""
    found = (len(list((folder / f"seed-{seed}").glob("generation-*.npz")))
             for (_, seed), folder in stores.items())
    return sum(min(n, generations) for n in found)


# --- the thin record ------------------------------------------------------------------------------


def thin(made: Recipe, stores: Stores) -> dict[str, Run]:
    """{label: run} of finished runs, with the rows that a record keeps."""
    return {label: _thin(made, label, stores) for label in made.loops}


def _thin(made: Recipe, label: str, stores: Stores) -> Run:
    """The run of one label over all seeds, with the rows that are kept of the first."""
    import pandas as pd

    seeds = list(range(made.seeds))
    runs = [load(stores[label, seed]) for seed in seeds]
    first = runs[0]
    spec = first.spec | {"seeds": seeds, "label": label, "order": list(made.loops).index(label)}
    kept = {t: first.samples[t] for t in sorted({*made.kept, made.generations})
            if t in first.samples}
    n = made.rows or (IMAGES if len(made.truth.shape) == 3 else VECTORS)
    assert first.real is not None  # a loaded run of madkit's truths has its test rows
    placed = {0: first.real} | kept if made.place else {}
    return replace(first, table=_told(pd.concat([one.table for one in runs])), spec=spec,
                   composition=_told(first.composition), real=first.real[:n], samples={t: rows[:n] for t, rows in kept.items()},
                   places={t: _placed(made, rows[:PLACES]) for t, rows in placed.items()},
                   complete=all(one.complete for one in runs))


def _told(table: pd.DataFrame) -> pd.DataFrame:
    """All generations of a table; of a long one those up to 10 and every tenth."""
    t = table.generation
    return table if t.max() <= LONG else table[(t < 10) | (t % 10 == 0)]


def _placed(made: Recipe, rows: Samples) -> Samples:
    assert made.place is not None
    at = made.place(rows)
    x = at.x if isinstance(at, Samples) else torch.as_tensor(at)
    return Samples(x.detach().float(), rows.y, rows.born)


def small(png: bytes) -> bytes:
    """The same picture in 64 colours: a third of the bytes, and no difference to the eye."""
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(png)) as picture, BytesIO() as out:
        few = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
        few.save(out, "PNG", optimize=True)
        return out.getvalue()


def slug(label: str) -> str:
    """A label as the name of a folder: "λ = 0.8" is lam-0.8."""
    plain = label.replace("λ", "lam").lower()
    words = "".join(c if c.isascii() and (c.isalnum() or c == ".") else " " for c in plain)
    return "-".join(words.split())

