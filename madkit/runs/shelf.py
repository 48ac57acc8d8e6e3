"""The generations of one seed on disk: a shelf of records, each with its training set and, where
one is kept, its model.

A row that several generations share (a real set, a growing pool) is stored once: a generation's
file holds its new rows, and for each row of its data a pair (file, row).

The model's file is written before the record, which holds its digest: a record never lacks its
model. All models are kept; to save disk, any .safetensors may be removed, and that generation is
fitted again, to the bit, if something asks for it.

A generation's file holds a digest of its arrays, and says which run it is of: neither a changed
digit nor a file of another store is believed. Files of before 0.4.0 do not, and are.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from madkit.base import files
from madkit.base.claims import identified
from madkit.base.files import StoreError, damaged, read_tensors, write_tensors
from madkit.base.npz import read_arrays, signature, write_arrays
from madkit.record import Entry
from madkit.samples import Samples

NAME = re.compile(r"generation-([0-9]{5,9})\.npz")
ROOM, TIMES = 2**26, 1000  # bytes of rows that are read, at least, or so many times those stored


def _digest(row: np.ndarray) -> bytes:
    return hashlib.blake2b(row.tobytes(), digest_size=16).digest()


@dataclass
class Shelf:
    """The stored generations of one seed."""

    folder: Path
    seed: int
    places: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # digest -> (file, row)
    news: dict[int, np.ndarray] = field(default_factory=dict)  # file -> its new rows, once read

    @cached_property
    def of(self) -> str:
        """Which run this store is of."""
        return identified(files.read_json(self.folder.parent / "spec.json"))

    def generations(self) -> int:
        """How many generations are stored: 1 … that number, without a gap."""
        if not self.folder.exists():
            return 0
        names = (NAME.fullmatch(path.name) for path in self.folder.iterdir())
        found = sorted(int(name[1]) for name in names if name)
        if found != list(range(1, len(found) + 1)):
            missing = next(t for t in range(1, len(found) + 1) if t not in found)
            raise StoreError(f"{self.folder}: generation {missing} is missing, {len(found)} others "
                             f"up to {max(found)} are stored; nothing was changed. Remove those "
                             "behind the gap to resume before it")
        return len(found)

    def path(self, t: int, kind: str = "npz") -> Path:
        return self.folder / f"generation-{t:05d}.{kind}"

    def write(self, record: Entry, data: Samples, cursor: int,
              model: dict[str, Tensor] | None = None) -> None:
        """Store one generation, whole or not at all; model: its model's state_dict, if kept."""
        files.make_folder(self.folder, inner=True)
        kept = None if model is None else write_tensors(self.path(record.t, "safetensors"), model)
        news: list[np.ndarray] = []
        arrays = self._pack("data", data, record.t, news)
        arrays |= self._pack("emitted", record.samples, record.t, news)
        arrays["new"] = np.stack(news) if news else data.x[:0].cpu().numpy()
        held = {"of": self.of, "seed": record.seed, "t": record.t, "cursor": cursor, "values": record.values,
                "composition": record.composition, "model": kept}
        arrays["record"] = np.frombuffer(json.dumps(held).encode(), dtype=np.uint8)
        write_arrays(self.path(record.t), arrays | {"digest": signature(arrays)})

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
        packed = {f"{name}_at": at, f"{name}_born": _narrow(samples.born)}
        if samples.y is not None:
            packed[f"{name}_y"] = _narrow(samples.y)
        if samples.fresh.any():
            packed[f"{name}_fresh"] = samples.fresh.cpu().numpy()
        return packed

    def _arrays(self, t: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """A generation's arrays, and what its record says."""
        path = self.path(t)
        try:
            arrays = read_arrays(path, needs={"new", "record", "data_at", "data_born"})
            try:
                return arrays, self._checked(t, arrays)
            except StoreError:
                raise
            except Exception as error:  # whatever a stranger put there
                raise damaged(path, error) from error
        except StoreError as error:
            raise StoreError(f"{error}. To resume after generation {t - 1}, remove it and the "
                             "later ones beside it") from None

    def _checked(self, t: int, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
        said = arrays.pop("digest", None)
        if said is not None and not np.array_equal(said, signature(arrays)):
            raise ValueError("its content is not what was written")
        held = json.loads(arrays["record"].tobytes())
        if not _is_record(held) or ("of" in held) != (said is not None):
            raise ValueError("expected the record of a generation")
        if (held["seed"], held["t"]) != (self.seed, t):
            raise StoreError(f"{self.path(t)} belongs to seed {held['seed']}, generation "
                             f"{held['t']}; nothing was changed")
        if said is not None and held["of"] != self.of:
            raise StoreError(f"{self.path(t)} belongs to another run; nothing was changed")
        return held

    def record(self, t: int) -> Entry:
        """Generation t as it was recorded."""
        arrays, held = self._arrays(t)
        parts = [(source, born, rows) for source, born, rows in held["composition"]]
        return Entry(self.seed, t, held["values"], parts, self._unpack("emitted", t, arrays))

    def cursor(self, t: int) -> int:
        """Rows of the truth's sequence used up by generation t."""
        return self._arrays(t)[1]["cursor"]

    def data(self, t: int) -> Samples:
        """The training set of generation t."""
        data = self._unpack("data", t, self._arrays(t)[0])
        assert data is not None  # _arrays has seen to it
        return data

    def model(self, t: int) -> dict[str, Tensor] | None:
        """The state_dict of generation t's model, on the CPU; None where none is kept."""
        path, kept = self.path(t, "safetensors"), self._arrays(t)[1].get("model")
        if kept is None or not path.exists():
            return None
        try:
            return read_tensors(path, kept)
        except StoreError as error:
            raise StoreError(f"{error}. Remove it, and generation {t} is fitted again from its "
                             "training set") from None

    def _unpack(self, name: str, t: int, arrays: dict[str, np.ndarray]) -> Samples | None:
        if f"{name}_at" not in arrays:
            return None
        try:
            return self._rows(name, arrays)
        except StoreError:
            raise
        except Exception as error:  # whatever a stranger put there
            raise damaged(self.path(t), error) from error

    def _rows(self, name: str, arrays: dict[str, np.ndarray]) -> Samples:
        at, new = arrays[f"{name}_at"], arrays["new"]
        if at.ndim != 2 or at.shape[1] != 2 or at.dtype.kind not in "iu" or at.min(initial=0) < 0:
            raise ValueError(f"{name}_at: expected pairs of file and row")
        files_of, rows = at.T
        parts = {int(file): self._news(int(file)) for file in np.unique(files_of)}
        shape, dtype, kept = new.shape[1:], new.dtype, sum(part.nbytes for part in parts.values())
        if (needed := len(at) * math.prod(shape) * dtype.itemsize) > max(ROOM, TIMES * kept):
            raise ValueError(f"its rows would take {needed:,} bytes, {kept:,} are stored")
        x = np.empty((len(rows), *shape), dtype=dtype)
        for file, part in parts.items():
            chosen = files_of == file
            if part.shape[1:] != shape or part.dtype != dtype:
                raise ValueError(f"{name}: rows of several shapes or types")
            x[chosen] = part[rows[chosen]]
        y, born = arrays.get(f"{name}_y"), arrays[f"{name}_born"]
        fresh = arrays.get(f"{name}_fresh", np.zeros(len(rows), bool))  # 0.2.0 did not say
        return Samples(torch.from_numpy(x), None if y is None else torch.from_numpy(y),
                       torch.from_numpy(born), torch.from_numpy(fresh))

    def _news(self, t: int) -> np.ndarray:
        if t not in self.news:
            self.news[t] = self._arrays(t)[0]["new"]
        return self.news[t]

    def learn(self, done: int) -> None:
        """Learn the rows of the generations stored so far, so that what follows refers to them."""
        for t in range(1, done + 1):
            self.places |= {_digest(row): (t, i)
                            for i, row in enumerate(self._arrays(t)[0]["new"])}
        for leftover in self.folder.glob("generation-*.tmp"):  # of before 0.4.0
            leftover.unlink()


def _narrow(values: Tensor) -> np.ndarray:
    """Whole numbers as int32, where they fit."""
    wide = values.cpu().numpy()
    narrow = wide.astype(np.int32)
    return narrow if (narrow == wide).all() else wide


def _is_record(held: Any) -> bool:
    """Whether it has the parts of a generation's record, each of its type."""
    return (isinstance(held, dict)
            and all(type(held.get(name)) is int for name in ("seed", "t", "cursor"))
            and isinstance(held.get("values"), dict)
            and all(isinstance(value, int | float) for value in held["values"].values())
            and isinstance(held.get("composition"), list)
            and all(isinstance(part, list) and [type(one) for one in part] == [str, int, int]
                    for part in held["composition"])
            and isinstance(held.get("model"), str | None))
