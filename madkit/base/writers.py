"""One writer at a time: a folder says in `.madkit.lock` which process writes in it, and since when.

    {"host": "node7", "machine": "9c41…", "pid": 4711, "begun": "8231", "since": "2026-11-27T…"}

The lock is a file that is there or not, made by a link, which is one step on every file system
that has links, and so also on shared folders that know no `flock`. Its writer touches it every
twenty seconds. It is void when its process is gone, or, from another machine, when it was silent
for two minutes by the clock of the file system. Readers do not ask for it.

A lock is a courtesy. What it guards is whole without it: files appear at once (see `files`), and
two processes that do the same work write the same bytes.
"""

from __future__ import annotations

import json
import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any

from madkit.base import files
from madkit.base.files import StoreError
from madkit.base.processes import MACHINE, begun

LOCK = ".madkit.lock"
BEAT, SILENT = 20, 120  # seconds
FORGOTTEN = 86_400      # seconds after which another machine's temporary file is nobody's


@contextmanager
def writing(folder: Path, patience: float = 0) -> Iterator[None]:
    """Within the block no other process writes in the folder.

    Raises StoreError, which says who, where one does, and goes on doing so for `patience` seconds.
    """
    lock, until = folder / LOCK, monotonic() + patience
    mine = json.dumps({"host": platform.node(), "machine": MACHINE, "pid": os.getpid(),
                       "begun": begun(os.getpid()),
                       "since": datetime.now(UTC).isoformat(timespec="seconds")}).encode()
    while not _taken(lock, mine):
        if (held := _held(lock)) is None:
            continue
        if _void(lock, held):
            _remove(lock, held)
        elif monotonic() > until:
            raise StoreError(_occupied(folder, held))
        else:
            sleep(0.05)
    ended = threading.Event()
    threading.Thread(target=_beat, args=(lock, ended), daemon=True).start()
    try:
        tidy(folder)
        yield
    finally:
        ended.set()
        if json.loads(mine)["pid"] == os.getpid():  # not in a process that was forked within
            _remove(lock, mine)


def tidy(folder: Path) -> None:
    """Take away what killed writers left: their temporary files, and a lock that is void."""
    with suppress(OSError):
        found = [*folder.glob(files.TEMPORARY), *folder.glob(f"*/{files.TEMPORARY}")]
        for path in filter(_left, found):
            path.unlink(missing_ok=True)
        if (held := _held(folder / LOCK)) is not None and _void(folder / LOCK, held):
            _remove(folder / LOCK, held)


def _left(path: Path) -> bool:
    """Whether nobody writes a temporary file any more."""
    _, machine, pid, *_ = [*path.name.split("-"), "", ""]
    if machine == MACHINE and pid.isdecimal():
        return begun(int(pid)) is None
    with suppress(OSError):
        return time() - path.stat().st_mtime > FORGOTTEN
    return False


def _taken(lock: Path, mine: bytes) -> bool:
    """Make the lock, whole, in one step; False where there is one."""
    temporary = files.new_name(lock.parent)
    try:
        files.write_new(temporary, mine, synced=False)
        try:
            os.link(temporary, lock)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            files.write_new(lock, mine, synced=False)
        return True
    except FileExistsError:
        return False
    except OSError as error:
        raise files.in_words(error, lock) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _held(lock: Path) -> bytes | None:
    """What the lock says; None where there is none any more."""
    try:
        return files.read(lock, most=2**12)
    except StoreError:
        return b"" if os.path.lexists(lock) else None


def _said(held: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        said = json.loads(held)
        if isinstance(said, dict) and isinstance(said.get("pid"), int):
            return said
    return {"host": "an unknown machine", "pid": "unknown", "since": "unknown"}


def _void(lock: Path, held: bytes) -> bool:
    """Whether who made the lock is gone."""
    said = _said(held)
    if said.get("machine") == MACHINE and (now := begun(said["pid"])) != "":
        return now != said.get("begun")
    try:
        return _now(lock.parent) - lock.lstat().st_mtime > SILENT
    except FileNotFoundError:
        return True


def _now(folder: Path) -> float:
    """The time by the clock of the folder's file system, which may be another machine's."""
    probe = files.new_name(folder)
    try:
        files.write_new(probe, b"", synced=False)
        return probe.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)


def _remove(lock: Path, held: bytes) -> None:
    """Take away the lock that says so, and no other that took its place meanwhile."""
    aside = files.new_name(lock.parent)
    with suppress(OSError):
        os.rename(lock, aside)
        if _held(aside) != held:
            os.link(aside, lock)
        aside.unlink()


def _beat(lock: Path, ended: threading.Event) -> None:
    while not ended.wait(BEAT):
        with suppress(OSError):
            os.utime(lock)


def _occupied(folder: Path, held: bytes) -> str:
    said = _said(held)
    return (f"store: {folder} is being written by process {said['pid']} on {said['host']}, since "
            f"{said['since']}; nothing was changed. Wait for it, or give another folder. Reading "
            f"it is free (mk.load, mk.reopen). If that process is gone, call again in {SILENT} "
            f"seconds, or remove {folder / LOCK}")
