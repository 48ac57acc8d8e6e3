"""The lessons in a folder of one's own: copied out of the package, where a wheel carries them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from madkit.base.checks import place
from madkit.base.files import check_folder, write
from madkit.base.shipped import shipped

# of a link to the note of a recorded run: in a checkout data/ stands beside notebooks/, here within
NOTE = re.compile(r"\((?:\.\./)data/([\w./-]+\.md)\)")


@dataclass(frozen=True)
class Lessons:
    """What `lessons` did."""

    folder: Path
    written: list[Path]
    same: list[Path]        # that were there already
    kept: list[Path]        # that were there, and changed

    @property
    def first(self) -> Path:
        """The notebook to begin with."""
        return min(path for path in [*self.written, *self.same, *self.kept]
                   if path.suffix == ".ipynb")


def lessons(folder: str | os.PathLike) -> Lessons:
    """Copy the lessons into a folder, made where missing, with the notes that they link to in
    its data/. A file that was changed there is kept.

    ValueError for a path that is a file; FileNotFoundError where madkit came without lessons.
    """
    where = place("DIR", folder)
    check_folder(where, "DIR")
    made = Lessons(where, [], [], [])
    for name, content in _files().items():
        path = where / name
        if not path.exists() and not path.is_symlink():
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, content)
            made.written.append(path)
        else:
            same = path.is_file() and path.read_bytes() == content
            (made.same if same else made.kept).append(path)
    return made


def _files() -> dict[str, bytes]:
    """{path in the folder: content}."""
    files = {}
    for path in sorted(shipped("notebooks").glob("[0-9]*.ipynb")):
        text = path.read_text(encoding="utf-8")
        files[path.name] = NOTE.sub(r"(data/\1)", text).encode()
        for name in NOTE.findall(text):
            files[f"data/{name}"] = shipped(name).read_bytes()
    return files
