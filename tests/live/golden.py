"""What Python and JavaScript must both say: cases with Python's answers, which the tests in tests/live/js read.

    python tests/live/golden.py                 writes tests/live/golden/*.json

`test_golden.py` fails where a file is not what Python says now. A number that is not finite stands as "nan" or "inf".
"""

import base64
import json
import math
from pathlib import Path

import numpy as np
from matplotlib import colormaps

import madkit as mk
from madkit import theory
from madkit.plot.language import COLOURS, born
from madkit.scenes import gaussian, phases, still, words
from madkit.scenes.pack import pack
from madkit.scenes.page import LEAST, POINTS, PREFIX, REACH, check_state, fnv, written
from madkit.theory.limits import effective_sample_size, fixed_point

FOLDER = Path(__file__).parent / "golden"
DRAWN = [[0.5, -1.25], [0, 0], [4, -4], [1, 1], [2, 2]]


def refused(check, *given) -> bool:
    try:
        check(*given)
    except ValueError:
        return True
    return False


def packed(tracks, *digits) -> str:
    return base64.b64encode(pack(tracks, *digits)).decode()


# --- what both share -----------------------------------------------------------------------------------------------


def numbers():
    """`words.plain`: [value, digits, text]."""
    values = [0, 1, -1, 0.38449, 38.449, -0.001234, 1e-4, 2.34e-7, 123456, 99999, 99999.9, 100000, 999.5, 0.0995, 0.00099999,
              0.001, 12.5, 0.125, 1.125, 2.5, -2.5, 1.25e6, 5e-324, 1e300, 1 / 3, 2 / 3, 1e-3 / 3, 4096.5, 7e22, math.nan, math.inf]
    return [[value, digits, words.plain(value, digits)] for value in values for digits in (1, 2, 3, 4)]


