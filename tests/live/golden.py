"""What Python and JavaScript must both say: cases with Python's answers, read by tests/live/js.

    python tests/live/golden.py                 writes tests/live/golden/*.json

`test_golden.py` fails where a file is not what Python says now. A number that is not finite stands
as "nan" or "inf".
"""

import base64
import json
import math
from pathlib import Path

import golden_rows
import numpy as np
from matplotlib import colormaps

import madkit as mk
from madkit import theory
from madkit.exact.draws import generator
from madkit.live.scenes import bets, gaussian, phases, sheet, still, words
from madkit.live.scenes.pack import pack
from madkit.live.scenes.page import LEAST, POINTS, PREFIX, REACH, check_state, fnv, written
from madkit.loops import parts
from madkit.plot.language import COLOURS, born
from madkit.theory.limits import effective_sample_size, fixed_point

FOLDER = Path(__file__).parent / "golden"
DRAWN = [[0.5, -1.25], [0, 0], [4, -4], [1, 1], [2, 2]]


def good(check, *given) -> bool:
    """Whether a check lets it pass."""
    try:
        check(*given)
    except ValueError:
        return False
    return True


def packed(tracks, *digits) -> str:
    return base64.b64encode(pack(tracks, *digits)).decode()


# --- what both share -----------------------------------------------------------------------------


def numbers():
    """`words.plain`: [value, digits, text]."""
    values = [0, 1, -1, 0.38449, 38.449, -0.001234, 1e-4, 2.34e-7, 123456, 99999, 99999.9, 100000,
              999.5, 0.0995, 0.00099999, 0.001, 12.5, 0.125, 1.125, 2.5, -2.5, 1.25e6, 5e-324,
              1e300, 1 / 3, 2 / 3, 1e-3 / 3, 4096.5, 7e22, math.nan, math.inf]
    return [[value, digits, words.plain(value, digits)]
            for value in values for digits in (1, 2, 3, 4)]


def colours():
    """Colours by what they stand for, and of synthetic rows by [generation, last]."""
    places = [(t, last) for last in (1, 2, 7, 50) for t in (1, 2, 3, 4, 26, 50) if t <= last]
    return {"named": {name: COLOURS[name] for name in ("real", "synthetic", "fresh", "control")},
            "born": [[t, last, born(t, last)] for t, last in places]}


# --- the explorer --------------------------------------------------------------------------------


def pages():
    """Three loops one may draw for; one loop with two settings; one run; several."""
    runs = mk.recorded("fig06_fully_synthetic")
    one = runs[next(iter(runs))]
    made = {"loops": mk.explore(generations=12, seeds=5, render="static"),
            "loop": mk.explore(mk.fully_synthetic, n=100, lam=0.8, generations=5, seeds=5,
                               render="static"),
            "run": mk.explore(one, render="static"), "runs": mk.explore(runs, render="static")}
    return {name: (explorer.page, explorer.state) for name, explorer in made.items()}


def changes(a, label):
    """Changes of a state whose side is `a`, to good ones and bad, as they may come from a page."""
    for t in (1, 5, 0, 10**6, "7", True, None, 1.5):
        yield {"t": t}
    for seed in (0, 3, -1, 2**31 - 1, 2**31):
        yield {"seed": seed}
    yield from ({"speed": speed} for speed in (4, 3, True))
    yield from ({"tab": tab} for tab in ("B", "C", ["A"]))
    yield from ({"B": b} for b in (3, {}, a, a | {"loop": label}))
    yield from ({"more": 1}, {"A": None}, {"A": {}}, {"B": a, "tab": "B"})
    for change in ({"loop": "all"}, {"loop": label}, {"loop": "<script>"}, {"n": -1}, {"n": 10**9},
                   {"lam": 0.5}, {"more": 0}):
        yield {"A": a | change}
    for points in (DRAWN, DRAWN[:4], [*DRAWN, [4.01, 0]], [*DRAWN, [1]],
                   [*DRAWN, [0.123, 0]], [*DRAWN, ["1", 2]]):
        yield {"drawn": {"points": points}}
    yield from ({"drawn": 1}, {"drawn": {}})
    for more in ({"model": "kde"}, {"model": "mixture"}, {"model": "flow"}, {"size": 3}):
        yield {"drawn": {"points": DRAWN} | more}
    yield {"drawn": {"points": DRAWN}, "seed": 3, "B": a | {"loop": label}}


