"""check_loop: what a training set is made of, and who says so."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from madkit.base import limits
from madkit.base.checks import Count, Several, shown
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.loops import State
from madkit.samples import Samples
from madkit.steps import steps
from madkit.testing.words import as_assertion, require, require_truth, same, unchanged


@gate
@guarded
def check_loop(loop: Any, truth: Any, n_ini: Several = 50, generations: Count = 4) -> None:
    """The rules of a loop: a function State -> Samples.

    It is run twice, with a model that resamples and blurs its rows.

    truth        where real and fresh rows come from; a finite one must last
    n_ini        real rows of generation 1
    generations  how many are run, from 2 training sets upwards

    Raises AssertionError, with what to change, if a training set is no Samples, has fewer than 2
    rows, another shape or NaN; if `born` is not the generation that made a row (0: real), which
    happens when rows are put into a new Samples without it; if the loop changes what it looks at;
    or if a second run with the same seed differs.
    """
    require(callable(loop), "a loop is a function State -> Samples, such as "
                            f"mk.fully_synthetic(100), got {shown(loop)}")
    require_truth(truth)
    require(generations >= 2, "generations: the loop is first asked at generation 2, expected at "
                              f"least 2, got {generations}")

    limits.generations(f"{limits.count(generations)} generations", generations)
    limits.rows("n_ini", n_ini, getattr(truth, "shape", ()), 8)

    def watched(state: State) -> Samples:
        start = state.cursor
        with (unchanged(state.data, "the loop (state.data)"),
              unchanged(state.real, "the loop (state.real)")):
            data = loop(state)
        if isinstance(data, Samples):
            _check_born(data, state)
            _check_fresh(data, state, start)
        return data

    def run() -> list[Samples]:
        with as_assertion():
            made = steps(_Blur(), watched, truth, n_ini=n_ini, emit=0, device="cpu")
            return [g.data for g in islice(made, generations)]

    for t, (first, second) in enumerate(zip(run(), run(), strict=True), 1):
        require(same(first.x, second.x),
                f"generation {t}: a second run with the same seed made another training set: the "
                "loop must draw from the global generators only (torch.randperm, not "
                "np.random.default_rng()) and remember nothing between calls")


def _check_born(data: Samples, state: State) -> None:
    """Rows that a generation emitted, and rows of D¹, bear its number."""
    births = data.born.tolist()
    require(all(0 <= born < state.t for born in births),
            f"generation {state.t}: born must lie in 0 … {state.t - 1} (0: real), got "
            f"{sorted(set(births))}")
    made = {row: 0 for row in _bytes(state.real.x)}
    for k, emitter in state.models.items():
        made |= {row: k for emitted in emitter._rows.values() for row in _bytes(emitted.x)}
    for row, born in zip(_bytes(data.x), births, strict=True):
        require(made.get(row, born) == born,
                f"generation {state.t}: a row made by generation {made.get(row)} (0: real) is "
                f"stamped born = {born}; select and add Samples (s[i], a + b) instead of building "
                "new ones from x, or pass born=")


def _check_fresh(data: Samples, state: State, start: int) -> None:
    """Rows that `state.fresh` gave still say so."""
    new: set[bytes] = set()
    if state.cursor > start:
        new.update(_bytes(state.truth.fresh(start, state.cursor - start, state.seed).x))
    for row, fresh in zip(_bytes(data.x), data.fresh.tolist(), strict=True):
        require(fresh or row not in new,
                f"generation {state.t}: a row that state.fresh gave does not say so, and would be "
                "recorded as one of the first real set; select and add Samples (s[i], a + b) "
                "instead of building new ones from x, or pass fresh=")


def _bytes(x: Tensor) -> Iterator[bytes]:
    return (row.tobytes() for row in x.detach().cpu().contiguous().numpy())


class _Blur:
    """Rows of the data, moved a little, so that no emitted row equals a real one."""

    def fit(self, data: Samples) -> _Blur:
        self.x = data.x.double()
        return self

    def sample(self, n: int, lam: float = 1.0) -> Samples:
        mean, x = self.x.mean(0), self.x[torch.randint(len(self.x), (n,))]
        blur = 0.1 * self.x.std() * torch.randn_like(x)
        return Samples(mean + math.sqrt(lam) * (x - mean) + blur)
