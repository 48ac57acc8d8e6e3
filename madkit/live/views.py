"""Views: a picture joined with its controls, live or standing still."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from madkit.base import notebook
from madkit.base.gate import gate
from madkit.live.controls import Choice, Slider
from madkit.live.pictures import Frame
from madkit.live.shell import Render, Shell, is_live
from madkit.plot import DRAWING
from madkit.plot.still import still

WIDTH = "1000px"                                    # of a picture on the screen, at most
Controls = Mapping[str, Slider | Choice]


@gate
def view(
    picture: Any,                                    # a picture, or a function: values -> Frame
    controls: Mapping[str, Slider | Choice] = {},    # of a function: one for each value, as shown
    *,
    presets: Mapping[str, Mapping[str, Any]] = {},   # {name of a button: {control: value}}
    render: Render = "auto",                         # "auto": live in a Jupyter server, else static
    key: str = "",                                   # tells apart several views that one cell makes
    **start: Any,                                    # where a control starts; or a Slider or Choice
) -> View:
    """A picture with its controls; the last line of a cell shows it.

        mk.live.view(mk.live.Tails(runs), t=5, lam=1.0)                     # it knows its controls
        mk.live.view(update, {"t": mk.live.Slider("generation t", 5, 1, 10)})   # update(t) -> Frame

    `render="auto"` asks the environment variable MADKIT_RENDER ("live", "static"), and without it
    whether a Jupyter server started the kernel (JPY_SESSION_NAME; papermill and nbconvert do not
    set it). A live view closes the one that the same cell made before. An error while a slider
    moves is shown below the picture; at the start it is raised.

    ValueError for a value that its control cannot take, or for a name without a control;
    TypeError for what is no picture.
    """
    update, chosen = _joined(picture, controls, start)
    for name, preset in presets.items():
        for which, value in preset.items():
            if which not in chosen:
                raise ValueError(f"presets: {name!r} sets {which!r}, "
                                 f"expected some of {', '.join(chosen)}")
            chosen[which].check(value)
    return View(update, chosen, presets, live=is_live(render), key=key)


def _joined(
    picture: Any, controls: Controls, start: Mapping[str, Any]
) -> tuple[Callable[..., Frame], Controls]:
    """The function that draws, and its controls where they start."""
    own = {} if isinstance(picture, type) else getattr(picture, "controls", {})
    update, known = getattr(picture, "update", picture), {**own, **controls}
    if not callable(update) or not known and not start:
        raise TypeError("view: expected a picture, such as mk.live.Tails(runs), or a function and "
                        'its controls, such as view(update, {"t": mk.live.Slider("t", 3, 1, 10)}), '
                        f"got {picture!r}")
    known |= {name: _started(name, known, value) for name, value in start.items()}
    if bare := [name for name, control in known.items() if control is None]:
        raise ValueError(f"view: the range of {bare[0]!r} is not known; give a control, such as "
                         f"{bare[0]}=mk.live.Slider(label, value, low, high)")
    return update, known


def _started(name: str, known: Mapping[str, Any], value: Any) -> Any:
    """The control of this name where it starts; a Slider or Choice stands for itself."""
    if isinstance(value, Slider | Choice):
        return value
    if name not in known:
        raise ValueError(f"view: expected some of {', '.join(known)}, or a control, such as "
                         f"{name}=mk.live.Slider(label, value, low, high), got {name}={value!r}")
    try:
        return replace(known[name], value=value) if known[name] is not None else None
    except ValueError as error:
        raise ValueError(f"view: {name}: {str(error).removeprefix('Slider: value: ')}") from None


@gate
class View(Shell):
    """What `view` returns: the settings shown (`values`) and the picture (`frame`).

    `set(**values)` moves it, `close()` lets it go.
    """

    def __init__(
        self,
        update: Callable[..., Frame],
        controls: Controls,
        presets: Mapping[str, Mapping[str, Any]],
        live: bool,
        key: str,
    ):
        self.update = update
        self.values = {name: control.value for name, control in controls.items()}
        with DRAWING:
            self.frame = update(**self.values)
        self._stale, self._turn, self._moving = threading.Event(), threading.Lock(), False
        if live:
            self._open(key, lambda: self._built(controls, presets))

    def _built(self, controls: Controls, presets: Mapping[str, Mapping[str, Any]]) -> Any:
        """All its widgets, in a box."""
        import ipywidgets

        from madkit.live.widget import gated, unbind

        Image, HTML, Button, HBox, VBox = (gated(kind) for kind in (
            ipywidgets.Image, ipywidgets.HTML, ipywidgets.Button, ipywidgets.HBox, ipywidgets.VBox))
        self.widgets = {name: control.widget() for name, control in controls.items()}
        self.image = Image(value=self.frame.png, format="png",
                           layout={"width": "100%", "max_width": WIDTH})
        self.words = HTML(_said(self.frame.text), layout={"max_width": WIDTH})
        buttons = [Button(description=name, tooltip=f"Set {_listed(preset)}",
                          layout={"width": "auto"}) for name, preset in presets.items()]
        for button, preset in zip(buttons, presets.values(), strict=True):
            button.on_click(lambda _, preset=preset: self.set(**preset))
        for widget in self.widgets.values():
            widget.observe(self._moved, "value")
        sliders = VBox(list(self.widgets.values()), layout={"max_width": WIDTH})
        row = [HBox(buttons, layout={"flex_flow": "row wrap"})] if buttons else []
        box = VBox([*row, self.image, sliders, self.words])
        for widget in notebook.tree(box):
            unbind(widget)
        return box

    def set(self, **values: Any) -> None:
        """Move several controls at once, and draw once."""
        if unknown := sorted(values.keys() - self.values.keys()):
            raise ValueError(f"set: expected some of {', '.join(self.values)}, got {unknown[0]!r}")
        self._moving = True
        try:
            for name, value in values.items():
                if self.widget is not None:
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
        if self.widget is None:
            self.frame = self.update(**self.values)
            return
        self.values = {name: widget.value for name, widget in self.widgets.items()}
        try:
            with DRAWING:
                self.frame = self.update(**self.values)
        except Exception as error:
            text = (f"This setting cannot be drawn ({_listed(self.values)}). "
                    f"{type(error).__name__}: {error}")
            self.words.value = _said(text, role="alert")
        else:
            self.image.value, self.words.value = self.frame.png, _said(self.frame.text)

    def _still(self) -> dict[str, str]:
        return still(self.frame.png, self.frame.text, WIDTH)


def _said(text: str, role: str = "status") -> str:
    """Words that screen readers read out when they change."""
    style = "margin:0.3em 0; line-height:1.4; font-size:115%"
    return f'<p role="{role}" style="{style}">{html.escape(text)}</p>'


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())
