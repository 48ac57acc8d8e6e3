"""A record in a folder: files, and a spec.json that holds their digests and is written last.

While they are written, spec.json lacks them: a kill leaves a record that is cut off, and says so,
never one that looks damaged. Records of before 0.4.0 hold no digests, and are believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from madkit.base import files
from madkit.base.files import StoreError

CURE = ("Copy it again from where it came; where it is the store of a run, call mk.run with the "
        "same arguments: it is written anew")


def write(folder: Path, spec: Mapping[str, Any], content: Mapping[str, bytes | memoryview],
          **more: Any) -> None:
    """Write the files, then the spec with their digests and what else is known only now."""
    sums = {name: files.digest(part) for name, part in content.items()}
    files.write_json(folder / "spec.json", spec)
    for name, part in content.items():
        files.write(folder / name, part)
    files.write_json(folder / "spec.json", dict(spec) | more | {"files": sums})


def run_in(folder: Path) -> dict[str, Any]:
    """The spec of a run's whole record. StoreError where there is none, or where it is cut off."""
    if not (folder / "spec.json").exists():
        raise StoreError(f"load: {folder} holds no run (no spec.json)")
    spec = files.read_json(folder / "spec.json")
    if "complete" not in spec:
        raise StoreError(f"load: the run in {folder} was cut off; call mk.run with the same "
                         f"arguments and store={str(folder)!r} to finish it")
    if not isinstance(spec["complete"], bool):
        raise files.damaged(folder / "spec.json", "complete: expected true or false")
    return spec


def sums(folder: Path, spec: Mapping[str, Any]) -> dict[str, str | None]:
    """{name: digest} of the files of a record; of one without digests {name: None}."""
    if "files" not in spec:
        return {path.name: None for path in folder.iterdir()}
    found = spec["files"]
    if not isinstance(found, dict) or not all(type(one) is str for one in found.values()):
        raise files.damaged(folder / "spec.json", "files: expected the digest of each")
    return found


def intact(folder: Path, spec: Mapping[str, Any]) -> bool:
    """Whether all files of a record are there, and are what was written."""
    try:
        return "files" in spec and all(
            files.digest_of(folder / name) == said for name, said in sums(folder, spec).items())
    except (StoreError, OSError):
        return False
