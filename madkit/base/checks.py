"""Checks of single numbers and paths; each returns its argument, or says what was expected and what came."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def place(name: str, value: Any) -> Path:
    """value as the path of a file or folder, "~" being one's home."""
    if not isinstance(value, str | os.PathLike) or not str(value):
        raise TypeError(f"{name}: expected the path of a file or folder, got {value!r}")
    if "\0" in str(value):
        raise ValueError(f"{name}: expected a path without null characters, got {value!r}")
    return Path(value).expanduser()


def whole(name: str, n: Any, least: int = 0) -> int:
    """n as an int."""
    if isinstance(n, bool) or not hasattr(n, "__index__") or n < least:
        raise ValueError(f"{name}: expected a whole number ≥ {least}, got {n!r}")
    return int(n)


def _number(value: Any) -> bool:
    return not isinstance(value, bool | str) and hasattr(value, "__float__")


def unit(name: str, value: Any) -> float:
    """value as a float in [0, 1], such as λ or p."""
    if not _number(value) or not 0 <= float(value) <= 1:
        raise ValueError(f"{name}: expected a number in [0, 1], got {value!r}")
    return float(value)


def above(name: str, least: float, value: Any) -> float:
    """value as a float > least, such as a number of rows that need not be whole."""
    if not _number(value) or not value > least:
        raise ValueError(f"{name}: expected a number > {least:g}, got {value!r}")
    return float(value)


def spread(name: str, value: Any) -> float:
    """value as a float ≥ 0: a standard deviation."""
    if not _number(value) or not 0 <= value < math.inf:
        raise ValueError(
            f"{name}: expected a standard deviation, a finite number ≥ 0, got {value!r}")
    return float(value)


def share(name: str, value: Any) -> float:
    """value as a float strictly between 0 and 1."""
    if not _number(value) or not 0 < value < 1:
        raise ValueError(f"{name}: expected a share of the rows between 0 and 1, such as 0.25, "
                         f"got {value!r}")
    return float(value)


def several_seeds(seeds: int | Iterable[int]) -> list[int]:
    """Seeds as a list: a count means 0 … count − 1."""
    if not isinstance(seeds, Iterable):
        seeds = range(whole("seeds", seeds, least=1))
    chosen = list(seeds)
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(
            f"seeds: expected a count or a list of different whole numbers, got {seeds!r}")
    return [whole("seeds", seed) for seed in chosen]
