"""What an explorer shows and lets one set, and the state that it is in: plain values,
the same in Python and in the browser.

A state names every setting by its place in the control's list of values,
so that it can be checked, copied and restored:

    {"t": 10, "tab": "A", "A": {"loop": "all", "n": 5, "p": 10, "lam": 30}, "B": None,
     "drawn": None, "seed": 0, "speed": 1}

"drawn" is a distribution of one's own, drawn, typed or dropped: {"points": [[x, y], …]}, two
decimals each, and "model": "kde" where that learns it instead of a mixture.

A track is known by its key, a function of (page, state): "fresh data:n5,p10,lam30".
"""

from __future__ import annotations

import base64
import contextlib
import inspect
import json
import math
import re
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from madkit.loops import Loop
from madkit.metrics.values import Value, value_of
from madkit.plot.language import Family

ALL = "all"                # of several loops: side by side
POINTS = 2000              # of a drawn distribution, at most
LEAST = 5                  # and at least
REACH = 4.0                # a drawn point's coordinates lie in [-4, 4]
MODELS = ("mixture", "kde")  # that learn it; the first where none is said
PREFIX = "madkit1:"        # of a state as text
LONGEST = 50_000           # letters of it
PIECES = 200                # that a mail may break it into
DASHES = str.maketrans({"—": "--"} | dict.fromkeys("‐‑–−", "-"))

State = dict[str, Any]


@dataclass(frozen=True)
class Control:
    """A setting, its values in the slider's order, and these in words."""

    name: str
    label: str
    values: tuple[float, ...]
    words: tuple[str, ...]
    ends: tuple[str, ...] = ()           # what its least and its greatest value mean

    def thinned(self, count: int, keep: set[int]) -> Control:
        """At most so many values, spread over all; those in `keep` stay."""
        every = max(1, math.ceil((len(self.values) - 1) / max(1, count - 1)))
        chosen = sorted({*range(0, len(self.values), every), len(self.values) - 1, *keep})
        return replace(self, values=tuple(self.values[i] for i in chosen),
                       words=tuple(self.words[i] for i in chosen))


@dataclass(frozen=True)
class Shown:
    """One loop of the page: how it looks, and the controls that it takes;
    `make(**settings)` is the loop. `law`: what js/engine/loops.js calls it, where it knows it.
    """

    label: str
    look: Family
    takes: tuple[str, ...] = ()
    make: Callable[..., Loop] | None = None
    law: str = ""
    starts: str = ""                     # the setting that is n_ini, too; "": the loop's size is


