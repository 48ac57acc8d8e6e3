"""Widgets whose page is a script of ours: what they have in common."""

from __future__ import annotations

import gc
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

    def bundle(self) -> dict[str, Any]:
        """What a notebook shows of it: itself."""
        shown = self._repr_mimebundle_()
        return dict((shown[0] if isinstance(shown, tuple) else shown) or {})

    def let_go(self) -> None:
        """Close it with its layout: each is a model of its own in the notebook."""
        self.unobserve_all()
        layout = getattr(self, "layout", None)
        self.close()
        if layout is not None:
            layout.close()


def unbind(widget: Any) -> None:
    """Let what JupyterLab sends to a thread beside the cells go there.

    ipykernel sends it to the thread that wrote on this widget's line last instead, which after a cell is the one of the
    cells: a slider would wait for the next cell to end.
    """
    getattr(widget.comm, "__dict__", {}).pop("_reply_subshell_id", None)


@cache
def settle() -> None:
    """Once: later searches for garbage pass over what is in memory by now, libraries above all, and halt no slider for 100 ms."""
    gc.collect()
    gc.freeze()
