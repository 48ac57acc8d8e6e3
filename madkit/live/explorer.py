"""The explorer: loops side by side, their curves and their diet, in a page that answers while a slider moves.

    mk.explore()                                                     three loops, a Gaussian, sliders for p, λ and n
    mk.explore(mk.fresh_data, n=100, p=0.1, lam=0.8)                 one loop; a slider for each setting given
    mk.explore({"mine": my_loop, "theirs": mk.accumulate}, n=100)    loops of your own, as functions of settings
    mk.explore(mk.recorded("fig06_fully_synthetic"))                 runs made before, of any model
    mk.explore(mk.fresh_data, n=500, p=0.1, model=mk.models.Flow(), truth=mk.data.moons())      a Run button, and time

The page draws on its own: Python sends tracks (see `madkit.scenes`) when a setting changes, and nothing when only the
generation does. Callbacks may come on another thread while a cell runs; nothing here touches a global random generator.
"""

from __future__ import annotations

import html
import inspect
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import anywidget
import traitlets

from madkit import exact, inline, models
from madkit import page as pages
from madkit.live.controls import KNOWN, Choice, Slider
from madkit.live.views import Render, _cell, _live
from madkit.loops import Loop, Source, check_model_methods, fresh_data, fully_synthetic, initial_rows, synthetic_augmentation
from madkit.plot.language import family, looks
from madkit.record import Run
from madkit.scenes import gaussian, growing, offline, still, stored
from madkit.scenes.pack import Track, pack
from madkit.scenes.page import ALL, Control, Metric, Page, Shown, State, check_state, read, takes, written
from madkit.scenes.words import summary

STATIC = Path(__file__).parent.parent / "static"
SIDE_BY_SIDE = 4                                      # loops or runs that are shown at once, at first
KEPT = 400                                            # tracks that are not computed again
LOOPS: dict[str, Callable[..., Loop]] = {
    "fully synthetic": fully_synthetic,
    "augmentation": lambda n, lam: synthetic_augmentation(n, lam),
    "fresh data": fresh_data,
}
PRESETS: dict[str, dict[str, Any]] = {
    "mad cow": {"help": "no fresh data, no bias, few rows: the herd eats itself", "n": 20, "p": 0.0, "lam": 1.0},
    "just enough hay": {"help": "one row in five is fresh", "n": 100, "p": 0.2, "lam": 1.0},
    "cherry-picking": {"help": "only the most typical samples are passed on, λ = 0.7", "n": 100, "p": 0.1, "lam": 0.7},
    "photocopier": {"help": "many rows, an honest copy of a copy: slow, and never back", "n": 1000, "p": 0.0, "lam": 1.0},
    "rescue": {"help": "half of the rows are fresh, though the rest is biased", "n": 100, "p": 0.5, "lam": 0.7},
}
OPEN: dict[tuple[str, str], Explorer] = {}            # the live explorer of each (cell, key)


def explore(
    what: Any = None,                         # None: the three loops; a loop function; {label: loop function}; Run; {label: Run}
    *,
    t: int | None = None,                     # the generation to start at; None: 10, or the last
    metrics: str | Iterable[str] | None = None,  # curves, one or two: "trace", "w2_squared", … (runs: of their table)
    dim: int = 2,                             # 1: densities, 2: ellipses
    generations: int = 50,
    seeds: int = 200,
    model: Any = None,                        # with `truth`: a model, trained when Run is pressed, instead of the exact law
    truth: Any = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,  # {name of a button: {setting: value}}
    title: str = "",
    render: Render = "auto",                  # "auto": live in a Jupyter server, static elsewhere
    key: str = "",                            # tells apart several explorers that one cell makes
    **settings: Any,                          # where the sliders start: n=100, p=0.1, lam=0.8, … (or Slider, Choice)
) -> Explorer:
    """Watch self-consuming loops: press play, move λ, p and n, compare A with B; the last line of a cell shows it.

    Loops are functions of the settings they take. Without a model, a Gaussian is fitted to N(0, I) by the exact law, all
    seeds anew at every move. `explorer.state` can be read, set and copied; `explorer.run` is the Run behind the picture.
    ValueError for settings that no loop takes, or values that a slider does not have; TypeError for anything else.
    """
    chosen = (metrics,) if isinstance(metrics, str) else None if metrics is None else tuple(metrics)
    if isinstance(what, Run) or isinstance(what, Mapping) and any(isinstance(one, Run) for one in what.values()):
        page, source = cast(tuple[Page, Any], _stored(what, chosen, title))
    else:
        page, source = _loops(what, settings, presets, chosen, dim, generations, seeds, model, truth, title)
    t = min(10, page.generations) if t is None else t
    state = {"t": t, "tab": "A", "A": _start(page, settings), "B": None, "drawn": None, "seed": 0, "speed": 1}
    return Explorer(page, source, check_state(page, state), live=_live(render), place=(_cell(), key))


