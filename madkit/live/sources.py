"""Where an explorer's tracks come from: runs made before, or loops,
by the exact law or generation by generation.

A source answers `tracks(page, state, keys)`, `growing(page, state, key)` where runs take time, and
`run(page, state)`, the Runs behind the picture; `of_runs` and `of_loops` make one of what `explore`
was given, with the page that it fills.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from madkit import exact, models
from madkit.base.captured import captured
from madkit.base.checks import NO, attempt, misfit, real, shown, whole
from madkit.base.foreign import asked, check_methods
from madkit.live.controls import KNOWN, Choice, Slider, said
from madkit.live.scenes import gaussian, growing, stored
from madkit.live.scenes.grown import Grown
from madkit.live.scenes.pack import Track
from madkit.live.scenes.page import Control, Page, Shown, State, takes
from madkit.loops import (
    Loop,
    Source,
    accumulate,
    fresh_data,
    fully_synthetic,
    initial_rows,
    synthetic_augmentation,
)
from madkit.metrics.values import Value
from madkit.plot.language import family, looks
from madkit.record import Run

MOST = 20_000                                         # rows per generation on a drawn distribution
GROWN = 24                                            # runs that are kept, the newest
SIDE_BY_SIDE = {"images": 6}  # loops or runs that are shown at once, at first; else 4
START = {"n": 100, "p": 0.5, "lam": 0.8}              # augmentation and fresh data: as many real rows


def fresh_beside(n: int, p: float, lam: float = 1.0) -> Source:
    """Fresh data in training sets as large as those of augmentation: 2n rows, p of them new."""
    return fresh_data(2 * n, p, lam)


LOOPS: dict[str, Callable[..., Loop]] = {
    "fully synthetic": fully_synthetic,
    "augmentation": synthetic_augmentation,
    "fresh data": fresh_beside,
}
# in the page, too
KNOWN_LAWS = (fully_synthetic, synthetic_augmentation, accumulate, fresh_data, fresh_beside)
ENDS = {"lam": ("0.5 only the typical", "1 honest"), "p": ("none new", "all new")}
AT_ONCE = 200 * 200  # seeds × generations that a page makes in a frame; of more, the kernel does
PRESETS: dict[str, dict[str, Any]] = {
    "mad cow": {"help": "no fresh data, no bias, few rows: the herd eats itself",
                "n": 20, "p": 0.0, "lam": 1.0},
    "just enough hay": {"help": "one row in five is fresh", "n": 100, "p": 0.2, "lam": 1.0},
    "cherry-picking": {"help": "only the most typical samples are passed on, λ = 0.7",
                       "n": 100, "p": 0.1, "lam": 0.7},
    "photocopier": {"help": "many rows, an honest copy of a copy: slow, and never back",
                    "n": 1000, "p": 0.0, "lam": 1.0},
    "rescue": {"help": "half of the rows are fresh, though the rest is biased",
               "n": 100, "p": 0.5, "lam": 0.7},
}


# --- runs made before -----------------------------------------------------------------------------


def of_runs(what: Run | Mapping[str, Run], chosen: tuple[str, ...] | None,
            title: str) -> tuple[Page, Stored]:
    runs = {"run": what} if isinstance(what, Run) else dict(what)
    for label, run in runs.items():
        if not isinstance(run, Run):
            raise TypeError(f"explore: expected runs only, or loops only, got {label!r}: "
                            f"{type(run).__name__}")
    known = stored.metrics(list(runs.values()), chosen)
    seen = looks([run.spec["loop"] for run in runs.values()])
    shown = tuple(Shown(label, look) for label, look in zip(runs, seen, strict=True))
    last = max(int(run.table.generation.max()) for run in runs.values())
    seeds = max(run.table.seed.nunique() for run in runs.values())
    where = stored.window(list(runs.values()))
    page = Page(title, last, shown, (), known, where, choose="run", compare=len(runs) > 1,
                seeds=seeds)
    return page, Stored(runs, known, where.get("labels", ()))


class Stored:
    """Runs made before."""

    def __init__(self, runs: dict[str, Run], metrics: tuple[Value, ...], labels: Sequence[int]):
        self.runs = runs
        self.all = {label: stored.track(run, label, metrics, labels)
                    for label, run in runs.items()}

    def tracks(self, page: Page, state: State, keys: Iterable[str]) -> list[Track]:
        """All of them: they are sent once."""
        return list(self.all.values())

    def track(self, key: str) -> Track | None:
        return self.all.get(key)

    def run(self, page: Page, state: State) -> dict[str, Run]:
        return {one.label: self.runs[one.label] for one in page.shown(state[state["tab"]])}


# --- loops ----------------------------------------------------------------------------------------


def of_loops(
    what: Any, settings: Mapping[str, Any], presets: Mapping[str, Mapping[str, Any]] | None,
    chosen: tuple[str, ...] | None, dim: int, generations: int, seeds: int, model: Any,
    truth: Any, title: str,
) -> tuple[Page, Computed]:
    """The page of loops, functions of these settings: a Gaussian by the exact law,
    or a model that trains when asked.
    """
    given = dict(settings)
    generations, seeds = whole("generations", generations, least=1), whole("seeds", seeds, least=1)
    if what is None:
        what, given = LOOPS, START | given
        presets = PRESETS if presets is None and set(given) == set(START) else presets
    if (model is None) != (truth is None):
        raise ValueError("explore: expected model and truth together, or neither")
    presets = presets or {}
    controls = tuple(_control(name, value, presets) for name, value in given.items())
    places = zip(controls, _places(controls, given), strict=True)
    loops = _shown(what, given, {c.name: c.values[i] for c, i in places})
    if what is LOOPS and "n_ini" not in given:              # all begin with the same n real rows
        loops = tuple(replace(one, starts="n") for one in loops)
        controls = tuple(replace(c, label="real rows at the start n") if c.name == "n" else c
                         for c in controls)
    heavy = model is not None
    metrics, where = _training(model, truth) if heavy else _exactly(chosen, dim)
    if seeds * generations > AT_ONCE:
        loops = tuple(replace(one, law="") for one in loops)
    page = Page(title, generations, loops, controls, metrics, where, presets,
                draw=not heavy and dim == 2, heavy=heavy,
                seeds=min(seeds, 1) if heavy else seeds)
    for name, preset in presets.items():
        _check_preset(page, name, preset)
    return page, Computed(page, dim, model, truth)


def _shown(what: Any, given: Mapping[str, Any], start: Mapping[str, Any]) -> tuple[Shown, ...]:
    """The loops of the page, in the looks of their families; `start`: the settings by value."""
    made = what if isinstance(what, Mapping) else {"": what}
    if not made or not all(callable(one) and not isinstance(one, Source) for one in made.values()):
        raise TypeError(f"explore: expected a loop function, such as mk.fresh_data, {{label: loop "
                        f"function}}, a Run or {{label: Run}}, got {shown(what)}; a loop itself is "
                        "wrapped as lambda: loop")
    found = []
    for label, make in ((label, captured(make)) for label, make in made.items()):
        names = takes(make, list(given)) if _parameters(make) else ()
        asked = {name: value for name, value in start.items()
                 if name in names and name in _parameters(make)}
        if why := misfit(make, 0, asked):
            raise TypeError(f"explore: what: {shown(make)} cannot be called with the settings "
                            f"{', '.join(asked) or 'that are given, none'}: {why}; each is a "
                            "setting with a value, such as n=100")
        look = family(repr(make(**asked)))
        law = make.__name__ if make in KNOWN_LAWS and {*names} <= {"n", "p", "lam", "n_ini"} else ""
        found.append(Shown(str(label) or look.name, look, names, make, law))
    if unused := [name for name in given if not any(name in one.takes for one in found)]:
        known = {p for make in made.values() for p in _parameters(make)} | {"n_ini"}
        raise ValueError(f"explore: no loop takes {unused[0]!r}, expected some of "
                         f"{', '.join(sorted(known))}")
    return tuple(found)


def _exactly(chosen: tuple[str, ...] | None, dim: int) -> tuple[tuple[Value, ...], dict[str, Any]]:
    """Curves and cloud of the exact law; in the plane also the curves of what is drawn."""
    if dim not in (1, 2):
        raise ValueError(f"dim: expected 1 (densities) or 2 (ellipses), got {dim!r}")
    names = chosen or ("trace", "w2_squared")
    if wrong := [name for name in names if name not in gaussian.METRICS]:
        raise ValueError(f"metrics: expected some of {', '.join(gaussian.METRICS)}, got "
                         f"{wrong[0]!r}")
    known = tuple(gaussian.METRICS[name] for name in names)
    if dim == 2:
        known += growing.METRICS
    onto = [round(angle, 7) for angle in growing.angles()] if dim == 2 else []
    return known, {"kind": "gaussian", "dim": dim, "half": 4.0, "angles": onto}


def _training(model: Any, truth: Any) -> tuple[tuple[Value, ...], dict[str, Any]]:
    """Curves and cloud of a model that trains; until it has, the truth's rows are shown."""
    check_methods(model)
    x = asked(truth, "test", 1000, 0).x
    if x.ndim != 2 or x.shape[1] != 2:
        raise ValueError("explore: expected a truth of rows of two numbers, got rows of shape "
                         f"{tuple(x.shape[1:])}; run it with mk.run, and explore the Run")
    low, high = x.min(0).values, x.max(0).values
    half = 0.6 * (high - low).max().item()
    a, b = ((low + high) / 2).tolist()
    return growing.METRICS, {"kind": "rows", "window": [a - half, a + half, b - half, b + half],
                             "real": x[:300].double().round(decimals=3).tolist()}


