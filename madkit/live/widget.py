"""Widgets, ours and those of ipywidgets: what they have in common.

A page may send anything: it is a program that others can reach, by what a notebook of theirs
shows. So a widget hears of it what it is meant to (HEARD, plain questions, a click), and nothing
else; what it does not hear is named in the log.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import anywidget
import ipywidgets
import traitlets

from madkit.base.checks import shown
from madkit.live import inline
from madkit.live.join import JS

WHOLE = 2**53                                           # a page's numbers are whole up to here


class Gate(ipywidgets.Widget):
    """A widget that lets its page set the traits of HEARD alone."""

    HEARD: Mapping[str, type] = {}                      # {name of a trait: dict, int or float}

    def _handle_msg(self, msg: Any) -> None:
        """A message of the page. Whatever it is, nothing is raised."""
        content = msg.get("content") if isinstance(msg, dict) else None
        data = content.get("data") if isinstance(content, dict) else None
        data = data if isinstance(data, dict) else {}
        state, sent = data.get("state"), data.get("content")
        try:
            if data.get("method") == "update" and isinstance(state, dict):
                self._set(state)
            elif data.get("method") == "request_state":
                self.send_state()
            elif data.get("method") == "custom" and isinstance(sent, dict):
                self._handle_custom_msg(sent, [])
            else:
                self._unheard(f"a message {shown(content)}")
        except Exception as error:                      # a value that its trait refuses
            self._unheard(f"{type(error).__name__}: {error}")

    def _set(self, state: dict[str, Any]) -> None:
        heard = {name: value for name, value in state.items()
                 if name in self.HEARD and _is(self.HEARD[name], value)}
        for name in state:
            if name not in heard:
                self._unheard(f"{str(name):.60} = {shown(state[name])}")
        if heard:
            self.set_state(heard)

    def _unheard(self, what: str) -> None:
        self.log.warning("%s: ignored what its page sent: %.300s", type(self).__name__, what)


def _is(kind: type, value: Any) -> bool:
    if kind is dict:
        return isinstance(value, dict)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    return abs(value) <= WHOLE and (kind is float or value == int(value))


class Widget(Gate, anywidget.AnyWidget):
    """What the browser and the kernel share of a figure, by the name of its script: its page, and
    the state shown. It hears its page while a cell runs, whoever wrote to the page last.
    """

    HEARD = {"state": dict}
    _esm = (JS / "load.js").read_text(encoding="utf-8")
    _script = ""
    script = traitlets.Unicode().tag(sync=True)         # of its page
    page = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True, echo_update=False)

    @traitlets.default("script")
    def _its(self) -> str:
        return self._script

    def __init_subclass__(cls, script: str = "", **more: Any) -> None:
        if script:
            cls._script = inline.script(script)
            cls._css = "\n".join(map(inline.style, inline.STYLES[script]))
        super().__init_subclass__(**more)

    def __init__(self, **given: Any):
        settle()
        super().__init__(**given)
        unbind(self)

    def _send(self, msg: Any, buffers: Any = None) -> None:
        super()._send(msg, buffers)
        unbind(self)


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