def _stored(what: Run | Mapping[str, Run], chosen: tuple[str, ...] | None, title: str) -> tuple[Page, _Stored]:
    runs = {"run": what} if isinstance(what, Run) else dict(what)
    for label, run in runs.items():
        if not isinstance(run, Run):
            raise TypeError(f"explore: expected runs only, or loops only, got {label!r}: {type(run).__name__}")
    known = stored.metrics(list(runs.values()), chosen)
    seen = looks([run.spec["loop"] for run in runs.values()])
    shown = tuple(Shown(label, look) for label, look in zip(runs, seen, strict=True))
    last = max(int(run.table.generation.max()) for run in runs.values())
    seeds = max(run.table.seed.nunique() for run in runs.values())
    page = Page(title, last, shown, (), known, stored.window(list(runs.values())), choose="run", compare=len(runs) > 1,
                seeds=seeds)
    return page, _Stored(runs, known)


def _loops(what: Any, settings: Mapping[str, Any], presets: Mapping[str, Mapping[str, Any]] | None,
           chosen: tuple[str, ...] | None, dim: int,
           generations: int, seeds: int, model: Any, truth: Any, title: str) -> tuple[Page, _Computed]:
    given = dict(settings)
    if what is None:
        what, given = LOOPS, {"n": 100, "p": 0.1, "lam": 0.8} | given
        presets = PRESETS if presets is None and set(given) == {"n", "p", "lam"} else presets
    made = what if isinstance(what, Mapping) else {"": what}
    if not made or not all(callable(one) and not isinstance(one, Source) for one in made.values()):
        raise TypeError(f"explore: expected a loop function, such as mk.fresh_data, {{label: loop function}}, a Run or "
                        f"{{label: Run}}, got {what!r}; a loop itself is wrapped as lambda: loop")
    if (model is None) != (truth is None):
        raise ValueError("explore: expected model and truth together, or neither")
    controls = tuple(_control(name, value, presets or {}) for name, value in given.items())
    start = {c.name: c.values[i] for c, i in zip(controls, _places(controls, given), strict=True)}
    shown = []
    for label, make in made.items():
        names = takes(make, list(given))
        loop = make(**{name: value for name, value in start.items() if name in names and name in _parameters(make)})
        shown.append(Shown(str(label) or family(repr(loop)).name, family(repr(loop)), names, make))
    if unused := [name for name in given if not any(name in one.takes for one in shown)]:
        raise ValueError(f"explore: no loop takes {unused[0]!r}, expected some of "
                         f"{', '.join(sorted({p for make in made.values() for p in _parameters(make)} | {'n_ini'}))}")
    exactly = model is None
    if exactly and dim not in (1, 2):
        raise ValueError(f"dim: expected 1 (densities) or 2 (ellipses), got {dim!r}")
    if exactly:
        names = chosen or ("trace", "w2_squared")
        if wrong := [name for name in names if name not in gaussian.METRICS]:
            raise ValueError(f"metrics: expected some of {', '.join(gaussian.METRICS)}, got {wrong[0]!r}")
        known = tuple(gaussian.METRICS[name] for name in names) + (growing.METRICS if dim == 2 else ())   # those of what is drawn
        where: dict[str, Any] = {"kind": "gaussian", "dim": dim, "half": 4.0}
    else:
        check_model_methods(model)
        known, seeds = growing.METRICS, min(seeds, 1)
        where = _window(truth)
    page = Page(title, generations, tuple(shown), controls, known, where, presets or {}, draw=exactly and dim == 2,
                heavy=not exactly, seeds=seeds)
    for name, preset in (presets or {}).items():
        _check_preset(page, name, preset)
    return page, _Computed(page, dim, model, truth)


