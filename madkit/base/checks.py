"""What one value must be: each check returns it in one type, or says what was expected and came.

    n = whole("n", n)             # an int ≥ 0
    lam = unit("lam", lam)        # a float in [0, 1]

A check stands in a signature too, as `Unit`, `Rows`, `Place`, …: see `madkit.base.gate`.
"""

from __future__ import annotations

import difflib
import inspect
import math
import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from madkit.base import limits

if TYPE_CHECKING:
    from torch import Tensor
else:
    Tensor = Any

NO = object()          # what a check takes a value for that it refuses
MANY = 10**6           # values in a list that is given
BITS = 1000            # of a whole number: beyond, Python does not write it down
SEED = 1000           # bytes of a seed: a generator of its own, and what is recorded of it
LONG = 80              # letters of a value in a message


@dataclass(frozen=True)
class Check:
    """What a value must be, in words, and how it is taken.

    words  what is expected, such as "a number in [0, 1]"
    take   value -> the same in the type that is used, or NO
    error  what is raised
    hint   value -> what to do, "" where that is plain
    got    value -> what it is, in words
    """

    words: str
    take: Callable[[Any], Any]
    error: type[Exception] = ValueError
    hint: Callable[[Any], str] = lambda value: ""
    got: Callable[[Any], str] = lambda value: shown(value)

    def __call__(self, name: str, value: Any) -> Any:
        """The value as it is taken, else the error."""
        if (taken := attempt(self.take, value)) is NO:
            raise self.refusal(name, value)
        return taken

    def refusal(self, name: str, value: Any, more: str = "") -> Exception:
        """The error that says what was expected of the argument of this name, and what came."""
        told = "".join(f"; {part}" for part in (attempt(self.hint, value), more)
                       if part and part is not NO)
        got = attempt(self.got, value)
        return self.error(f"{name}: expected {self.words}, got "
                          f"{shown(value) if got is NO else got}{told}")


def attempt(take: Callable[[Any], Any], value: Any) -> Any:
    """take(value), NO where that raises: a stranger may raise whatever is asked of it."""
    try:
        return take(value)
    except Exception:
        return NO


def shown(value: Any) -> str:
    """A value in a message: short, whatever it is."""
    if isinstance(value, type):
        return f"the class {value.__qualname__}"
    shape, dtype = attempt(lambda v: tuple(v.shape), value), attempt(lambda v: v.dtype, value)
    if shape not in (NO, ()):
        kind = "" if dtype is NO else f"of {str(dtype).removeprefix('torch.')} "
        return f"{type(value).__name__} {kind}{shape}"
    said = attempt(_name, value)
    said = attempt(repr, value) if said is NO else said
    if not isinstance(said, str):
        return "a whole number of very many digits" if isinstance(value, int) \
            else f"something of type {type(value).__name__}"
    many = f" ({len(value):,} letters)" if isinstance(value, str) else ""
    said = said.encode("utf-8", "backslashreplace").decode()      # half of a pair cannot be printed
    return said if len(said) <= LONG + 20 else f"{said[:LONG]}…{many}"


def _name(function: Any) -> Any:
    """A function in words."""
    plain = type(function).__name__ in ("function", "builtin_function_or_method", "method")
    return f"the function {function.__qualname__}" if plain else NO


