"""MNIST and Fashion-MNIST: 70,000 grey images of 28 × 28 pixels in ten classes, in four files each.

The files are looked for in the folder `root`, else in the folder that the environment variable
MADKIT_DATA names; each may be the folder of the four files or its parent. Where there is neither,
they are downloaded once into the user's cache. A file is used only if its SHA-256 is the published
one, so a wrong or damaged copy cannot pass for the data set.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import logging
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch

from madkit.base.checks import Place
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.data import idx
from madkit.data.finite import Finite
from madkit.samples import Samples

FILES = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
         "t10k-labels-idx1-ubyte.gz")

LARGEST = 2**26  # bytes: no published file has so many, nor what it holds


@dataclass(frozen=True)
class Archive:
    """Where four files come from, and what they must be."""

    name: str                 # of the function, and in errors
    folder: str               # in a parent folder, and in the cache
    hashes: tuple[str, ...]   # SHA-256 of each of FILES
    mirrors: tuple[str, ...]  # addresses, tried in this order


MNIST = Archive("mnist", "mnist", (
    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
), ("https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/"))

FASHION = Archive("fashion_mnist", "fashion-mnist", (
    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
), ("https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"))


@gate
@guarded
def mnist(
    root: Place | None = None,       # the folder of the four files, or its parent; None:
                                     # MADKIT_DATA, else a download (11 MB)
) -> Finite:
    """Handwritten digits: uint8 images (n, 1, 28, 28), labels 0 … 9.

    60,000 rows are for real and fresh data, 10,000 to test on. A seed shuffles the training and the
    test images, each among themselves: a training image is never a test row.

    Raises FileNotFoundError where the files are not in `root`, or are nowhere and cannot be
    downloaded; ValueError for a file with another content. LeCun, Bottou, Bengio & Haffner (1998),
    https://doi.org/10.1109/5.726791.
    """
    return _truth(MNIST, root)


@gate
@guarded
def fashion_mnist(
    root: Place | None = None,       # the folder of the four files, or its parent; None:
                                     # MADKIT_DATA, else a download (31 MB)
) -> Finite:
    """Articles of clothing: uint8 images (n, 1, 28, 28), labels 0 … 9.

    The labels: T-shirt/top, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle
    boot. Otherwise as `mnist`.

    Xiao, Rasul & Vollgraf (2017), https://arxiv.org/abs/1708.07747,
    https://github.com/zalandoresearch/fashion-mnist (MIT).
    """
    return _truth(FASHION, root)


def _truth(archive: Archive, root: str | Path | None) -> Finite:
    paths = _paths(archive, root)
    train, test = (_samples(archive, *paths[i : i + 2]) for i in (0, 2))
    return Finite(train.x, train.y, test, f"{archive.name}()")


def _samples(archive: Archive, images: Path, labels: Path) -> Samples:
    x, y = idx.pair(_checked(archive, images), _checked(archive, labels), str(images))
    return Samples(torch.from_numpy(x)[:, None], torch.from_numpy(y))


def _checked(archive: Archive, path: Path):
    """The array in a file, if its hash is the published one: it is inflated only then."""
    content = path.read_bytes() if path.stat().st_size <= LARGEST else b""
    got, expected = hashlib.sha256(content).hexdigest(), archive.hashes[FILES.index(path.name)]
    if got == expected:
        return idx.parse(content, str(path))
    _check_gzip(content, path)  # first, as a damaged file is called so
    other, what = FASHION if archive is MNIST else MNIST, idx.AGAIN
    if got in other.hashes:
        what = (f"it is the file of {other.name}; keep each in a folder of its own, mnist/ and "
                "fashion-mnist/")
    raise ValueError(f"{archive.name}: {path} is not the published file: expected SHA-256 "
                     f"{expected}, got {got}; {what}")


def _check_gzip(content: bytes, path: Path) -> None:
    """ValueError for a damaged gzip file, looked at as far as a published one goes."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            for _ in range(LARGEST >> 20):
                if not stream.read(2**20):
                    break
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{path}: damaged gzip ({error}); {idx.AGAIN}") from error


def _paths(archive: Archive, root: str | Path | None) -> list[Path]:
    """The four files in `root`, else in MADKIT_DATA, else downloaded to the cache."""
    place = root or os.environ.get("MADKIT_DATA")
    if place:
        top, said = Path(place).expanduser(), "root" if root else "MADKIT_DATA"
        if not top.is_dir():
            raise FileNotFoundError(f"{archive.name}: {said} expected a folder, got "
                                    f"{str(place)!r}, which is none; {_advice(archive)}")
        for folder in (top / archive.folder, top):
            missing = [name for name in FILES if not (folder / name).is_file()]
            if not missing:
                return [folder / name for name in FILES]
            if len(missing) < len(FILES):
                raise FileNotFoundError(f"{archive.name}: {folder} lacks {', '.join(missing)}; "
                                        f"{_advice(archive)}")
        if root:
            raise FileNotFoundError(f"{archive.name}: none of the four files is in {top} or "
                                    f"{top / archive.folder}; {_advice(archive)}")
    return _downloaded(archive)


def _downloaded(archive: Archive) -> list[Path]:
    """The four files in the user's cache; what is not there comes from the first mirror with it."""
    import pooch

    cache, log = Path(pooch.os_cache("madkit")) / archive.folder, pooch.get_logger()
    level, reasons = log.level, []
    log.setLevel(logging.WARNING)  # the bar says enough
    try:
        for mirror in archive.mirrors:
            hashes = dict(zip(FILES, archive.hashes, strict=True))
            store = pooch.create(cache, mirror, registry=hashes)
            try:
                return [Path(store.fetch(name, progressbar=True)) for name in FILES]
            except (OSError, ValueError) as error:  # no network, no such file; another content
                reasons.append(f"{mirror}: {error}")
    finally:
        log.setLevel(level)
    raise FileNotFoundError(f"{archive.name}: no copy in {cache}, and no download "
                            f"({'; '.join(reasons)}); {_advice(archive)}")


def _advice(archive: Archive) -> str:
    return (f"put {', '.join(FILES)} into one folder and say mk.data.{archive.name}(root=folder), "
            "or set the environment variable MADKIT_DATA to it or to a folder that holds them in "
            f"{archive.folder}/")
