"""What came of a call: fine, refused in words, or one of four faults.

    raw error         an error that another library raised, or that does not name the argument
    silent nonsense   a value taken that its type does not allow, NaN out of what was none, or
                      something left behind by a refused call
    hang, memory      seen from outside, by who started this process
"""

import ast
import collections.abc
import inspect
import linecache
import math
import os
import random
import re
import traceback
import types
import typing
import warnings
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from fuzzing.plan import all_of_it
from fuzzing.values import Names
from fuzzing.walk import Callable_

import madkit as mk

PACKAGE = str(Path(mk.__file__).parent)
LONG = 1500                              # letters of a message
ONCE = collections.abc.Iterator


def judged(case: dict[str, Any]) -> tuple[str, str]:
    """(outcome, what is to be said of it)."""
    names = Names(reading=reading, setting=setting)
    try:
        if case["self"]:
            names["SELF"] = eval(case["self"], {}, names)
        given = {name: eval(text, {}, names) for name, text in case["given"].items()}
        called = eval(case["called"], {}, names)
    except Exception as error:
        return "raw error", f"the valid parts do not stand: {_line(error)}"
    before = around(given)
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            result = called(**given)
            result = list(islice(result, 3)) if isinstance(result, ONCE) else result
    except (Exception, SystemExit) as error:
        if not case["hostile"] and isinstance(error, ImportError):
            return "fine", "it needs a package that is not here"
        if not case["hostile"]:
            return "raw error", f"the valid call is refused: {_line(error)}"
        if why := without_words(error, [*case["hostile"], *_one(case["kind"]).words]):
            return "raw error", why
        if changed := [name for name, was in before.items() if around(given)[name] != was]:
            return "silent nonsense", f"a refused call changed {', '.join(changed)}"
        return ("unforeseen", _line(error)) if UNFORESEEN in str(error) else ("refused", "")
    if result is NotImplemented:         # an operator: Python says the rest
        return "refused", ""
    after = around(given)
    if changed := [name for name in OURS if after[name] != before[name]]:
        return "silent nonsense", f"it changed {', '.join(changed)}"
    for one in told:
        if issubclass(one.category, RuntimeWarning | DeprecationWarning | FutureWarning):
            return "raw error", f"warned: {one.category.__name__}: {one.message} [{_end(one.filename)}:{one.lineno}]"
    return nonsense(case, given, result) or ("fine", "")


OUTCOMES = ("Unsolved",)                 # what is said of a right call: an answer is not right yet
UNFORESEEN = ": cannot go on with "      # words of the gate, where no check had any
OURS = ("folder", "environment", "threads", "dtype", "grad mode")      # whatever comes of a call


def reading(thing: Any, name: str) -> Any:
    """A function that reads a property."""
    return lambda: getattr(thing, name)


def setting(thing: Any, name: str) -> Any:
    """A function that writes one."""
    def write(**value: Any) -> None:
        (one,) = value.values()
        setattr(thing, name, one)

    return write


@cache
def _one(path: str) -> Callable_:
    return next(one for one in all_of_it() if one.path == path)


# --- errors ---------------------------------------------------------------------------------------


def without_words(error: BaseException, names: list[str]) -> str:
    """Why these are no words of ours; "" if they are."""
    said = str(error)
    if type(error).__name__ in OUTCOMES and len(said) <= LONG:
        return ""
    notes = getattr(error, "__notes__", [])
    if any(re.match(rf"{re.escape(name)}: .* raised this, in", note) for name in names for note in notes):
        return ""                        # that of a function which was given, and is told so
    last = traceback.extract_tb(error.__traceback__)[-1]
    if not last.filename.startswith(PACKAGE):
        return f"raised elsewhere: {_line(error)}"
    if not any(low <= last.lineno <= high for low, high in _raises(last.filename)):
        return f"raised by the interpreter: {_line(error)}"
    if len(said) > LONG:
        return f"{len(said)} letters: {_line(error)}"
    said += "".join(f"\n{note}" for note in notes if note.startswith("in "))
    if not any(re.search(rf"\b{re.escape(name)}\b", said) for name in names):
        return f"names none of {', '.join(names)}: {_line(error)}"
    return ""


@cache
def _raises(file: str) -> list[tuple[int, int]]:
    """The lines of a file that raise."""
    tree = ast.parse("".join(linecache.getlines(file)))
    return [(node.lineno, node.end_lineno) for node in ast.walk(tree)
            if isinstance(node, ast.Raise | ast.Assert)]


def _line(error: BaseException) -> str:
    at = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in at if frame.filename.startswith(PACKAGE)]
    where = f" [{_end(ours[-1].filename)}:{ours[-1].lineno}]" if ours else ""
    try:
        said = f"{type(error).__name__}: {error}"
    except Exception:
        said = type(error).__name__
    return said[:200].replace("\n", " ") + where


def _end(file: str) -> str:
    return file.removeprefix(PACKAGE)


# --- what is around -------------------------------------------------------------------------------


