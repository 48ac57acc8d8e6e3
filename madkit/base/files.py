"""Files, written and read in one way: the only way in which anything of madkit comes on a disk.

`write` puts a file there whole or not at all: under a name that is nobody else's, synced, renamed.
It follows no link, so that what came from strangers cannot send it elsewhere. A kill leaves at most
a `.madkit-….tmp`, which the next writer of the folder takes away (see `locks`).

Readers believe nothing: of a file they want to know the digest, where one was kept, its size before
they make room for it, and its types. What they cannot read is a StoreError, whatever is in it.
Nothing is unpickled. `npz` reads arrays.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import os
import secrets
import stat
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import torch
from torch import Tensor

from madkit.base.processes import MACHINE

if TYPE_CHECKING:
    import pandas as pd

TEMPORARY = ".madkit-*.tmp"     # what `write` leaves when it is killed
HOW = "blake2b-128"             # how the digests in a JSON file are made
TEXT, COLUMNS = 2**25, 2**14    # bytes of a JSON file, and of the names of a table's columns, at most


class StoreError(ValueError):
    """A folder that cannot be read or must not be written; nothing in it was changed."""


def damaged(path: Path, why: object, cure: str = "") -> StoreError:
    """The error for a file that is not what was written: what is wrong, and what to do."""
    text = " ".join(str(why).split())
    return StoreError(f"{path} is damaged ({text[:300] or type(why).__name__}); nothing was "
                      f"changed{'. ' + cure if cure else ''}")


def digest(*parts: bytes | memoryview) -> str:
    """128 bits that tell contents apart."""
    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        made.update(part)
    return made.hexdigest()


# --- writing --------------------------------------------------------------------------------------


def write(path: Path, *content: bytes | memoryview) -> None:
    """Put content at path, or leave what was there: never half of it, never through a link."""
    temporary = new_name(path.parent)
    try:
        write_new(temporary, *content, mode=_mode(path))
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise in_words(error, path) from error
    _settle(path.parent)


def new_name(folder: Path) -> Path:
    """A name in the folder that no other writer uses, and that says which process it is of."""
    return folder / f".madkit-{MACHINE}-{os.getpid()}-{secrets.token_hex(6)}.tmp"


def write_new(path: Path, *content: bytes | memoryview, mode: int | None = None,
              synced: bool = True) -> None:
    """A file that was not there; FileExistsError where there is one, or a link."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        for part in content:
            file.write(part)
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), mode)
        file.flush()
        if synced:
            os.fsync(file.fileno())


def _mode(path: Path) -> int | None:
    """The permissions of the file that is to be replaced; None where there is none."""
    with suppress(FileNotFoundError):
        there = path.stat()
        if not stat.S_ISREG(there.st_mode):
            raise OSError(errno.EEXIST, "there is something that is no file")
        return None if path.is_symlink() else stat.S_IMODE(there.st_mode)
    return None


def in_words(error: BaseException, path: Path) -> BaseException:
    """What kept a file from being written, and what to do."""
    if not isinstance(error, OSError):
        return error
    full = "make room and call again with the same store to go on"
    closed = "it may not be written: give a folder that is yours to write"
    cure = {errno.ENOSPC: full, errno.EDQUOT: full, errno.EACCES: closed, errno.EPERM: closed,
            errno.EROFS: closed}.get(error.errno or 0, "mend that and call again")
    return OSError(error.errno, f"could not write {path} ({error.strerror}); what was stored "
                                f"before is unharmed: {cure}")


def check_folder(folder: Path, name: str = "store") -> None:
    """StoreError for what can be no folder: a file, a device or a pipe, or what lies below one.

    name  of the argument that gave it
    """
    for one in (folder, *folder.parents):
        if one.exists() and not one.is_dir():
            what = "a file" if one.is_file() else "a device or a pipe"
            raise StoreError(f"{name}: expected a folder, {one} is {what}; give the name of a folder")


def make_folder(folder: Path, inner: bool = False, name: str = "store") -> None:
    """Make a folder where there is none. An inner one, of a store, is never a link elsewhere."""
    check_folder(folder, name)
    if inner and folder.is_symlink():
        raise StoreError(f"{folder} is a link; within a store folders are its own: nothing was "
                         "written. Remove the link")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise in_words(error, folder) from error


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


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """A mapping as JSON, with the digest of what it says: one character changed is noticed."""
    plain = json.loads(json.dumps(value))
    sealed = {"hash": HOW, **plain, "digest": _said(plain)}
    write(path, json.dumps(sealed, indent=1).encode())


