"""The explorer: loops side by side, their curves and their composition,
in a page that answers while a slider moves.

    mk.explore()                                                     three loops, a Gaussian, sliders for p, λ and n
    mk.explore(mk.fresh_data, n=100, p=0.1, lam=0.8)                 one loop; a slider for each setting given
    mk.explore({"mine": my_loop, "theirs": mk.accumulate}, n=100)    loops of your own, as functions of settings
    mk.explore(mk.recorded("fig06_fully_synthetic"))                 runs made before, of any model
    mk.explore(mk.fresh_data, n=500, p=0.1, model=mk.models.Flow(), truth=mk.data.moons())      a Run button, and time

The page draws on its own, and makes the tracks (see `madkit.live.scenes`) of the named loops itself
when a setting changes; of other loops Python sends them. Callbacks may come on another thread while a cell runs;
nothing here touches a global random generator.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import traitlets

from madkit.base.checks import Count, shown
from madkit.base.foreign import Truthful
from madkit.base.gate import gate
from madkit.live.scenes import growing, offline, still
from madkit.live.scenes.pack import Track, pack
from madkit.live.scenes.page import ALL, Page, State, check_state, read
from madkit.live.scenes.words import caption
from madkit.live.shell import EXPLORER, PageShell, Render, is_live
from madkit.live.sources import of_loops, of_runs, start
from madkit.live.widget import Widget
from madkit.record import Run
from madkit.steps import Model

KEPT = 200  # tracks that are not computed again; the page keeps more

STALE = "Press Run to train this setting."


@gate
def explore(
    what: Any = None,                         # None: the three loops; a loop function;
                                              # {label: loop function}; Run; {label: Run}
    *,
    t: Count | None = None,                   # the generation to start at; None: 10, or the last
    metrics: str | Iterable[str] | None = None,  # curves, one or two: "trace",
                                                 # "w2_squared", … (runs: of their table)
    dim: Count = 2,                           # 1: densities, 2: ellipses
    generations: Count = 50,                  # how many the slider has
    seeds: int = 200,                         # how many the curves show
    model: Model | None = None,               # with `truth`: a model, trained when Run
                                              # is pressed, instead of the exact law
    truth: Truthful | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,  # {name of a button: {setting: value}}
    title: str = "",
    render: Render = "auto",                  # "auto": live in a Jupyter server, static elsewhere
    key: str = "",                            # tells apart several explorers that one cell makes
    **settings: Any,                          # where the sliders start: n=100, p=0.1,
                                              # lam=0.8, … (or Slider, Choice)
) -> Explorer:
    """Watch self-consuming loops: press play, move λ, p and n, compare A with B;
    the last line of a cell shows it.

    Loops are functions of the settings they take. Without a model, a Gaussian is fitted to N(0, I)
    by the exact law, all seeds anew at every move. `explorer.state` can be read, set and copied;
    `explorer.run` is the Run behind the picture. A value that a slider lacks is added to it.
    ValueError for settings that no loop takes or that are no numbers; TypeError for anything else.
    """
    if not isinstance(metrics, str | Iterable | None):
        raise TypeError(f"metrics: expected names, such as \"trace\", got {shown(metrics)}")
    chosen = (metrics,) if isinstance(metrics, str) else None if metrics is None else tuple(metrics)
    source: Any
    several = what.values() if isinstance(what, Mapping) else ()
    if isinstance(what, Run) or any(isinstance(one, Run) for one in several):
        if settings:
            raise ValueError(f"explore: runs are made, and take no settings, got "
                             f"{next(iter(settings))!r}; settings go with a loop, as in "
                             "mk.explore(mk.fresh_data, n=100)")
        page, source = of_runs(what, chosen, title)
    else:
        page, source = of_loops(what, settings, presets, chosen, dim, generations, seeds,
                                model, truth, title)
    t = min(10, page.generations) if t is None else t
    state = {"t": t, "tab": "A", "A": start(page, settings), "B": None, "drawn": None,
             "seed": 0, "speed": 1}
    return Explorer(page, source, check_state(page, state), live=is_live(render), key=key)


# --- the widget -----------------------------------------------------------------------------------


class _Widget(Widget, script="explorer"):
    """What the browser and the kernel share; see js/explorer/index.js."""

    HEARD = {"state": dict, "go": int, "stop": int}
    scene = traitlets.Bytes().tag(sync=True)             # the first tracks; the page asks for more
    status = traitlets.Dict({"kind": "", "text": "", "share": None}).tag(sync=True)
    go = traitlets.Int(0).tag(sync=True)
    stop = traitlets.Int(0).tag(sync=True)


@gate
class Explorer(PageShell):
    """What `explore` returns. `state`: what is shown, to read and to set;
    `run`: the Run behind it; `close()`: let go.
    """

    NAME, TITLE = "explore", "Self-consuming loops"

    def __init__(self, page: Page, source: Any, state: State, live: bool, key: str):
        super().__init__(state)
        self.page, self.source = page, source
        self._known: dict[str, Track] = {}
        self._turn = threading.Lock()
        self._turns = 0  # runs under way stop when a newer state is asked for
        tracks = [] if page.heavy else self._tracks(state)
        if live:
            given = {"page": page.plain(), "state": state, "scene": pack(tracks)}
            if page.heavy:
                given["status"] = {"kind": "stale", "text": STALE, "share": None}
            self._open(key, lambda: _Widget(**given))
            self.widget.observe(self._moved, "state")
            self.widget.on_msg(self._asked)
            self.widget.observe(lambda _: self._start(), "go")
            self.widget.observe(lambda _: self._stop(), "stop")

    # what is shown

    @property
    def caption(self) -> str:
        """What is shown, in a sentence with its numbers:
        the picture's caption and text alternative.
        """
        if not self._all():
            return still.alternative(self.page, self._state)
        return caption(self.page, self._state, self._known)

    @property
    def run(self) -> Run | dict[str, Run]:
        """The Run behind the picture, {label: Run} where several loops are shown:
        numbers, and what they were made of.

        On a drawn distribution its rows are those that the page drew; where it has not come to an
        end, the kernel draws them, and the page shows these.
        """
        if self._made_by_page(self._state):
            self._draw()
        runs = self.source.run(self.page, self._state)
        if not runs:
            raise ValueError("explorer.run: nothing has been run yet; press Run")
        return next(iter(runs.values())) if len(runs) == 1 else runs

    # moving

    def _moved(self, change: Any) -> None:
        """A new state from the browser: on whatever thread its message came."""
        if (state := self._valid(change["new"])) is None:
            return
        with self._turn:
            try:
                self._show(state)
            except Exception as error:
                self._refuse(error)

    def _asked(self, _: Any, question: dict[str, Any], __: Any) -> None:
        """Tracks that the page lacks, or rows that it made."""
        if "made" in question:
            return self._take(question["made"])
        with self._turn:
            there: list[Track] = []
            try:
                state, keys = self._question(question)
                if not self.page.heavy and not state["drawn"]:
                    self._tracks(state)
                there = [self._known[key] for key in keys if key in self._known]
            except Exception as error:
                if question.get("shown") is True:
                    self._refuse(error)
            finally:
                self._send(there, answer=True)

    def _question(self, question: dict[str, Any]) -> tuple[State, list[str]]:
        """The state and the keys that a page asks about."""
        keys = question.get("keys")
        if not isinstance(keys, list) or len(keys) > KEPT:
            raise ValueError(f"keys: expected a list of at most {KEPT}, got {shown(keys)}")
        if not all(isinstance(key, str) for key in keys):
            raise ValueError(f"keys: expected names of tracks, got {shown(keys)}")
        return check_state(self.page, question.get("state")), keys

    def _send(self, tracks: list[Track], answer: bool = False) -> None:
        if self.widget is not None:
            self.widget.send({"answer": answer}, [pack(tracks)])

    def _show(self, state: State) -> None:
        if state != self._state and self.widget is not None and self.widget.status["kind"] == "error":
            self._say("", "")
        if not state["drawn"] and not self.page.heavy:
            self._halt()                                # what was drawn before is not waited for
            self._tracks(state)                         # there before the state is
        self._state = state
        missing = [key for key, (one, _) in self.page.keys(state).items()
                   if key not in self._known and not (one.law and self._made_by_page(state))]
        if not missing:
            return
        if self.page.heavy:
            self._say("stale", STALE)
        else:
            self._begin(state, missing)

    def _made_by_page(self, state: State) -> bool:
        """Whether the page, and not the kernel, draws the rows of loops whose law it knows."""
        return self.widget is not None and bool(state["drawn"])

    def _take(self, made: Any) -> None:
        """Rows that the page made; where the kernel has drawn some already, these are shown."""
        with self._turn:
            try:
                state = check_state(self.page, made["state"])
                if not state["drawn"] or (key := made["key"]) not in self.page.keys(state):
                    raise ValueError(f"key: expected a drawn loop's, got {shown(key)}")
                if (known := self.source.track(key)) and not self.source.grown(key):
                    return self._send([known])
                self.source.growing(self.page, state, key, rows=made["rows"], tested=made["real"])
                self._known.pop(key, None)
            except Exception as error:
                self._say("error", "What this page drew is not what the kernel knows; run the cell "
                                   f"again. {type(error).__name__}: {error}")

    def _draw(self) -> None:
        """Draw, here and now, what the page has not come to the end of, and show that."""
        state = self._state
        with self._turn:
            keys = [self.page.key(one, state[state["tab"]], state)
                    for one in self.page.shown(state[state["tab"]]) if one.law]
            lacks = [key for key in keys if self.source.track(key) is None]
            under_way = [self.source.growing(self.page, state, key) for key in lacks]
            for _ in growing.together(under_way):
                pass
            self._known |= {one.key: one.track() for one in under_way}
            self._send([self._known[key] for key in lacks])

    def _tracks(self, state: State) -> list[Track]:
        """The tracks of a state that are not known yet, by the exact law or as stored."""
        missing = [key for key in self.page.keys(state) if key not in self._known]
        made = self.source.tracks(self.page, state, missing) if missing else []
        self._known |= {track["key"]: track for track in made}
        while len(self._known) > KEPT:
            self._known.pop(next(iter(self._known)))
        return made

    def _say(self, kind: str, text: str, share: float | None = None) -> None:
        if self.widget is not None:
            said: dict[str, Any] = {"kind": kind, "text": text, "share": share}
            self.widget.status = said
        elif kind == "error":
            raise ValueError(text)

    def _refuse(self, error: Exception) -> None:
        self._say("error", f"This setting cannot be shown. {type(error).__name__}: {error}")

    # runs that take time

    def _start(self) -> None:
        with self._turn:
            lacks = [key for key in self.page.keys(self._state) if key not in self._known]
            self._begin(self._state, lacks)

    def _halt(self) -> None:
        self._turns += 1
        for thread in self._threads:
            thread.name = "stopped"

    def _stop(self) -> None:
        self._halt()
        self._say(*self._stopped)

    def _begin(self, state: State, keys: list[str]) -> None:
        before = [one for one in self._threads if one.is_alive()]
        if before and before[-1].name == ";".join(keys):
            return  # these are under way: only the generation shown has moved
        self._turns += 1
        thread = threading.Thread(target=self._work, args=(state, keys, self._turns, before),
                                  name=";".join(keys), daemon=True)
        self._threads = [*before, thread]
        thread.start()

    def _work(self, state: State, keys: list[str], asked: int,
              before: list[threading.Thread]) -> None:
        """Grow these tracks, and show every generation;
        a newer request ends it between two generations.
        """
        for thread in before:                           # a track is grown by one thread at a time
            thread.join()
        try:
            under_way = [self.source.growing(self.page, state, key) for key in keys]
            for t in growing.together(under_way):
                if asked != self._turns:
                    return self._rest(*self._stopped)
                self._send([one.track() for one in under_way])
                if self.widget is not None:
                    last = self.page.generations
                    self._say("progress", f"generation {t} of {last}", t / last)
            self._known |= {one.key: one.track() for one in under_way}
            self._rest("", "")
        except Exception as error:
            self._say("error", f"{type(error).__name__}: {error}")

    @property
    def _stopped(self) -> tuple[str, str]:
        return ("stale", "Stopped; Run goes on from here.") if self.page.heavy else ("", "")

    def _rest(self, kind: str, text: str) -> None:
        """Say this in the place of this thread's progress; an error,
        or what a newer run says, stays.
        """
        waits = self.widget is not None and self.widget.status["kind"] == "progress"
        if waits and self._threads[-1] is threading.current_thread():
            self._say(kind, text)

    def close(self) -> None:
        """Let go of the widget and what runs for it; the picture stays."""
        self._turns += 1
        super().close()
        self._forget()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        shown = super()._repr_mimebundle_(include, exclude)
        self._forget()                                  # a notebook holds all that it ever showed
        return shown

    @property
    def _is_cheap(self) -> bool:
        """Whether the tracks of the state can be made again at any time."""
        return not self.page.heavy and not self._state["drawn"]

    def _forget(self) -> None:
        """Let go of tracks that nobody moves through and that can be made again."""
        with self._turn:
            if self.widget is None and self._is_cheap:
                self._known.clear()

    # what the shell asks

    def _check(self, state: Any) -> State:
        return check_state(self.page, state)

    def _read(self, text: str) -> State:
        return read(self.page, text)

    def _still(self) -> dict[str, str]:
        return offline.picture(self.page, self._state, self._all())

    def _offline(self, light: bool = False) -> dict[str, Any] | None:
        tracks = self._all()
        if not tracks and not self.page.grows:
            return None
        return offline.embedded(self.page, self._state, self.source, tracks, light)

    def _in_report(self) -> dict[str, Any]:
        picture = offline.picture(self.page, self._state, self._all(), light=True)
        data = self._offline(light=True)
        return {**picture, **({EXPLORER: data} if data else {})}

    def _all(self) -> list[Track]:
        if self._is_cheap:
            self._tracks(self._state)
        for key in self.page.keys(self._state):
            if key not in self._known and (made := self.source.track(key)):
                self._known[key] = made
        return [self._known[key] for key in self.page.keys(self._state) if key in self._known]


__all__ = ["ALL", "Explorer", "explore"]
