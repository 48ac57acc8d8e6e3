"""Your own pictures as a truth: a folder of image files, all brought to one square size.

A picture is turned as its EXIF says, put on white where it is transparent, cropped to the square in
its middle and resized with Lanczos's filter (which averages when it shrinks, so that nothing
flickers). What Pillow reads, madkit reads; of a moving picture the first frame counts.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch

from madkit.base.checks import share, whole
from madkit.base.guard import guarded
from madkit.base.progress import bar
from madkit.data.finite import Finite


@guarded
def images(
    folder: str | Path,   # it and all folders in it are searched; hidden files, and those that are
                          # no pictures, are passed over
    size: int,            # width and height of a row in pixels
    test: float = 0.25,   # share of the rows held out for testing
) -> Finite:
    """The pictures of a folder, uint8 (n, 3, size, size); (n, 1, size, size) if all are grey.

    Rows are in the alphabetical order of the paths. Where every picture lies directly in one of two
    or more subfolders, these are its labels: 0, 1, 2, … in alphabetical order of their names.

    Raises FileNotFoundError for a folder that is none; ValueError for one with fewer than 3
    pictures, and for files that cannot be read, which it names.
    """
    size, test = whole("images: size", size, least=1), share("images: test", test)
    top = Path(folder).expanduser()
    if not top.is_dir():
        raise FileNotFoundError("images: folder expected a folder of pictures, got "
                                f"{str(folder)!r}, which is none")
    paths = _paths(top)
    if len(paths) < 3:
        raise ValueError("images: expected at least 3 pictures (two to fit, one to test on) in "
                         f"{top} and its subfolders, got {len(paths)}; pictures are known by the "
                         "ends of their names, such as .png, .jpg, .webp")
    return Finite(torch.from_numpy(_rows(paths, size)), _labels(top, paths), test,
                  f"images({top.name!r}, {size})")


def _paths(top: Path) -> list[Path]:
    """The files that call themselves pictures, in the order of their paths below top."""
    from PIL import Image

    endings = {end for end, kind in Image.registered_extensions().items() if kind in Image.OPEN}
    found = []
    for place, folders, files in os.walk(top):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in files if not name.startswith(".")
                  and Path(name).suffix.lower() in endings]
    return sorted(found, key=lambda path: path.relative_to(top).parts)


def _rows(paths: list[Path], size: int) -> np.ndarray:
    """Every picture as a row, uint8 (n, 1 or 3, size, size)."""
    rows, bad = np.empty((len(paths), 3, size, size), np.uint8), []
    for i, path in enumerate(bar(paths, desc="images", unit=" files", delay=1)):
        try:
            rows[i] = _row(path, size)
        except Exception as error:  # decoders raise whatever they like at a damaged file
            bad.append(f"{path} ({error or type(error).__name__})")
    if bad:
        more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
        raise ValueError(f"images: {len(bad)} of {len(paths)} files cannot be read: "
                         f"{'; '.join(bad[:5])}{more}; mend them or move them out of the folder")
    return rows[:, :1].copy() if (rows == rows[:, :1]).all() else rows


def _row(path: Path, size: int) -> np.ndarray:
    """One picture, uint8 (3, size, size)."""
    from PIL import Image, ImageOps

    with Image.open(path) as picture:
        picture.draft(None, (4 * size, 4 * size))  # a large JPEG: decoded no larger than of use
        upright = _on_white(ImageOps.exif_transpose(picture))
    width, height = upright.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    square = upright.crop((left, top, left + side, top + side))
    resized = square.resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(resized).transpose(2, 0, 1)


def _on_white(picture):
    """The picture in RGB, 8 bits, on white where it is transparent."""
    from PIL import Image

    if picture.mode == "F":
        raise ValueError("its pixels are floating-point numbers of unknown range; save it with 8 "
                         "or 16 bits")
    if picture.mode.startswith("I"):  # 16 bits: Pillow would clip these at 255
        grey = np.asarray(picture).clip(0, 65535) / 257
        picture = Image.fromarray(grey.round().astype(np.uint8))
    clear = picture.mode in ("RGBA", "RGBa", "LA", "La", "PA")
    if not clear and "transparency" not in picture.info:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _labels(top: Path, paths: list[Path]) -> torch.Tensor | None:
    """The number of the subfolder of each picture; None where folders are no labels."""
    places = [path.relative_to(top).parts[:-1] for path in paths]
    names = sorted(set(places))
    if len(names) < 2 or any(len(place) != 1 for place in places):
        return None
    return torch.tensor([names.index(place) for place in places])
