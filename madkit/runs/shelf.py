"""The generations of one seed on disk: a shelf of records, each with its training set and, where
one is kept, its model.

A row that several generations share (a real set, a growing pool) is stored once: a generation's
file holds its new rows, and for each row of its data a pair (file, row).

The model's file is written before the record, which holds its digest: a record never lacks its
model. All models are kept; to save disk, any .safetensors may be removed, and that generation is
fitted again, to the bit, if something asks for it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from madkit.base.files import StoreError, read_arrays, read_tensors, write_arrays, write_tensors
from madkit.record import Entry
from madkit.samples import Samples


def _digest(row: np.ndarray) -> bytes:
    return hashlib.blake2b(row.tobytes(), digest_size=16).digest()


@dataclass
class Shelf:
    """The stored generations of one seed."""

    folder: Path
    seed: int
    places: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # digest -> (file, row)
    news: dict[int, np.ndarray] = field(default_factory=dict)  # file -> its new rows, once read

    def generations(self) -> int:
        """How many generations are stored: 1 … that number, without a gap."""
        if not self.folder.exists():
            return 0
        found = sorted(int(path.stem.partition("-")[2])
                       for path in self.folder.glob("generation-*.npz"))
        if found != list(range(1, len(found) + 1)):
            raise StoreError(f"{self.folder}: generations {found} are stored, expected 1 to "
                             f"{max(found)} without a gap; remove those behind the gap to resume "
                             "before it")
        return len(found)

    def path(self, t: int, kind: str = "npz") -> Path:
        return self.folder / f"generation-{t:05d}.{kind}"

    def write(self, record: Entry, data: Samples, cursor: int,
              model: dict[str, Tensor] | None = None) -> None:
        """Store one generation, whole or not at all; model: its model's state_dict, if kept."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = None if model is None else write_tensors(self.path(record.t, "safetensors"), model)
        news: list[np.ndarray] = []
        arrays = self._pack("data", data, record.t, news)
        arrays |= self._pack("emitted", record.samples, record.t, news)
        arrays["new"] = np.stack(news) if news else data.x[:0].cpu().numpy()
        held = {"seed": record.seed, "t": record.t, "cursor": cursor, "values": record.values,
                "composition": record.composition, "model": kept}
        arrays["record"] = np.frombuffer(json.dumps(held).encode(), dtype=np.uint8)
        write_arrays(self.path(record.t), arrays)

    def _pack(self, name: str, samples: Samples | None, t: int,
              news: list[np.ndarray]) -> dict[str, np.ndarray]:
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
        packed = {f"{name}_at": at, f"{name}_born": samples.born.cpu().numpy().astype(np.int32)}
        if samples.y is not None:
            packed[f"{name}_y"] = samples.y.cpu().numpy().astype(np.int32)
        if samples.fresh.any():
            packed[f"{name}_fresh"] = samples.fresh.cpu().numpy()
        return packed

    def _arrays(self, t: int) -> dict[str, np.ndarray]:
        try:
            return read_arrays(self.path(t), needs={"new", "record", "data_at", "data_born"})
        except StoreError as error:
            raise StoreError(f"{error}. To resume after generation {t - 1}, remove it and the "
                             "later ones beside it") from None

    def record(self, t: int) -> Entry:
        """Generation t as it was recorded."""
        arrays = self._arrays(t)
        held = self._held(t, arrays)
        parts = [tuple(part) for part in held["composition"]]
        return Entry(self.seed, t, held["values"], parts, self._unpack("emitted", arrays))

    def cursor(self, t: int) -> int:
        """Rows of the truth's sequence used up by generation t."""
        return self._held(t, self._arrays(t))["cursor"]

    def data(self, t: int) -> Samples:
        """The training set of generation t."""
        data = self._unpack("data", self._arrays(t))
        assert data is not None  # _arrays has seen to it
        return data

    def model(self, t: int) -> dict[str, Tensor] | None:
        """The state_dict of generation t's model, on the CPU; None where none is kept."""
        path, kept = self.path(t, "safetensors"), self._held(t, self._arrays(t)).get("model")
        if kept is None or not path.exists():
            return None
        try:
            return read_tensors(path, kept)
        except StoreError as error:
            raise StoreError(f"{error}. Remove it, and generation {t} is fitted again from its "
                             "training set") from None

    def _held(self, t: int, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
        held = json.loads(arrays["record"].tobytes())
        if (held["seed"], held["t"]) != (self.seed, t):
            raise StoreError(f"{self.path(t)} belongs to seed {held['seed']}, generation "
                             f"{held['t']}; nothing was changed")
        return held

    def _unpack(self, name: str, arrays: dict[str, np.ndarray]) -> Samples | None:
        if f"{name}_at" not in arrays:
            return None
        files, rows = arrays[f"{name}_at"].T
        x = np.empty((len(rows), *arrays["new"].shape[1:]), dtype=arrays["new"].dtype)
        for file in np.unique(files):
            chosen = files == file
            x[chosen] = self._news(int(file))[rows[chosen]]
        y, born = arrays.get(f"{name}_y"), arrays[f"{name}_born"]
        fresh = arrays.get(f"{name}_fresh", np.zeros(len(rows), bool))  # 0.2.0 did not say
        return Samples(torch.from_numpy(x), None if y is None else torch.from_numpy(y),
                       torch.from_numpy(born), torch.from_numpy(fresh))

    def _news(self, t: int) -> np.ndarray:
        if t not in self.news:
            self.news[t] = self._arrays(t)["new"]
        return self.news[t]

    def learn(self, done: int) -> None:
        """Learn the rows of the generations stored so far, so that what follows refers to them."""
        for t in range(1, done + 1):
            self.places |= {_digest(row): (t, i) for i, row in enumerate(self._arrays(t)["new"])}
        for leftover in self.folder.glob("*.tmp"):
            leftover.unlink()
