"""Who calls: a user, or madkit's own numbers, which are as they should be, and many."""

from __future__ import annotations

from types import FrameType

OWN = {"base", "samples", "loops", "steps", "runs", "models", "metrics", "data", "theory", "exact"}
# these call for somebody else: whoever calls, or whoever wrote a spec
ASKED = dict.fromkeys(["madkit.base.gate", "madkit.base.guard", "madkit.base.checks",
                       "madkit.runs.again"], False)


def is_own(frame: FrameType) -> bool:
    """Whether madkit's own numbers call: what they give was checked, or made, by themselves."""
    name = frame.f_globals.get("__name__")
    if not isinstance(name, str):
        return False
    own = ASKED.get(name)
    if own is None:
        first, _, rest = name.partition(".")
        own = ASKED[name] = first == "madkit" and rest.partition(".")[0] in OWN
    return own
