"""Your own pictures as a truth: a folder of image files, all brought to one square size.

A picture is turned as its EXIF says, put on white where it is transparent, cropped to the square in
its middle and resized with Lanczos's filter (which averages when it shrinks, so that nothing
flickers). What Pillow reads, madkit reads; of a moving picture the first frame counts. The card of
the truth says which of these things were done, and what was passed over.

Files of 16 bits often hold fewer, as cameras and scanners measure them: 12 bits would be almost
black. So their white is the largest number of the bits that the brightest of all files needs.
"""

from __future__ import annotations

import os
import re
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch

from madkit.base.card import few, number, several
from madkit.base.checks import Count, Place, Share
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.progress import bar
from madkit.data.finite import Finite

DEPTHS = (8, 10, 12, 14, 16)                          # bits that 16 are used for
NO_PICTURES = {"BUFR", "GRIB", "HDF5", "MPEG", "WMF"}  # Pillow knows their names, not their content
MOST = 2**36                                          # bytes of all rows


@gate
@guarded
def images(
    folder: Place,              # it and all folders in it are searched, also those that are linked;
                                # hidden files, and those that are no pictures, are passed over
    size: Count,                # width and height of a row in pixels
    test: Share = 0.25,         # share of the rows held out for testing
    depth: Count | None = None,  # bits of white in files of 16 bits, 8 to 16; None: as many as the
                                # brightest of them needs (8, 10, 12, 14 or 16)
) -> Finite:
    """The pictures of a folder, uint8 (n, 3, size, size); (n, 1, size, size) if all are grey.

    Rows are in the alphabetical order of the paths. Where every picture lies directly in one of two
    or more subfolders, these are its labels: 0, 1, 2, … in alphabetical order of their names
    (`.classes`).

    Raises FileNotFoundError for a folder that is none; ValueError for one with fewer than 3
    pictures or with a folder linked twice, and for files that cannot be read, which it names.
    """
    if depth is not None and not 8 <= depth <= 16:
        raise ValueError(f"images: depth expected 8 to 16 bits, got {depth!r}")
    top = Path(folder)
    if not top.is_dir():
        how = "; unpack it, or give the folder it lies in" if top.is_file() else ""
        raise FileNotFoundError("images: folder expected a folder of pictures, got "
                                f"{str(folder)!r}, which is none{how}")
    paths, others = _paths(top)
    if len(paths) < 3:
        there = f" beside {_kinds(others)}" if others else ""
        raise ValueError("images: expected at least 3 pictures (two to fit, one to test on) in "
                         f"{top} and its subfolders, got {len(paths)}{there}; pictures are known "
                         "by the ends of their names, such as .png, .jpg, .webp")
    if (memory := len(paths) * 3 * size**2) > MOST:
        raise ValueError(f"images: size expected rows that fit in memory, got {size}: "
                         f"{number(len(paths))} pictures would take {number(memory // 10**9)} GB")
    x, notes = _Reading(paths, size, depth).all()
    y, classes = _labels(top, paths)
    if y is None and any(path.parent != top for path in paths):
        notes["labels"] = "none, as not every picture lies in one of several subfolders"
    if others:
        notes["passed over"] = _kinds(others)
    return Finite(torch.from_numpy(x), y, test, f"images({top.name!r}, {size})", (), classes,
                  tuple(notes.items()))


def _kinds(paths: list[Path]) -> str:
    """Other files in words: "3 files (2 .txt, 1 .npz)"."""
    each = Counter(sorted(path.suffix.lower() or path.name for path in paths)).most_common()
    return (f"{several(len(paths), 'other file')} "
            f"({few([f'{number(count)} {suffix}' for suffix, count in each], 5)})")