def _window(truth: Any) -> dict[str, Any]:
    x = truth.test(1000, 0).x
    if x.ndim == 2 and x.shape[1] == 2:
        low, high = x.min(0).values, x.max(0).values
        half = 0.6 * (high - low).max().item()
        a, b = ((low + high) / 2).tolist()
        return {"kind": "rows", "window": [a - half, a + half, b - half, b + half], "real": x[:300].double().round(decimals=3).tolist()}
    raise ValueError(f"explore: expected a truth of rows of two numbers, got rows of shape {tuple(x.shape[1:])}; "
                     "run it with mk.run, and explore the Run")


def _parameters(make: Callable[..., Loop]) -> list[str]:
    return list(inspect.signature(make).parameters)


def _control(name: str, value: Any, presets: Mapping[str, Mapping[str, Any]]) -> Control:
    known = value if isinstance(value, Slider | Choice) else KNOWN.get(name)
    if known is None:
        raise ValueError(f"explore: no slider is known for {name!r} (only for {', '.join(KNOWN)}); "
                         f"give one: {name}=mk.live.Slider(label, value, low, high, step)")
    extra = {preset[name] for preset in presets.values() if name in preset} | ({value} - {known} if known is not value else set())
    if isinstance(known, Choice):
        values = sorted({*known.options, *extra})
    else:
        steps = round((known.high - known.low) / known.step)
        values = sorted({*(round(known.low + i * known.step, 10) for i in range(steps + 1)), *extra})
    return Control(name, known.label.partition(" (")[0], tuple(values), tuple(_words(name, v) for v in values))


def _words(name: str, value: float) -> str:
    if name == "p":
        return f"{100 * value:g} %"
    return "1 (none)" if name == "lam" and value == 1 else f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _places(controls: Iterable[Control], given: Mapping[str, Any]) -> list[int]:
    at = {name: value.value if isinstance(value, Slider | Choice) else value for name, value in given.items()}
    return [control.values.index(at[control.name]) if control.name in at else 0 for control in controls]


def _start(page: Page, settings: Mapping[str, Any]) -> dict[str, Any]:
    given = {"n": 100, "p": 0.1, "lam": 0.8} | dict(settings)
    places = zip(page.controls, _places(page.controls, given), strict=True)
    return {"loop": page.labels()[0 if len(page.loops) <= SIDE_BY_SIDE else 1]} | {control.name: i for control, i in places}


def _check_preset(page: Page, name: str, preset: Mapping[str, Any]) -> None:
    known = {control.name for control in page.controls} | {"t", "loop", "help"}
    if wrong := sorted(set(preset) - known):
        raise ValueError(f"presets: {name!r} sets {wrong[0]!r}, expected some of {', '.join(sorted(known))}")


# --- where tracks come from ----------------------------------------------------------------------------------------


class _Stored:
    """Runs made before."""

    def __init__(self, runs: dict[str, Run], metrics: tuple[Metric, ...]):
        self.runs = runs
        self.all = {label: stored.track(run, label, metrics) for label, run in runs.items()}

    def tracks(self, page: Page, state: State, keys: Iterable[str]) -> list[Track]:
        """All of them: they are sent once."""
        return list(self.all.values())

    def run(self, page: Page, state: State) -> dict[str, Run]:
        return {one.label: self.runs[one.label] for one in page.shown(state[state["tab"]])}


