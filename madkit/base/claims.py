"""Whose a folder is: the first that writes into it says so in spec.json, and whoever comes later is
compared with that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from madkit.base import files
from madkit.base.aloud import warn
from madkit.base.files import StoreError
from madkit.base.identity import other
from madkit.base.writers import writing

IDENTITY = ("model", "loop", "truth", "seeds", "n_ini", "metrics", "features", "emit", "lam_emit")
CONDITIONS = ("versions", "device")


@contextmanager
def claimed(folder: Path, spec: Mapping[str, Any], identity: Iterable[str] = IDENTITY,
            kind: str = "run", patience: float = 0) -> Iterator[dict[str, Any]]:
    """Make the folder this run's, or check that it is; within the block it is this process's to
    write in. Gives what its spec.json says.

    Raises StoreError when it holds something else, or when another process writes in it.
    """
    _compared(folder, spec, identity, kind)
    files.make_folder(folder)
    with writing(folder, patience):
        held = _compared(folder, spec, identity, kind)  # nobody came in between
        now = dict(spec) if held is None else _gone_on(folder, held, spec)
        now.setdefault("of", identified(now, identity))
        if now != held:
            files.write_json(folder / "spec.json", now)
        yield now


def _compared(folder: Path, spec: Mapping[str, Any], identity: Iterable[str],
              kind: str) -> dict[str, Any] | None:
    held = holding(folder, kind)
    if held is not None:
        compare(folder, held, spec, identity, kind)
    return held


def holding(folder: Path, kind: str = "run") -> dict[str, Any] | None:
    """What a folder's spec.json says; None where it is new or empty. StoreError for another's."""
    files.check_folder(folder)
    if (folder / "spec.json").exists():
        return files.read_json(folder / "spec.json")
    if folder.exists() and any(map(_counts, folder.iterdir())):
        raise StoreError(f"store: {folder} is not empty and holds no {kind} (no spec.json); give "
                         "an empty or a new folder")
    return None


def _counts(path: Path) -> bool:
    """Whether a folder that holds it is not empty: desktops and editors leave hidden files."""
    return path.name != "spec.json.tmp" and not path.name.startswith(".")


def compare(folder: Path, held: Mapping[str, Any], spec: Mapping[str, Any],
            identity: Iterable[str], kind: str) -> None:
    """StoreError where what a folder holds is not what is asked."""
    if why := other(held, spec, identity, folder / "spec.json"):
        holds = "holds" if why.startswith("They differ") else "may hold"
        raise StoreError(f"store: {folder} {holds} another {kind}; give a new folder. {why}")


def _gone_on(folder: Path, held: dict[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """What the folder says from now on: under which other versions, or on which other device, what
    it holds goes on.
    """
    history = held.get("resumed")
    history = history if isinstance(history, list) else []
    last = history[-1] if history and isinstance(history[-1], dict) else held
    changed = [f"{name} was {last.get(name)}, is {spec[name]}"
               for name in CONDITIONS if last.get(name) != spec[name]]
    if not changed:
        return dict(held)
    warn(f"store: {folder} goes on under other conditions, bits may differ: {'; '.join(changed)}")
    return held | {"resumed": [*history, {name: spec[name] for name in (*CONDITIONS, "date")}]}


def identified(spec: Mapping[str, Any], identity: Iterable[str] = IDENTITY) -> str:
    """What every file of a store says of whose it is: a digest of the identity that was written
    first. The seeds, of which there may come more, are no part of it.
    """
    if isinstance(first := spec.get("of"), str):
        return first
    said = [spec.get(name) for name in identity if name != "seeds"]
    return files.digest(json.dumps(said, sort_keys=True).encode())


def seeds(folder: Path, held: Mapping[str, Any]) -> list[int]:
    """The seeds of the run that a folder holds."""
    found = held.get("seeds")
    if not isinstance(found, list) or not found or not all(type(s) is int and s >= 0 for s in found):
        raise files.damaged(folder / "spec.json", f"expected a list of seeds, got {found!r:.80}")
    return found