def written(maker: Any) -> str:
    """A class or function as it is called: Gaussian(), gaussian(2)."""
    try:
        needed = [p for p in inspect.signature(maker).parameters.values() if p.default is p.empty
                  and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    except (TypeError, ValueError):                      # a compiled one says nothing
        return f"{maker.__name__}(…)"
    counts = ("int", "Count", "Several", "Rows", int)
    given = ["2" if p.annotation in counts else p.name for p in needed]
    return f"{maker.__name__}({', '.join(given)})"


# --- numbers --------------------------------------------------------------------------------------


def integer(value: Any) -> Any:
    """A whole number of any type as an int; a bool is none, nor is text, nor is 2.0."""
    if type(value) is int:
        return value if value.bit_length() <= BITS else NO
    if isinstance(value, bool):
        return NO
    if getattr(value, "ndim", None) == 0:                # of NumPy and torch; a bool is one again
        inner = value.item()
        return NO if type(inner) is type(value) else integer(inner)
    return operator.index(value)


def real(value: Any) -> Any:
    """A real number of any type as a float, never NaN; a bool is none, nor is text."""
    if type(value) is float:
        return value if value == value else NO
    if type(value) is int:
        return float(value)
    if isinstance(value, bool | str | bytes | complex):
        return NO
    if getattr(value, "ndim", None) == 0:
        inner = value.item()
        return NO if type(inner) is type(value) else real(inner)
    return real(value.__float__())


def numbers(words: str, fits: Callable[[float], bool]) -> Check:
    """A float that fits."""
    def take(value: Any) -> Any:
        number = value if type(value) is float else real(value)
        return number if number is not NO and fits(number) else NO

    return Check(words, take)


@cache
def at_least(least: int) -> Check:
    """An int that is not less."""
    def take(value: Any) -> Any:
        number = integer(value)
        return number if number is not NO and number >= least else NO

    return Check(f"a whole number ≥ {least}", take)


def whole(name: str, n: Any, least: int = 0) -> int:
    """n as an int."""
    return at_least(least)(name, n)


def rows(name: str, n: Any, least: int = 0) -> int:
    """n as a number of rows: an int that float64 still tells from the next."""
    return limits.countable(name, whole(name, n, least))


def counted(least: int) -> Check:
    """An int that is not less, and that float64 still tells from the next."""
    def take(value: Any) -> Any:
        number = at_least(least).take(value)
        return number if number is not NO and number <= limits.MOST else NO

    return replace(at_least(least), take=take,
                   hint=lambda n: "at most 2⁵³, about 10^16" if n > limits.MOST else "")


@cache
def more_than(least: float) -> Check:
    """A float > least, such as a number of rows that need not be whole."""
    return numbers(f"a number > {least:g}", lambda value: value > least)


def above(name: str, least: float, value: Any) -> float:
    """value as a float > least."""
    return more_than(least)(name, value)


unit = numbers("a number in [0, 1]", lambda value: 0 <= value <= 1)            # such as λ or p
finite = numbers("a finite number", math.isfinite)
tolerance = numbers("a finite number ≥ 0", lambda value: 0 <= value < math.inf)
spread = numbers("a standard deviation, a finite number ≥ 0", lambda value: 0 <= value < math.inf)
share = numbers("a share of the rows between 0 and 1, such as 0.25", lambda value: 0 < value < 1)


def refused(error: Exception) -> bool:
    """Whether a call itself failed, not code of the function's own: so a compiled one, which says
    what it takes only when it is called, refuses.
    """
    return error.__traceback__ is not None and error.__traceback__.tb_next is None


def misfit(function: Any, n: int, names: Iterable[str] = ()) -> str:
    """Why a function cannot be called with n arguments, and these by name; "" where it can, or
    does not say.
    """
    try:
        inspect.signature(function).bind(*[None] * n, **dict.fromkeys(names))
    except TypeError as error:
        return str(error)
    except ValueError:                               # a compiled one says nothing
        return ""
    return ""


# --- several, choices, places ---------------------------------------------------------------------


def several(values: Any) -> Any:
    """A list or the like as a tuple or list, what comes only once included; no text, no mapping."""
    if isinstance(values, str | bytes | Mapping) or isinstance(values, Sized) and len(values) > MANY:
        return NO
    if not hasattr(type(values), "__iter__"):
        return NO                                    # counted out by its indices: such as Samples
    if isinstance(values, tuple):
        return values
    if hasattr(values, "readline"):
        return NO                                    # a file would be read, a terminal waited for
    listed = list(islice(values, MANY + 1))
    return NO if len(listed) > MANY else listed


def _seeds(seeds: Any) -> Any:
    if (count := attempt(integer, seeds)) is not NO:
        return list(range(count)) if 0 < count <= MANY else NO
    listed = several(seeds)
    if listed is NO or not len(listed) or len(set(listed)) < len(listed):
        return NO
    chosen = [attempt(at_least(0).take, seed) for seed in listed]
    return NO if NO in chosen else chosen


def _too_many(seeds: Any) -> str:
    count = seeds[-1] - seeds[0] if isinstance(seeds, range) else operator.index(seeds)
    return (f"{limits.count(count)} seeds would take at least {limits.amount(SEED * count)}; at most "
            f"{limits.count(MANY)} go into a call") if count > MANY else ""


seeds_of = Check("a count (0 … seeds − 1) or a list of different whole numbers ≥ 0", _seeds,
                 hint=_too_many)


def several_seeds(seeds: int | Iterable[int]) -> list[int]:
    """Seeds as a list: a count means 0 … count − 1."""
    return seeds_of("seeds", seeds)


def choice(*options: Any) -> Check:
    """One of some values, of their type."""
    def take(value: Any) -> Any:
        value = value.item() if getattr(value, "ndim", None) == 0 else value
        return next((one for one in options if type(value) is type(one) and value == one), NO)

    def hint(value: Any) -> str:
        names = [one for one in options if isinstance(one, str)]
        near = difflib.get_close_matches(value, names, 1) if len(value) < LONG else []
        return f"did you mean {near[0]!r}?" if near else ""

    *most, last = map(repr, options)
    return Check(f"{', '.join(most)} or {last}" if most else last, take, hint=hint)


def _place(value: Any) -> Any:
    if not isinstance(value, str | os.PathLike) or not str(value):
        return NO
    longest = max(map(len, Path(value).parts), default=0)       # no system has longer names
    os.fsencode(value)                               # half of a pair is in no name
    return NO if "\0" in str(value) or longest > 255 else Path(value).expanduser()


located = Check("the path of a file or folder", _place, TypeError,
                lambda value: "a path has no null characters" if "\0" in str(value) else "")


def place(name: str, value: Any) -> Path:
    """value as the path of a file or folder, "~" being one's home."""
    return located(name, value)


FREE = Check("anything", lambda value: value)
Given = Annotated[Tensor, FREE]                  # what is made a tensor by `base.arrays`, in words
Unit = Annotated[float, unit]
Share = Annotated[float, share]
Spread = Annotated[float, spread]
Tolerance = Annotated[float, tolerance]
Positive = Annotated[float, more_than(0)]
Amount = Annotated[float, numbers("a finite number > 0", lambda value: 0 < value < math.inf)]
Rows = Annotated[int, counted(0)]
Seed = Annotated[int, at_least(0)]
Count = Annotated[int, counted(1)]
Several = Annotated[int, counted(2)]
Ddof = Annotated[int, replace(choice(0, 1), words="1 (unbiased) or 0 (maximum likelihood)")]
Seeds = Annotated[int | Iterable[int], seeds_of]
Place = Annotated[str | Path, located]
