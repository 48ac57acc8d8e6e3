"""The paper's figures of deep models, recorded under a clock: python tests/gpu/record.py OUT   (environment below)

    SIZE      paper: the preset as it is. brief: what the paper says is kept (60,000 rows, T = 500, λ, generations), what it
              leaves open is made short: BRIEF below. smoke: seconds, to see that it works
    RECORDS   folder of whole runs, stores/, and of finished records, records/; what is there is gone on from, also an archive
              that an earlier call left in its OUT
    FIGURES   recipes, the most telling first
    SECONDS_LEFT  the clock; what it cuts off loses the generation in flight
    ROOM_MB   of the archive

    OUT/records.json              every generation's values and seconds, what is finished, machine, versions, digests of …
    OUT/records.tar.0 …           … the archive in parts of at most 15 MiB: cat records.tar.* | tar x. Written anew after every
                                  generation, from within the run, so that a kill at any moment loses one generation at most

The archive holds finished records whole, and of every run what going on from it needs: real set, newest training set and model,
and 1,000 emitted rows of each generation. Where there is no room the model is left out: it is fitted again, to the bit, from its
training set. Older generations can be reopened from RECORDS/stores alone.

A run is trained in this process, one after another: a card is filled by one.
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
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any

import numpy as np
from machine import machine, write

from madkit import recording, store
from madkit.recipes import Recipe, recipe
from madkit.recipes.images import IMAGES, SIZES
from madkit.samples import Samples
from madkit.shelf import Record, Shelf

BRIEF: dict[str, dict[str, Any]] = {  # in place of 40,000 steps, and of 500 ancestral steps for a sample
    "diffusion": {"steps": 2000, "jumps": 50, "eta": 0.0}, "fresh": {"steps": 2000, "jumps": 50, "eta": 0.0},
    "gan": {"steps": 3000}}
FIGURES = ("fig04_fully_synthetic", "fig06_fully_synthetic", "fig09_synthetic_augmentation", "fig10_fresh_data",
           "fig13_fully_synthetic")
TOLD = ("frechet", "precision", "recall", "density", "coverage", "classes.own", "classes.entropy")
PART, ROWS = 15 * 2**20, 1000
DEVICE, SIZE = os.environ.get("DEVICE", "cuda"), os.environ.get("SIZE", "brief")
PRESET: Any = "smoke" if SIZE == "smoke" else "paper"
ROOM = float(os.environ.get("ROOM_MB", "56")) * 2**20


class Cut(BaseException):
    """The clock, or who sent SIGTERM."""


class Recorder:
    """Runs of several figures, and the archive of what is done."""

    def __init__(self, out: Path, work: Path, figures: list[str]):
        self.out, self.work, self.figures = out, work, figures
        self.stores, self.records = work / "stores", work / "records" / SIZE
        self.lights: dict[tuple[Path, int], tuple[Record, int]] = {}  # what is kept of generations that nothing needs again
        self.told: dict[str, Any] = {"what": "records", "size": SIZE, "machine": machine(DEVICE), "figures": {}}
        if not list(self.stores.glob("*/seed-*/*.npz")):
            unpack(work)
        self.seconds: dict[str, float] = store.read_json(work / "seconds.json") if (work / "seconds.json").exists() else {}
        self.since = time()
        self.runs: dict[Path, tuple[int, list[tuple[str, str]]]] = {}  # folder: generations asked, by which figures and labels
        for name in figures:
            made = recipe(name, PRESET)
            assert isinstance(made, Recipe)
            self.told["figures"][name] = {"state": "not begun", "generations": {}, "asked": made.generations,
                                          "model": repr(made.model), "labels": list(made.loops), "seeds": made.seeds}
            for label in made.loops:
                for seed in range(made.seeds):
                    folder = recording.place(made, label, seed, self.stores)
                    n, who = self.runs.get(folder, (0, []))
                    self.runs[folder] = max(n, made.generations), [*who, (name, label)]

    def run(self) -> int:
        """Every figure, as far as the clock lets; gives how many failed."""
        recording.train, Shelf.write = self._train, self._written(Shelf.write)  # type: ignore[assignment, method-assign]
        recording._write, recording.card = _honest(recording._write, recording.card)  # type: ignore[assignment]
        failed = 0
        for name in self.figures:
            told = self.told["figures"][name]
            try:
                recording.record(name, PRESET, self.records, self.stores)
                told["state"] = "finished"
            except Cut:
                told["state"] = "cut off by the clock; the same call goes on"
                break
            except Exception as error:
                failed += 1
                told |= {"state": f"failed: {type(error).__name__}: {error}", "traceback": traceback.format_exc()[-2000:]}
            finally:
                signal.alarm(0)
                self.pack()
                print(f"{name}: {told['state']}", flush=True)
                signal.alarm(max(1, round(DEADLINE - time())))
        signal.alarm(0)
        return failed

    def _train(self, name: str, preset: Any, stores: recording.Stores, workers: int) -> None:
        for (label, seed), folder in stores.items():
            self.since = time()
            recording.train_one(name, preset, label, seed, folder)

    def _written(self, original: Any) -> Any:
        def written(shelf: Shelf, record: Record, *rest: Any) -> None:
            original(shelf, record, *rest)
            if self.stores in shelf.folder.parents:
                self.seconds[f"{shelf.folder.parent.name}/{shelf.seed}/{record.t}"] = round(time() - self.since, 1)
                self.pack()
                self.since = time()
                values = ", ".join(f"{name} {record.values[name]:.3g}" for name in TOLD[:3] if name in record.values)
                print(f"generation {record.t}: {values}", flush=True)
        return written

    # --- the archive -----------------------------------------------------------------------------------------------

    def pack(self) -> None:
        """Write the archive and what it is, each whole or not at all."""
        files = {f"records/{path.relative_to(self.records.parent)}": path.read_bytes()
                 for path in sorted(self.records.rglob("*")) if path.is_file() and not path.name.endswith(".tmp")}
        files["seconds.json"] = json.dumps(self.seconds).encode()
        rows: dict[str, dict[str, bytes]] = {}
        models: dict[str, dict[str, bytes]] = {}
        for folder in self._begun():
            for name, content in self._light(folder, self.runs[folder][0]).items():
                home = models if name.endswith(".safetensors") else rows
                home.setdefault(folder.name, {})[f"stores/{folder.name}/{name}"] = content
        left_out = []
        for kind, more in (("run", rows), ("model", models)):
            for folder_name, part in more.items():
                if kind == "model" and f"run {folder_name}" in left_out:
                    continue
                if _size(files) + _size(part) > ROOM:
                    left_out.append(f"{kind} {folder_name}")
                else:
                    files |= part
        content = tarred(files)
        parts = [content[i : i + PART] for i in range(0, len(content), PART)]
        for i, part in enumerate(parts):
            write(self.out / f"records.tar.{i}", part)
        for path in self.out.glob("records.tar.*"):
            if int(path.suffix[1:]) >= len(parts):
                path.unlink()
        self._say()
        write(self.work / "seconds.json", self.seconds)
        write(self.out / "records.json", self.told | {
            "parts": [hashlib.sha256(part).hexdigest() for part in parts], "bytes": len(content), "left_out": left_out})

    def _begun(self) -> list[Path]:
        """The runs of which there is a generation."""
        return [folder for folder in self.runs if list(folder.glob("seed-*/generation-*.npz"))]

    def _light(self, folder: Path, wanted: int) -> dict[str, bytes]:
        """What is kept of a run: {name within its folder: content}."""
        with tempfile.TemporaryDirectory() as place:
            for path in folder.iterdir():
                if path.is_file() and not path.name.endswith(".tmp"):
                    shutil.copy(path, place)
            for old in folder.glob("seed-*"):
                shelf = Shelf(old, int(old.name.partition("-")[2]))
                new, done = Shelf(Path(place) / old.name, shelf.seed), shelf.generations()
                for t in range(1, done + 1):
                    record, cursor = self._known(shelf, t)
                    whole = done < wanted and t in (1, done)
                    data = shelf.data(t) if whole else _none(record)
                    type(new).plain_write(new, record, data, cursor, shelf.model(t) if whole and t == done else None)
                    squeeze(new.path(t))
            return {str(path.relative_to(place)): path.read_bytes() for path in sorted(Path(place).rglob("*")) if path.is_file()}

    def _known(self, shelf: Shelf, t: int) -> tuple[Record, int]:
        if (shelf.folder, t) not in self.lights:
            record = shelf.record(t)
            assert record.samples is not None
            self.lights[shelf.folder, t] = replace(record, samples=record.samples[:ROWS]), shelf.cursor(t)
        return self.lights[shelf.folder, t]

    def _say(self) -> None:
        """The values of every generation, and its seconds, into what is told."""
        for folder in self._begun():
            for old in folder.glob("seed-*"):
                shelf, lines = Shelf(old, int(old.name.partition("-")[2])), []
                for t in range(1, shelf.generations() + 1):
                    record, _ = self._known(shelf, t)
                    took = {"t": t, "seconds": self.seconds.get(f"{folder.name}/{shelf.seed}/{t}")}
                    lines.append(took | {key: record.values[key] for key in TOLD if key in record.values})
                for name, label in self.runs[folder][1]:
                    told = self.told["figures"][name]
                    told["generations"][label] = lines[: told["asked"]]


Shelf.plain_write = Shelf.write  # type: ignore[attr-defined]


def _honest(written: Any, card: Any) -> tuple[Any, Any]:
    """What a record says of its making: that of this script, since `brief` is no preset of madkit's."""
    def page(folder: Path, runs: Any, made: Recipe, how: dict[str, str], told: str) -> str:
        theirs, ours = "madkit record {recipe} --preset {preset}", "FIGURES={recipe} SIZE={preset} tests/gpu/run.sh"
        return card(folder, runs, made, how, told).replace(theirs.format(**how), ours.format(**how))

    return lambda folder, runs, made, how: written(folder, runs, made, how | {"preset": SIZE}), page


