"""What a store holds, alive again: a state to go on from, and models to sample once more.

A model that was kept (see `shelf`) is read on first use. Any other is fitted again to its stored
training set: a fit is a function of (training set, seed, t), so both emit the same rows, to the bit
on one type of machine.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

from madkit import loops
from madkit.base import describe as specs
from madkit.base.checks import Place, place, whole
from madkit.base.claims import seeds
from madkit.base.device import Device, resolve
from madkit.base.files import StoreError, read_json
from madkit.base.foreign import check_methods, offers_state
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.identity import as_made, other
from madkit.base.provenance import provenance
from madkit.base.rng import stream
from madkit.loops import Emitter, Loop, State
from madkit.models.own import taken
from madkit.runs.shelf import Shelf
from madkit.samples import Samples
from madkit.steps import fit


@gate
@guarded
def reopen(folder: Place, model: Any, seed: int | None = None,
           device: Device = "auto") -> dict[int, Emitter]:
    """The generations of a stored run: `reopen(folder, model)[t].sample(n, lam)` gives rows of t.

    folder  what `run` was given as store, finished or not; it is only read
    model   the model that the run was given, with the same settings; not changed
    seed    one of the run's seeds; None: the first, whose rows are in Run.samples
    device  "auto" (cuda, else cpu), "cpu", "cuda", "mps"

    Rows 0, 1, 2, … of one λ are the generation's own sequence: it begins with the rows that the run
    emitted, and goes on as far as you ask (`start=` skips rows); `[t].model` is the fitted model.
    Raises StoreError where no generations are kept, for another model, and for damaged files.
    """
    check_methods(model := taken(model))
    folder = place("folder", folder)
    spec = read_json(folder / "spec.json")
    has = seeds(folder, spec)
    part = {"model": model}
    asked = as_made(folder, part, {"model": specs.describe(model, "model")}) | provenance("cpu")
    if why := other(spec, asked, ["model"], folder / "spec.json"):
        holds = "holds" if why.startswith("They differ") else "may hold"
        raise StoreError(f"reopen: {folder} {holds} generations of another model: "
                         + why.removeprefix("They differ in model: "))
    seed = has[0] if seed is None else whole("seed", seed)
    shelf = Shelf(folder / f"seed-{seed}", seed)
    if not (done := shelf.generations()):
        raise StoreError(f"reopen: {folder} keeps no generations of seed {seed} (it has "
                         f"{has}); run keeps them when it is given store=")
    if spec.get("complete") is True and done < (said := spec.get("generations", done)):
        raise StoreError(f"reopen: {folder} keeps {done} generations of seed {seed}, its spec.json "
                         f"says {said}; mk.run with the same arguments makes the others again")
    like = shelf.data(1)[:0].to(resolve(device))
    return emitters(shelf, model, range(1, done + 1), like)


def resumed(shelf: Shelf, done: int, model: Any, loop: Loop, truth: Any, device: str) -> State:
    """The state after the `done` stored generations."""
    shelf.learn(done)
    here, memory = resolve(device), loops.reach(loop)
    real = shelf.data(1).to(here)
    reachable = range(1 if memory is None else max(1, done + 1 - memory), done + 1)
    models = emitters(shelf, model, reachable, like=real[:0])
    data, cursor = shelf.data(done).to(here), shelf.cursor(done)
    return State(done + 1, real, data, models, truth, shelf.seed, cursor)


def emitters(shelf: Shelf, model: Any, generations: range, like: Samples) -> dict[int, Emitter]:
    """The stored generations, their models made on first use."""
    return {t: Emitter(t, shelf.seed, partial(_fitted, shelf, model, t, like), like)
            for t in generations}


def _fitted(shelf: Shelf, model: Any, t: int, like: Samples) -> Any:
    """Generation t's model: read, or fitted again."""
    state = shelf.model(t) if offers_state(model) else None
    if state is None:
        return fit(model, shelf.data(t).to(like.x.device), shelf.seed, t)
    fitted = copy.deepcopy(model)
    try:
        here = {name: value.to(like.x.device) for name, value in state.items()}
        with stream(shelf.seed, "load", t):  # new weights are often drawn, then overwritten
            fitted.load_state_dict(here)
    except Exception as error:
        path = shelf.path(t, "safetensors")
        raise StoreError(f"{path} does not fit this {type(model).__name__} ({error}); nothing was "
                         f"changed. Remove it, and generation {t} is fitted again from its "
                         "training set") from error
    return fitted