def around(given: dict[str, Any]) -> dict[str, Any]:
    """All that a refused call must leave as it was."""
    return {
        "files": sorted((str(path), path.lstat().st_size) for path in Path.cwd().rglob("*")),
        "folder": os.getcwd(), "environment": dict(os.environ),
        "torch's stream": torch.get_rng_state().tolist(),
        "NumPy's stream": np.random.get_state()[1].tolist(), "Python's stream": random.getstate(),
        "threads": torch.get_num_threads(), "dtype": torch.get_default_dtype(),
        "grad mode": torch.is_grad_enabled(),
        "axes": {name: _artists(value) for name, value in given.items()},
    }


def _artists(value: Any) -> int:
    if isinstance(value, np.ndarray) and value.dtype == object:
        return sum(map(_artists, value.flat))
    found = getattr(value, "findobj", None) if type(value).__module__.startswith(
        ("matplotlib", "madkit.plot")) else None
    return len(found()) if found and not isinstance(value, type) else 0


# --- nonsense -------------------------------------------------------------------------------------


def nonsense(case: dict[str, Any], given: dict[str, Any],
             result: Any) -> tuple[str, str] | None:
    one = _one(case["kind"])
    for name in case["hostile"]:
        kind = annotation(one, name)
        if not allows(kind, given[name]):
            return "silent nonsense", f"{name}: {kind} takes {case['given'][name]}"
    if case["hostile"] and holds_nan(result) and not any(map(_tells_nan, case["given"].values())):
        return "silent nonsense", "NaN comes out"
    return None


def _tells_nan(text: str) -> bool:
    """Whether NaN was given: rows without numbers, or a metric that returns it."""
    return text in ("UNLIKE", "EMPTY") or text.startswith("lambda") and "nan" in text


def annotation(one: Callable_, name: str) -> Any:
    """The type of an argument, as far as it can be told; Any where it cannot."""
    parameter = one.parameters.get(name)
    if parameter is None:
        return Any
    thing = inspect.unwrap(one.thing)
    names = vars(inspect.getmodule(thing)) if inspect.getmodule(thing) else {}
    try:
        return eval(parameter.annotation, {**vars(typing), **vars(collections.abc), **names}) \
            if isinstance(parameter.annotation, str) else parameter.annotation
    except NameError:
        return Any


def allows(kind: Any, value: Any) -> bool:
    """Whether a value is of this type, taken strictly: no bool, text or NaN is a number."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if kind is None or kind is type(None):
        return value is None
    if origin is typing.Annotated:
        return allows(parts[0], value)
    if origin in (typing.Union, types.UnionType):
        return any(allows(part, value) for part in parts)
    if origin is typing.Literal:
        return any(type(value) is type(part) and value == part for part in parts)
    if kind in (int, float):
        return _number(kind, value)
    if kind is bool:
        scalar = getattr(value, "ndim", None) == 0 and str(value.dtype).endswith("bool")
        return isinstance(value, bool | np.bool_) or scalar
    if kind in (str, bytes):
        return isinstance(value, kind)
    if kind is collections.abc.Callable or origin is collections.abc.Callable:
        return callable(value)
    if origin in (collections.abc.Mapping, dict):
        return isinstance(value, collections.abc.Mapping)
    if origin in (collections.abc.Iterable, collections.abc.Sequence, list, tuple):
        return not isinstance(value, str | bytes) and hasattr(type(value), "__iter__")
    if isinstance(kind, type) and kind.__module__.startswith("madkit") \
            and not getattr(kind, "_is_protocol", False):
        return isinstance(value, kind)
    return True


def _number(kind: type, value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    if isinstance(value, bool | np.bool_ | str | bytes | complex) or dtype in (torch.bool,):
        return False
    if dtype is not None and getattr(dtype, "kind", "f") not in "iuf":
        return False
    try:
        number = float(value)
        if dtype is not None and value.ndim:
            return False
        whole = not math.isnan(number) and number == int(number) and hasattr(value, "__index__")
    except (TypeError, ValueError, OverflowError):
        return isinstance(value, int) or kind is float and isinstance(value, float) \
            and not math.isnan(value)
    return whole if kind is int else not math.isnan(number)


def holds_nan(value: Any, depth: int = 3) -> bool:
    """Whether NaN stands in a result."""
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and bool(np.isnan(value).any())
    if isinstance(value, torch.Tensor):
        return value.is_floating_point() and bool(value.isnan().any())
    if isinstance(value, mk.Samples):
        return holds_nan(value.x)
    if isinstance(value, pd.DataFrame):
        return "value" in value and value["value"].dtype.kind == "f" and holds_nan(value["value"].to_numpy())
    if isinstance(value, mk.Run | mk.Biased):
        return holds_nan(value.table) or depth > 0 and holds_nan(value.samples, depth - 1)
    if depth and isinstance(value, dict):
        return any(holds_nan(part, depth - 1) for part in value.values())
    if depth and isinstance(value, list | tuple):
        return any(holds_nan(part, depth - 1) for part in value)
    return False
