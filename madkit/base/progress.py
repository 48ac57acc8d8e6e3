"""Progress bars: they appear after two seconds, leave nothing behind,
and can be turned off for a whole session.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from madkit.base.gate import gate
from madkit.base.notebook import let_go

_session = True
_within: ContextVar[bool] = ContextVar("bars", default=True)


@gate
def progress(shown: bool) -> None:
    """Show progress bars in this session (True, as it begins), or show none (False):
    of runs, fits, sweeps and data.
    """
    global _session
    _session = bool(shown)


def shown() -> bool:
    """Whether bars are shown here."""
    return _session and _within.get()


@contextmanager
def bars(wanted: bool) -> Iterator[None]:
    """Within the block bars are shown if they are wanted, and were shown before."""
    token = _within.set(wanted and _within.get())
    try:
        yield
    finally:
        _within.reset(token)


def bar(iterable: Any = None, *, wanted: bool = True, **given: Any) -> Any:
    """A bar of tqdm, which takes what else is given."""
    ours = {"delay": 2, "leave": False, "disable": not (wanted and shown())}
    return _kind()(iterable, **ours | given)


@cache
def _kind() -> Any:
    """tqdm; in a notebook it closes not its box alone but all ten widgets that it is made of."""
    from tqdm.auto import tqdm

    class Bar(tqdm):
        def close(self) -> None:
            super().close()
            if box := getattr(self, "container", None):
                let_go(box)

    return Bar