def _said(plain: Mapping[str, Any]) -> str:
    return digest(json.dumps(plain, sort_keys=True).encode())


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


# --- reading --------------------------------------------------------------------------------------


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A file, open for reading; OSError for what is none: a pipe, a device, a folder."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "it is no file")
        yield opened


def digest_of(path: Path) -> str:
    """The digest of a file's content; OSError where it cannot be read."""
    made = hashlib.blake2b(digest_size=16)
    with opened(path) as file:
        while block := file.read(2**20):
            made.update(block)
    return made.hexdigest()


def read(path: Path, expected: str | None = None, most: int | None = None) -> bytes:
    """The bytes of a file.

    StoreError where there is none, where they have another digest than expected, or are too many.
    """
    try:
        with opened(path) as file:
            size = os.fstat(file.fileno()).st_size
            if most is not None and size > most:
                raise ValueError(f"it has {size:,} bytes, expected {most:,} at most")
            content = file.read()
    except (OSError, ValueError, MemoryError) as error:
        raise StoreError(f"{path} cannot be read ({error}); nothing was changed") from error
    if expected is not None and digest(content) != expected:
        raise damaged(path, "its content is not what was written")
    return content


def read_json(path: Path, needs: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What `write_json` wrote, or StoreError; needs: {name: the type that it must have}.

    A file that says no digest, as those before 0.4.0, is believed.
    """
    content = read(path, most=TEXT)
    try:
        value = json.loads(content.decode("utf-8"))
        if not isinstance(value, dict):
            raise ValueError(f"expected names and values, got {type(value).__name__}")
        how, said = value.pop("hash", None), value.pop("digest", None)
        if (how or said) and (how != HOW or said != _said(value)):
            raise ValueError("its content is not what was written; where you edited it, remove its "
                             "lines \"hash\" and \"digest\"")
        for name, kind in (needs or {}).items():
            if not isinstance(value.get(name), kind):
                raise ValueError(f"expected {name}, got {str(value.get(name))[:80]!r}")
    except Exception as error:  # such as RecursionError: whatever a stranger put there
        raise StoreError(f"{path} cannot be read ({' '.join(str(error).split())[:300]}); nothing "
                         "was changed: give another folder") from error
    return value


def read_tensors(path: Path, expected: str) -> dict[str, Tensor]:
    """The tensors of a safetensors file, on the CPU, or StoreError where
    its content has another digest.
    """
    from safetensors.torch import load

    content = read(path, expected)
    try:
        return load(content)
    except Exception as error:
        raise damaged(path, error) from error


def read_table(path: Path, columns: Mapping[str, str], expected: str | None = None) -> pd.DataFrame:
    """The table in a csv file, every digit of it, or StoreError.

    columns   {name: kind} that it must have: "i" whole numbers, "f" numbers, "s" text
    expected  the digest of its content, where one is known
    """
    import pandas as pd

    content = read(path, expected)
    try:
        first, end, _ = content[:COLUMNS].partition(b"\n")
        names = next(csv.reader([first.decode("utf-8").strip()]), [])
        if missing := [name for name in columns if name not in names]:
            raise ValueError(f"expected the columns {', '.join(columns)}, no {missing[0]} is there")
        if not end:
            raise ValueError("its first line does not end")
        # text is as it stands there, "nan" too; an empty field is no number
        empty = {name: [""] for name in names if columns.get(name) != "s"}
        texts = {name: str for name in names if columns.get(name) == "s"}
        # newer pandas always reads every digit, and says so
        with warnings.catch_warnings(action="ignore"):
            table = pd.read_csv(io.BytesIO(content), float_precision="round_trip", dtype=texts,
                                na_values=empty, keep_default_na=False)
        for name, kind in columns.items():
            if not _is(table[name], kind):
                raise ValueError(f"expected {KINDS[kind]} in the column {name}")
    except Exception as error:
        raise damaged(path, error) from error
    return table


KINDS = {"i": "whole numbers", "f": "numbers", "s": "text"}


def _is(column: pd.Series, kind: str) -> bool:
    """Whether a column of a table is of that kind; an empty one is of any."""
    if kind == "s":
        return all(isinstance(value, str) for value in column)
    return not len(column) or column.dtype.kind in {"i": "iu", "f": "iuf"}[kind]
