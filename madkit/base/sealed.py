"""A record in a folder: files, and a spec.json that holds their digests and is written last.

While they are written, spec.json lacks them: a kill leaves a record that is cut off, and says so,
never one that looks damaged. Records of before 0.4.0 hold no digests, and are believed, until
`madkit seal` gives them some.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def sums(folder: Path, spec: Mapping[str, Any],
         needs: Iterable[str] = ()) -> dict[str, str | None]:
    """{name: digest} of the files of a record; of one of before 0.4.0, without digests, {name: None}.

    needs  files whose digests must be there, where any are
    """
    if "files" not in spec and "format" not in spec:
        return {path.name: None for path in folder.iterdir()}
    found = spec.get("files")
    if not isinstance(found, dict) or not all(type(one) is str for one in found.values()):
        raise files.damaged(folder / "spec.json", "files: expected the digest of each")
    if missing := [name for name in needs if name not in found]:
        raise files.damaged(folder / "spec.json", f"files: expected the digest of {missing[0]}")
    return found


def seal(folder: Path, spec: Mapping[str, Any]) -> None:
    """Give a record of before 0.4.0 the digests of its files as they are now."""
    files.write_json(folder / "spec.json", dict(spec) | {"files": {
        path.name: files.digest_of(path) for path in sorted(folder.iterdir())
        if path.is_file() and path.name[0] != "." and path.name not in ("spec.json", "README.md")}})


def intact(folder: Path, spec: Mapping[str, Any]) -> bool:
    """Whether all files of a record are there, and are what was written."""
    try:
        return "files" in spec and all(
            files.digest_of(folder / name) == said for name, said in sums(folder, spec).items())
    except (StoreError, OSError):
        return False