class _Computed:
    """Loops of a Gaussian by the exact law; of a model given, or on what was drawn, generation by generation."""

    def __init__(self, page: Page, dim: int, model: Any, truth: Any):
        self.dim, self.model, self.truth = dim, model, truth
        self.records: dict[str, growing.Growing] = {}

    def seeds(self, page: Page, state: State) -> range:
        return range(state["seed"], state["seed"] + page.seeds)

    def tracks(self, page: Page, state: State, keys: Iterable[str]) -> list[Track]:
        """The tracks of these keys, by the exact law."""
        wanted = [(key, *page.keys(state)[key]) for key in keys]
        made = [self.loop(page, one, side) for _, one, side in wanted]
        return gaussian.tracks([loop for loop, _ in made], [n_ini for _, n_ini in made],
                               [(key, one.label) for key, one, _ in wanted], dim=self.dim,
                               generations=page.generations, seeds=self.seeds(page, state),
                               metrics=_exact(page))

    def loop(self, page: Page, one: Shown, side: Mapping[str, Any]) -> tuple[Loop, int | None]:
        """The loop of a side's settings, and n_ini where that is one of them."""
        settings, make = page.settings(one, side), cast(Callable[..., Loop], one.make)
        n_ini = settings.pop("n_ini", None) if "n_ini" not in _parameters(make) else None
        return make(**settings), n_ini

    def growing(self, page: Page, state: State, key: str) -> growing.Growing:
        """The run under way of this key."""
        if key not in self.records:
            one, side = page.keys(state)[key]
            loop, n_ini = self.loop(page, one, side)
            if state["drawn"]:
                model, truth = models.Mixture(k=8), growing.drawn(tuple(map(tuple, state["drawn"]["points"])))
            else:
                model, truth = self.model, self.truth
            seeds, judged = [state["seed"]], [metric.name for metric in page.metrics]
            self.records[key] = growing.Growing(key, one.label, model, loop, truth, page.generations, seeds, n_ini, judged)
        return self.records[key]

    def run(self, page: Page, state: State) -> dict[str, Run]:
        side, runs = state[state["tab"]], {}
        for one in page.shown(side):
            key = page.key(one, side, state)
            if key in self.records:
                runs[one.label] = self.records[key].run()
            elif not page.heavy and not state["drawn"]:
                loop, n_ini = self.loop(page, one, side)
                runs[one.label] = exact.run(loop, self.dim, generations=page.generations, seeds=self.seeds(page, state),
                                            n_ini=initial_rows(loop) if n_ini is None else n_ini, device="cpu",
                                            metrics=_exact(page))
        return runs


def _exact(page: Page) -> list[str]:
    return [metric.name for metric in page.metrics if metric.name in gaussian.METRICS]


# --- the widget ----------------------------------------------------------------------------------------------------


class _Widget(anywidget.AnyWidget):
    """What the browser and the kernel share; see explorer.js."""

    _esm = STATIC / "explorer.js"
    _css = STATIC / "explorer.css"
    page = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True, echo_update=False)
    scene = traitlets.Bytes().tag(sync=True)
    said = traitlets.Dict({"kind": "", "text": "", "share": None}).tag(sync=True)
    go = traitlets.Int(0).tag(sync=True)
    stop = traitlets.Int(0).tag(sync=True)