def _parameters(make: Callable[..., Loop]) -> list[str]:
    try:
        return list(inspect.signature(make).parameters)
    except ValueError:                               # a compiled one says nothing
        raise TypeError(f"explore: what: {shown(make)} does not say which settings it takes; write "
                        "a function of them, def loop(n, lam): …") from None


def _control(name: str, value: Any, presets: Mapping[str, Mapping[str, Any]]) -> Control:
    known = value if isinstance(value, Slider | Choice) else KNOWN.get(name)
    if known is None:
        raise ValueError(f"explore: no slider is known for {name!r} (only for {', '.join(KNOWN)}); "
                         f"give one: {name}=mk.live.Slider(label, value, low, high, step)")
    extra = [preset[name] for preset in presets.values() if name in preset]
    extra += [value] if known is not value else []
    for one in extra:
        if isinstance(one, bool | str) or attempt(real, one) is NO or attempt(hash, one) is NO:
            raise ValueError(f"explore: expected a number for {name}, got {shown(one)}")
    extra = [one if isinstance(one, int | float) else real(one) for one in extra]
    if isinstance(known, Choice):
        values = sorted({*known.options, *extra})
    else:
        steps = round((known.high - known.low) / known.step)
        values = sorted({round(known.low + i * known.step, 10) for i in range(steps + 1)} | {*extra})
    return Control(name, known.label.partition(" (")[0], tuple(values),
                   tuple(said(name, v) for v in values), ENDS.get(name, ()))


