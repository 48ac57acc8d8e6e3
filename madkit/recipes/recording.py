"""Recording: the runs of a recipe side by side, and the thin record of them that is kept.

    WORK/<digest>/               one run of one seed, whole, as `mk.run(store=…)` keeps it
    OUT/NAME/<label>/            table of all seeds; of the first seed some emitted rows, and their places in the map
    OUT/NAME/README.md           how it was made, beside sheet.png and map.png

The digest is that of model, loop, truth, seed, n_ini and what judges: two recipes that need the same run find it in the same
place, and one that needs it longer goes on from there. A kill at any moment, or Ctrl-C, loses the generations in flight, no
more; the same command goes on.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import sys
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch

from madkit import loops, plot
from madkit.base import files as store
from madkit.base.workers import obey
from madkit.recipes import Preset, Recipe, Sweep, recipe, sweeping
from madkit.recipes.card import card, words
from madkit.record import Run, load
from madkit.runs.run import Job, run
from madkit.samples import Samples

KEPT = (*range(1, 11), 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)  # generations whose rows are kept, and the last
Stores = dict[tuple[str, int], Path]                             # (label, seed) -> folder of the whole run
IMAGES, VECTORS, PLACES = 100, 1000, 500                         # emitted rows kept of each, and their places in the map


def record(
    name: str,                       # of mk.recipes.RECIPES
    preset: Preset = "laptop",
    out: str | Path = "data/runs",   # the record goes to OUT/NAME, presets other than laptop to OUT/NAME-PRESET
    work: str | Path = "runs",       # whole runs, to go on from; may be deleted afterwards
    workers: int | None = None,      # processes of one thread each; None: as many as cores, one on a GPU
    force: bool = False,             # replace a record that was made with other settings
) -> Path:
    """Run a recipe, or what is missing of it, and write its record; gives the folder.

    Raises StoreError, before anything runs, for a folder that holds a record of other settings; KeyboardInterrupt on Ctrl-C.
    """
    made, folder = recipe(name, preset), Path(out) / (name if preset == "laptop" else f"{name}-{preset}")
    if isinstance(made, Sweep):
        return sweeping.record(name, preset, folder, Path(work) / folder.name, workers, force)
    if not force:
        _refuse(folder, made)
    stores = {(label, seed): place(made, label, seed, Path(work)) for seed in range(made.seeds) for label in made.loops}
    started, before = monotonic(), _done(stores, made.generations)
    workers = min(workers or (1 if torch.cuda.is_available() else os.cpu_count() or 1), len(stores))
    train(name, preset, stores, workers)
    took = f"{timedelta(seconds=round(monotonic() - started))} with {workers} process{'es' if workers > 1 else ''}"
    if before:
        took += f", {before} of {len(stores) * made.generations} generations were there already"
    runs = {label: _run(made, label, stores) for label in made.loops}
    _write(folder, runs, made, {"recipe": name, "preset": preset, "took": took})
    return folder


def job(made: Recipe, label: str, seed: int) -> Job:
    """The run of one label and seed, as `mk.run` sees it."""
    loop = made.loops[label]
    return Job(made.model, loop, made.truth, made.generations, [seed], made.n_ini.get(label) or loops.initial_rows(loop),
               made.metrics, made.features, made.emit, loops.emitted_lam(loop), "cpu", None)


def place(made: Recipe, label: str, seed: int, work: Path) -> Path:
    """The folder of one run: two runs share it exactly when they are the same, but for their length."""
    return work / hashlib.blake2b(json.dumps(_identity(made, label, [seed])).encode(), digest_size=8).hexdigest()


def _identity(made: Recipe, label: str, seeds: list[int]) -> dict[str, Any]:
    spec = replace(job(made, label, seeds[0]), seeds=seeds).spec()
    return {name: spec[name] for name in store.IDENTITY}


# --- running -------------------------------------------------------------------------------------------------------


def train(name: str, preset: Preset, stores: Stores, workers: int) -> None:
    """All runs of a recipe, in processes side by side, under a bar of generations."""
    from tqdm.auto import tqdm

    generations = _runs(name, preset).generations
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _quiet)
    done = _done(stores, generations)
    with tqdm(desc=name, total=len(stores) * generations, initial=done, unit="generation") as bar, pool:
        try:
            waiting = {pool.submit(train_one, name, preset, *one, folder) for one, folder in stores.items()}
            while waiting:
                ended, waiting = wait(waiting, timeout=1, return_when=FIRST_EXCEPTION)
                for future in ended:
                    future.result()
                bar.update(_done(stores, generations) - bar.n)
        except BaseException:
            for process in set(multiprocessing.active_children()) - others:  # the store bears it
                process.terminate()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _runs(name: str, preset: Preset) -> Recipe:
    made = recipe(name, preset)
    assert isinstance(made, Recipe)
    return made


def train_one(name: str, preset: Preset, label: str, seed: int, folder: Path) -> None:
    """One run, kept whole in its folder. A fit that diverges ends it, and is a result: the record says so."""
    if not torch.cuda.is_available():
        torch.set_num_threads(1)
    made = _runs(name, preset)
    one = job(made, label, seed)
    try:
        run(one.model, one.loop, one.truth, generations=one.generations, seeds=one.seeds, n_ini=one.n_ini, metrics=one.metrics,
            features=one.features, emit=one.emit, store=folder, progress=False)
    except FloatingPointError:
        if not load(folder).samples:  # nothing was done
            raise


def _quiet() -> None:
    """In a worker: bars are the parent's."""
    sys.stderr = open(os.devnull, "w")  # errors come back through the future
    obey()


