"""The paper's figures of deep models, recorded under a clock: python tests/gpu/record.py OUT

The environment says

    DEVICE    cuda, cpu
    SIZE      paper: the preset as it is. brief: what the paper says is kept (60,000 rows, T = 500,
              λ, generations), what it leaves open is made short: BRIEF below. smoke: seconds, to
              see that it works
    RECORDS   folder of whole runs, stores/, and of finished records, records/; what is there is
              gone on from, also an archive that an earlier call left in its OUT
    FIGURES   recipes, the most telling first
    GENERATIONS   of every run, in place of the figure's
    SECONDS_LEFT  the clock; what it cuts off loses the generation in flight
    ROOM_MB   of the archive

and there come

    OUT/records.json      every generation's values and seconds (null: the clock struck when it was
                          just stored), what is finished, machine, versions, digests of …
    OUT/records.tar.0 …   … the archive in parts of at most 15 MiB: cat records.tar.* | tar x.
                          Written anew after every generation, so that a kill at any moment loses
                          one generation at most

The archive holds finished records whole, and of every run what going on from it needs: real set,
newest training set and model, and 1,000 emitted rows of each generation. Where there is no room the
model is left out: it is fitted again, to the bit, from its training set. Older generations can be
reopened from RECORDS/stores alone.

Runs are made in this process, one after another: a card is filled by one.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import sys
import tarfile
import tempfile
import traceback
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import time
from typing import Any

import numpy as np
from machine import machine, write

from madkit.base import files
from madkit.base.npz import read_arrays
from madkit.base.progress import progress
from madkit.recipes import Recipe, recipe, runs
from madkit.recipes.card import card
from madkit.recipes.images import IMAGES
from madkit.record import Entry
from madkit.runs.job import Job
from madkit.runs.run import finished
from madkit.runs.shelf import Shelf
from madkit.runs.store import opened
from madkit.runs.trajectory import trajectory
from madkit.samples import Samples

BRIEF: dict[str, dict[str, Any]] = {  # in place of 40,000 steps, and of 500 ancestral ones to draw
    "Diffusion": {"steps": 2000, "jumps": 50, "eta": 0.0}, "GAN": {"steps": 3000}}
FIGURES = ("fig04_fully_synthetic", "fig06_fully_synthetic", "fig09_synthetic_augmentation",
           "fig10_fresh_data", "fig13_fully_synthetic")
TOLD = ("frechet", "precision", "recall", "density", "coverage", "classes.own", "classes.entropy")
PART, ROWS = 15 * 2**20, 1000
DEVICE, SIZE = os.environ.get("DEVICE", "cuda"), os.environ.get("SIZE", "brief")
PRESET: Any = "smoke" if SIZE == "smoke" else "paper"
ROOM = float(os.environ.get("ROOM_MB", "56")) * 2**20
DEADLINE = time() + float(os.environ.get("SECONDS_LEFT", "300"))


class Cut(BaseException):
    """The clock, or who sent SIGTERM."""


def sized(name: str) -> Recipe:
    """The recipe of this name at SIZE, with so many GENERATIONS."""
    made = recipe(name, PRESET)
    assert isinstance(made, Recipe)
    shorter = BRIEF.get(type(made.model).__name__, {}) if SIZE == "brief" else {}
    generations = int(os.environ.get("GENERATIONS") or made.generations)
    return replace(made, model=replace(made.model, **shorter), generations=generations)


class Recorder:
    """Runs of several figures, and the archive of what is done."""

    def __init__(self, out: Path, work: Path, figures: list[str]):
        self.out, self.work = out, work
        self.records = work / "records" / SIZE
        self.made = {name: sized(name) for name in figures}
        self.stores = {name: runs.folders(made, work / "stores")
                       for name, made in self.made.items()}
        self.wanted: dict[Path, int] = {}   # generations of each run that the longest figure asks
        self.light: dict[tuple[Path, int], tuple[Entry, int]] = {}  # entry with few rows, cursor
        self.told: dict[str, Any] = {
            "what": "records", "size": SIZE, "machine": machine(DEVICE), "figures": {}}
        if not list(work.glob("stores/*/seed-*/*.npz")):
            unpack(work)
        held = work / "seconds.json"
        self.seconds: dict[str, float] = files.read_json(held) if held.exists() else {}
        for name, made in self.made.items():
            self.told["figures"][name] = {
                "state": "not begun", "generations": {}, "asked": made.generations,
                "model": repr(made.model), "labels": list(made.loops), "seeds": made.seeds}
            for folder in self.stores[name].values():
                self.wanted[folder] = max(self.wanted.get(folder, 0), made.generations)

    def run(self) -> int:
        """Every figure, as far as the clock lets; gives how many failed."""
        failed = 0
        for name, told in self.told["figures"].items():
            try:
                self._record(name)
                told["state"] = "finished"
            except Cut:
                told["state"] = "cut off by the clock; the same call goes on"
                break
            except Exception as error:
                failed += 1
                told |= {"state": f"failed: {type(error).__name__}: {error}",
                         "traceback": traceback.format_exc()[-2000:]}
            finally:
                signal.alarm(0)
                self.pack()
                print(f"{name}: {told['state']}", flush=True)
                signal.alarm(max(1, round(DEADLINE - time())))
        signal.alarm(0)
        return failed

    def _record(self, name: str) -> None:
        """As `madkit record` does: the runs, or what is missing of them, and their record."""
        made, stores = self.made[name], self.stores[name]
        for (label, seed), folder in stores.items():
            self._train(replace(runs.job(made, label, seed), device=DEVICE, store=folder), folder)
        took = sum(self._took(folder, seed, t) or 0 for (_, seed), folder in stores.items()
                   for t in range(1, made.generations + 1))
        how = {"recipe": name, "preset": SIZE, "by": f"FIGURES={name} SIZE={SIZE} tests/gpu/run.sh",
               "took": f"{timedelta(seconds=round(took))} for all generations, one after another"}
        folder, thin = self.records / f"{name}-{SIZE}", runs.thin(made, stores)
        folder.mkdir(parents=True, exist_ok=True)
        how = runs.write(folder, made, thin, how)
        files.write(folder / "README.md", card(folder, made, thin, how).encode())

    def _train(self, job: Job, folder: Path) -> None:
        """One run as `mk.run` makes it, the archive written after every generation."""
        with opened(job) as (job, kept):
            assert kept is not None
            entries = self._entries(job, folder)
            if not entries:
                raise FloatingPointError(f"{job.model}: the first fit diverged")
            if error := kept.keep(finished(job, entries, len(entries) == job.generations)):
                raise error

    def _entries(self, job: Job, folder: Path) -> list[Entry]:
        (seed,), entries, since = job.seeds, [], time()
        before = Shelf(folder / f"seed-{seed}", seed).generations()
        with suppress(FloatingPointError):  # a fit that diverges ends a run, and is a result
            for entry in trajectory(job, seed):
                entries.append(entry)
                if entry.t > before:
                    self.seconds[f"{folder.name}/{seed}/{entry.t}"] = round(time() - since, 1)
                    self.pack()
                    values = [f"{key} {entry.values[key]:.3g}" for key in TOLD[:3]
                              if key in entry.values]
                    print(f"generation {entry.t}: {', '.join(values)}", flush=True)
                since = time()
        return entries

    def _took(self, folder: Path, seed: int, t: int) -> float | None:
        return self.seconds.get(f"{folder.name}/{seed}/{t}")

    # --- the archive ------------------------------------------------------------------------------

    def pack(self) -> None:
        """Write the archive and what it is, each whole or not at all."""
        held = {f"records/{name}": content for name, content in read(self.records.parent).items()}
        held["seconds.json"] = json.dumps(self.seconds).encode()
        rows: dict[str, dict[str, bytes]] = {}
        models: dict[str, dict[str, bytes]] = {}
        for folder in self._begun():
            for name, content in self._thinned(folder).items():
                home = models if name.endswith(".safetensors") else rows
                home.setdefault(folder.name, {})[f"stores/{folder.name}/{name}"] = content
        left_out = []
        for kind, more in (("run", rows), ("model", models)):
            for run, part in more.items():
                if kind == "model" and f"run {run}" in left_out:
                    continue
                if _size(held) + _size(part) > ROOM:
                    left_out.append(f"{kind} {run}")
                else:
                    held |= part
        content = tarred(held)
        parts = [content[i : i + PART] for i in range(0, len(content), PART)]
        for i, part in enumerate(parts):
            write(self.out / f"records.tar.{i}", part)
        for path in self.out.glob("records.tar.*"):
            if int(path.suffix[1:]) >= len(parts):
                path.unlink()
        self._tell()
        write(self.work / "seconds.json", self.seconds)
        write(self.out / "records.json", self.told | {
            "parts": [hashlib.sha256(part).hexdigest() for part in parts],
            "bytes": len(content), "left_out": left_out})

    def _begun(self) -> list[Path]:
        """The runs of which there is a generation."""
        return [folder for folder in self.wanted if list(folder.glob("seed-*/generation-*.npz"))]

    def _thinned(self, folder: Path) -> dict[str, bytes]:
        """What is kept of a run: {name within its folder: content}."""
        with tempfile.TemporaryDirectory() as place:
            shutil.copy(folder / "spec.json", place)
            for old in folder.glob("seed-*"):
                shelf = Shelf(old, int(old.name.partition("-")[2]))
                new, done = Shelf(Path(place) / old.name, shelf.seed), shelf.generations()
                for t in range(1, done + 1):
                    entry, cursor = self._known(shelf, t)
                    whole = done < self.wanted[folder] and t in (1, done)
                    data = shelf.data(t) if whole else _rows(entry, 0)
                    new.write(entry, data, cursor, shelf.model(t) if whole and t == done else None)
                    squeeze(new.path(t))
            return read(Path(place))

    def _known(self, shelf: Shelf, t: int) -> tuple[Entry, int]:
        if (shelf.folder, t) not in self.light:
            entry = shelf.record(t)
            self.light[shelf.folder, t] = (
                replace(entry, samples=_rows(entry, ROWS)), shelf.cursor(t))
        return self.light[shelf.folder, t]

    def _tell(self) -> None:
        """The values of every generation, and its seconds, into what is told."""
        for name, told in self.told["figures"].items():
            for (label, seed), folder in self.stores[name].items():
                shelf, lines = Shelf(folder / f"seed-{seed}", seed), []
                for t in range(1, min(shelf.generations(), told["asked"]) + 1):
                    values = self._known(shelf, t)[0].values
                    lines.append({"t": t, "seconds": self._took(folder, seed, t)}
                                 | {key: values[key] for key in TOLD if key in values})
                told["generations"][label if seed == 0 else f"{label}, seed {seed}"] = lines


def _size(held: dict[str, bytes]) -> int:
    return sum(len(content) + 1024 for content in held.values())  # with tar's own


def _rows(entry: Entry, n: int) -> Samples:
    assert entry.samples is not None
    return entry.samples[:n]


def read(folder: Path) -> dict[str, bytes]:
    """{name: content} of all files in a folder that are whole."""
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")}


def squeeze(path: Path) -> None:
    """The same arrays, compressed, fast rather than well: most of an image is background."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, array in read_arrays(path).items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    path.write_bytes(buffer.getvalue())


