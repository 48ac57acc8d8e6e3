"""Who calls: a user, or madkit's own numbers, which are as they should be, and many."""

from __future__ import annotations

from types import FrameType

# base calls for others: whoever asked a gate, a name that moved, a worker
OWN = {"samples", "loops", "steps", "runs", "models", "metrics", "data", "theory", "exact"}
KNOWN = {"madkit.runs.again": False}     # by module; this one calls for whoever wrote a spec


def is_own(frame: FrameType) -> bool:
    """Whether madkit's own numbers call: what they give was checked, or made, by themselves."""
    name = frame.f_globals.get("__name__")
    if not isinstance(name, str):
        return False
    own = KNOWN.get(name)
    if own is None:
        first, _, rest = name.partition(".")
        own = KNOWN[name] = first == "madkit" and rest.partition(".")[0] in OWN
    return own
