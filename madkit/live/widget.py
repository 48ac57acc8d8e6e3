"""Widgets, ours and those of ipywidgets: what they have in common."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import cache
from typing import Any

import anywidget


class Widget(anywidget.AnyWidget):
    """An anywidget that hears its page while a cell runs, whoever wrote to the page last."""

    def __init__(self, **given: Any):
        settle()
        super().__init__(**given)
        unbind(self)

    def _send(self, msg: Any, buffers: Any = None) -> None:
        super()._send(msg, buffers)
        unbind(self)


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


def unbind(widget: Any) -> None:
    """Let what JupyterLab sends to a thread beside the cells go there.

    ipykernel sends it to the thread that wrote on this widget's line last instead, which after a
    cell is the one of the cells: a slider would wait for the next cell to end.
    """
    getattr(widget.comm, "__dict__", {}).pop("_reply_subshell_id", None)


@cache
def settle() -> None:
    """Once: later searches for garbage pass over what is in memory by now, and halt no slider."""
    gc.collect()
    gc.freeze()
