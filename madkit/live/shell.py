"""What `explore`, `phase_map` and `view` share: where they are live,
and what a notebook is given to show.

A figure is live where a browser moves it and a kernel answers; elsewhere it stands still, in a
report as a page that moves on its own. Of each cell of a notebook the newest alone stays live:
running the cell again closes what it made before.
"""

from __future__ import annotations

import html
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from madkit.base import files, notebook
from madkit.base.checks import Place, place
from madkit.base.gate import gate
from madkit.live import inline
from madkit.live.frame import frame
from madkit.live.scenes.page import State, written

Render = Literal["auto", "live", "static"]
WIDGET = "application/vnd.jupyter.widget-view+json"
EXPLORER = "application/vnd.madkit.explorer+json"    # in a report: what its page needs to move
OPEN: dict[tuple[str, str, str], Shell] = {}         # what is live, by (kind, cell, key)


def is_live(render: Render = "auto") -> bool:
    """Whether a figure is live; "auto" asks MADKIT_RENDER, then for Jupyter or marimo."""
    chosen = render if render != "auto" else os.environ.get("MADKIT_RENDER", "auto")
    if chosen not in ("auto", "live", "static", "report"):
        raise ValueError("render (or the environment variable MADKIT_RENDER): expected auto, live, "
                         f"static or report, got {chosen!r}")
    return chosen == "live" or (chosen == "auto" and _is_seen())


def _is_seen() -> bool:
    """Whether a browser looks on: a Jupyter server or marimo started this program."""
    marimo = sys.modules.get("marimo")
    return bool(os.environ.get("JPY_SESSION_NAME")) or (
        marimo is not None and marimo.running_in_notebook())


class Shell:
    """A figure of one cell. Its kind says `_still`, and `_offline` if it moves without a kernel."""

    widget: Any = None                               # what the browser shows; None: it stands still

    def _open(self, key: str, make: Callable[[], Any]) -> None:
        """Be live by the widget made, once the figure that this cell showed before is closed."""
        place = type(self).__name__, notebook.cell(), key
        if place in OPEN:
            OPEN.pop(place).close()
        OPEN[place] = self
        self.widget = make()

    def close(self) -> None:
        """Let go of the widget, and of all that belongs to it; the picture stays."""
        if self.widget is not None:
            widget, self.widget = self.widget, None
            notebook.let_go(widget)

    def _still(self) -> dict[str, str]:
        """Its picture as image/png, text/html and text/plain."""
        raise NotImplementedError

    def _offline(self) -> dict[str, Any] | None:
        """What its page needs in order to move without a kernel; None: it has no such page."""
        return None

    def _in_report(self) -> dict[str, Any]:
        """Its picture, and its page."""
        data = self._offline()
        return {**self._still(), **({EXPLORER: data} if data else {})}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """The widget where there is a kernel; its picture, in a report a page of its own."""
        notebook.shown()
        if self.widget is not None:
            model = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
            return {WIDGET: model} | self._still()
        in_report = os.environ.get("MADKIT_RENDER") == "report"
        return self._in_report() if in_report else {**self._still()}


class PageShell(Shell):
    """A figure that is a page of ours. Its kind says how states are checked, read and shown."""

    NAME: str                                        # of the command, for the foot of its page
    TITLE: str                                       # of its page, where none is given

    def __init__(self, state: State):
        self._state = state
        self._threads: list[threading.Thread] = []   # what is under way for it

    @property
    def state(self) -> State:
        """What is shown, as plain values. Setting it moves the page; ValueError for no state."""
        return dict(self._state)

    @state.setter
    def state(self, state: State | str) -> None:
        state = self._read(state) if isinstance(state, str) else self._check(state)
        self._show(state)
        if self.widget is not None:
            self.widget.state = state

    @property
    def text(self) -> str:
        """The state as a line of text, as "copy state" gives it; `x.state = text` restores it."""
        return written(self._state)

    def wait(self) -> None:
        """Until what is under way is done."""
        for thread in list(self._threads):
            thread.join()

    @gate
    def write(self, file: Place) -> Path:
        """Write it as one HTML file that needs neither kernel nor network.

        ValueError before anything has been run.
        """
        if (data := self._offline()) is None:
            raise ValueError("write: nothing has been run yet; press Run first")
        if (file := place("file", file)).is_dir():
            raise ValueError(f"file: {str(file)!r} is a folder; name a file in it, such as "
                             f"{str(file / self.NAME)}.html")
        title = data["page"]["title"] or self.TITLE
        pieces, picture = inline.Pieces(), self._still()["text/html"]
        body = f"<h1>{html.escape(title)}</h1>{inline.fragment(data, picture, pieces)}"
        page = frame(title, body, made_from=f"madkit {self.NAME}", pieces=pieces)
        files.write(file, page.encode())
        return file

    def _valid(self, state: Any) -> State | None:
        """A state from the page, checked; one that is none is refused in words,
        and the page goes back to what is shown.
        """
        try:
            return self._check(state)
        except ValueError as error:
            self.widget.state = self._state
            self._refuse(error)
            return None

    def _check(self, state: Any) -> State:
        raise NotImplementedError

    def _refuse(self, error: Exception) -> None:
        raise NotImplementedError

    def _read(self, text: str) -> State:
        raise NotImplementedError

    def _show(self, state: State) -> None:
        raise NotImplementedError
