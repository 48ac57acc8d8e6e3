"""Checks for the exercises of the lessons: each returns a line of praise,
or raises Unsolved, an AssertionError, with a hint.

They compare with the real thing (a formula, a loop, a metric of this package), so an answer is
right for a reason, and may be written in any way.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
import torch

from madkit.base import limits
from madkit.base.checks import Count, Several, Tolerance, refused, shown
from madkit.base.foreign import Truthful
from madkit.base.gate import gate
from madkit.lesson.environment import Lines
from madkit.loops import Loop
from madkit.samples import Samples
from madkit.steps import steps


class Unsolved(AssertionError):
    """An answer that is not right yet; the message says why. A report goes on after it."""


@gate
def same_number(answer: Any, expected: float, within: Tolerance = 0.01, hint: str = "") -> str:
    """answer is a number within `within` (a share of expected,
    or as such when expected is 0) of expected.
    """
    _answered(answer)
    try:
        value = float(answer)
    except (TypeError, ValueError, OverflowError):
        raise Unsolved(f"answer: a number is expected, not {shown(answer)}") from None
    allowed = within * (abs(expected) or 1)
    size = "large" if value > expected else "small"
    _right(abs(value - expected) <= allowed, f"{value:.4g} is too {size}. {hint}")
    return Lines(f"Right: {value:.4g}.")


@gate
def same_function(answer: Callable, expected: Callable, cases: list[tuple], within: Tolerance = 1e-6,
                  hint: str = "") -> str:
    """answer(*case) equals expected(*case) for every case."""
    _answered(answer)
    _right(callable(answer), f"a function is expected, not {shown(answer)}")
    for case in cases:
        got, wanted = (_called(name, f, case) for name, f in (("answer", answer),
                                                              ("expected", expected)))
        _right(got is not None,
               f"your function returns nothing for {_short(case)}: is there a `return`?")
        _right(_close(got, wanted, within),
               f"for {_short(case)} your function gives {got!s:.200}. {hint}")
    return Lines(f"Right in all {len(cases)} cases.")


@gate
def same_loop(answer: Loop, expected: Loop, model: Any, truth: Truthful, n_ini: Several = 50,
              generations: Count = 4, hint: str = "") -> str:
    """answer makes, row for row, the training sets that expected makes (their order aside)."""
    _answered(answer)
    limits.generations(f"{limits.count(generations)} generations", generations)
    limits.rows("n_ini", n_ini, getattr(truth, "shape", ()), 8)

    def run(loop: Loop) -> list:
        return list(islice(steps(model, loop, truth, n_ini=n_ini, emit=0), generations))

    for mine, theirs in zip(run(answer), run(expected), strict=True):
        _right(len(mine.data) == len(theirs.data),
               f"generation {mine.t}: your training set has {len(mine.data)} rows, "
               f"{len(theirs.data)} are expected. {hint}")
        _right(_born(mine.data) == _born(theirs.data),
               f"generation {mine.t}: your rows were born {_born(mine.data)} (generation: rows), "
               f"expected {_born(theirs.data)}. {hint}")
        _right(torch.allclose(_sorted(mine.data), _sorted(theirs.data)),
               f"generation {mine.t}: other rows are expected. {hint}")
    return Lines(f"Right: the same training sets in {generations} generations.")


def _called(name: str, function: Callable, case: Any) -> Any:
    """What it returns; a compiled function, which has no code of its own, refuses in words."""
    try:
        return function(*case)
    except Exception as error:
        if not refused(error):
            raise
        raise TypeError(f"{name}, cases: {shown(function)} does not take {shown(case)}: "
                        f"{error}") from error


def _answered(answer: Any) -> None:
    _right(answer is not None and answer is not ...,
           "no answer yet: put yours in place of the dots")


def _close(got: Any, wanted: Any, within: Tolerance) -> bool:
    try:
        return np.allclose(np.asarray(got, dtype=float), np.asarray(wanted, dtype=float),
                           rtol=within, atol=within)
    except (TypeError, ValueError, OverflowError):      # no number, or of another shape
        return False


def _right(is_right: Any, otherwise: str) -> None:
    """Not `assert`, which Python leaves out under -O."""
    if not is_right:
        raise Unsolved(otherwise.strip())


def _short(case: tuple) -> str:
    text = ", ".join(repr(part) for part in case)
    return text if len(text) < 80 else text[:77] + "…"


def _born(data: Samples) -> dict[int, int]:
    return {t: n for t, n in enumerate(torch.bincount(data.born).tolist()) if n}


def _sorted(data: Samples) -> torch.Tensor:
    return data.x.flatten(1).sort(0).values