def page():
    """States of pages: whether they are good; keys and text of the good ones; hashes; limits."""
    made = pages()
    cases = [state_case(name, shown, start | change) for name, (shown, start) in made.items()
             for change in changes(start["A"], shown.loops[-1].label)]
    points = [[], DRAWN, [[-0.01, 1.1]], [[0.1, 0.2], [-4, 4]]]
    return {"pages": {name: shown.plain() for name, (shown, _) in made.items()}, "cases": cases,
            "hashes": [[some, fnv(some)] for some in points],
            "least": LEAST, "most": POINTS, "half": REACH, "prefix": PREFIX}


def state_case(name, shown, state):
    if not good(check_state, shown, state):
        return {"page": name, "state": state, "good": False}
    sides = [state[side] for side in ("A", "B") if state[side]]
    keys = [[shown.key(one, side, state) for one in shown.shown(side)] for side in sides]
    return {"page": name, "state": state, "good": True, "keys": keys, "text": written(state)}


def pack_():
    """Packs, and the arrays that are in them."""
    rng = np.random.default_rng(1)
    curve = {"low": None, "median": np.array([1, 0.5, np.nan]), "high": None,
             "theory": np.arange(3.0), "words": "expectation"}
    one = {"key": "a:n1", "label": "a", "t": [1, 2, 3], "kept": [1, 3], "lam": 0.8, "seeds": 2,
           "curves": {"trace": curve}, "composition": [[1, [["real", 0, 10]]]], "rows": None,
           "mean": rng.normal(size=(1, 3, 2)),
           "images": rng.integers(0, 256, (2, 1, 3, 4), dtype=np.uint8),
           "real": np.arange(-3, 3, dtype=np.int16).reshape(3, 2)}
    other = {"key": "ü", "label": "λ = 1", "t": [1], "curves": {}, "composition": [],
             "root": np.array([[7, -8]], np.int32)}
    coarse = {"key": "", "mean": np.array([1 / 3, -2 / 3]), "curves": {}}
    arrays = [{name: [list(value.shape), np.asarray(value, "f4").ravel().tolist()]
               for name, value in track.items() if isinstance(value, np.ndarray)}
              for track in (one, other)]
    return {"pack": packed([one, other]), "arrays": arrays, "median": curve["median"].tolist(),
            "theory": [0, 1, 2], "coarse": packed([coarse], 10)}


def sheets():
    """Sheets: how their rows are filled, and where some of their images stand."""
    asked = [(rows, blocks, each, size, wide, tall) for rows in (2, 5) for wide in (330, 910, 1186)
             for tall in (420, 1260) for size in ((8, 8), (28, 28), (32, 40), (64, 64))
             for blocks, each in ((10, 3), (1, 3), (60, 1), (2, 1))]
    return [{"given": given, "laid": (laid := sheet.layout(*given))._asdict(),
             "spots": [sheet.spot(laid, i, given[2], given[3], 20) for i in (0, 1, 5, 29)],
             "there": [sheet.there([2, 3, 0], i, given[2]) for i in (1, 2, 5, 6)]}
            for given in asked]


SUMS = [(mk.Synthetic(100, 0.9), 100), (mk.Synthetic(2), 2), (mk.Synthetic(30, 0.9, memory=4), 40),
        (mk.Real() + mk.Synthetic(100, 0.8), 100), (mk.Real() + mk.Synthetic(9, 0.5), 2),
        (mk.Fresh(20) + mk.Synthetic(80, 0.9), 100), (mk.Fresh(1) + mk.Synthetic(9), 4),
        (mk.Fresh(2) + mk.Synthetic(8, 0.0), 3), (mk.Fresh(100), 100), (mk.Real(), 10),
        (mk.Previous() + mk.Synthetic(50, 0.7), 50),
        (mk.Fresh(10) + mk.Synthetic(5, 0.7, memory=2) + mk.Synthetic(6, 0.4), 12),
        (mk.Real() + mk.Fresh(5) + mk.Synthetic(20, 0.6, memory=3) + mk.Previous(), 10)]
SEEDS, AT = [0, 7, 2**31 - 1], [1, 2, 3, 10, 40]


def draws():
    """The first numbers of generators, and of one the 5,000th, as far as the rare cases."""
    def some(seed, name, law):
        numbers = getattr(generator(seed, name), law)(5000)
        return [seed, name, law, numbers[[0, 1, 2, 4999]].tolist(), numbers.sum()]

    return [some(seed, name, law) for seed in SEEDS for name in ("normal", "chi.0", "luck.12")
            for law in ("standard_normal", "standard_exponential")]


