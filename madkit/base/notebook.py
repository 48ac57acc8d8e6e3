"""The notebook around a value that is being shown: which cell runs, and what its session keeps.

IPython keeps all that a cell ever showed: the value, as Out[7] and _7 (and _7 once more, among the
names that it hides), and its pictures as text. A cell that is run again replaces on the page what
it showed before, but not there: fifty runs of it keep fifty figures. So a value of ours, when it is
shown, lets go of the one of ours that this cell showed last; `_`, `__` and `___` stay as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

LAST: dict[str, int] = {}            # by cell: the run, Out[…], in which it last showed one of ours


def session() -> Any:
    """The IPython session; None elsewhere."""
    interactive = sys.modules.get("IPython")
    return interactive.get_ipython() if interactive else None


def cell() -> str:
    """The id of the running cell, where the notebook tells; else ""."""
    kernel = getattr(session(), "kernel", None)
    return str((kernel.get_parent().get("metadata") or {}).get("cellId", "")) if kernel else ""


def shown() -> None:
    """Called while a value of ours is being shown: what its cell showed before is let go of."""
    if here := cell():
        now = session().displayhook.prompt_count
        if (before := LAST.get(here, now)) != now:
            _forget(session(), before)
        LAST[here] = now


def _forget(kept_by: Any, run: int) -> None:
    """Forget what this run showed, if it is ours, and its pictures."""
    getattr(kept_by.history_manager, "outputs", {}).pop(run, None)
    values, name = kept_by.user_ns.get("_oh", {}), f"_{run}"
    value = values.get(run)
    if type(value).__module__.partition(".")[0] != "madkit":
        return
    del values[run]
    for names in (kept_by.user_ns, kept_by.user_ns_hidden):
        if names.get(name) is value:
            del names[name]


# --- widgets -----------------------------------------------------------------------------------------


def let_go(widget: Any) -> None:
    """Close a widget and all that belongs to it."""
    for part in list(tree(widget)):
        part.unobserve_all()
        part.close()


def tree(widget: Any) -> Iterator[Any]:
    """A widget, its children, and the layouts and styles of all: each a model of its own."""
    for child in getattr(widget, "children", ()):
        yield from tree(child)
    parts = (getattr(widget, "layout", None), getattr(widget, "style", None), widget)
    yield from (part for part in parts if part is not None)