@dataclass(frozen=True)
class Page:
    """Everything about an explorer that does not move; `truth`: how the cloud panel is drawn."""

    title: str
    generations: int
    loops: tuple[Shown, ...]
    controls: tuple[Control, ...]
    metrics: tuple[Value, ...]
    truth: Mapping[str, Any]
    # {name: {"help": …, setting: value}}
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    choose: str = "loop"
    compare: bool = True
    draw: bool = False
    heavy: bool = False
    offline: bool = False
    seeds: int = 1

    @property
    def grows(self) -> bool:
        """Whether the page makes all its tracks itself, of drawn distributions too."""
        return self.choose != "run" and not self.heavy and all(one.law for one in self.loops)

    def plain(self) -> dict[str, Any]:
        """The page as the browser reads it."""
        return {
            "title": self.title, "generations": self.generations, "choose": self.choose,
            "compare": self.compare, "draw": self.draw, "heavy": self.heavy,
            "offline": self.offline, "truth": dict(self.truth), "seeds": self.seeds,
            "loops": [{"label": one.label, "family": one.look.name, "colour": one.look.colour,
                       "takes": list(one.takes), "law": one.law, "starts": one.starts,
                       "dash": _dash(one.look.line), "marker": MARKERS[one.look.marker]} for one in self.loops],
            "controls": [{"name": c.name, "label": c.label, "values": list(c.values),
                          "words": list(c.words), "ends": list(c.ends)}
                         for c in self.controls],
            "metrics": [{"name": m.name, "label": m.label, "short": m.short, "kind": m.kind,
                         "log": m.log, "range": list(m.limits) if m.limits else None}
                        for m in self.metrics],
            "presets": [{"name": name, "help": preset.get("help", ""), "set": self.places(preset)}
                        for name, preset in self.presets.items()],
        }

    def places(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Settings by value as settings by place; loop, t and unknown names as they are."""
        known = {control.name: control.values for control in self.controls}
        return {name: known[name].index(value) if name in known else value
                for name, value in settings.items() if name != "help"}

    def labels(self) -> list[str]:
        """What the loop of a side may be."""
        return ([ALL] if len(self.loops) > 1 else []) + [one.label for one in self.loops]

    def shown(self, side: Mapping[str, Any]) -> list[Shown]:
        """The loops that a side shows."""
        return [one for one in self.loops if side["loop"] in (ALL, one.label)]

    def settings(self, one: Shown, side: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that a loop takes, by value."""
        return {c.name: c.values[side[c.name]] for c in self.controls if c.name in one.takes}

    def key(self, one: Shown, side: Mapping[str, Any], state: State) -> str:
        """What this loop's track is known by in this state."""
        if self.choose == "run":
            return one.label
        key = f"{one.label}:{','.join(f'{name}{side[name]}' for name in one.takes)}"
        key += f";s{state['seed']}" if state["seed"] else ""
        return key + (f";{_digest(state['drawn'])}" if state["drawn"] else "")

    def keys(self, state: State) -> dict[str, tuple[Shown, Mapping[str, Any]]]:
        """{key: (loop, side)} of all tracks that a state shows."""
        sides = [side for side in (state["A"], state["B"]) if side is not None]
        return {self.key(one, side, state): (one, side) for side in sides
                for one in self.shown(side)}


MARKERS = {"o": "circle", "s": "square", "^": "triangle", "D": "diamond", "X": "diamond"}


def curve(name: str, **own: Any) -> Value:
    """What a curve shows: a value of the table, on a linear axis; `own`: said in its place."""
    return replace(value_of(name), log=False, **own)


def _dash(line: Any) -> list[float]:
    return [] if isinstance(line, str) else list(line[1])


def takes(make: Callable[..., Loop], names: Sequence[str]) -> tuple[str, ...]:
    """Which of these settings a function takes, in the order of `names`;
    n_ini belongs to the run and goes with any loop.
    """
    known = inspect.signature(make).parameters
    every = any(p.kind is p.VAR_KEYWORD for p in known.values())
    return tuple(name for name in names if name in known or name == "n_ini" or every)


def _digest(drawn: Mapping[str, Any]) -> str:
    """What a drawn distribution, and the model that learns it, are known by."""
    return _fnv_of(json.dumps(drawn["points"])) + (";kde" if drawn.get("model") == "kde" else "")


@lru_cache(16)
def _fnv_of(text: str) -> str:
    return fnv(json.loads(text))


def fnv(points: Sequence[Sequence[float]]) -> str:
    """Eight hexadecimal digits of drawn points: FNV-1a over their JSON
    as a browser writes it (2, not 2.0).
    """
    def digits(value: float) -> str:
        return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0", value == 0)

    text = ",".join(f"[{','.join(map(digits, point))}]" for point in points)
    text = f"[{text}]"
    code = 0x811C9DC5
    for byte in text.encode():
        code = (code ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{code:08x}"


# --- states ---------------------------------------------------------------------------------------


def check_state(page: Page, state: Any) -> State:
    """The state, where the page has such a one. ValueError, in words, for anything else."""
    if not isinstance(state, Mapping):
        raise ValueError(f"state: expected a dict, got {type(state).__name__}")
    wanted = {"t", "tab", "A", "B", "drawn", "seed", "speed"}
    if wrong := sorted(wanted ^ set(state), key=repr):
        raise ValueError(f"state: expected exactly {', '.join(sorted(wanted))}, "
                         f"{'not' if wrong[0] in state else 'without'} {wrong[0]!s:.60}")
    _whole("t", state["t"], 1, page.generations)
    _whole("seed", state["seed"], 0, 2**31 - 1)
    _one_of("speed", state["speed"], (1, 2, 4), "1, 2 or 4")
    tabs = ("A", "B") if state["B"] is not None else ("A",)
    _one_of("tab", state["tab"], tabs, "'A', or 'B' where there is a B")
    if state["B"] is not None and not page.compare:
        raise ValueError("state: B expected None, for this page compares nothing, got "
                         f"{short(state['B'])}")
    a = _side(page, "A", state["A"])
    b = None if state["B"] is None else _side(page, "B", state["B"])
    return dict(state) | {"A": a, "B": b, "drawn": _drawn(page, state["drawn"])}


def short(value: Any) -> str:
    """A value in a message, however large it is."""
    try:
        return reprlib.repr(value)
    except ValueError:                                  # a whole number of many thousand digits
        return f"a huge {type(value).__name__}"


def _one_of(name: str, value: Any, options: Sequence[Any], expected: str) -> None:
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    if not plain or value not in options:
        raise ValueError(f"state: {name} expected {expected}, got {short(value)}")


def _whole(name: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"state: {name} expected a whole number from {low} to {high}, got "
                         f"{short(value)}")
    return value


def _side(page: Page, name: str, side: Any) -> dict[str, Any]:
    wanted = {"loop"} | {control.name for control in page.controls}
    if not isinstance(side, Mapping) or set(side) != wanted:
        raise ValueError(f"state: {name} expected the settings {', '.join(sorted(wanted))}, got "
                         f"{short(side)}")
    labels = page.labels()
    _one_of(f"{name}.loop", side["loop"], labels, f"one of {', '.join(labels)}")
    for control in page.controls:
        _whole(f"{name}.{control.name}", side[control.name], 0, len(control.values) - 1)
    return dict(side)


def _drawn(page: Page, drawn: Any) -> dict[str, Any] | None:
    if drawn is None:
        return None
    points = drawn.get("points") if isinstance(drawn, Mapping) else None
    if not page.draw or not isinstance(points, list) or not LEAST <= len(points) <= POINTS:
        got = len(points) if isinstance(points, list) else short(drawn)
        raise ValueError(f"state: drawn expected {LEAST} to {POINTS} points, on a page that can "
                         f"be drawn on, got {got}")
    for point in points:
        if not isinstance(point, list) or len(point) != 2 or not all(map(_coordinate, point)):
            raise ValueError(f"state: a drawn point is two numbers in [-{REACH:g}, {REACH:g}] of "
                             f"two decimals, got {short(point)}")
    if extra := sorted(set(drawn) - {"points", "model"}, key=repr):
        raise ValueError(f"state: drawn expected only points and model, got {short(extra[0])}")
    if "model" in drawn:
        _one_of("drawn.model", drawn["model"], MODELS, " or ".join(MODELS))
    return dict(drawn)


def _coordinate(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and -REACH <= value <= REACH and round(value, 2) == value


def written(state: State) -> str:
    """The state as one line of text, to copy and to restore."""
    plain = json.dumps(state, separators=(",", ":")).encode()
    return PREFIX + base64.urlsafe_b64encode(plain).decode().rstrip("=")


def read(page: Page, text: str) -> State:
    """The state that `written` made into text. ValueError, in words, for text that is none."""
    return check_state(page, parsed(text))


def parsed(text: str) -> Any:
    """What `written` made into text, not yet checked; what a mail puts into and around it is
    overlooked: spaces, line ends, quotes, dashes made long.

    ValueError, in words, for text that is damaged.
    """
    whole = text.translate(DASHES).replace("%3A", ":") if isinstance(text, str) else ""
    if PREFIX not in whole:
        raise ValueError(f"state: expected text that begins with {PREFIX}, got {short(text)}")
    _, _, code = whole.partition(PREFIX)
    if len(code) > LONGEST:
        raise ValueError(f"state: expected at most {LONGEST:,} letters, got {len(code):,}")
    parts = re.split(r"[^\w-]+", code, flags=re.ASCII)
    for many in range(min(len(parts), PIECES), 0, -1):
        with contextlib.suppress(ValueError, RecursionError):   # of base64, text, JSON; or nested
            body = "".join(parts[:many])
            return json.loads(base64.b64decode(body + "=" * (-len(body) % 4), b"-_", True))
    raise ValueError("state: the text is damaged; copy it again, whole")