def engine():
    """Sums of sources: what is measured of seeds at some generations, and what is expected."""
    names = ("trace", "w2_squared", "mean_error", "logdet")
    return [{"sources": [source(part) for part in parts(loop)], "n_ini": n_ini, "dim": dim,
             "ddof": ddof, "seeds": SEEDS, "at": AT,
             "measured": {name: values[0].tolist() for name, values in mk.exact.simulate(
                 loop, dim, generations=AT[-1], seeds=SEEDS, n_ini=n_ini, ddof=ddof, metrics=names,
                 at=AT).items()},
             "expected": expected(theory.moments(loop, dim, AT[-1], n_ini, ddof))}
            for loop, n_ini in SUMS for dim, ddof in ((1, 1), (2, 0), (2, 1))]


def made():
    """Pages of the exact law, and the tracks that Python makes of some of their states."""
    explorers = [
        mk.explore(generations=30, seeds=20, render="static"),
        mk.explore({"pool": mk.accumulate}, n=50, lam=0.9, n_ini=20, generations=20, seeds=7,
                   metrics=("trace", "logdet", "mean_error"), render="static"),
        mk.explore({"fresh": mk.fresh_data, "pure": mk.fully_synthetic}, n=10, p=0.25, dim=1,
                   generations=12, seeds=4, metrics=("w2_squared", "logdet"), render="static")]
    return [made_case(explorer, state) for explorer in explorers
            for state in states_of(explorer.page, explorer.state)]


def states_of(page, start):
    moved = {control.name: (start["A"][control.name] + 3) % len(control.values)
             for control in page.controls}
    return [start, start | {"A": start["A"] | moved}, start | {"seed": 5, "B": start["A"] | moved}]


def made_case(explorer, state):
    found = explorer.source.tracks(explorer.page, state, explorer.page.keys(state))
    plain_tracks = [{name: value for name, value in track.items() if name not in ("emitted", "real")}
                    for track in found]
    return {"page": explorer.page.plain(), "state": state, "pack": packed(plain_tracks)}


def source(part):
    held = {name: getattr(part, name) for name in ("n", "lam", "memory") if name in vars(part)}
    return {"kind": type(part).__name__.lower()} | held


def expected(found):
    at = np.array(AT) - 1
    return {"m": found.m[at].tolist(), "u": found.u[at].tolist(), "f": found.f[at].tolist(),
            "s": found.s[at].tolist(), "w2_squared": theory.w2_squared(found)[at].tolist()}


def tracks():
    """Rows that a fit emits, as the still picture draws them; how far its outline lies."""
    def drawn(*shape):
        return rng.normal(size=shape).astype("f4")

    rng = np.random.default_rng(2)
    one = {"key": "k", "label": "l", "t": [1, 2], "lam": 0.7, "curves": {},
           "mean": drawn(1, 2, 2), "root": drawn(1, 2, 2, 2), "emitted": drawn(4, 2)}
    rows = one["mean"][0, 1] + one["lam"] ** 0.5 * one["emitted"] @ one["root"][0, 1].T
    return {"pack": packed([one]), "rows": rows.tolist(), "outline": still.HELD}


def words_():
    """Settings and captions of states with tracks made for the purpose; metrics' values."""
    made = {name: both for name, both in pages().items() if name != "run"}
    cases = []
    for name, (shown, start) in made.items():
        side = start["A"] | {"loop": shown.loops[-1].label}
        for change, last in (({}, 99), ({"t": 5}, 99), ({"t": 5}, 3), ({"A": side, "t": 3}, 99),
                             ({"B": side, "t": 4}, 99)):
            cases.append(caption_case(name, shown, check_state(shown, start | change), last))
    kinds = {metric.kind: metric for metric in gaussian.METRICS.values()}
    values = [0, 1, 0.125, 0.38449, 1.5, 3e-5, -0.2, 1234.5, math.nan]
    said = [[kind, value, words.told(kinds[kind], value)] for kind in kinds for value in values]
    return {"pages": {name: shown.plain() for name, (shown, _) in made.items()}, "cases": cases,
            "values": said}


def caption_case(name, shown, state, last):
    there = {key: made_up(shown, key, one.label, i, last)
             for i, (key, (one, _)) in enumerate(shown.keys(state).items())}
    return {"page": name, "state": state, "pack": packed(there.values()),
            "caption": words.caption(shown, state, there),
            "settings": [words.settings(shown, state[side]) for side in ("A", "B") if state[side]]}


def made_up(shown, key, label, i, last):
    """A track with curves of no meaning, of at most so many generations."""
    t = np.arange(1, min(last, shown.generations) + 1)
    curves = {metric.name: {"median": np.float32(np.exp(-0.21 * t * (i + 1)) * (1 + k)),
                            "low": None, "high": None, "theory": None, "words": ""}
              for k, metric in enumerate(shown.metrics) if (i + k) % 5 != 4}
    return {"key": key, "label": label, "t": t.tolist(), "seeds": 1, "curves": curves, "composition": []}


