"""Whether bars are shown: within a run, within a sweep, in a whole notebook."""

from __future__ import annotations

from contextvars import ContextVar

bars: ContextVar[bool] = ContextVar("bars", default=True)  # whether fits show a bar: mk.run(progress=False) says no
