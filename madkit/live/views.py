"""Views: a picture joined with its controls, live or standing still."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from madkit.base.captured import captured
from madkit.base.checks import misfit, shown
from madkit.base.gate import gate
from madkit.live.controls import Choice, Slider, said, values
from madkit.live.pictures import Drawn, Frame, scene_of
from madkit.live.scenes import page as pages
from madkit.live.scenes import panels
from madkit.live.scenes.carried import carried
from madkit.live.scenes.offline import GIVES_WAY
from madkit.live.scenes.pack import pack
from madkit.live.scenes.page import Control, State
from madkit.live.shell import PageShell, Render, is_live
from madkit.plot import DRAWING
from madkit.plot.still import lighter, still

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
        mk.live.view(update, {"t": mk.live.Slider("generation t", 5, 1, 10)}) # update(t) -> Frame

    `render="auto"` asks the environment variable MADKIT_RENDER ("live", "static"), and without it
    whether a Jupyter server started the kernel (JPY_SESSION_NAME; papermill and nbconvert do not
    set it). A live view closes the one that the same cell made before. In a report it moves without
    a kernel, over some of its settings. A function keeps the meaning that the names it reads have
    now. An error while a slider moves is shown below the picture; at the start it is raised.

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
    plays = getattr(picture, "plays", "t" if "t" in chosen else "")
    slow = getattr(picture, "made", update is picture)
    return View(captured(update), chosen, presets, plays, slow, live=is_live(render), key=key)


def _joined(
    picture: Any, controls: Controls, start: Mapping[str, Any]
) -> tuple[Callable[..., Frame], Controls]:
    """The function that draws, and its controls where they start."""
    own = {} if isinstance(picture, type) else getattr(picture, "controls", {})
    update, known = getattr(picture, "update", picture), {**own, **controls}
    if not callable(update) or not known and not start:
        raise TypeError("view: expected a picture, such as mk.live.Tails(runs), or a function and "
                        'its controls, such as view(update, {"t": mk.live.Slider("t", 3, 1, 10)}), '
                        f"got {shown(picture)}")
    known |= {name: _started(name, known, value) for name, value in start.items()}
    if bare := [name for name, control in known.items() if control is None]:
        raise ValueError(f"view: the range of {bare[0]!r} is not known; give a control, such as "
                         f"{bare[0]}=mk.live.Slider(label, value, low, high)")
    if why := misfit(update, 0, known):
        raise TypeError(f"view: picture: expected what is drawn of {', '.join(known)}, got "
                        f"{shown(picture)}; it cannot be called with them: {why}")
    return update, known


def _started(name: str, known: Mapping[str, Any], value: Any) -> Any:
    """The control of this name where it starts; a Slider or Choice stands for itself."""
    if isinstance(value, Slider | Choice):
        return value
    if name not in known:
        raise ValueError(f"view: expected some of {', '.join(known)}, or a control, such as "
                         f"{name}=mk.live.Slider(label, value, low, high), got {name}={shown(value)}")
    try:
        return replace(known[name], value=value) if known[name] is not None else None
    except ValueError as error:
        raise ValueError(f"view: {name}: {str(error).removeprefix('Slider: value: ')}") from None


@cache
def _widget() -> Any:
    """What the browser and the kernel share, see js/view/index.js; widgets take long to import."""
    import traitlets

    from madkit.live.widget import Widget

    class View(Widget, script="view"):
        scene = traitlets.Bytes().tag(sync=True)
        status = traitlets.Dict({"kind": "", "text": ""}).tag(sync=True)

    return View


@gate
class View(PageShell):
    """What `view` returns: the settings shown (`values`) and the picture (`frame`).

    `set(**values)` moves it, `write(file)` makes it a page of its own, `close()` lets it go.
    """

    NAME, TITLE = "view", "A figure that moves"

    def __init__(
        self,
        update: Callable[..., Frame],
        controls: Controls,
        presets: Mapping[str, Mapping[str, Any]],
        plays: str,                                  # the control that the player moves
        slow: bool,                                  # whether other settings than those
                                                     # of presets take long to work out
        live: bool,
        key: str,
    ):
        self.update, self.known, self.plays, self.slow = update, controls, plays, slow
        self.values = {name: control.value for name, control in controls.items()}
        self.controls = tuple(_control(name, control, presets)
                              for name, control in controls.items())
        self.presets = {name: {which: _place(self._control(which), value)
                               for which, value in preset.items()}
                        for name, preset in presets.items()}
        super().__init__(self._places())
        self.frame = self._framed(self.values)
        self._stale, self._turn = threading.Event(), threading.Lock()
        if live:
            self._open(key, lambda: _widget()(page=self._page(self.controls), state=self._state,
                                              scene=self._packed()))
            self.widget.observe(self._moved, "state")

    def set(self, **values: Any) -> None:
        """Move several controls at once, and draw once."""
        if unknown := sorted(values.keys() - self.values.keys()):
            raise ValueError(f"set: expected some of {', '.join(self.values)}, got {unknown[0]!r}")
        for name, value in values.items():
            self.known[name].check(value)
        self.state = self._state | {name: _place(self._control(name), value)
                                    for name, value in values.items()}

    # moving

    def _moved(self, change: Any) -> None:
        """A new state from the browser: on whatever thread its message came."""
        if (state := self._valid(change["new"])) is not None and state != self._state:
            self._show(state)

    def _show(self, state: State) -> None:
        """Draw the newest state. A thread that finds another at it leaves the rest to that one."""
        self._state = state
        self._stale.set()
        while self._stale.is_set() and self._turn.acquire(blocking=False):
            try:
                self._stale.clear()
                self._draw()
            finally:
                self._turn.release()

    def _draw(self) -> None:
        self.values = self._valued(self._state)
        try:
            self.frame = self._framed(self.values)
        except Exception as error:
            if self.widget is None:
                raise
            self._refuse(error)
        else:
            if self.widget is not None:
                self.widget.scene = self._packed()
                self._say("", "")

    def _framed(self, values: dict[str, Any]) -> Frame:
        with DRAWING:
            frame = self.update(**values)
        if not isinstance(frame, Frame):
            raise TypeError("view: expected a function that returns a Frame, such as mk.live.Frame"
                            f"(png, text), got {pages.short(frame)}")
        return frame

    def _say(self, kind: str, text: str) -> None:
        if self.widget is not None and self.widget.status != {"kind": kind, "text": text}:
            self.widget.status = {"kind": kind, "text": text}

    def _refuse(self, error: Exception) -> None:
        self._say("error", _sorry(self.values, error))

    # states

    def _control(self, name: str) -> Control:
        return next(control for control in self.controls if control.name == name)

    def _places(self) -> State:
        return {control.name: _place(control, self.values[control.name])
                for control in self.controls}

    def _valued(self, state: State) -> dict[str, Any]:
        return {control.name: control.values[state[control.name]] for control in self.controls}

    def _check(self, state: Any) -> State:
        names = [control.name for control in self.controls]
        if not isinstance(state, Mapping) or set(state) != set(names):
            raise ValueError(f"state: expected exactly {', '.join(names)}, "
                             f"got {pages.short(state)}")
        return {control.name: pages._whole(control.name, state[control.name], 0,
                                           len(control.values) - 1) for control in self.controls}

    def _read(self, text: str) -> State:
        return self._check(pages.parsed(text))

    # what the shell and the page ask

    def _page(self, controls: tuple[Control, ...]) -> dict[str, Any]:
        place = {one.name: one.values.index for one in controls}
        every = {one.name: one.values.index for one in self.controls}
        fewer = controls != self.controls
        presets = [{"name": name, "set": {which: place[which](self._control(which).values[at])
                                          for which, at in preset.items()}}
                   for name, preset in self.presets.items()]
        return {"title": self.TITLE, "plays": self.plays, "offline": False, "thinned": fewer,
                "presets": presets,
                "controls": [{"name": c.name, "label": c.label, "words": list(c.words),
                              "named": isinstance(c.values[0], str),
                              "places": [every[c.name](v) for v in c.values] if fewer else None}
                             for c in controls]}

    def _packed(self) -> bytes:
        key = ",".join(str(_place(one, self.values[one.name])) for one in self.controls)
        return pack([scene_of(self.frame) | {"key": key}])

    def _still(self) -> dict[str, str]:
        png = self.frame.png
        drawn = isinstance(self.frame, Drawn)
        return still(lighter(png) if drawn else png, self.frame.text, WIDTH, kind=GIVES_WAY)

    def _scene(self, values: dict[str, Any]) -> dict[str, Any]:
        try:
            return scene_of(self._framed(values))
        except Exception as error:
            return panels.refused(_sorry(values, error))

    def _offline(self) -> dict[str, Any]:
        """The page with the scenes of presets, of what is played, and of other settings."""
        keep = {one.name: {self._state[one.name], *(preset[one.name] for preset in
                                                    self.presets.values() if one.name in preset)}
                for one in self.controls}
        controls, scene = carried(self.controls, keep, self.plays, self.slow, scene_of(self.frame),
                                  self._scene)
        state = {one.name: one.values.index(self.values[one.name]) for one in controls}
        page = self._page(controls) | {"offline": True}
        return {"script": "view", "page": page, "state": state, "scene": scene}


def _sorry(values: Mapping[str, Any], error: Exception) -> str:
    given = ", ".join(f"{name} = {value}" for name, value in values.items())
    return f"This setting cannot be drawn ({given}). {type(error).__name__}: {error}"


def _control(name: str, control: Slider | Choice,
             presets: Mapping[str, Mapping[str, Any]]) -> Control:
    there = values(control, (preset[name] for preset in presets.values() if name in preset))
    label = control.label.partition(" (1 =")[0]
    return Control(name, label, there, tuple(said(name, value) for value in there))


def _place(control: Control, value: Any) -> int:
    """Where a value is on its slider; of one between two places the nearer."""
    if value in control.values:
        return control.values.index(value)
    return min(range(len(control.values)), key=lambda i: abs(control.values[i] - value))