def _done(stores: Stores, generations: int) -> int:
    """Generations in the stores, of those that are asked for."""
    found = (len(list((folder / f"seed-{seed}").glob("generation-*.npz"))) for (_, seed), folder in stores.items())
    return sum(min(n, generations) for n in found)


# --- the thin record -----------------------------------------------------------------------------------------------


def _run(made: Recipe, label: str, stores: Stores) -> Run:
    """The run of one label over all seeds, with the rows that are kept of the first."""
    import pandas as pd

    seeds = list(range(made.seeds))
    runs = [load(stores[label, seed]) for seed in seeds]
    first = runs[0]
    spec = first.spec | {"seeds": seeds, "label": label, "order": list(made.loops).index(label)}
    kept = {t: first.samples[t] for t in sorted({*KEPT, made.generations}) if t in first.samples}
    n = IMAGES if len(made.truth.shape) == 3 else VECTORS
    assert first.real is not None  # a loaded run of madkit's truths has its test rows
    places = {t: _placed(made, rows[:PLACES]) for t, rows in ({0: first.real} | kept).items()} if made.place else {}
    return replace(first, table=pd.concat([one.table for one in runs]), spec=spec, real=first.real[:n], places=places,
                   samples={t: rows[:n] for t, rows in kept.items()}, complete=all(one.complete for one in runs))


def _placed(made: Recipe, rows: Samples) -> Samples:
    assert made.place is not None
    at = made.place(rows)
    return Samples((at.x if isinstance(at, Samples) else torch.as_tensor(at)).detach().float(), rows.y, rows.born)


def small(png: bytes) -> bytes:
    """The same picture in 64 colours: a third of the bytes, and no difference to the eye."""
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(png)) as picture, BytesIO() as out:
        picture.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        return out.getvalue()


def _refuse(folder: Path, made: Recipe) -> None:
    """StoreError when the folder holds a record of other settings, with the differing ones named."""
    for path in sorted(folder.glob("*/spec.json")):
        held = store.read_json(path)
        label = held.get("label")
        asked = {} if label not in made.loops else _identity(made, label, list(range(made.seeds)))
        asked |= {"generations": made.generations}
        other = [f"{name}: recorded {held.get(name)}, asked {value}" for name, value in asked.items() if held.get(name) != value]
        if other or label not in made.loops:
            raise store.StoreError(f"record: {path.parent} holds a record of other settings ({'; '.join(other) or label}); "
                                   "give another folder (-o), or --force to replace it")


def _write(folder: Path, runs: dict[str, Run], made: Recipe, how: dict[str, str]) -> None:
    told = words(folder)
    for old in folder.glob("*/spec.json"):
        shutil.rmtree(old.parent)
    for label, one in runs.items():
        one.spec |= how
        one.save(folder / slug(label))
        for name in ("samples.npz", "places.npz"):
            _squeeze(folder / slug(label) / name)
    images = len(made.truth.shape) == 3
    (folder / "map.png").write_bytes(small((plot.chart(runs) if images else plot.clouds(runs)).figure.png(100)))
    if images:
        (folder / "sheet.png").write_bytes(small(plot.sheet(runs).figure.png(100)))
    (folder / "README.md").write_text(card(folder, runs, made, how, told), encoding="utf-8")


def slug(label: str) -> str:
    """A label as the name of a folder: "λ = 0.8" is lam-0.8."""
    words = "".join(c if c.isascii() and (c.isalnum() or c == ".") else " " for c in label.replace("λ", "lam").lower())
    return "-".join(words.split())


def _squeeze(path: Path) -> None:
    """The same arrays, compressed: most of an image is background."""
    import io

    if path.exists():
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **store.read_arrays(path))  # type: ignore[arg-type]
        store.write(path, buffer.getvalue())
