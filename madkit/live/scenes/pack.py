"""Tracks as bytes: one header in JSON, then all arrays,
for a page of JavaScript to read without copying.

    uint32 H · H bytes of header · padding to a multiple of 8 · the body
    header = {"tracks": […], "arrays": [[dtype, shape, offset from the body's beginning], …]}

Arrays of a track (ARRAYS) and of its curves (PARTS) stand as their numbers in "arrays": float32
"f4", int32 "i4", int16 "i2", bytes "u1".
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

ARRAYS = ("mean", "root", "emitted", "rows", "images", "real")
PARTS = ("low", "median", "high", "theory")
OWN = 4096                            # bytes of an array that figures may share
# what is drawn of one loop: see `scenes.gaussian`, `scenes.stored`, `scenes.growing`
Track = dict[str, Any]


def pack(tracks: Iterable[Mapping[str, Any]], digits: int = 23) -> bytes:
    """Tracks, with NumPy arrays anywhere in them, as bytes;
    `digits`: bits kept of each float32's 23, so that it compresses.
    """
    body = _Body(digits)
    plain = {"tracks": [body.without(track) for track in tracks], "arrays": body.places}
    header = json.dumps(plain, allow_nan=False).encode()
    front = struct.pack("<I", len(header)) + header
    return front + bytes(-len(front) % 8) + b"".join(body.parts)


def unpack(packed: bytes) -> list[Track]:
    """The tracks that `pack` made into bytes, arrays read-only.

    ValueError for bytes of another kind.
    """
    header, start = _opened(packed)
    arrays = [np.frombuffer(packed, "<" + dtype, int(np.prod(shape)), start + offset).reshape(shape)
              for dtype, shape, offset in header["arrays"]]
    return [_with(track, arrays) for track in header["tracks"]]


def _opened(packed: bytes) -> tuple[dict[str, Any], int]:
    """The header, and where the body begins."""
    size = struct.unpack_from("<I", packed)[0] if len(packed) >= 4 else -1
    if not 0 <= size <= len(packed) - 4:
        raise ValueError(f"unpack: expected packed tracks, got {len(packed)} bytes whose header "
                         f"would be {size} bytes long")
    return json.loads(packed[4 : 4 + size]), 4 + size + -(4 + size) % 8


def cut(packed: bytes) -> list[bytes]:
    """The same bytes in parts: each array of OWN bytes or more is one, so that it is equal where
    two packs hold it. ValueError for bytes of another kind.
    """
    header, start = _opened(packed)
    ends = {0, len(packed)}
    for dtype, shape, offset in header["arrays"]:
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if size >= OWN:
            ends |= {start + offset, start + offset + size + -size % 8}
    places = sorted(ends)
    if places[0] < 0 or places[-1] > len(packed):
        raise ValueError("cut: expected arrays within the pack")
    return [packed[a:b] for a, b in pairwise(places)]


class _Body:
    def __init__(self, digits: int):
        self.places: list[list[Any]] = []
        self.parts: list[bytes] = []
        self.known: dict[tuple[Any, ...], int] = {}
        self.size, self.digits = 0, digits

    def without(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self.without(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.without(item) for item in value]
        return self.add(value) if isinstance(value, np.ndarray) else value

    def add(self, array: np.ndarray) -> int:
        """The number of an array in the body; one that stands there already is not added again."""
        kind = {"f": "f4", "u": "u1", "i": "i4"}[array.dtype.kind]
        if array.dtype == np.int16:
            kind = "i2"
        content = self._rounded(array) if kind == "f4" else array.astype("<" + kind)
        data = content.tobytes()
        if (known := (kind, array.shape, data)) not in self.known:
            self.known[known] = len(self.places)
            self.places.append([kind, list(array.shape), self.size])
            self.parts.append(data + bytes(-len(data) % 8))
            self.size += len(self.parts[-1])
        return self.known[known]

    def _rounded(self, array: np.ndarray) -> np.ndarray:
        bits = np.ascontiguousarray(array, "<f4").view("<u4")
        if self.digits == 23:
            return bits
        lost = 23 - self.digits
        nearest = np.where(np.isfinite(array), bits + np.uint32(1 << lost - 1), bits)
        return nearest & np.uint32(0xFFFFFFFF << lost & 0xFFFFFFFF)


def _with(track: Track, arrays: list[np.ndarray]) -> Track:
    def place(part: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        return part | {name: arrays[part[name]] for name in names if part.get(name) is not None}

    curves = {name: place(curve, PARTS) for name, curve in track["curves"].items()}
    return place(track, ARRAYS) | {"curves": curves}