# --- the map -------------------------------------------------------------------------------------

CELLS = [{"dim": dim, "lam": lam, "n_r": n_r, "n_s": n_s, "simulated": False}
         for dim, lam, n_r, n_s in (
             (5, 0.5, 5, 60), (5, 1.0, 7, 44), (10, 0.9, 100, 30), (30, 0.7, 31, 2999),
             (30, 1.0, 31, 2999), (100, 0.85, 250, 1000), (100, 0.85, 250, 1688),
             (100, 0.85, 250, 10_000), (100, 0.97, 101, 9001), (100, 0.55, 1000, 100),
             (100, 1.0, 100, 10_000))]


def wasserstein():
    """[d, ν, s, E tr W^½], and [n, d, E W2²] of n real rows alone."""
    places = [(d, nu, s) for d, nu in ((1, 3.0), (2, 9.0), (5, 4.0), (30, 29.0), (100, 50.0),
                                       (100, 249.0), (100, 1e5)) for s in (0.5, 1.0, 1.2, 1.5, 1.7)]
    alone = [(n, d) for d in phases.DIMS for n in (2, d, 3 * d, 50 * d)]
    return {"root_trace": [[*at, theory.wasserstein.root_trace(*at)] for at in places],
            "real_only": [[*at, theory.real_only_w2(*at)] for at in alone]}


def recursion():
    """E W2² of generations 1 … 9 of the loops of cells."""
    return [[cell, phases.theory_path(cell, 9).tolist()] for cell in CELLS]


def limits():
    """Of cells: E W2² in the end, what the rows are worth; n_s* by [d, λ]; rows by [W2², d]."""
    loops = [(phases.loop_of(cell), cell["dim"]) for cell in CELLS]
    ends = [[float(theory.w2_squared(fixed_point(*loop))), effective_sample_size(*loop)]
            for loop in loops]
    high = [(dim, lam) for dim in phases.DIMS for lam in (0.5, 0.85, 0.99, 1.0)]
    scores = [(share * dim, dim) for dim in phases.DIMS for share in (0.01, 0.1, 0.4, 9.0)]
    return {"cells": [[cell, *end] for cell, end in zip(CELLS, ends, strict=True)],
            "asymptote": [[*at, theory.admissible_threshold(*at)] for at in high],
            "rows": [[*at, theory.real_only_rows(*at)] for at in scores]}


def cells():
    """The map's axes by d, log₂ n_e/n_r on every sixth of them, and the colours of that."""
    places = (5, 0.95), (10, 0.9), (30, 0.7), (100, 0.55), (100, 1.0)
    red_to_blue = colormaps["RdBu"]
    at = [-9.0, -2.0, -1.3, -0.5, 0.0, 0.25, 1.0, 1.99, 3.0]
    still_map = [[x, [255 * part for part in red_to_blue((np.clip(x, -2, 2) + 2) / 4)[:3]]]
                 for x in at]
    return {"cells": phases.CELLS,
            "axes": {str(dim): list(phases.axes(dim)) for dim in phases.DIMS},
            "worth": [[dim, lam, log_worth(dim, lam)] for dim, lam in places],
            "shades": phases.plain(2, {})["shades"], "still": still_map}


def log_worth(dim, lam):
    n_r, n_s = (np.array(axis[::6]) for axis in phases.axes(dim))
    ratio = theory.worth(n_r[None], n_s[:, None], lam, dim) / n_r
    return np.log2(ratio.clip(1e-9)).clip(-8).tolist()


def phases_():
    """States of the map; captions without and with a track made for the purpose."""
    start = CELLS[5]
    bad = [{"lam": lam} for lam in (0.4, 1.01, 0.855, "0.9", True)]
    bad += [{"dim": dim} for dim in (7, "5", [5])]
    bad += [{"n_r": n_r} for n_r in (1, 1001, None, "<img src=x>")]
    bad += [{"n_s": n_s} for n_s in (10_001, 60, 500.5, True)] + [{"simulated": 1}, {"more": 1}]
    states = [*CELLS, start | {"simulated": True}, *(start | change for change in bad),
              [1], None, 3]
    paths = [None, track([[3.0], [2.0], [2.5]], [118.2, 0.3]), track([[3.0]], [7.26, None]),
             track([[3.0], [2.0]], [9.94, 2.44]), track([[3.0]] * 12, [1234.6, 17.4])]
    ratios, rows = (0.2, 0.989, 0.991, 1.0, 1.009, 1.011, 9.0), (0.0, 1.26, 9.94, 9.95, 99.6, 1e6)
    return {"page": {"dims": list(phases.DIMS), "lams": list(phases.LAMS), "generations": 40},
            "cases": [map_case(state) for state in states],
            "captions": [[cell, path, phases.caption(cell, path, 40)]
                         for cell in CELLS for path in paths],
            "rows": [[n, phases.rows(n)] for n in rows],
            "verdicts": [[ratio, phases.verdict(ratio)] for ratio in ratios]}


