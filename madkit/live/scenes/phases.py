"""The phase map: what synthetic rows are worth at every (n_r, n_s),
and the loop of one cell, as plain values.

A state is a cell, and what the map shows of it:

    {"dim": 100, "lam": 0.85, "n_r": 250, "n_s": 1000, "simulated": False}

The map spans n_r from d to 10 d and n_s from d to 100 d, where the boundary n_e = n_r is in sight.
The page computes theory itself (live/js/map, the same formulas as `madkit.theory`), so that λ moves
without a kernel; what comes from here are simulated tracks, by the exact law. Generation 1 of a track
is fitted on n_r real rows: it starts as good as real rows alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from madkit import exact, sweep, theory
from madkit.base import limits
from madkit.base.checks import whole
from madkit.exact.worth import worth
from madkit.live.scenes.page import parsed, short
from madkit.loops import Fresh, Loop, Synthetic

DIMS = (5, 10, 30, 100)
LAMS = tuple(round(i / 100, 2) for i in range(50, 101))
CELLS = 40                             # along an axis
SEEDS = {5: 40, 10: 40, 30: 24, 100: 12}    # of a track, in the end
FIRST = {5: 40, 10: 40, 30: 8, 100: 1}      # that are shown first: as many as take about 50 ms
LATE = 0.02  # a loop whose n_e is further from the limit's is on its way
RECORD, RECORDED = "fig11_fresh_data", 100  # the simulated map, and its d
FIELDS = ("dim", "lam", "n_r", "n_s", "simulated")
PRESETS: dict[str, dict[str, Any]] = {         # cells of the paper's map
    "some helps": {"help": "1,000 synthetic rows beside 250 real ones do better than these alone",
                   "dim": 100, "lam": 0.85, "n_r": 250, "n_s": 1000},
    "at the boundary": {"help": "with 1,688 synthetic rows nothing is gained any more",
                        "dim": 100, "lam": 0.85, "n_r": 250, "n_s": 1688},
    "too much harms": {"help": "10,000 synthetic rows: the 250 real ones alone do better",
                       "dim": 100, "lam": 0.85, "n_r": 250, "n_s": 10_000},
    "no bias": {"help": "with λ = 1 synthetic rows never harm, "
                        "and are worth up to about as much again",
                "dim": 100, "lam": 1.0, "n_r": 250, "n_s": 10_000},
}

State = dict[str, Any]


def axes(dim: int) -> tuple[list[int], list[int]]:
    """The rows n_r and n_s of the map's cells: whole numbers,
    in equal ratios where these are far enough apart.
    """
    def between(high: int) -> list[int]:
        steps = [dim * (high / dim) ** (i / (CELLS - 1)) for i in range(CELLS)]
        return sorted({math.floor(step + 0.5) for step in steps})

    return between(10 * dim), between(100 * dim)


def measured(generations: int) -> list[int]:
    """The generations that a track shows: few, close together where it moves."""
    return sorted({round(value) for value in np.geomspace(1, generations, 14)})


def loop_of(state: Mapping[str, Any]) -> Loop:
    """The loop of a state's cell."""
    return Fresh(state["n_r"]) + Synthetic(state["n_s"], state["lam"])


def key(state: Mapping[str, Any]) -> str:
    """What a track is known by."""
    return f"{state['dim']},{state['lam']:.2f},{state['n_r']},{state['n_s']}"