def _places(controls: Iterable[Control], given: Mapping[str, Any]) -> list[int]:
    at = {name: value.value if isinstance(value, Slider | Choice) else value
          for name, value in given.items()}
    return [control.values.index(at[control.name]) if control.name in at else 0
            for control in controls]


def start(page: Page, settings: Mapping[str, Any]) -> dict[str, Any]:
    given = START | dict(settings)
    places = zip(page.controls, _places(page.controls, given), strict=True)
    loop = page.labels()[0 if len(page.loops) <= SIDE_BY_SIDE.get(page.truth.get("kind", ""), 4) else 1]
    return {"loop": loop} | {control.name: i for control, i in places}


def _check_preset(page: Page, name: str, preset: Mapping[str, Any]) -> None:
    known = {control.name for control in page.controls} | {"t", "loop", "help"}
    if wrong := sorted(set(preset) - known):
        raise ValueError(f"presets: {name!r} sets {wrong[0]!r}, expected some of "
                         f"{', '.join(sorted(known))}")


class Computed:
    """Loops of a Gaussian by the exact law; of a model given,
    or on what was drawn, generation by generation.
    """

    def __init__(self, page: Page, dim: int, model: Any, truth: Any):
        self.dim, self.model, self.truth = dim, model, truth
        self.records: dict[str, growing.Growing] = {}

    def seeds(self, page: Page, state: State) -> range:
        return range(state["seed"], state["seed"] + page.seeds)

    def tracks(self, page: Page, state: State, keys: Iterable[str]) -> list[Track]:
        """The tracks of these keys, by the exact law."""
        known = page.keys(state)
        return self.several(page, state, [(key, *known[key]) for key in keys])

    def several(self, page: Page, state: State,
                wanted: Sequence[tuple[str, Shown, Mapping[str, Any]]]) -> list[Track]:
        """The tracks of (key, loop, settings), in one go."""
        made = [self.loop(page, one, side) for _, one, side in wanted]
        return gaussian.tracks([loop for loop, _ in made], [n_ini for _, n_ini in made],
                               [(key, one.label) for key, one, _ in wanted], dim=self.dim,
                               generations=page.generations, seeds=self.seeds(page, state),
                               metrics=_exact(page))

    def loop(self, page: Page, one: Shown, side: Mapping[str, Any]) -> tuple[Loop, int | None]:
        """The loop of a side's settings, and n_ini where that is one of them."""
        settings, make = page.settings(one, side), cast(Callable[..., Loop], one.make)
        n_ini = settings.pop("n_ini", None) if "n_ini" not in _parameters(make) else None
        return make(**settings), n_ini or settings.get(one.starts)

    def growing(self, page: Page, state: State, key: str, **made: Any) -> growing.Growing:
        """The run under way of this key; `made`: the rows that a page made of it, at its end."""
        if made or key not in self.records:
            one, side = page.keys(state)[key]
            loop, n_ini = self.loop(page, one, side)
            if state["drawn"]:
                if (n := max(initial_rows(loop), n_ini or 0)) > MOST:
                    raise ValueError(f"expected at most {MOST:,} rows per generation where rows "
                                     f"are drawn, got {n:,}")
                points = tuple(map(tuple, state["drawn"]["points"]))
                kde = state["drawn"].get("model") == "kde"
                model = models.KDE() if kde else models.Mixture(growing.components(points))
                truth = growing.drawn(points)
            else:
                model, truth = self.model, self.truth
            seeds, judged = [state["seed"]], [metric.name for metric in page.metrics]
            while len(self.records) >= GROWN:
                self.records.pop(next(iter(self.records)))
            kind: Any = Grown if made else growing.Growing
            self.records[key] = kind(key, one.label, model, loop, truth, page.generations, seeds,
                                     n_ini, judged, **made)
        return self.records[key]

    def track(self, key: str) -> Track | None:
        """The track of a run that is at its end."""
        one = self.records.get(key)
        return one.track() if one and one.done else None

    def grown(self, key: str) -> bool:
        """Whether a page made it."""
        return isinstance(self.records.get(key), Grown)

    def run(self, page: Page, state: State) -> dict[str, Run]:
        side, runs = state[state["tab"]], {}
        for one in page.shown(side):
            key = page.key(one, side, state)
            if key in self.records:
                runs[one.label] = self.records[key].run()
            elif not page.heavy and not state["drawn"]:
                loop, n_ini = self.loop(page, one, side)
                n_ini = initial_rows(loop) if n_ini is None else n_ini
                runs[one.label] = exact.run(
                    loop, self.dim, generations=page.generations, seeds=self.seeds(page, state),
                    n_ini=n_ini, device="cpu", metrics=_exact(page))
        return runs


def _exact(page: Page) -> list[str]:
    return [metric.name for metric in page.metrics if metric.name in gaussian.METRICS]