def map_case(state):
    if not good(phases.check, state):
        return {"state": state, "good": False}
    return {"state": state, "good": True, "key": phases.key(state), "text": written(state)}


def track(w2, rows):
    return {"key": "", "t": [40], "w2": w2, "rows": rows}


def quantiles():
    """10, 50, 90 % of each column."""
    some = [np.random.default_rng(n).exponential(size=(n, 3)).astype("f4").astype(float)
            for n in (1, 2, 3, 8, 40)]
    return [[w2.tolist(), np.quantile(w2, (0.1, 0.5, 0.9), axis=0).tolist()] for w2 in some]


# --- bets ----------------------------------------------------------------------------------------


def asked():
    """Questions of every kind, and bets on each, good and bad."""
    usual = {"render": "static", "why": "So it is."}
    falling = [[100, 60, 30.5, 12], [98, 70, 40, 8], [101, 65, 20, 11]]
    yield (mk.predict("Draw.", falling, "variance", unit="%", **usual),
           [[100, 62, 33, 12], [100, 62, 33, 40], [100, 0, 0, 0], [1, 1, 1], [100, 1, 1, -1], 3])
    yield (mk.predict("Draw.", {1: 1, 2: 0.1, 5: 1e-6}, log=True, known=2, **usual),
           [[1, 0.1, 1e-6], [1, 0.1, 0.5], [1, 0.1, 1.2e-6], [9, 9, 1e-5], ["1", 1, 1]])
    yield (mk.predict("Where?", value=36.4, low=0, high=100, unit="%", **usual),
           [36.4, 35, 35.4, 12.25, 100, 100.5, "12", True, None])
    yield (mk.predict("Where?", value=1968, low=10, high=1e5, log=True, unit="rows", **usual),
           [2000, 16, 10, 99999, 1800, 9])
    yield (mk.predict("Where?", value=3, low=0, high=10, unit="rows", **usual), [4, 2, 0.05])
    yield (mk.predict("Which?", choices={"a": "Tempting.", "b, not c.": ""}, answer="b, not c.",
                      **usual), ["a", "b, not c.", "c", 0, ["a"]])


def bets_():
    """[page, answer, [[bet, where it is good: score and words]]]."""
    cases = []
    for question, tried in asked():
        page, answer = question.page, question._answer
        known = [[bet, *(bets.score(page, answer, checked), bets.verdict(page, answer, checked),
                         bets.reasons(page, answer, checked))]
                 if bet is not None and good(bets.check, page, {"bet": bet})
                 and (checked := bets.check(page, {"bet": bet})["bet"]) is not None else [bet]
                 for bet in tried]
        cases.append([page, answer, known])
    return cases


# --- files ---------------------------------------------------------------------------------------

CASES = {"numbers": numbers, "colours": colours, "page": page, "pack": pack_, "sheets": sheets,
         "tracks": tracks,
         "draws": draws, "engine": engine, "made": made,
         "words": words_, "wasserstein": wasserstein, "recursion": recursion, "limits": limits,
         "cells": cells, "phases": phases_, "quantiles": quantiles, "bets": bets_,
         **golden_rows.CASES}


def plain(value):
    """As JSON has it: twelve digits, on which all machines agree."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if not isinstance(value, float):
        return value
    return float(f"{value:.12g}") if math.isfinite(value) else str(value)


def text(name: str) -> str:
    """The file of these cases as it should be: a case a line."""
    cases = plain(CASES[name]())
    if isinstance(cases, list):
        return listed(cases) + "\n"
    parts = (f"{json.dumps(key)}: {listed(item)}" for key, item in cases.items())
    return "{\n" + ",\n".join(parts) + "\n}\n"


def listed(value) -> str:
    if not isinstance(value, list) or not any(isinstance(item, dict | list) for item in value):
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in value) + "\n]"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in CASES:
        (FOLDER / f"{name}.json").write_text(text(name), encoding="utf-8")
