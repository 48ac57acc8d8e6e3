"""Views: a picture joined with its controls, live or standing still."""

from __future__ import annotations

import base64
import html
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from madkit.live.controls import Choice, Slider
from madkit.live.pictures import Frame
from madkit.plot import DRAWING

Render = Literal["auto", "live", "static"]
WIDTH = "1000px"                                    # of a picture on the screen, at most
VIEWS: dict[tuple[str, str], View] = {}             # the open view of each (cell, key)


def view(
    update: Callable[..., Frame],                        # values by name -> frame; a function of the values alone
    controls: Mapping[str, Slider | Choice],             # one for each value, in the order shown
    *,
    presets: Mapping[str, Mapping[str, Any]] = {},       # {name of a button: {control: value}}; other controls stay
    render: Render = "auto",                             # "auto": live in a Jupyter server, static elsewhere
    key: str = "",                                       # tells apart several views that one cell makes
) -> View:
    """A picture with its controls; the last line of a cell shows it.

    `render="auto"` asks the environment variable MADKIT_RENDER ("live", "static"), and without it whether a Jupyter server
    started the kernel (JPY_SESSION_NAME; papermill and nbconvert do not set it). A live view closes the one that the same
    cell made before. An error while a slider moves is shown below the picture; at the start it is raised.
    """
    for name, preset in presets.items():
        for which, value in preset.items():
            if which not in controls:
                raise ValueError(f"presets: {name!r} sets {which!r}, expected some of {', '.join(controls)}")
            controls[which].check(value)
    return View(update, controls, presets, live=_live(render), place=(_cell(), key))


def _live(render: Render) -> bool:
    chosen = render if render != "auto" else os.environ.get("MADKIT_RENDER", "auto")
    if chosen not in ("auto", "live", "static", "report"):
        raise ValueError("render (or the environment variable MADKIT_RENDER): expected auto, live, static or report, "
                         f"got {chosen!r}")
    return chosen == "live" or (chosen == "auto" and bool(os.environ.get("JPY_SESSION_NAME")))


def _cell() -> str:
    """The id of the running cell, where the notebook tells."""
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    return (kernel.get_parent().get("metadata") or {}).get("cellId", "") if kernel else ""


class View:
    """What `view` returns. `values`: the settings shown, `frame`: the picture, `set(**values)`: move, `close()`: let go."""

    def __init__(self, update: Callable[..., Frame], controls: Mapping[str, Slider | Choice],
                 presets: Mapping[str, Mapping[str, Any]], live: bool, place: tuple[str, str]):
        self.update = update
        self.values = {name: control.value for name, control in controls.items()}
        with DRAWING:
            self.frame = update(**self.values)
        self._stale, self._turn, self._moving = threading.Event(), threading.Lock(), False
        self.box = None
        if live:
            if place in VIEWS:
                VIEWS.pop(place).close()
            VIEWS[place] = self
            self._build(controls, presets)

    def _build(self, controls: Mapping[str, Slider | Choice], presets: Mapping[str, Mapping[str, Any]]) -> None:
        import ipywidgets

        from madkit.live.widget import unbind

        self.widgets = {name: control.widget() for name, control in controls.items()}
        self.image = ipywidgets.Image(value=self.frame.png, format="png", layout={"width": "100%", "max_width": WIDTH})
        self.words = ipywidgets.HTML(_said(self.frame.text), layout={"max_width": WIDTH})
        buttons = [ipywidgets.Button(description=name, tooltip=f"Set {_listed(preset)}", layout={"width": "auto"})
                   for name, preset in presets.items()]
        for button, preset in zip(buttons, presets.values(), strict=True):
            button.on_click(lambda _, preset=preset: self.set(**preset))
        for widget in self.widgets.values():
            widget.observe(self._moved, "value")
        sliders = ipywidgets.VBox(list(self.widgets.values()), layout={"max_width": WIDTH})
        row = [ipywidgets.HBox(buttons, layout={"flex_flow": "row wrap"})] if buttons else []
        self.box = ipywidgets.VBox([*row, self.image, sliders, self.words])
        for widget in _tree(self.box):
            unbind(widget)

    def set(self, **values: Any) -> None:
        """Move several controls at once, and draw once."""
        if unknown := sorted(values.keys() - self.values.keys()):
            raise ValueError(f"set: expected some of {', '.join(self.values)}, got {unknown[0]!r}")
        self._moving = True
        try:
            for name, value in values.items():
                if self.box is not None:
                    self.widgets[name].value = value
                self.values[name] = value
        finally:
            self._moving = False
        self._draw()

    def _moved(self, _: Any) -> None:
        if not self._moving:
            self._draw()

    def _draw(self) -> None:
        """Draw the newest state. A thread that finds another at it leaves the rest to that one."""
        self._stale.set()
        while self._stale.is_set() and self._turn.acquire(blocking=False):
            try:
                self._stale.clear()
                self._show()
            finally:
                self._turn.release()

    def _show(self) -> None:
        if self.box is None:
            self.frame = self.update(**self.values)
            return
        self.values = {name: widget.value for name, widget in self.widgets.items()}
        try:
            with DRAWING:
                self.frame = self.update(**self.values)
        except Exception as error:
            text = f"This setting cannot be drawn ({_listed(self.values)}). {type(error).__name__}: {error}"
            self.words.value = _said(text, role="alert")
        else:
            self.image.value, self.words.value = self.frame.png, _said(self.frame.text)

    def close(self) -> None:
        """Close all widgets, and what belongs to them."""
        if self.box is not None:
            box, self.box = self.box, None
            for widget in list(_tree(box)):
                widget.close()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """The sliders, where they are live, and the picture as it stands."""
        png = base64.b64encode(self.frame.png).decode()
        text = html.escape(self.frame.text)
        picture = f'<img alt="{text}" src="data:image/png;base64,{png}" style="width:100%; max-width:{WIDTH}; height:auto">'
        still = {
            "image/png": png,
            "text/html": f'<figure style="margin:0 0 1rem">{picture}<figcaption>{text}</figcaption></figure>',
            "text/plain": self.frame.text,
        }
        if self.box is None:
            return still
        model = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        return {"application/vnd.jupyter.widget-view+json": model} | still


def _said(text: str, role: str = "status") -> str:
    """Words that screen readers read out when they change."""
    return f'<p role="{role}" style="margin:0.3em 0; line-height:1.4; font-size:115%">{html.escape(text)}</p>'


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def _tree(widget: Any) -> Iterator[Any]:
    """A widget, its children, and the layouts and styles of all: each is a model of its own in the notebook."""
    for child in getattr(widget, "children", ()):
        yield from _tree(child)
    yield from (part for part in (widget.layout, getattr(widget, "style", None), widget) if part is not None)
