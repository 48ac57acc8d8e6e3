"""IDX, the file format of MNIST: an array of numbers below a short header, often inside gzip.

| bytes | what |
|---|---|
| 0 0 | always zero |
| 1 | the kind of number: 8 = uint8, 9 = int8, 11 = int16, 12 = int32, 13 = float32, 14 = float64 |
| 1 | k, the number of axes |
| 4 k | the length of each axis, uint32, most significant byte first |
| the rest | the numbers, last axis fastest, most significant byte first |

Nothing marks the end, so a file that was cut short is known only by its length: it must be exactly
what the header says. LeCun, Cortes & Burges (1998), The MNIST database of handwritten digits,
http://yann.lecun.com/exdb/mnist/.
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

KINDS = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # as numpy writes them
GZIP = b"\x1f\x8b"  # how every gzip file begins
RATIO = 1040        # gzip packs no more bytes into one
LARGE = 1 << 20     # bytes
AXES = 32           # the most that numpy has in every version


def parse(content: bytes, name: str) -> np.ndarray:
    """The array in the bytes of an IDX file, plain or gzip, in this machine's byte order.

    name  what errors call the file

    Raises ValueError for bytes that are no such file: damaged, foreign, or not of the length that
    the header says.
    """
    packed = content.startswith(GZIP)
    plain = io.BytesIO(content)
    stream = gzip.GzipFile(fileobj=plain) if packed else plain
    try:
        try:
            kind, shape = _header(stream, name)
        except ValueError:
            for _ in range(64 if packed else 0):  # damaged, rather than foreign?
                if not stream.read(LARGE):
                    break
            raise
        size = math.prod(shape) * kind.itemsize
        most = RATIO * len(content) if packed else len(content)  # no file holds more
        numbers = stream.read(size + 1) if size <= most else b""
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{name}: damaged gzip ({error}); {AGAIN}") from error
    if len(numbers) != size:
        what, got = ("cut short", "fewer") if len(numbers) < size else ("too long", "more")
        raise ValueError(f"{name}: {what}: the header says {shape} numbers of {kind.itemsize} "
                         f"bytes, {4 + 4 * len(shape) + size} bytes in all, got "
                         f"{got if packed else len(content)}; {AGAIN}")
    return np.frombuffer(numbers, kind).reshape(shape).astype(kind.newbyteorder("="))


def _header(stream: Any, name: str) -> tuple[np.dtype, tuple[int, ...]]:
    """The kind of number and the length of each axis."""
    first = stream.read(4)
    if len(first) < 4 or first[:2] != b"\0\0" or first[2] not in KINDS or not first[3]:
        raise ValueError(f"{name}: expected an IDX file, which begins with 0, 0, a kind of number "
                         f"({', '.join(map(str, KINDS))}) and the number of axes; got "
                         f"{list(first)}; {AGAIN}")
    axes = first[3]
    lengths = stream.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise ValueError(f"{name}: cut short within the header: expected {4 + 4 * axes} bytes for "
                         f"{axes} axes, got {4 + len(lengths)}; {AGAIN}")
    shape = struct.unpack(f">{axes}I", lengths)
    if axes > AXES or math.prod(max(length, 1) for length in shape) >= 2**60:
        raise ValueError(f"{name}: the header says {axes} axes, {shape[:4]}…, more than any "
                         f"machine holds; {AGAIN}")
    return np.dtype(KINDS[first[2]]), shape


def pair(images: np.ndarray, labels: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """uint8 images (n, h, w) and their labels (n,); ValueError where they are no such pair."""
    if images.dtype != np.uint8 or images.ndim != 3:
        raise ValueError(f"{name}: expected images, uint8 of shape (n, h, w), got {images.dtype} "
                         f"of shape {images.shape}")
    if labels.dtype != np.uint8 or labels.ndim != 1:
        raise ValueError(f"{name}: expected labels, uint8 of shape (n,), got {labels.dtype} of "
                         f"shape {labels.shape}")
    if len(images) != len(labels):
        raise ValueError(f"{name}: expected a label for each image, got {len(images)} images and "
                         f"{len(labels)} labels; the two files do not belong together")
    return images, labels


def read(path: Path) -> np.ndarray:
    """The array in an IDX file; ValueError as `parse`, OSError where it cannot be opened."""
    return parse(path.read_bytes(), str(path))


AGAIN = "download or copy the file again"