def tarred(held: dict[str, bytes]) -> bytes:
    """A tar file, the same for the same content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in held.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def unpack(work: Path) -> None:
    """Unpack the archive that lies in `work`, if one does. ValueError for one that is not whole."""
    if not (work / "records.json").exists():
        return
    digests = files.read_json(work / "records.json")["parts"]
    parts = [(work / f"records.tar.{i}").read_bytes() for i in range(len(digests))]
    if [hashlib.sha256(part).hexdigest() for part in parts] != digests:
        raise ValueError(f"{work}: records.tar.* are not those of records.json: "
                         "they were being written when all ended")
    with tarfile.open(fileobj=io.BytesIO(b"".join(parts))) as tar:
        tar.extractall(work, filter="data")


def cut(*_: Any) -> None:
    raise Cut


def main(out: Path) -> int:
    """Record what the clock lets, and say what came of it."""
    figures = os.environ.get("FIGURES", "").split() or list(FIGURES)
    if other := [name for name in figures if name not in IMAGES]:
        print(f"FIGURES: expected some of {', '.join(IMAGES)}, got {', '.join(other)}")
        return 2
    work = Path(os.environ.get("RECORDS") or tempfile.mkdtemp(prefix="records-"))
    work.mkdir(parents=True, exist_ok=True)
    digits = Path(os.environ.get("MADKIT_DATA") or os.devnull).glob("**/train-images-idx3-ubyte.gz")
    if SIZE != "smoke" and not list(digits):
        told = ("skipped: no MNIST here (MADKIT_DATA expected a folder with mnist/ in it); "
                "the paper's figures need it")
        write(out / "records.json", {
            "what": "records", "size": SIZE, "machine": machine(DEVICE), "state": told})
        print(told)
        return 0
    progress(False)
    signal.signal(signal.SIGTERM, cut)
    signal.signal(signal.SIGALRM, cut)
    signal.alarm(max(1, round(DEADLINE - time())))
    return 1 if Recorder(out, work, figures).run() else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
