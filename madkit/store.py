"""A run on disk: a folder that a kill at any moment leaves whole.

    FOLDER/spec.json                      what the run is, and what it was made with
    FOLDER/seed-3/generation-00012.npz    training set, emitted samples, metrics and fresh cursor of one generation
    FOLDER/table.csv …                    the record, written when the run ends

Every file is written under a temporary name, synced and renamed, so a kill loses at most the generation in flight.
A row that several generations share (a real set, a growing pool) is stored once: a generation's file holds its new rows,
and for each row of its data a pair (file, row). Nothing is pickled; npz checks its own content (CRC-32).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from madkit.samples import Samples

IDENTITY = ("model", "loop", "truth", "seeds", "n_ini", "metrics", "features", "emit", "lam_emit")


class StoreError(ValueError):
    """A folder that cannot be read or must not be written; nothing in it was changed."""


@dataclass(frozen=True)
class Record:
    """What is kept of one generation of one seed."""

    seed: int
    t: int
    values: dict[str, float]                      # metric -> value
    composition: list[tuple[str, int, int]] = field(default_factory=list)  # (source, born, rows) of the training set
    samples: Samples | None = None                # emitted


def write(path: Path, content: bytes) -> None:
    """Put content at path, or leave what was there: never half of it."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(error.errno, f"could not write {path} ({error.strerror}); what was stored before is unharmed: "
                                   "make room and call again with the same store to go on") from error
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Arrays as one npz file, whole or not at all."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    write(path, buffer.getvalue())


def read_arrays(path: Path, needs: Iterable[str] = ()) -> dict[str, np.ndarray]:
    """The arrays of an npz file, or StoreError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, KeyError, AttributeError, zlib.error, zipfile.BadZipFile) as error:
        raise StoreError(f"{path} is damaged ({error}); nothing was changed") from error
    if missing := set(needs) - set(arrays):
        raise StoreError(f"{path} is not a file of this kind (no {', '.join(sorted(missing))}); nothing was changed")
    return arrays


def read_json(path: Path) -> Any:
    """The JSON in a file, or StoreError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read ({error}); nothing was changed: give another folder") from error


def claim(folder: Path, spec: dict[str, Any]) -> None:
    """Make the folder this run's, or check that it is. Raises StoreError when it holds something else."""
    import warnings

    if folder.is_file():
        raise StoreError(f"store: {folder} is a file; give the name of a folder")
    if not folder.exists() or all(path.name == "spec.json.tmp" for path in folder.iterdir()):  # new, or killed at once
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / "spec.json", json.dumps(spec, indent=1).encode())
        return
    if not (folder / "spec.json").exists():
        raise StoreError(f"store: {folder} is not empty and holds no run (no spec.json); give an empty or a new folder")
    held = read_json(folder / "spec.json")
    other = [f"{name}: stored {held.get(name)}, asked {spec.get(name)}" for name in IDENTITY if held.get(name) != spec.get(name)]
    if other:
        raise StoreError(f"store: {folder} holds another run; give a new folder. They differ in " + "; ".join(other))
    changed = [f"{name} was {held.get(name)}, is {spec[name]}" for name in ("versions", "device") if held.get(name) != spec[name]]
    if changed:
        warnings.warn(f"store: {folder} goes on under other conditions, bits may differ: {'; '.join(changed)}", stacklevel=3)
        history = held.get("resumed", []) + [{name: spec[name] for name in ("versions", "device", "date")}]
        write(folder / "spec.json", json.dumps(held | {"resumed": history}, indent=1).encode())


def _digest(row: np.ndarray) -> bytes:
    return hashlib.blake2b(row.tobytes(), digest_size=16).digest()


