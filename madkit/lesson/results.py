"""What a lesson found, in numbers: results.json, the same shape for every lesson.

    schema      version of this shape
    lesson      the notebook's name, or null where it is not known
    date        UTC
    versions    of madkit, torch and numpy
    seed        the notebook's parameter of that name, or null
    parameters  {name: value}, all other parameters but `out`
    metrics     {name: numbers}, what the lesson found
    figures     [text], the text alternative of every figure

A report adds, of a notebook with exercises that are checked,

    exercises   {name: {"solved": true or false, "said": the complaint}}
"""

from __future__ import annotations

import builtins
import json
import math
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from madkit.base.files import write
from madkit.base.gate import gate
from madkit.lesson.parameters import declared

SCHEMA = 2


@gate
def results(metrics: Mapping[str, Any], figures: Iterable[Any] = ()) -> None:
    """Write results.json into the folder that the notebook's parameter `out` names.

    metrics  {name: value}: numbers, text, None, arrays, tensors, DataFrames (as records), and lists
             and dicts of these; JSON has no word for inf and nan: they become the strings "inf",
             "-inf" and "nan", which float() reads back
    figures  the figures of the lesson: axes, views, explorers, or their text alternatives

    The parameters, the seed and the lesson's name are read from the notebook itself;
    outside a notebook there are none, and the folder is the working folder.
    Raises TypeError for a value that has no plain form.
    """
    given = _parameters()
    folder = Path(given.pop("out", "."))
    said = [_alternative(i, figure) for i, figure in enumerate(figures)]
    record = _record(_lesson(), given.pop("seed", None), given, metrics, said)
    plain = {name: _plain(name, value) for name, value in record.items()}
    _written(folder / "results.json", plain)


def marked(path: Path, lesson: str, parameters: Mapping[str, Any],
           exercises: Mapping[str, Any]) -> None:
    """Say in results.json which exercises are solved. Where the notebook could not write it,
    because what it would write needs an answer that is not there, it has these alone.
    """
    if not exercises:
        return
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        if all(one["solved"] for one in exercises.values()):
            return                                      # a notebook that writes no results
        given = {name: value for name, value in parameters.items() if name not in ("out", "seed")}
        record = _record(lesson, parameters.get("seed"), given, {}, [])
    _written(path, record | {"exercises": exercises})


def _record(lesson: str | None, seed: Any, parameters: Mapping[str, Any],
            metrics: Mapping[str, Any], figures: list[str]) -> dict[str, Any]:
    versions = {name: version(name) for name in ("madkit", "torch", "numpy")}
    return {"schema": SCHEMA, "lesson": lesson,
            "date": datetime.now(UTC).isoformat(timespec="seconds"), "versions": versions,
            "seed": seed, "parameters": parameters, "metrics": metrics, "figures": figures}


def _written(path: Path, plain: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
    write(path, text.encode(errors="replace"))


# --- what the notebook says of itself -------------------------------------------------------------


def _shell() -> Any:
    return getattr(builtins, "get_ipython", lambda: None)()


def _parameters() -> dict[str, Any]:
    """The parameters with their values, by name: those of the first cell that declares `out`."""
    shell = _shell()
    for cell in shell.user_ns.get("In", []) if shell else []:
        try:
            names = declared(cell) if "out" in cell else {}
        except (SyntaxError, ValueError):                   # a cell of another kind
            continue
        if "out" in names:
            return {name: shell.user_ns[name] for name in names if name in shell.user_ns}
    return {}


def _lesson() -> str | None:
    """The name of the notebook here that holds the cell which is running:
    no kernel is told whose it is.
    """
    shell = _shell()
    running = shell.user_ns["In"][-1].strip() if shell and shell.user_ns.get("In") else ""
    named = [path.stem for path in sorted(Path.cwd().glob("*.ipynb"))
             if running and running in _cells(path)]
    return named[0] if len(named) == 1 else None


def _cells(path: Path) -> list[str]:
    """The code cells of a notebook; none where it cannot be read."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return ["".join(cell["source"]).strip() for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        return []


# --- plain values ---------------------------------------------------------------------------------


def _alternative(i: int, figure: Any) -> str:
    """What a figure says in words."""
    if isinstance(figure, str):
        return figure
    # explorer, figure, view, axes, frame
    for path in ("caption", "alt", "frame.text", "figure.alt", "text"):
        found: Any = figure
        for name in path.split("."):
            found = getattr(found, name, None)
        if isinstance(found, str):
            return found
    raise TypeError(f"results: figures[{i}] must be a figure or its text alternative, got "
                    f"{type(figure).__name__}")


def _plain(name: str, value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, Mapping):
        return {str(k): _plain(f"{name}[{k!r}]", v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(f"{name}[{i}]", v) for i, v in enumerate(value)]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "columns"):
        return _plain(name, value.to_dict("records"))
    if hasattr(value, "tolist"):
        return _plain(name, value.tolist())
    raise TypeError(f"results: {name} must be numbers, text, arrays, or lists and dicts of these, "
                    f"got {type(value).__name__}")