class Explorer:
    """What `explore` returns. `state`: what is shown, to read and to set; `run`: the Run behind it; `close()`: let go."""

    def __init__(self, page: Page, source: Any, state: State, live: bool, place: tuple[str, str]):
        self.page, self.source, self._state = page, source, state
        self._known: dict[str, Track] = {}
        self._turn = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._asked = 0                                 # runs under way stop when a newer state is asked for
        self.widget: _Widget | None = None
        tracks = [] if page.heavy else self._tracks(state)
        if live:
            if place in OPEN:
                OPEN.pop(place).close()
            OPEN[place] = self
            stale = {"kind": "stale", "text": "Press Run to train this setting.", "share": None}
            self.widget = _Widget(page=page.plain(), state=state, scene=pack(tracks), **({"said": stale} if page.heavy else {}))
            self.widget.observe(self._moved, "state")
            self.widget.observe(lambda _: self._start(), "go")
            self.widget.observe(lambda _: self._stop(), "stop")

    # what is shown

    @property
    def state(self) -> State:
        """The state shown: a dict of plain values. Setting it moves the picture; ValueError for a state that there is not."""
        return dict(self._state)

    @state.setter
    def state(self, state: State | str) -> None:
        state = read(self.page, state) if isinstance(state, str) else check_state(self.page, state)
        self._show(state)
        if self.widget is not None:
            self.widget.state = state

    @property
    def text(self) -> str:
        """The state as one line of text, as "copy state" gives it; `explorer.state = text` restores it."""
        return written(self._state)

    @property
    def caption(self) -> str:
        """What is shown, in a sentence with its numbers: the picture's caption and text alternative."""
        if not self._all():
            return still.alternative(self.page, self._state)
        return summary(self.page, self._state, self._known)

    @property
    def run(self) -> Run | dict[str, Run]:
        """The Run behind the picture, {label: Run} where several loops are shown: numbers, and what they were made of."""
        runs = self.source.run(self.page, self._state)
        if not runs:
            raise ValueError("explorer.run: nothing has been run yet; press Run")
        return next(iter(runs.values())) if len(runs) == 1 else runs

    # moving

    def _moved(self, change: Any) -> None:
        """A new state from the browser: on whatever thread its message came."""
        with self._turn:
            state = change["new"]
            try:
                self._show(check_state(self.page, state))
            except Exception as error:
                self._say("error", f"This setting cannot be shown. {type(error).__name__}: {error}")

    def _show(self, state: State) -> None:
        before, self._state = self._state, state
        missing = [key for key in self.page.keys(state) if key not in self._known]
        if state["drawn"] and missing:
            self._begin(state, missing)
        elif self.page.heavy:
            if missing:
                self._say("stale", "Press Run to train this setting.")
        elif missing:
            made = self._tracks(state)
            if self.widget is not None:
                self.widget.scene = pack(made)
        if before != state and self.widget is not None and self.widget.said["kind"] == "error":
            self._say("", "")

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
            self.widget.said = said
        elif kind == "error":
            raise ValueError(text)

    # runs that take time

    def _start(self) -> None:
        with self._turn:
            self._begin(self._state, [key for key in self.page.keys(self._state) if key not in self._known])

    def _stop(self) -> None:
        self._asked += 1
        for thread in self._threads:
            thread.name = "stopped"
        self._say("stale" if self.page.heavy else "", "Stopped; Run goes on from here.")

    def _begin(self, state: State, keys: list[str]) -> None:
        before = [one for one in self._threads if one.is_alive()]
        if before and before[-1].name == ";".join(keys):
            return                                      # these are under way: only the generation shown has moved
        self._asked += 1
        thread = threading.Thread(target=self._work, args=(state, keys, self._asked, before), name=";".join(keys), daemon=True)
        self._threads = [*before, thread]
        thread.start()

    def _work(self, state: State, keys: list[str], asked: int, before: list[threading.Thread]) -> None:
        """Grow these tracks, and show every generation; a newer request ends it between two generations."""
        for thread in before:                           # a track is grown by one thread at a time
            thread.join()
        try:
            under_way = [self.source.growing(self.page, state, key) for key in keys]
            for t in growing.together(under_way):
                if asked != self._asked:
                    return
                if self.widget is not None:
                    self.widget.scene = pack([one.track() for one in under_way])
                    self._say("progress", f"generation {t} of {self.page.generations}", t / self.page.generations)
            self._known |= {one.key: one.track() for one in under_way}
            self._say("", "")
        except Exception as error:
            self._say("error", f"{type(error).__name__}: {error}")

    def wait(self) -> None:
        """Until runs under way are done."""
        for thread in list(self._threads):
            thread.join()

    def write(self, file: str | Path) -> Path:
        """Write the explorer as one HTML file that needs neither kernel nor network; its sliders move over a grid of settings."""
        file = Path(file)
        if not (tracks := self._all()):
            raise ValueError("explorer.write: nothing has been run yet; press Run first")
        data = offline.embedded(self.page, self._state, self.source, tracks)
        body = inline.fragment(data, offline.picture(self.page, self._state, tracks)["text/html"])
        title = self.page.title or "Self-consuming loops"
        file.write_text(pages.frame(title, f"<h1>{html.escape(title)}</h1>{body}", made_from="madkit explore"), encoding="utf-8")
        return file

    def close(self) -> None:
        """Let go of the widget and what runs for it."""
        self._asked += 1
        if self.widget is not None:
            widget, self.widget = self.widget, None
            widget.unobserve_all()
            layout = getattr(widget, "layout", None)
            widget.close()
            if layout is not None:
                layout.close()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """The live page where there is a kernel, and its picture, which is also a page of its own in a report."""
        if self.widget is not None:
            bundle = self.widget._repr_mimebundle_()
            live = dict((bundle[0] if isinstance(bundle, tuple) else bundle) or {})
            return live | offline.picture(self.page, self._state, self._all())
        return offline.bundle(self.page, self._state, self.source, self._all())

    def _all(self) -> list[Track]:
        return [self._known[key] for key in self.page.keys(self._state) if key in self._known]


__all__ = ["ALL", "Explorer", "explore"]