def _size(files: dict[str, bytes]) -> int:
    return sum(len(content) + 1024 for content in files.values())  # with tar's own


def _none(record: Record) -> Samples:
    assert record.samples is not None
    return record.samples[:0]


def squeeze(path: Path) -> None:
    """The same arrays, compressed, fast rather than well: most of an image is background."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, array in store.read_arrays(path).items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
    path.write_bytes(buffer.getvalue())


def tarred(files: dict[str, bytes]) -> bytes:
    """A tar file, the same for the same content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def unpack(work: Path) -> None:
    """The archive that lies in `work`, if there is one, unpacked there. Raises ValueError for one that is not whole."""
    if not (work / "records.json").exists():
        return
    digests = store.read_json(work / "records.json")["parts"]
    parts = [(work / f"records.tar.{i}").read_bytes() for i in range(len(digests))]
    if [hashlib.sha256(part).hexdigest() for part in parts] != digests:
        raise ValueError(f"{work}: records.tar.* are not those of records.json: they were being written when all ended")
    with tarfile.open(fileobj=io.BytesIO(b"".join(parts))) as tar:
        tar.extractall(work, filter="data")


def cut(*_: Any) -> None:
    raise Cut


DEADLINE = time() + float(os.environ.get("SECONDS_LEFT", "300"))


