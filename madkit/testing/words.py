"""What the checks share: a condition with words, calls that fit, arguments left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from madkit.base import foreign
from madkit.base.checks import NO, attempt, misfit, refused, shown
from madkit.samples import Samples


def require(holds: bool, words: str) -> None:
    if not holds:
        raise AssertionError(words)


def require_truth(truth: Any) -> None:
    require(attempt(foreign.a_truth.take, truth) is not NO,
            f"truth: expected one of mk.data, such as mk.data.gaussian(2), got {shown(truth)}; "
            f"{foreign.no_truth(truth)}")


def same(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and bool((a == b).all())


def takes(function: Callable, form: str, *arguments: Any) -> None:
    """Whether the function can be called with so many positional arguments."""
    why = misfit(function, len(arguments))
    require(not why, f"{getattr(function, '__qualname__', function)} must be callable as {form}: "
                     f"{why}")


def called(function: Callable, form: str, *arguments: Any) -> Any:
    """What it returns; a compiled one, which says what it takes only when it is called, refuses."""
    try:
        return function(*arguments)
    except Exception as error:
        if not refused(error):
            raise
        raise AssertionError(f"{form}: {shown(function)} cannot be called so: {error}") from error


@contextmanager
def as_assertion() -> Iterator[None]:
    """What `run` refuses is a failed check."""
    try:
        yield
    except (TypeError, ValueError, FloatingPointError) as error:
        made = AssertionError(str(error))
        for note in getattr(error, "__notes__", []):
            made.add_note(note)
        raise made from error


@contextmanager
def unchanged(data: Samples, who: str) -> Iterator[None]:
    """The rows, labels and births are the same after the block."""
    parts = {"x": data.x, "born": data.born, "fresh": data.fresh}
    if data.y is not None:
        parts["y"] = data.y
    before = {name: part.clone() for name, part in parts.items()}
    yield
    for name, was in before.items():
        require(same(was, parts[name]), f"{who} changed data.{name} in place: work on a copy, "
                                        f"data.{name}.clone()")
