"""Progress bars: they appear after two seconds, leave nothing behind,
and can be turned off for a whole session.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from threading import RLock
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
    """tqdm, whose lock is this process's alone; in a notebook it closes not its box alone but all
    ten widgets that it is made of.

    tqdm's own lock is shared with forked workers: one that is killed within holds it for ever, and
    whoever wants a bar then, shown or not, hangs.
    """
    from tqdm.auto import tqdm

    class Bar(tqdm):
        _lock = RLock()

        def close(self) -> None:
            super().close()
            if box := getattr(self, "container", None):
                let_go(box)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: Bar.set_lock(RLock()))
    return Bar
