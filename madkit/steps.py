"""The heart: fit, emit, make the next training set.

    G^1 = fit(D^1),   D^t = loop(state),   G^t = fit(D^t),   t = 2, 3, …

`steps` yields one generation after another, without end. A generation's model is a pure function of
(training set, seed, t).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Protocol

import torch

from madkit import loops
from madkit.base import foreign
from madkit.base.checks import Rows, Seed, Several, Unit, whole
from madkit.base.device import Device, resolve
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.rng import preserved, stream
from madkit.loops import Emitter, Loop, State
from madkit.samples import Samples


class Fits(Protocol):
    """What a loop trains: any object with these two methods; lam left out is 1, no bias."""

    def fit(self, data: Samples, /) -> Any: ...                  # self
    def sample(self, n: int, lam: float, /) -> Samples: ...      # n rows


class Real(Protocol):
    """What is behind the real data: any object with three methods, such as mk.data.gaussian(2)."""

    def real(self, n: int, seed: int, /) -> Samples: ...
    def fresh(self, start: int, n: int, seed: int, /) -> Samples: ...
    def test(self, n: int, seed: int, /) -> Samples: ...


Model = Annotated[Fits, foreign.a_model]
Truth = Annotated[Real, foreign.a_truth]


@dataclass(frozen=True)
class Generation:
    """What `steps` yields: generation t, its training set, the fitted model, what it emitted."""

    t: int
    data: Samples
    model: Any
    samples: Samples
    state: State = field(repr=False)


@gate
@guarded
def steps(
    model: Model,                    # fit(data: Samples) -> self, sample(n, lam) -> Samples
    loop: Loop,                      # State -> Samples
    truth: Truth,                    # real(n, seed), fresh(start, n, seed), test(n, seed)
    *,
    seed: Seed = 0,
    n_ini: Several | None = None,    # real rows of generation 1; None: those the loop adds each time
    emit: Rows = 1000,               # rows in Generation.samples
    lam_emit: Unit | None = None,    # their λ; None: the one its Synthetic sources agree on, else 1
    device: Device = "auto",         # "auto" (cuda, else cpu), "cpu", "cuda", "mps"
    state: State | None = None,      # go on from here, instead of from generation 1
) -> Iterator[Generation]:
    """Generations 1, 2, 3, … without end: fit, emit, make the next training set.

    A deep copy of the unfitted model is fitted each time. Raises TypeError for a model or loop that
    cannot be one, ValueError for training sets that cannot be fitted, FloatingPointError, which
    names the generation, when a fit diverges.
    """
    foreign.check_methods(model)
    lam = loops.emitted_lam(loop) if lam_emit is None else lam_emit
    state = state or begin(loop, truth, seed, n_ini, device)
    while True:
        # state.fresh moves the cursor: not that of a state handed out, from which one may go on
        state = replace(state)
        with preserved():
            data = state.real if state.t == 1 else training_set(loop, state)
            fitted = fit(model, data, state.seed, state.t)
            state = follow(state, loop, data, fitted)
            samples = state.model.sample(emit, lam)
        yield Generation(state.t - 1, data, fitted, samples, state)


def begin(loop: Loop, truth: Truth, seed: int, n_ini: int | None, device: str) -> State:
    """The state before generation 1."""
    n_ini = whole("n_ini", loops.initial_rows(loop) if n_ini is None else n_ini, least=2)
    real = foreign.asked(truth, "real", n_ini, seed).to(resolve(device))
    return State(1, real, real, {}, truth, seed, cursor=n_ini)


def training_set(loop: Loop, state: State) -> Samples:
    """loop(state), checked."""
    with nullcontext() if loops.draws_nothing(loop) else stream(state.seed, "loop", state.t):
        data = loop(state)
    if not isinstance(data, Samples):
        raise TypeError(f"loop: must return mk.Samples, got {type(data).__name__} at generation "
                        f"{state.t}; {'end it with return' if data is None else 'rows x are mk.Samples(x)'}")
    if len(data) < 2:
        raise ValueError(f"loop: the training set of generation {state.t} has {len(data)} rows, "
                         "expected at least 2; give the loop real, fresh or synthetic rows")
    if data.shape != state.real.shape:
        raise ValueError("loop: rows must have the shape of the real data, expected "
                         f"{state.real.shape}, got {data.shape} at generation {state.t}")
    # other rows were checked where they came from
    if not loops.draws_nothing(loop) and not torch.isfinite(data.x).all():
        raise ValueError(f"loop: the training set of generation {state.t} holds NaN or infinity")
    return loops.cast(data, state.real)


def fit(model: Model, data: Samples, seed: int, t: int) -> Any:
    """A fitted deep copy of the model: a pure function of (data, seed, t)."""
    with stream(seed, "fit", t):
        try:
            return foreign.fitted(copy.deepcopy(model), data)
        except FloatingPointError as error:
            raise FloatingPointError(f"generation {t} of seed {seed}: {error}") from error


def follow(state: State, loop: Loop, data: Samples, fitted: Any) -> State:
    """The state after a generation: what the loop can no longer reach is dropped."""
    memory = loops.reach(loop)
    models = {k: e for k, e in state.models.items() if memory is None or k > state.t - memory}
    models[state.t] = Emitter(state.t, state.seed, fitted, like=state.real[:0])
    return State(state.t + 1, state.real, data, models, state.truth, state.seed, state.cursor)
