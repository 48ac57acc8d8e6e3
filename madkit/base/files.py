"""A run on disk: a folder that a kill at any moment leaves whole.

    FOLDER/spec.json                              what the run is, and what it was made with
    FOLDER/seed-3/generation-00012.npz            training set, emitted samples, metrics
                                                  and fresh cursor of one generation
    FOLDER/seed-3/generation-00012.safetensors    its fitted model, if that has a state_dict
    FOLDER/table.csv …                            the record, written when the run ends

Every file is written under a temporary name, synced and renamed, so a kill loses at most the
generation in flight. Nothing is pickled; npz checks its own content (CRC-32), safetensors
(https://huggingface.co/docs/safetensors) is checked by a digest that stands in the generation's
npz. `shelf` says what is in a generation's files.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from madkit.base import aloud
from madkit.base.identity import other

if TYPE_CHECKING:
    import pandas as pd

IDENTITY = ("model", "loop", "truth", "seeds", "n_ini", "metrics", "features", "emit", "lam_emit")


class StoreError(ValueError):
    """A folder that cannot be read or must not be written; nothing in it was changed."""


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
        raise OSError(error.errno, f"could not write {path} ({error.strerror}); what was stored "
                                   "before is unharmed: make room and call again with the same "
                                   "store to go on") from error
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Make the renaming last. Shared folders of other systems know no such thing, and need not."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


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
    except (OSError, ValueError, EOFError, KeyError, AttributeError, zlib.error,
            zipfile.BadZipFile) as error:
        raise StoreError(f"{path} is damaged ({error}); nothing was changed") from error
    if missing := set(needs) - set(arrays):
        raise StoreError(f"{path} is not a file of this kind (no {', '.join(sorted(missing))}); "
                         "nothing was changed")
    return arrays


def write_tensors(path: Path, tensors: dict[str, Tensor]) -> str:
    """Tensors of any device and layout as one safetensors file, whole or not at all;
    returns the digest of its content.
    """
    from safetensors.torch import save

    got = "" if isinstance(tensors, dict) else type(tensors).__name__
    if not got:
        strange = [name for name, value in tensors.items() if not isinstance(value, Tensor)]
        got = f"{strange[0]!r} without one" if strange else ""
    if got:
        raise TypeError(f"model: state_dict() must give a flat dict {{name: tensor}}, got {got}")
    # the format takes neither views nor memory that two names share, such as tied weights:
    # each value is a copy of its own
    content = save({name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
                    for name, value in tensors.items()})
    write(path, content)
    return digest(content)


def read_tensors(path: Path, expected: str) -> dict[str, Tensor]:
    """The tensors of a safetensors file, on the CPU, or StoreError where
    its content has another digest.
    """
    from safetensors.torch import load

    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error}); nothing was changed") from error
    if digest(content) != expected:
        raise StoreError(f"{path} is damaged (its content is not what was written); nothing was "
                         "changed")
    return load(content)


def digest(content: bytes) -> str:
    """128 bits that tell contents apart."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def read_json(path: Path) -> Any:
    """The JSON in a file, or StoreError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read ({error}); nothing was changed: give another "
                         "folder") from error


def read_table(path: Path) -> pd.DataFrame:
    """The table in a csv file, every digit of it, or StoreError."""
    import pandas as pd

    try:
        # newer pandas always reads every digit, and says so
        with warnings.catch_warnings(action="ignore"):
            return pd.read_csv(path, float_precision="round_trip")
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} is damaged ({error}); nothing was changed") from error


def _counts(path: Path) -> bool:
    """Whether a folder that holds it is not empty: desktops and editors leave hidden files."""
    return path.name != "spec.json.tmp" and not path.name.startswith(".")


def claim(folder: Path, spec: dict[str, Any], identity: Iterable[str] = IDENTITY,
          kind: str = "run") -> None:
    """Make the folder this run's, or check that it is.

    Raises StoreError when it holds something else.
    """
    for one in (folder, *folder.parents):
        if one.is_file():
            raise StoreError(f"store: {one} is a file; give the name of a folder")
    if not folder.exists() or not any(map(_counts, folder.iterdir())):   # new, or killed at once
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / "spec.json", json.dumps(spec, indent=1).encode())
        return
    if not (folder / "spec.json").exists():
        raise StoreError(f"store: {folder} is not empty and holds no {kind} (no spec.json); give "
                         "an empty or a new folder")
    held = read_json(folder / "spec.json")
    if why := other(held, spec, identity, folder / "spec.json"):
        raise StoreError(f"store: {folder} holds another {kind}; give a new folder. {why}")
    changed = [f"{name} was {held.get(name)}, is {spec[name]}"
               for name in ("versions", "device") if held.get(name) != spec[name]]
    if changed:
        aloud.warn(f"store: {folder} goes on under other conditions, bits may differ: "
                   f"{'; '.join(changed)}")
        now = {name: spec[name] for name in ("versions", "device", "date")}
        history = {"resumed": [*held.get("resumed", []), now]}
        write(folder / "spec.json", json.dumps(held | history, indent=1).encode())
