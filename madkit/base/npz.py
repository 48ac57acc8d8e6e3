"""Arrays in npz files (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), read
as if a stranger had made them: sizes are compared before room is made, and nothing is unpickled.
"""

from __future__ import annotations

import io
import math
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch

from madkit.base.files import StoreError, damaged, digest, digest_of, opened, write

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
ROOM, TIMES = 2**26, 50  # compressed arrays may take so many bytes, or so many times those of the file
BLOCK = 2**20


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Arrays as one npz file, whole or not at all."""
    write(path, as_npz(arrays))


def as_npz(arrays: Mapping[str, np.ndarray], compressed: bool = False) -> memoryview:
    """The content of an npz file: the same bytes for the same arrays."""
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getbuffer()


def read_arrays(path: Path, needs: Iterable[str] = (),
                expected: str | None = None) -> dict[str, np.ndarray]:
    """The arrays of an npz file, or StoreError; expected: the digest of its content, if known."""
    try:
        if expected is not None and digest_of(path) != expected:
            raise ValueError("its content is not what was written")
        with opened(path) as file:
            arrays = dict(_members(file, os.fstat(file.fileno()).st_size))
    except Exception as error:  # whatever a stranger put there
        raise damaged(path, error) from error
    if missing := set(needs) - set(arrays):
        raise StoreError(f"{path} is not a file of this kind (no {', '.join(sorted(missing))}); "
                         "nothing was changed")
    return arrays


def flat(rows: Mapping[Any, Any]) -> dict[str, np.ndarray]:
    """Named rows (with parts x, y, born; None: left out) as arrays by name: "x_real", "born_3"."""
    return {f"{part}_{name}": getattr(one, part).numpy()
            for name, one in rows.items() if one is not None
            for part in ("x", "y", "born") if getattr(one, part) is not None}


def grouped(arrays: Mapping[str, np.ndarray]) -> dict[str, dict[str, torch.Tensor]]:
    """The parts of rows by their name: {"real": {"x": …, "born": …}}."""
    found: dict[str, dict[str, torch.Tensor]] = {}
    for name, array in arrays.items():
        part, _, of = name.partition("_")
        found.setdefault(of, {})[part] = torch.from_numpy(array)
    return found


def signature(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """The digest of arrays, as an array to be kept beside them."""
    parts: list[bytes | memoryview] = []
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        parts += [f"{name} {array.dtype.str} {array.shape} ".encode(),
                  array.reshape(-1).view(np.uint8).data]
    return np.frombuffer(bytes.fromhex(digest(*parts)), np.uint8)


def _members(file: IO[bytes], size: int) -> Iterator[tuple[str, np.ndarray]]:
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        plain = all(info.compress_type == zipfile.ZIP_STORED for info in infos)
        room = size if plain else max(ROOM, TIMES * size)
        if (needed := sum(info.file_size for info in infos)) > room:
            raise ValueError(f"its arrays would take {needed:,} bytes, it has {size:,}")
        for info in infos:
            with archive.open(info) as member:
                yield info.filename.removesuffix(".npy"), _array(member, info.file_size)


def _array(member: IO[bytes], size: int) -> np.ndarray:
    """One array; size: the bytes of its header and of its numbers, as the archive says."""
    version = np.lib.format.read_magic(member)
    if version not in HEADERS:
        raise ValueError(f"expected an array of version 1.0 or 2.0, got {version}")
    shape, by_column, dtype = HEADERS[version](member)
    if dtype.kind not in "biuf" or min(shape, default=0) < 0:
        raise ValueError(f"expected numbers, got an array {shape} of {dtype}")
    length = math.prod(shape) * dtype.itemsize
    if length != size - member.tell():
        raise ValueError(f"expected {length:,} bytes for an array {shape} of {dtype}, got "
                         f"{size - member.tell():,}")
    content = np.empty(length, np.uint8)
    for start in range(0, length + 1, BLOCK):  # to its very end, where the check sum is compared
        block = member.read(BLOCK)
        content[start : start + BLOCK] = np.frombuffer(block, np.uint8)
    return content.view(dtype).reshape(shape, order="F" if by_column else "C")
