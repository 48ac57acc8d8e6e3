"""Where the shipped files are: `data/` and `notebooks/` beside the package in a checkout,
`shipped/` inside it when installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

from madkit.base.checks import NO, attempt, located, place, shown
from madkit.base.files import StoreError
from madkit.base.gate import gate


@gate
def shipped(name: str) -> Path:
    """The path of a shipped file or folder, such as "digits/digits.npz" or "notebooks".

    Raises FileNotFoundError when it is not there.
    """
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent if name.startswith("notebooks") else package.parent / "data"
    places = [package / "shipped" / name, checkout / name]
    for path in places:
        if path.exists():
            return path
    raise FileNotFoundError(f"shipped: {name!r} was expected at {places[0]} (installed) or "
                            f"{places[1]} (checkout) and is at neither; install madkit again, or "
                            "restore data/ in the checkout with `git checkout -- data`; a new "
                            "record is made by `madkit record NAME`")


@contextmanager
def readable(folder: str | Path | None) -> Iterator[None]:
    """Say of a record that is damaged what is wrong, and how to come by a whole one."""
    cure = ("install madkit again, or restore data/ in the checkout with `git checkout -- data`"
            if folder is None else "copy it again from where it came, or make it again with "
            f"`madkit record NAME -o {folder} --force`")
    try:
        yield
    except StoreError as error:
        raise StoreError(f"recorded: {str(error).partition('; nothing was')[0]}; {cure}") from error


def home_of(name: str, folder: str | Path | None = None) -> Path:
    """The folder of a record: in `folder`, or the shipped one of this name.

    Raises FileNotFoundError, which names those whose names are nearest, where there is none.
    """
    try:
        records = shipped("runs") if folder is None else place("folder", folder)
    except FileNotFoundError:
        return shipped(f"runs/{name}")
    if attempt(located.take, name) is NO or Path(name).name != name:
        raise FileNotFoundError(f"recorded: name: expected that of a record, got {shown(name)}")
    there = sorted(path.name for path in records.glob("*/") if (path / "README.md").exists()
                   or (path / "spec.json").exists())
    if (records / name).is_dir() or not there:
        return records / name
    digits = re.sub(r"(?<![0-9])(?=[0-9](?![0-9]))", "0", name)  # fig6 is fig06
    near = ([one for one in there if digits in one] or get_close_matches(digits, there, 3, 0.3)
            or there)[:3]
    raise FileNotFoundError(f"recorded: expected one of the records in {records}, such as "
                            f"{', '.join(near)}, got {name!r}; `madkit recipes` lists all, and "
                            "`madkit record NAME` makes one")
