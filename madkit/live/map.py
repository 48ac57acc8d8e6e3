"""The phase map: a map of what synthetic rows are worth, and the loop of the cell that one clicks.

    mk.phase_map()                                    λ = 0.85, d = 100; 250 real and 1,000 synthetic rows
    mk.phase_map(lam=1.0, dim=10, n_r=20, n_s=500)    another place to start

The page computes theory on its own, so λ moves without a kernel. A click asks for the cell's loop
by the exact law: a few seeds at once, then more while the cell stays. Callbacks may come on another
thread while a cell runs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import traitlets

from madkit.base.checks import Count, Unit
from madkit.base.gate import gate
from madkit.live.scenes import map_still, phases
from madkit.live.shell import PageShell, Render, is_live
from madkit.live.widget import Widget

REST = 0.15  # seconds before further seeds are drawn: a drag passes many cells


@gate
def phase_map(
    lam: Unit = 0.85,                                 # sampling bias λ, 0.5 to 1 in steps of 0.01
    dim: Count = 100,                                 # d of the truth N(0, I): 5, 10, 30 or 100
    n_r: int = 250,                                   # real rows a generation, d to 10 d
    n_s: int = 1000,                                  # synthetic rows a generation, d to 100 d
    *,
    generations: Count = 40,                          # of the loop that is shown
    presets: Mapping[str, Mapping[str, Any]] | None = None,  # {name of a button: {setting: value}};
                                                             # None: cells of the paper
    title: str = "",
    render: Render = "auto",                          # "auto": live
                                                      # in a Jupyter server, static elsewhere
    key: str = "",                                    # tells apart several maps that one cell makes
) -> PhaseMap:
    """Where does synthetic data help? n_e/n_r over n_r and n_s, and the loop of a cell;
    the last line of a cell shows it.

    n_e is the number of real rows that alone do as well as the loop in its limit: blue where
    n_e > n_r, synthetic rows help; red where they harm. Click or drag on the map, or move with the
    arrow keys; λ redraws it. ValueError for settings outside.
    """
    state = {"dim": dim, "lam": lam, "n_r": n_r, "n_s": n_s, "simulated": False}
    buttons = phases.PRESETS if presets is None else presets
    for name, preset in buttons.items():
        _check_preset(name, phases.settings(preset), state)
    page = phases.plain(generations, buttons, title)
    return PhaseMap(page, phases.check(state), live=is_live(render), key=key)


def _check_preset(name: str, preset: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    if wrong := sorted(set(preset) - set(phases.FIELDS)):
        raise ValueError(f"presets: {name!r} sets {wrong[0]!r}, expected some of "
                         f"{', '.join(phases.FIELDS)}")
    try:
        phases.check({**state, **preset})
    except ValueError as error:
        raise ValueError(f"presets: {name!r}: {error}") from None


class _Widget(Widget, script="phase_map"):
    """What the browser and the kernel share; see js/map/index.js."""

    track = traitlets.Dict().tag(sync=True)
    status = traitlets.Dict({"kind": "", "text": ""}).tag(sync=True)


@gate
class PhaseMap(PageShell):
    """What `phase_map` returns. `state`: the cell shown, to read and to set;
    `caption`: in words; `close()`: let go.
    """

    NAME, TITLE = "phase map", "What is synthetic data worth?"

    def __init__(self, page: dict[str, Any], state: phases.State, live: bool, key: str):
        super().__init__(state)
        self.page = page
        self.generations: int = page["generations"]
        self._tracks: dict[str, dict[str, Any]] = {}
        self._turn = threading.RLock()
        track = self._track(state, phases.FIRST if live else phases.SEEDS)
        if live:
            self._open(key, lambda: _Widget(page=page, state=state, track=track))
            self.widget.observe(self._moved, "state")
            self._refine()

    # what is shown

    @property
    def track(self) -> dict[str, Any]:
        """The simulated loop of the cell: {"t": generations, "w2": W2² of each seed,
        "rows": (n_e, error) of the last}.
        """
        with self._turn:
            return self._tracks[phases.key(self._state)]

    @property
    def caption(self) -> str:
        """What is shown, in words with its numbers."""
        with self._turn:
            return phases.caption(self._state, self.track, self.generations)

    # moving

    def _moved(self, change: Any) -> None:
        """A new state from the browser: on whatever thread its message came."""
        if (state := self._valid(change["new"])) is None:
            return
        try:
            self._show(state)
        except Exception as error:
            self._refuse(error)

    def _show(self, state: phases.State) -> None:
        with self._turn:
            self._state = state
            track = self._track(state, phases.FIRST if self.widget is not None else phases.SEEDS)
            if self.widget is not None:
                self.widget.track = track
                if self.widget.status["kind"]:
                    self._say("", "")
                self._refine()

    def _track(self, state: phases.State, seeds: Mapping[int, int]) -> dict[str, Any]:
        """The track of a cell, of so many seeds by d, or of those that it has already."""
        key = phases.key(state)
        if key not in self._tracks:
            self._tracks[key] = phases.track(state, self.generations, range(seeds[state["dim"]]))
        return self._tracks[key]

    def _refine(self) -> None:
        """More seeds, for as long as the cell stays."""
        if not any(thread.is_alive() for thread in self._threads):
            self._threads = [threading.Thread(target=self._grow, daemon=True)]
            self._threads[0].start()

    def _grow(self) -> None:
        try:
            while self._rested() and (state := self._unfinished()) is not None:
                before = self._tracks[phases.key(state)]
                # few at a time: the next click shall not wait long
                many = max(1, phases.FIRST[state["dim"]] // 2)
                seeds = range(len(before["w2"]), len(before["w2"]) + many)
                track = phases.track(state, self.generations, seeds, before)
                with self._turn:
                    self._tracks[track["key"]] = track
                    if self.widget is not None and self._state == state:
                        self.widget.track = track
        except Exception as error:
            self._say("error", f"{type(error).__name__}: {error}")

    def _rested(self) -> bool:
        """Wait until the state has not moved for a while; False once the map is closed."""
        state = None
        while self.widget is not None and state != self._state:
            state = self._state
            if len(self._tracks[phases.key(state)]["w2"]) == phases.FIRST[state["dim"]]:
                time.sleep(REST)
        return self.widget is not None

    def _unfinished(self) -> phases.State | None:
        """The state shown, where its track has not all its seeds; else this thread is done,
        and the next move starts another.
        """
        with self._turn:
            state = self._state
            if len(self._tracks[phases.key(state)]["w2"]) < phases.SEEDS[state["dim"]]:
                return state
            self._threads = []
            return None

    def _say(self, kind: str, text: str) -> None:
        if self.widget is not None:
            self.widget.status = {"kind": kind, "text": text}

    def _refuse(self, error: Exception) -> None:
        self._say("error", f"This cell cannot be shown. {type(error).__name__}: {error}")

    # what the shell asks

    def _check(self, state: Any) -> phases.State:
        return phases.check(state)

    def _read(self, text: str) -> phases.State:
        return phases.read(text)

    def _still(self) -> dict[str, str]:
        return map_still.picture(self._state, self.track, self.page["simulated"], self.generations)

    def _offline(self) -> dict[str, Any]:
        """The page with the simulated tracks of the start and of every preset."""
        states = [self._state | preset["set"] for preset in self.page["presets"]]
        tracks = {phases.key(state): map_still.rounded(self._track(state, phases.SEEDS))
                 for state in [self._state, *states]}
        page = self.page | {"offline": True, "tracks": tracks}
        return {"script": "phase_map", "page": page, "state": self._state, "scene": ""}


__all__ = ["PhaseMap", "phase_map"]
