"""What no check foresaw: how an error leaves a public function, so that it names what was given.

A gate (`madkit.base.gate`) sees every error that ends a call from outside, and tells five kinds by
where they were raised:

    in code that was given     the user's own error, as it is; a note says which argument raised it
    for want of memory         no fault: MemoryError, by the argument that asks for the most
    by madkit, in words        as it is; where they name no argument, a note says what was given;
                               words of more than MOST letters are cut in their middle
    anywhere else              raw: another library's words, or the interpreter's. An error of the
                               same kind is raised from it, with what was given, argument by argument
"""

from __future__ import annotations

import ast
import inspect
import linecache
import math
import re
import sys
import sysconfig
import traceback
from collections.abc import Mapping
from functools import cache
from types import CodeType, FrameType
from typing import Any

from madkit.base import limits
from madkit.base.checks import NO, attempt, shown

MOST = 1200            # letters of an error
LARGE = 10_000         # what asks for so much may be what there is no room for
EACH = 60              # letters of an argument in it
KINDS = (TypeError, ValueError, IndexError, NotImplementedError, MemoryError, RuntimeError,
         ArithmeticError)
NO_ROOM = (r"can't allocate memory|out of memory|Maximum allowed dimension exceeded|array is too big"
           r"|Storage size calculation overflowed|failed to unpack the object at pos"
           r"|exceeds the maximum size")
GATES = {"madkit.base.gate", "madkit.base.guard"}
LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}
                  | {sys.prefix, sys.base_prefix}) + ("<frozen",)


def answered(error: Exception, who: str, given: Mapping[str, Any]) -> Exception:
    """The error that leaves a call of `who` with these arguments."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if isinstance(error, TypeError) and {*map(_module, frames)} <= GATES:
        return error                    # Python's own words: an argument too many, or one missing
    if any(map(_is_users, frames)):
        codes = {frame.f_code for frame in frames}
        for name, value in given.items():
            if codes & _codes(value):
                _note(error, f"{name}: {_short(value)} raised this, in {who}")
        return error
    said = str(attempt(str, error))
    if not _in_words(error.__traceback__):
        if isinstance(error, MemoryError) or re.search(NO_ROOM, said):
            return _no_room(error, who, given, said)
        return _raw(error, who, given, said, frames[-1])
    if len(said) > MOST and error.args == (said,):
        error.args = (f"{said[:MOST - 200]} … {said[-190:]}",)
    names = "|".join(map(re.escape, (*given, *who.split("."))))
    named = re.match(rf"(?:[\w.]+: )?(?:{names})\b", said)      # a word may be one by chance
    if not named and (type(error) is AssertionError or not isinstance(error, AssertionError)):
        _note(error, f"in {who}: {_listed(given)}")
    return error


def _no_room(error: Exception, who: str, given: Mapping[str, Any], said: str) -> Exception:
    """What asks for more than there is, though no limit knew it beforehand."""
    name, value = max(given.items(), key=lambda item: _size(item[1]), default=("", None))
    asked = re.search(r"[\d.]+ [KMGTPE]iB|allocate (\d+) bytes", said)
    size = f" ({limits.amount(int(asked[1])) if asked[1] else asked[0]} at once)" if asked else ""
    short = limits.count(value) if type(value) is int else _short(value)
    what = f"{name}: {short}" if _size(value) >= LARGE else f"{who}: {_listed(given)}"
    made = MemoryError(f"{what} would take more memory than there is{size}; ask for less")
    made.__cause__ = error
    return made


def _size(value: Any) -> float:
    """How much an argument may ask for: a count, or how many values it holds."""
    if isinstance(value, int | float) and value == value:
        return abs(value)
    shape = attempt(lambda v: math.prod(v.shape), value)
    found = attempt(len, value) if shape is NO else shape
    return found if isinstance(found, int) else 0


def _raw(error: Exception, who: str, given: Mapping[str, Any], said: str,
         last: FrameType) -> Exception:
    """An error of the same kind, with what was given. One that leaves no frame of its own comes of
    a compiled function, where one was given.
    """
    kind = type(error).__name__
    said = said if len(said) <= MOST // 2 else f"{said[:MOST // 2]}…"
    words = f"{who}: cannot go on with {_listed(given)} ({kind}{': ' if said else ''}{said})"
    if _is_ours(last) and (name := next(filter(lambda name: _compiled(given[name]), given), "")):
        words = f"{name}: {_short(given[name])} cannot be called as {who} calls it ({kind}: {said})"
    if isinstance(error, OSError) and error.errno is not None:
        made: Exception = OSError(error.errno, words)
    else:
        made = next((one for one in KINDS if isinstance(error, one)), ValueError)(words)
    for note in getattr(error, "__notes__", []):
        made.add_note(note)
    made.__cause__ = error
    return made


def _listed(given: Mapping[str, Any]) -> str:
    parts = [f"{name} = {_short(value)}" for name, value in given.items()]
    return ", ".join(parts) if parts else "what it has"


def _short(value: Any) -> str:
    text = " ".join(shown(value).split())
    return text if len(text) <= EACH else f"{text[:EACH]}…"


def _note(error: Exception, note: str) -> None:
    if note not in getattr(error, "__notes__", []):
        error.add_note(note)


# --- whose it is ----------------------------------------------------------------------------------


def _is_users(frame: FrameType) -> bool:
    """Whether this is neither madkit's nor a library's."""
    if _is_ours(frame):
        return False
    return not frame.f_code.co_filename.startswith(LIBRARIES)


def _is_ours(frame: FrameType) -> bool:
    """Also what dataclasses wrote."""
    return _module(frame).partition(".")[0] == "madkit"


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _compiled(value: Any) -> bool:
    """Whether it is called, and has no code that could be seen: `len`, `int`."""
    return callable(value) and getattr(type(value), "__module__", "") == "builtins" \
        and getattr(value, "__module__", None) == "builtins" and not _codes(value)


def _codes(value: Any) -> set[CodeType]:
    """The code of a function, of an object's methods, of a partial's function."""
    found: set[CodeType] = set()
    functions = [value, attempt(lambda v: v.func, value)]
    functions += [part for base in type(value).__mro__ for part in vars(base).values()]
    if isinstance(value, type):
        functions += vars(value).values()
    if isinstance(value, Mapping | list | tuple):
        parts = [*value.values()] if isinstance(value, Mapping) else value
        return set().union(*(_codes(part) for part in parts[:100]))
    for one in functions:
        part = attempt(lambda v: v.fget, one)
        inner = attempt(inspect.unwrap, one if part is NO else part)
        code = attempt(lambda v: v.__code__, inner)
        if isinstance(code, CodeType):
            found.add(code)
    return found


def _in_words(trace: Any) -> bool:
    """Whether a `raise` of madkit's own ended it."""
    last = traceback.extract_tb(trace)[-1]
    return any(low <= (last.lineno or 0) <= high for low, high in _raises(last.filename)) \
        and _is_ours([frame for frame, _ in traceback.walk_tb(trace)][-1])


@cache
def _raises(file: str) -> list[tuple[int, int]]:
    """The lines of a file that raise."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return []
    return [(node.lineno, node.end_lineno or node.lineno) for node in ast.walk(tree)
            if isinstance(node, ast.Raise)]
