"""Whose a module is: madkit's, an installed package's, or the user's own.

What belongs to madkit or to a package is named, its content left to its version. The user's own,
a helper module beside a notebook too, is described by content.
"""

from __future__ import annotations

import sys
import sysconfig
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

INSTALLED = {"site-packages", "dist-packages"}
MAIN = {"__main__", "__mp_main__"}  # a script, a notebook; the same in a worker process


def ours(module: str | None) -> bool:
    """Whether it is madkit's."""
    return (module or "").partition(".")[0] == "madkit"


def package(module: str | None) -> str | None:
    """The package that a module belongs to, such as "torch" or "json"; None: the user's own."""
    top = (module or "").partition(".")[0]
    return top if top and top not in MAIN and _installed(top, _file(top)) else None


def _file(top: str) -> str | None:
    found = sys.modules.get(top)
    try:
        spec = getattr(found, "__spec__", None) if found else find_spec(top)
    except (ImportError, ValueError):
        spec = None
    places = list(getattr(spec, "submodule_search_locations", None) or [])
    return getattr(found, "__file__", None) or getattr(spec, "origin", None) or next(iter(places), None)


@cache
def _installed(top: str, file: str | None) -> bool:
    if file is None or not Path(file).is_absolute():  # "built-in", "frozen"
        return top in sys.stdlib_module_names or top in sys.builtin_module_names
    path = Path(file)
    paths = sysconfig.get_paths()
    library = any(path.is_relative_to(paths[kind]) for kind in ("stdlib", "platstdlib"))
    return library or not INSTALLED.isdisjoint(path.parts)


def found_by_name(thing: Any, module: str | None) -> bool:
    """Whether the name that a thing says it has leads to it."""
    at: Any = sys.modules.get(module or "")
    for name in getattr(thing, "__qualname__", "<locals>").split("."):
        at = getattr(at, name, None)
    return at is thing


@cache
def version_of(top: str) -> str | None:
    """The version of a package; None of the standard library."""
    if top in sys.stdlib_module_names:
        return None
    said = getattr(sys.modules.get(top), "__version__", None)
    try:
        return said if isinstance(said, str) else version(top)
    except PackageNotFoundError:
        return "unknown"
