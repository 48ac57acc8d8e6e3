"""Whether what a folder holds is what is asked for: two specs compared, line by line.

A spec names the format of its descriptions. Format 1, of madkit 0.3 and earlier, passed over much
of what your own functions and classes hold, so these lines cannot be compared with today's; lines
of madkit's own parts can, and have not moved. Nor can lines that another Python compiled.
"""

from __future__ import annotations

import platform
import re
import weakref
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MethodType
from typing import Any

from madkit.base.describe import FORMAT, NOT

HERE = ".".join(platform.python_version_tuple()[:2])


def other(held: Mapping[str, Any], asked: Mapping[str, Any], names: Iterable[str],
          where: Any) -> str | None:
    """Why the folder's spec is not known to be the one asked for, in words; None: it is.

    names  of the lines that are compared
    where  the file that holds the spec
    """
    differing = {name: (held.get(name), asked.get(name)) for name in names
                 if held.get(name) != asked.get(name) or NOT in str(asked.get(name))}
    if not differing:
        return None
    said = "; ".join(f"{name}: stored {one}, asked {two}"
                     for name, (one, two) in differing.items())
    foreign = [name for name, (one, two) in differing.items() if "@" in f"{one}"]
    if not foreign or len(foreign) < len(differing):
        return f"They differ in {said}{_drawn(differing)}"
    if (form := held.get("format", 1)) != FORMAT:
        why = (f"it was written in format {form}, by {held.get('versions')}, which described code "
               "of your own in another way")
    elif (python := _python(held)) != HERE:
        why = f"it was written under Python {python}, this is {HERE}"
    else:
        return f"They differ in {said}{_drawn(differing)}"
    return (f"Whether {' and '.join(foreign)} did not change cannot be told: {why}. If you know "
            f"that it is the same, vouch for it: write what is asked, and \"format\": {FORMAT}, "
            f"into {where}, and take out its lines \"hash\" and \"digest\". {said}")


def _drawn(differing: Mapping[str, tuple[Any, Any]]) -> str:
    """What to do about a model whose weights alone are others."""
    one, two = (re.sub(r"content=\w+", "content", str(line))
                for line in differing.get("model", (0, 1)))
    return ("" if one != two else
            ". The model's weights are others: draw them in fit, or make the model after "
            "torch.manual_seed(0)")


def _python(spec: Mapping[str, Any]) -> str:
    found = re.search(r"Python (\d+\.\d+)", str(spec.get("versions")))
    return found[1] if found else "of another version"


# --- what counts or remembers while it runs -------------------------------------------------------

Lines = Mapping[str, Any]
_left: dict[tuple[str, str], tuple[Callable[[], Any], Any, Any]] = {}  # (folder, part): see leave


def leave(folder: Path, parts: Mapping[str, Any], before: Lines, after: Lines) -> None:
    """Remember how a run in this process left what it was given, where that is another line now."""
    for name, value in parts.items():
        if before[name] != after[name]:
            _left[str(folder.resolve()), name] = (_reference(value), before[name], after[name])


def as_made(folder: Path, parts: Mapping[str, Any], lines: Lines) -> dict[str, Any]:
    """The lines; of a value that is as the last run of the folder left it, the one before that run.

    So a loop that counts its calls goes on in the session in which it began. A value that somebody
    else changed, or another of the same content, is told as it is.
    """
    found = dict(lines)
    for name, value in parts.items():
        held, before, after = _left.get((str(folder.resolve()), name), (None, None, None))
        if held and lines[name] == after and (_one(held(), value) or _state(before) == _state(after)):
            found[name] = before
    return found


def _reference(value: Any) -> Callable[[], Any]:
    """The value, as long as it lives."""
    try:
        made = weakref.WeakMethod if isinstance(value, MethodType) else weakref.ref
        return made(value)
    except TypeError:  # of slots alone
        return lambda: value


def _one(held: Any, value: Any) -> bool:
    """Whether they are one thing: an object, or a method bound to one."""
    if isinstance(held, tuple):
        return len(held) == len(value) and all(map(_one, held, value))
    return held is value or isinstance(held, MethodType) and held == value


def _state(line: Any) -> list[str]:
    """What lines say of objects beside their code: where this did not change, the code counts."""
    return [re.sub(r"@[0-9a-f]{12}(\[[^]]*])?", "", part)
            for part in (line if isinstance(line, list) else [line])]
