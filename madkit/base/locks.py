"""Locks that a fork leaves open: no thread of a child could let go of what another one held."""

from __future__ import annotations

import os
import threading


def lock() -> threading.RLock:  # type: ignore[valid-type]
    """A re-entrant lock, free in every forked process."""
    made = threading.RLock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=made._at_fork_reinit)  # type: ignore[attr-defined]
    return made