def _paths(top: Path) -> tuple[list[Path], list[Path]]:
    """The files that call themselves pictures, in the order of their paths below top; the others.
    """
    from PIL import Image

    endings = {end for end, kind in Image.registered_extensions().items()
               if kind in Image.OPEN and kind not in NO_PICTURES}
    found: list[Path] = []
    others: list[Path] = []
    seen: dict[str, str] = {}
    for where, folders, files in os.walk(top, followlinks=True):
        real = os.path.realpath(where)
        if real in seen:
            raise ValueError(f"images: expected every folder once, got {real} as {seen[real]} and "
                             f"as {where}; remove one of these links")
        seen[real] = where
        folders[:] = sorted(name for name in folders
                            if not name.startswith(".") and name != "__MACOSX")
        for name in files:
            if not name.startswith("."):
                (found if Path(name).suffix.lower() in endings else others).append(
                    Path(where, name))
    return sorted(found, key=lambda path: path.relative_to(top).parts), others


class _Reading:
    """The pictures, one after another, and what was met in them."""

    def __init__(self, paths: list[Path], size: int, depth: int | None):
        self.paths, self.size, self.depth = paths, size, depth
        self.brightest: dict[int, int] = {}  # of the files of 16 bits, by their row
        self.coloured: dict[int, int] = {}   # of those of 16 bits a colour, after Pillow's cut to 8
        self.sizes: dict[int, tuple[int, int]] = {}  # of the pictures, width and height, by row
        self.met: Counter[str] = Counter()

    def all(self) -> tuple[np.ndarray, dict[str, str]]:
        """Every picture as a row, uint8 (n, 1 or 3, size, size), and words for the card."""
        rows, bad = np.empty((len(self.paths), 3, self.size, self.size), np.uint8), []
        for i, path in enumerate(bar(self.paths, desc="images", unit=" files", delay=1)):
            try:
                rows[i] = self.row(i)
            except Exception as error:  # decoders raise whatever they like at a damaged file
                bad.append(f"{path} ({_said(error)})")
        if bad:
            more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
            raise ValueError(f"images: {len(bad)} of {len(self.paths)} files cannot be read: "
                             f"{'; '.join(bad[:5])}{more}; mend them or move them out of the folder")
        self._again(rows)
        met = self._resized()
        met |= {what: several(count, "file") for what, count in self.met.items()}
        if self.brightest and self.depth != 16:
            met["16 bits"] = (f"{several(len(self.brightest), 'file')}, the brightest pixel "
                              f"{number(max(self.brightest.values()))}: white is 2^{self.depth} − 1")
        return rows[:, :1].copy() if (rows == rows[:, :1]).all() else rows, met

    def _resized(self) -> dict[str, str]:
        """How many pictures were scaled and cropped, in words."""
        of, said = f"of {several(len(self.paths), 'picture')}", {}
        cropped = sum(width != height for width, height in self.sizes.values())
        scaled = sorted(min(size) for size in self.sizes.values() if min(size) != self.size)
        if cropped:
            said["cropped"] = f"{number(cropped)} {of}, to the square in the middle"
        if scaled:
            ends = " to ".join(dict.fromkeys((number(scaled[0]), number(scaled[-1]))))
            said["scaled"] = f"{number(len(scaled))} {of}, squares of {ends} pixels before"
        return said

    def _again(self, rows: np.ndarray) -> None:
        """Files of 16 bits once more, if they hold fewer."""
        brightest = max(self.brightest.values(), default=0)
        if self.depth is not None and brightest >= 2**self.depth:
            raise ValueError(f"images: depth expected at least {brightest.bit_length()} bits, as "
                             f"the brightest pixel is {brightest}, got {self.depth}")
        if 0 < max(self.coloured.values(), default=255) < 64:
            path = self.paths[next(iter(self.coloured))]
            raise ValueError(f"images: {several(len(self.coloured), 'file')} with 16 bits a colour "
                             f"hold fewer, such as {path}, and would be almost black; save them "
                             "with 8 bits a colour")
        if self.depth is None:
            self.depth = next(bits for bits in DEPTHS if brightest < 2**bits)
        for i in self.brightest if self.depth != 16 else ():
            rows[i] = self.row(i, met=False)

    def row(self, i: int, met: bool = True) -> np.ndarray:
        """Picture i, uint8 (3, size, size)."""
        from PIL import Image, ImageOps

        path, size, before = self.paths[i], self.size, self.met.copy()
        if not path.is_file():
            raise ValueError("not a file, or a link to none")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(path)
        with picture:
            if getattr(picture, "is_animated", False):
                self.met["several frames, the first taken"] += 1
            deep, self.sizes[i] = _bits(picture, path) > 8, picture.size
            picture.draft(None, (4 * size, 4 * size))  # a large JPEG: decoded no larger than of use
            upright = self._on_white(i, ImageOps.exif_transpose(picture))
        if deep and i not in self.brightest:
            self.coloured[i] = max(high for _, high in upright.getextrema())
        self.met = self.met if met else before
        width, height = upright.size
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        square = upright.crop((left, top, left + side, top + side))
        resized = square.resize((size, size), Image.Resampling.LANCZOS)
        return np.asarray(resized).transpose(2, 0, 1)

    def _on_white(self, i: int, picture: Any) -> Any:
        """The picture in RGB, 8 bits, on white where it is transparent."""
        from PIL import Image

        if picture.mode.startswith(("I", "F")):
            picture = Image.fromarray(self._eight_bits(i, np.asarray(picture)))
        clear = picture.mode in ("RGBA", "RGBa", "LA", "La", "PA")
        if not clear and "transparency" not in picture.info:
            return picture.convert("RGB")
        picture = picture.convert("RGBA")
        if picture.getextrema()[3][0] < 255:
            self.met["transparent, put on white"] += 1
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture
                                     ).convert("RGB")

    def _eight_bits(self, i: int, grey: np.ndarray) -> np.ndarray:
        """Grey levels of 16 bits; Pillow would clip them at 255."""
        low, high = grey.min(), grey.max()
        if grey.dtype.kind == "f":
            raise ValueError(f"its pixels are floating-point numbers from {low:g} to {high:g}, of "
                             "which no one says what is white; save it with 8 or 16 bits")
        if low < 0 or high > 65535:
            raise ValueError(f"its pixels are whole numbers from {low} to {high}; save it with 8 "
                             "or 16 bits")
        self.brightest[i] = int(high)
        return (grey.clip(0, 65535) / ((2 ** (self.depth or 16) - 1) / 255)).round().clip(
            0, 255).astype(np.uint8)