def track(state: Mapping[str, Any], generations: int, seeds: Sequence[int],
         before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """W2² of these seeds in `measured` generations, by the exact law,
    after those of a track that has others.

    {"key", "t": (G,), "w2": (S, G), "rows": [n_e, its standard error]}: n_e of the last generation,
    as real rows alone; the error is None for one seed.
    """
    t = measured(generations)
    drawn = exact.simulate(loop_of(state), state["dim"], generations=generations, seeds=seeds,
                           n_ini=state["n_r"], metrics=["w2_squared"], at=t, device="cpu")
    found = drawn["w2_squared"][0]
    w2 = [*(before["w2"] if before else []), *found.tolist()]
    last, dim = [one[-1] for one in w2], state["dim"]
    if len(w2) == 1:
        rows = [theory.real_only_rows(last[0], dim), None]
    else:
        rows = list(worth(np.array(last), dim))
    return {"key": key(state), "t": t, "w2": w2, "rows": rows}


def theory_path(state: Mapping[str, Any], generations: int) -> np.ndarray:
    """Expected W2² of every generation, (generations,)."""
    known = theory.moments(loop_of(state), state["dim"], generations, state["n_r"])
    return np.asarray(theory.w2_squared(known))


def recorded() -> dict[str, Any] | None:
    """The simulated map: its λ, n_r, n_s, and log2 n_e/n_r [λ][n_s][n_r];
    None where the record is not there.
    """
    try:
        table = sweep.recorded(RECORD)
    except FileNotFoundError:
        return None
    grid = table.pivot_table(index=["lam", "n_s"], columns="n_r", values="ratio")
    lams, n_s = (sorted(set(table[name])) for name in ("lam", "n_s"))
    worth = np.log2(grid.to_numpy().clip(2.0**-8)).reshape(len(lams), len(n_s), -1)
    return {"dim": RECORDED, "lams": lams, "n_r": grid.columns.tolist(), "n_s": n_s,
            "worth": worth.round(4).tolist()}


# --- states ---------------------------------------------------------------------------------------


def check(state: Any) -> State:
    """The state, where there is such a one. ValueError, in words, for anything else."""
    if not isinstance(state, Mapping) or set(state) != set(FIELDS):
        raise ValueError(f"state: expected exactly {', '.join(FIELDS)}, got {short(state)}")
    dim, lam = state["dim"], state["lam"]
    if isinstance(dim, bool) or not isinstance(dim, int | float) or dim not in DIMS:
        raise ValueError(f"dim: expected {', '.join(map(str, DIMS[:-1]))} or {DIMS[-1]}, got "
                         f"{short(dim)}")
    if isinstance(lam, bool) or not isinstance(lam, int | float) or lam not in LAMS:
        raise ValueError("lam: expected a number from 0.5 to 1 in steps of 0.01, got "
                         f"{short(lam)}")
    for name, high in (("n_r", 10 * dim), ("n_s", 100 * dim)):
        rows = state[name]
        if isinstance(rows, bool) or not isinstance(rows, int) or not dim <= rows <= high:
            raise ValueError(f"{name}: expected a whole number from {dim:,} to {high:,} (the map "
                             f"at d = {dim}), got {short(rows)}")
    if not isinstance(state["simulated"], bool):
        raise ValueError(f"simulated: expected True or False, got {short(state['simulated'])}")
    return dict(state) | {"dim": int(dim), "lam": float(lam)}


def read(text: str) -> State:
    """The state that `scenes.page.written` made into text.

    ValueError, in words, for text that is none.
    """
    return check(parsed(text))


def plain(generations: int, presets: Mapping[str, Mapping[str, Any]],
          title: str = "") -> dict[str, Any]:
    """The page as the browser reads it."""
    from matplotlib import colormaps

    limits.time("generations", f"a loop of {limits.count(generations)} generations", generations, 2000)
    shades = (255 * colormaps["RdBu"](np.linspace(0, 1, 33))[:, :3]).round().astype(int).tolist()
    return {
        "title": title, "dims": list(DIMS), "lams": list(LAMS), "cells": CELLS, "shades": shades,
        "generations": whole("generations", generations, least=2),
        "presets": [{"name": name, "help": preset.get("help", ""), "set": settings(preset)}
                    for name, preset in presets.items()],
        "simulated": recorded(), "offline": False, "tracks": {},
    }


def settings(preset: Mapping[str, Any]) -> dict[str, Any]:
    """What a preset sets."""
    return {name: value for name, value in preset.items() if name != "help"}


# --- words ----------------------------------------------------------------------------------------


def verdict(ratio: float) -> str:
    """What the ratio n_e/n_r says."""
    does = "helps" if ratio > 1.01 else "harms" if ratio < 0.99 else "changes nothing"
    return f"Synthetic data {does}"


def caption(state: Mapping[str, Any], track: Mapping[str, Any] | None, generations: int) -> str:
    """A state in words, with its numbers; the page says the same."""
    n_e = theory.effective_sample_size(loop_of(state), state["dim"])
    ratio = n_e / state["n_r"]
    said = (f"{verdict(ratio)}: with λ = {state['lam']:g} and d = {state['dim']}, "
            f"{state['n_r']:,} real and {state['n_s']:,} synthetic rows a generation are in the "
            f"end worth {rows(n_e)} real rows alone, n_e/n_r = {ratio:.2f} (theory).")
    if track is None:
        return said
    worth, error = track["rows"]
    here = theory.real_only_rows(theory_path(state, generations)[-1], state["dim"])
    late = " and is still on its way" if abs(here / n_e - 1) > LATE else ""
    give = ""
    if error is not None:
        give = f" ± {max(1, round(error))}" if worth >= 9.95 else f" ± {error:.1f}"
    seeds = f"{len(track['w2'])} seed{'s' if len(track['w2']) > 1 else ''}"
    return (f"{said} Simulated: generation {track['t'][-1]} is as good as "
            f"{rows(worth)}{give} real rows ({seeds}){late}.")


def rows(number: float) -> str:
    """A number of rows that need not be whole."""
    return f"{number:,.0f}" if number >= 9.95 else f"{number:.1f}"