def main(out: Path) -> int:
    """Record what the clock lets, and say what came of it."""
    for experiment, settings in BRIEF.items() if SIZE == "brief" else ():
        SIZES[experiment]["paper"] = replace(SIZES[experiment]["paper"], settings=settings)
    figures = os.environ.get("FIGURES", "").split() or list(FIGURES)
    if other := [name for name in figures if name not in IMAGES]:
        print(f"FIGURES: expected some of {', '.join(IMAGES)}, got {', '.join(other)}")
        return 2
    work = Path(os.environ.get("RECORDS") or tempfile.mkdtemp(prefix="records-"))
    work.mkdir(parents=True, exist_ok=True)
    if SIZE != "smoke" and not list(Path(os.environ.get("MADKIT_DATA") or os.devnull).glob("**/train-images-idx3-ubyte.gz")):
        told = "skipped: no MNIST here (MADKIT_DATA expected a folder with mnist/ in it); the paper's figures need it"
        write(out / "records.json", {"what": "records", "size": SIZE, "machine": machine(DEVICE), "state": told})
        print(told)
        return 0
    signal.signal(signal.SIGTERM, cut)
    signal.signal(signal.SIGALRM, cut)
    signal.alarm(max(1, round(DEADLINE - time())))
    return 1 if Recorder(out, work, figures).run() else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