def colours():
    """Colours by what they stand for, and of synthetic rows by [generation, last]."""
    return {"named": {name: COLOURS[name] for name in ("real", "synthetic", "fresh", "control")},
            "born": [[t, last, born(t, last)] for last in (1, 2, 7, 50) for t in sorted({1, 2, 3, last // 2 + 1, last}) if t <= last]}


# --- the explorer --------------------------------------------------------------------------------------------------


def pages():
    """Three loops one may draw for; one loop with two settings; one run; two."""
    runs = mk.recorded("fig06_fully_synthetic")
    name = next(iter(runs))
    made = {"loops": mk.explore(generations=12, seeds=5, render="static"),
            "loop": mk.explore(mk.fully_synthetic, n=100, lam=0.8, generations=5, seeds=5, render="static"),
            "run": mk.explore(runs[name], render="static"), "runs": mk.explore(runs, render="static")}
    return {name: (explorer.page, explorer.state) for name, explorer in made.items()}


def changes(state, several):
    """States near a good one, good and bad, as they may come from a page."""
    a = state["A"]
    yield from ({}, {"t": 1}, {"t": 5}, {"t": 0}, {"t": 10**6}, {"t": "7"}, {"t": True}, {"t": None}, {"t": 1.5})
    yield from ({"seed": 3}, {"seed": -1}, {"seed": 2**31 - 1}, {"seed": 2**31}, {"speed": 4}, {"speed": 3}, {"speed": True})
    yield from ({"tab": "B"}, {"tab": "C"}, {"tab": ["A"]}, {"more": 1}, {"A": None}, {"A": {}}, {"B": 3}, {"B": a}, {"B": {}})
    yield from ({"B": a, "tab": "B"}, {"A": a | {"loop": "all"}}, {"A": a | {"loop": several}}, {"A": a | {"loop": "<script>"}})
    yield from ({"A": a | {"n": -1}}, {"A": a | {"n": 10**9}}, {"A": a | {"lam": 0.5}}, {"A": a | {"more": 0}})
    yield from ({"drawn": 1}, {"drawn": {}}, {"drawn": {"points": DRAWN}}, {"drawn": {"points": DRAWN[:4]}})
    yield from ({"drawn": {"points": DRAWN * 81}}, {"drawn": {"points": [*DRAWN, [4.01, 0]]}}, {"drawn": {"points": [*DRAWN, [1]]}})
    yield from ({"drawn": {"points": [*DRAWN, [0.123, 0]]}}, {"drawn": {"points": [*DRAWN, ["1", 2]]}})
    yield {"drawn": {"points": DRAWN}, "seed": 3, "B": a | {"loop": several}}


def page():
    """States of pages: whether they are good; keys and text of the good ones; hashes of points; the limits of what is drawn."""
    made, cases = pages(), []
    for name, (shown, start) in made.items():
        for change in changes(start, shown.loops[-1].label):
            state = start | change
            case = {"page": name, "state": state, "good": not refused(check_state, shown, state)}
            if case["good"]:
                sides = [side for side in ("A", "B") if state[side]]
                case["keys"] = [[shown.key(one, state[side], state) for one in shown.shown(state[side])] for side in sides]
                case["text"] = written(state)
            cases.append(case)
    points = [[], DRAWN, [[-0.01, 1.1]], [[0.1, 0.2], [-4, 4]]]
    return {"pages": {name: shown.plain() for name, (shown, _) in made.items()}, "cases": cases,
            "hashes": [[some, fnv(some)] for some in points], "least": LEAST, "most": POINTS, "half": REACH, "prefix": PREFIX}


def pack_():
    """Packs, and the arrays that are in them."""
    rng = np.random.default_rng(1)
    curve = {"low": None, "median": np.array([1, 0.5, np.nan]), "high": None, "theory": np.arange(3.0), "words": "expectation"}
    track = {"key": "a:n1", "label": "a", "t": [1, 2, 3], "kept": [1, 3], "lam": 0.8, "seeds": 2, "curves": {"trace": curve},
             "diet": [[1, [["real", 0, 10]]]], "mean": rng.normal(size=(1, 3, 2)), "rows": None,
             "images": rng.integers(0, 256, (2, 1, 3, 4), dtype=np.uint8), "real": np.arange(-3, 3, dtype=np.int16).reshape(3, 2)}
    other = {"key": "ü", "label": "λ = 1", "t": [1], "curves": {}, "diet": [], "root": np.array([[7, -8]], np.int32)}
    arrays = [{name: [list(value.shape), np.asarray(value, "f4").ravel().tolist()] for name, value in one.items()
               if isinstance(value, np.ndarray)} for one in (track, other)]
    return {"pack": packed([track, other]), "arrays": arrays, "median": curve["median"].tolist(), "theory": [0, 1, 2],
            "coarse": packed([{"key": "", "mean": np.array([1 / 3, -2 / 3]), "curves": {}}], 10)}


def tracks():
    """Rows that a fit emits, as the still picture draws them; how far its outline lies."""
    rng = np.random.default_rng(2)
    track = {"key": "k", "label": "l", "t": [1, 2], "lam": 0.7, "curves": {}, "mean": rng.normal(size=(1, 2, 2)).astype("f4"),
             "root": rng.normal(size=(1, 2, 2, 2)).astype("f4"), "emitted": rng.normal(size=(4, 2)).astype("f4")}
    rows = track["mean"][0, 1] + track["lam"] ** 0.5 * track["emitted"] @ track["root"][0, 1].T
    return {"pack": packed([track]), "rows": rows.tolist(), "outline": still.HELD}


def words_():
    """Settings and captions of states with tracks made for the purpose; values of metrics in words."""
    made, cases = pages(), []
    for name in ("loops", "loop", "runs"):
        shown, start = made[name]
        side = start["A"] | {"loop": shown.loops[-1].label}
        for change, last in (({}, 99), ({"t": 5}, 99), ({"t": 5}, 3), ({"A": side, "t": 3}, 99), ({"B": side, "t": 4}, 99)):
            state = check_state(shown, start | change)
            there = {key: made_up(shown, key, one.label, i, last) for i, (key, (one, _)) in enumerate(shown.keys(state).items())}
            cases.append({"page": name, "state": state, "pack": packed(there.values()), "caption": words.summary(shown, state, there),
                          "settings": [words.settings(shown, state[one]) for one in ("A", "B") if state[one]]})
    metrics = {kind: next(m for m in gaussian.METRICS.values() if m.kind == kind) for kind in ("share", "number")}
    values = [0, 1, 0.125, 0.38449, 1.5, 3e-5, -0.2, 1234.5, math.nan]
    return {"pages": {name: made[name][0].plain() for name in ("loops", "loop", "runs")}, "cases": cases,
            "values": [[kind, value, words.told(metric, value)] for kind, metric in metrics.items() for value in values]}


def made_up(shown, key, label, i, last):
    """A track with curves of no meaning, of at most so many generations."""
    t = np.arange(1, min(last, shown.generations) + 1)
    curves = {metric.name: {"median": np.float32(np.exp(-0.21 * t * (i + 1)) * (1 + k)), "low": None, "high": None, "theory": None,
                            "words": ""} for k, metric in enumerate(shown.metrics) if (i + k) % 5 != 4}
    return {"key": key, "label": label, "t": t.tolist(), "seeds": 1, "curves": curves, "diet": []}


# --- the map -------------------------------------------------------------------------------------------------------

CELLS = [(5, 0.5, 5, 60), (5, 1.0, 7, 44), (10, 0.9, 100, 30), (30, 0.7, 31, 2999), (30, 1.0, 31, 2999), (100, 0.85, 250, 1000),
         (100, 0.85, 250, 1688), (100, 0.85, 250, 10_000), (100, 0.97, 101, 9001), (100, 0.55, 1000, 100), (100, 1.0, 100, 10_000)]


def cell(dim, lam, n_r, n_s):
    return {"dim": dim, "lam": lam, "n_r": n_r, "n_s": n_s, "simulated": False}


def wasserstein():
    """[d, ν, s, E tr W^½], and [n, d, E W2²] of n real rows alone."""
    places = [(1, 3.0), (2, 9.0), (5, 4.0), (30, 29.0), (100, 50.0), (100, 249.0), (100, 1e5)]
    return {"root_trace": [[d, nu, s, theory.wasserstein.root_trace(d, nu, s)] for d, nu in places for s in (0.5, 1.0, 1.2, 1.5, 1.7)],
            "real_only": [[n, d, theory.real_only_w2(n, d)] for d in phases.DIMS for n in (2, d, 3 * d, 50 * d)]}


def recursion():
    """E W2² of generations 1 … 9 of the loops of cells."""
    return [[cell(*one), phases.theory_path(cell(*one), 9).tolist()] for one in CELLS]


def limits():
    """Of cells: E W2² in the end, and what the rows are worth; n_s* by [d, λ]; rows by [W2², d]."""
    ends = [float(theory.w2_squared(fixed_point(phases.loop_of(cell(*one)), one[0]))) for one in CELLS]
    return {"cells": [[cell(*one), w2, effective_sample_size(phases.loop_of(cell(*one)), one[0])]
                      for one, w2 in zip(CELLS, ends, strict=True)],
            "asymptote": [[dim, lam, theory.admissible_threshold(dim, lam)] for dim in phases.DIMS for lam in (0.5, 0.85, 0.99, 1.0)],
            "rows": [[w2, d, theory.real_only_rows(w2, d)] for d in phases.DIMS for w2 in (0.01 * d, 0.1 * d, 0.4 * d, 9.0 * d)]}


def cells():
    """The map's axes by d, log₂ n_e/n_r on every sixth of them, and the colours of that."""
    axes = {dim: phases.axes(dim) for dim in phases.DIMS}
    places = [(dim, lam, axes[dim][0][::6], axes[dim][1][::6]) for dim, lam in ((5, 0.95), (10, 0.9), (30, 0.7), (100, 0.55), (100, 1.0))]
    worth = [np.log2(theory.worth(np.array(r)[None], np.array(s)[:, None], lam, d).clip(1e-9) / r).clip(-8) for d, lam, r, s in places]
    at = [-9.0, -2.0, -1.3, -0.5, 0.0, 0.25, 1.0, 1.99, 3.0]
    return {"cells": phases.CELLS, "axes": {str(dim): list(both) for dim, both in axes.items()},
            "worth": [[*place[:2], some.tolist()] for place, some in zip(places, worth, strict=True)],
            "shades": phases.plain(2, {})["shades"], "still": still_shades(at)}


def still_shades(at):
    """[log₂ n_e/n_r, its colour] on the still map."""
    return [[x, (255 * np.array(colormaps["RdBu"]((np.clip(x, -2, 2) + 2) / 4)[:3])).tolist()] for x in at]


def phases_():
    """States of the map: whether they are good, keys, text; captions without and with a track made for the purpose."""
    start = cell(100, 0.85, 250, 1000)
    bad = [{"lam": 0.4}, {"lam": 1.01}, {"lam": 0.855}, {"lam": "0.9"}, {"lam": True}, {"dim": 7}, {"dim": "5"}, {"dim": [5]},
           {"n_r": 1}, {"n_r": 1001}, {"n_s": 10_001}, {"n_s": 60}, {"n_s": 500.5}, {"n_s": True}, {"simulated": 1}, {"more": 1},
           {"n_r": None}, {"n_r": "<img src=x>"}]
    states = [start, *(cell(*one) for one in CELLS), start | {"simulated": True}, *(start | change for change in bad), [1], None, 3]
    cases = [{"state": state, "good": not refused(phases.check, state)} for state in states]
    for case in cases:
        if case["good"]:
            case |= {"key": phases.key(case["state"]), "text": written(case["state"])}
    seen = [None, track([[3.0], [2.0], [2.5]], [118.2, 0.3]), track([[3.0]], [7.26, None]), track([[3.0], [2.0]], [9.94, 2.44]),
            track([[3.0]] * 12, [1234.6, 17.4])]
    captions = [[cell(*one), path, phases.caption(cell(*one), path, 40)] for one in CELLS for path in seen]
    page = {"dims": list(phases.DIMS), "lams": list(phases.LAMS), "generations": 40}
    return {"page": page, "cases": cases, "captions": captions,
            "rows": [[n, phases.rows(n)] for n in (0.0, 1.26, 9.94, 9.95, 9.96, 10.4, 99.6, 1234.4, 1e6)],
            "verdicts": [[ratio, phases.verdict(ratio)] for ratio in (0.2, 0.989, 0.991, 1.0, 1.009, 1.011, 9.0)]}


def track(w2, rows):
    return {"key": "", "t": [40], "w2": w2, "rows": rows}


def quantiles():
    """10, 50, 90 % of each column."""
    some = [np.random.default_rng(n).exponential(size=(n, 3)).astype("f4") for n in (1, 2, 3, 8, 40)]
    return [[w2.tolist(), np.quantile(w2.astype(float), (0.1, 0.5, 0.9), axis=0).tolist()] for w2 in some]


CASES = {"numbers": numbers, "colours": colours, "page": page, "pack": pack_, "tracks": tracks, "words": words_,
         "wasserstein": wasserstein, "recursion": recursion, "limits": limits, "cells": cells, "phases": phases_,
         "quantiles": quantiles}


def plain(value):
    """As JSON has it: numbers that are not finite in words, others in twelve digits, which all machines agree on."""
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
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) if isinstance(cases, list) else None
    if lines is None:
        lines = ",\n".join(f"{json.dumps(key)}: {_listed(item)}" for key, item in cases.items())
        return f"{{\n{lines}\n}}\n"
    return f"[\n{lines}\n]\n"


def _listed(value) -> str:
    if not isinstance(value, list) or not any(isinstance(item, dict | list) for item in value):
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in value) + "\n]"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in CASES:
        (FOLDER / f"{name}.json").write_text(text(name), encoding="utf-8")
