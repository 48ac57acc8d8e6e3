"""Warnings that point at the line of the user's that caused them, however deep inside it is seen."""

from __future__ import annotations

import contextlib
import inspect
import warnings
from itertools import count
from pathlib import Path

HERE = (str(Path(__file__).parents[1]), contextlib.__file__)  # this package, and its `with` blocks


def warn(words: str) -> None:
    """A UserWarning, told once for each line outside of the package."""
    frame = inspect.currentframe()
    for level in count(1):
        if frame is None or not frame.f_code.co_filename.startswith(HERE):
            return warnings.warn(words, stacklevel=level)
        frame = frame.f_back