def _bits(picture: Any, path: Path) -> int:
    """Bits of a colour in the file; Pillow keeps the upper 8."""
    if picture.format == "PNG":
        with path.open("rb") as file:
            return file.read(25)[24]
    bits = picture.tag_v2.get(258, 8) if picture.format == "TIFF" else 8
    return max(bits) if isinstance(bits, tuple) else bits


def _said(error: Exception) -> str:
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, Image.DecompressionBombError):
        pixels = re.search("[0-9]+", str(error))
        size = f"{number(int(pixels[0]) // 10**6)} megapixels" if pixels else "too large a picture"
        return f"{size}, more than Pillow opens; make it smaller first, 4,000 pixels wide will do"
    if isinstance(error, UnidentifiedImageError):
        return "no picture, or a damaged one"
    return str(error) or type(error).__name__


def _labels(top: Path, paths: list[Path]) -> tuple[torch.Tensor | None, tuple[str, ...]]:
    """The number of the subfolder of each picture, and their names; none where folders are no
    labels.
    """
    places = [path.relative_to(top).parts[:-1] for path in paths]
    names = sorted(set(places))
    if len(names) < 2 or any(len(place) != 1 for place in places):
        return None, ()
    return torch.tensor([names.index(place) for place in places]), tuple(name for name, in names)