@dataclass
class Shelf:
    """The stored generations of one seed."""

    folder: Path
    seed: int
    places: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # digest of a row -> (file, row)
    news: dict[int, np.ndarray] = field(default_factory=dict)           # file -> its new rows, read on first use

    def generations(self) -> int:
        """How many generations are stored: 1 … that number, without a gap."""
        if not self.folder.exists():
            return 0
        found = sorted(int(path.stem.partition("-")[2]) for path in self.folder.glob("generation-*.npz"))
        if found != list(range(1, len(found) + 1)):
            raise StoreError(f"{self.folder}: generations {found} are stored, expected 1 to {max(found)} without a gap; "
                             "remove those behind the gap to resume before it")
        return len(found)

    def path(self, t: int) -> Path:
        return self.folder / f"generation-{t:05d}.npz"

    def write(self, record: Record, data: Samples, cursor: int) -> None:
        """Store one generation, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        news: list[np.ndarray] = []
        arrays = self._pack("data", data, record.t, news) | self._pack("emitted", record.samples, record.t, news)
        arrays["new"] = np.stack(news) if news else data.x[:0].cpu().numpy()
        arrays["record"] = np.frombuffer(json.dumps(
            {"seed": record.seed, "t": record.t, "cursor": cursor, "values": record.values, "composition": record.composition}
        ).encode(), dtype=np.uint8)
        write_arrays(self.path(record.t), arrays)

    def _pack(self, name: str, samples: Samples | None, t: int, news: list[np.ndarray]) -> dict[str, np.ndarray]:
        if samples is None:
            return {}
        rows = samples.x.cpu().numpy()
        at = np.empty((len(rows), 2), dtype=np.int32)
        for i, row in enumerate(rows):
            name_of_row = _digest(row)
            if name_of_row not in self.places:
                self.places[name_of_row] = (t, len(news))
                news.append(row)
            at[i] = self.places[name_of_row]
        labels = {} if samples.y is None else {f"{name}_y": samples.y.cpu().numpy().astype(np.int32)}
        return {f"{name}_at": at, f"{name}_born": samples.born.cpu().numpy().astype(np.int32)} | labels

    def _arrays(self, t: int) -> dict[str, np.ndarray]:
        try:
            return read_arrays(self.path(t), needs={"new", "record", "data_at", "data_born"})
        except StoreError as error:
            raise StoreError(f"{error}. To resume after generation {t - 1}, remove it and the later ones beside it") from None

    def record(self, t: int) -> Record:
        """Generation t as it was recorded."""
        arrays = self._arrays(t)
        held = self._held(t, arrays)
        parts = [tuple(part) for part in held["composition"]]
        return Record(self.seed, t, held["values"], parts, self._unpack("emitted", arrays))

    def cursor(self, t: int) -> int:
        """Rows of the truth's sequence used up by generation t."""
        return self._held(t, self._arrays(t))["cursor"]

    def data(self, t: int) -> Samples:
        """The training set of generation t."""
        data = self._unpack("data", self._arrays(t))
        assert data is not None  # _arrays has seen to it
        return data

    def _held(self, t: int, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
        held = json.loads(arrays["record"].tobytes())
        if (held["seed"], held["t"]) != (self.seed, t):
            raise StoreError(f"{self.path(t)} belongs to seed {held['seed']}, generation {held['t']}; nothing was changed")
        return held

    def _unpack(self, name: str, arrays: dict[str, np.ndarray]) -> Samples | None:
        if f"{name}_at" not in arrays:
            return None
        files, rows = arrays[f"{name}_at"].T
        x = np.empty((len(rows), *arrays["new"].shape[1:]), dtype=arrays["new"].dtype)
        for file in np.unique(files):
            chosen = files == file
            x[chosen] = self._news(int(file))[rows[chosen]]
        y = arrays.get(f"{name}_y")
        return Samples(torch.from_numpy(x), None if y is None else torch.from_numpy(y), torch.from_numpy(arrays[f"{name}_born"]))

    def _news(self, t: int) -> np.ndarray:
        if t not in self.news:
            self.news[t] = self._arrays(t)["new"]
        return self.news[t]

    def reopen(self, done: int) -> None:
        """Learn the rows of the generations stored so far, so that what follows refers to them."""
        for t in range(1, done + 1):
            self.places |= {_digest(row): (t, i) for i, row in enumerate(self._arrays(t)["new"])}
        for leftover in self.folder.glob("*.tmp"):
            leftover.unlink()
