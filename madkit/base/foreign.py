"""Models and rows that were not written for madkit: called as they can be, taken as they come.

    fit(data)         returns self, another fitted object, or anything else (None, a history): then
                      the object itself is the fitted model; a generator is run to its end
    sample(n, lam)    or sample(n), of a model that knows no λ: it can be asked for λ = 1 alone
    rows              tensors of any device and type, arrays, tables, lists of pictures, pairs
                      (rows, labels), and what holds its pictures as `.images`
    their shape       (n, *shape), flattened (n, d), with or without axes of length one, pictures
                      with their channels last
"""

from __future__ import annotations

import inspect
import math
import os
import re
from collections import deque
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
import torch
from torch import Tensor, nn

from madkit.base import aloud, arrays
from madkit.base.checks import NO, Check, misfit, shown, written

# a parameter of `sample` beside n is λ where it must be given, unless it has such a name
NO_LAM = ("random_state", "seed", "rng", "generator", "key", "y", "labels", "batch_size", "device")
# and one that has a default is none, whatever its default, unless it has one of these
LAM = ("lam", "lam_", "lambda_", "lambd", "lmbda", "λ", "bias", "sampling_bias")
# what a call has beyond its n: how many by position, and which by name
LAMS: dict[str, tuple[int, tuple[str, ...]]] = {"by position": (1, ()), "by name": (0, ("lam",)),
                                                "": (0, ())}
TRUTH = ("real", "fresh", "test")        # the methods of one


def fitted(model: Any, data: Any) -> Any:
    """The model that model.fit(data) leaves; TypeError for a coroutine."""
    try:
        made = model.fit(data)
        if inspect.isgenerator(made):
            made = deque(made, 0)
    except Exception as error:
        note_rows(error, data)
        raise
    if inspect.iscoroutine(made):
        made.close()
        raise TypeError(f"model: {type(model).__name__}.fit(data) is async; write def fit(…) "
                        "instead of async def")
    samples = callable(getattr(made, "sample", None)) and not hasattr(made, "columns")
    return made if samples else model


def note_rows(error: Exception, data: Any) -> None:
    """A network of float32 met rows of float64 or uint8, or a Samples stood where a tensor should: a note
    says what the rows are.
    """
    said = str(error)
    x = getattr(data, "x", None)
    wide = re.search("double|float64|byte|uint8|unsigned char", said, re.I) and re.search(r"float\b|float32", said, re.I)
    whole = isinstance(error, TypeError | AttributeError) and re.search(r"\bSamples\b(?!:)", said)
    if not (wide or whole) or not isinstance(x, Tensor):
        return
    kind = str(x.dtype).removeprefix("torch.")
    shape = ", ".join(["n", *map(str, x.shape[1:])])
    error.add_note(f"rows are data.x, {kind} ({shape}): data.x.float() for a float32 network")


def drawn(model: Any, n: int, lam: float) -> Any:
    """model.sample(n, lam), or model.sample(n) of a model that knows no λ."""
    how = takes_lam(model)
    if how == "by position":
        return model.sample(n, lam)
    if how == "by name":
        return model.sample(n, lam=lam)
    if lam != 1:
        raise ValueError(no_lam(model, lam))
    return model.sample(n)


def no_lam(model: Any, lam: float) -> str:
    """What is said to whom asks a model without λ for one."""
    return (f"lam: {name(model)} has no λ, its sample takes n alone, but λ = {lam:g} was asked "
            "for: use lam=1, or write sample(n, lam=1.0) (for mk.model: sample=(fitted, n, lam))")


def is_estimator(model: Any) -> bool:
    """Whether it keeps scikit-learn's rules: arrays in, arrays out."""
    names = ("get_params", "set_params", "fit", "sample")
    return not isinstance(model, type) and all(callable(getattr(model, name, None))
                                               for name in names)


def check_methods(model: Any) -> None:
    """TypeError for what cannot be a model."""
    missing = [name for name in ("fit", "sample") if not callable(getattr(model, name, None))]
    if missing or isinstance(model, type) or is_estimator(model):
        raise TypeError(no_model(model, missing))
    if miscalled(model):
        raise TypeError(no_model(model, missing))


def miscalled(model: Any) -> str:
    """Which method cannot be called as it will be, in words, or ""."""
    placed, named = LAMS[takes_lam(model)]
    for method, form, count, names in ((model.fit, "fit(data)", 1, ()),
                                       (model.sample, "sample(n, lam)", 1 + placed, named)):
        if wrong := misfit(method, count, names):
            return (f"one whose {form.partition('(')[0]} cannot be called as {form}, {wrong}; "
                    "mk.model(model) calls what takes arrays, fit(x) or fit(x, y)")
    return ""


def offers_state(model: Any) -> bool:
    """Whether a fit can be had again: state_dict() -> {name: tensor}, load_state_dict(it) -> self.

    That of nn.Module is another: it returns keys, and knows nothing of what fit makes but weights.
    """
    own = getattr(type(model), "load_state_dict", None) is not nn.Module.load_state_dict
    names = ("state_dict", "load_state_dict")
    return own and all(callable(getattr(model, name, None)) for name in names)


def no_model(model: Any, missing: list[str]) -> str:
    """What is said of what cannot be a model."""
    if isinstance(model, type):
        what = f"the class {model.__name__}: write {written(model)}"
    elif is_estimator(model):
        what = f"a scikit-learn estimator: write mk.model({type(model).__name__}(…))"
    elif not missing:
        what = miscalled(model)
    elif inspect.isroutine(model):
        what = f"the function {model.__name__}: write mk.model(fit=…, sample=…)"
    else:
        what = (f"{shown(model)} without {' and '.join(missing)}: write these methods, or "
                "mk.model(fit=f, sample=g) with f(x) -> anything and g(fitted, n) -> rows")
    return f"model: expected an object with fit(data) and sample(n, lam), got {what}"


def _model(value: Any) -> Any:
    if not is_estimator(value):                          # run takes these, and steps says what to do
        check_methods(value)
    return value


def _no_model(value: Any) -> str:
    missing = [name for name in ("fit", "sample") if not callable(getattr(value, name, None))]
    return no_model(value, missing).partition(", got ")[2]


def _makes_a_loop(value: Any) -> bool:
    """Whether it makes a loop, and is none: a class, or a function of madkit.loops."""
    return getattr(value, "__module__", "") == "madkit.loops" and hasattr(value, "__qualname__")


def _call_it(value: Any) -> str:
    return f"mk.{value.__qualname__} makes a loop, it is none yet: call it with its settings, as " \
           "in mk.fully_synthetic(100)" if _makes_a_loop(value) else \
        misfit(value, 1) if callable(value) else ""


def _truth(value: Any) -> Any:
    there = all(callable(getattr(value, name, None)) for name in TRUTH)
    return value if there and not isinstance(value, type) else NO


def no_truth(value: Any) -> str:
    """What to do with what is no truth: rows, a file and a maker of truths can become one."""
    if isinstance(value, type) or inspect.isroutine(value):
        return f"write {written(value)}"
    if isinstance(value, str | os.PathLike):
        folder = os.path.isdir(value)
        return f"write mk.data.{'images' if folder else 'csv'}({os.fspath(value)!r:.80})"
    rows = hasattr(value, "shape") or hasattr(value, "columns") or isinstance(value, list | tuple)
    if rows:
        return "rows are a truth as mk.data.array(x), those of a file as mk.data.csv(path)"
    missing = [name for name in TRUTH if not callable(getattr(value, name, None))]
    return f"it is without {' and '.join(missing)}"


def asked(truth: Any, method: str, *given: int) -> Any:
    """What a truth's real, fresh or test returns; TypeError where that is no Samples."""
    rows = getattr(truth, method)(*given)
    if not all(hasattr(rows, part) for part in ("x", "y", "born", "to")):
        form = "start, n, seed" if method == "fresh" else "n, seed"
        raise TypeError(f"truth: {type(truth).__name__}.{method}({form}) must return mk.Samples, got "
                        f"{shown(rows)}")
    return rows


a_truth = Check("a truth with real(n, seed), fresh(start, n, seed) and test(n, seed), such as "
                "mk.data.gaussian(2)", _truth, TypeError, no_truth)
Truthful = Annotated[Any, a_truth]
a_model = Check("an object with fit(data) and sample(n, lam)", _model, TypeError, got=_no_model)
a_loop = Check("a function State -> Samples, such as mk.fully_synthetic(100)",
               lambda value: value if callable(value) and not _makes_a_loop(value)
               and not misfit(value, 1) else NO, TypeError, _call_it)


def takes_lam(model: Any) -> str:
    """How sample takes λ: "by position", "by name", or "" where it takes none."""
    own = getattr(model, "takes_lam", None)
    return own if isinstance(own, str) else _takes_lam(type(model))  # type: ignore[arg-type]


@lru_cache(maxsize=64)
def _takes_lam(kind: Any) -> str:
    try:
        parameters = inspect.signature(kind.sample).parameters  # type: ignore[attr-defined]
    except (AttributeError, TypeError, ValueError):  # compiled, or an attribute of the object
        return "by position"
    bound = isinstance(inspect.getattr_static(kind, "sample"), staticmethod | classmethod)
    return lam_of(list(parameters.values()), 1 if bound else 2)


def lam_of(parameters: list[inspect.Parameter], at: int) -> str:
    """How a function that has these parameters takes λ: "by position", "by name", or "" for none.

    at  the place of λ, after n
    """
    named = {p.name: p.kind for p in parameters}
    if named.get("lam") is inspect.Parameter.KEYWORD_ONLY:
        return "by name"
    if inspect.Parameter.VAR_POSITIONAL in named.values():
        return "by position"
    placed = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][at:]
    if placed and (placed[0].name in LAM or
                   placed[0].default is placed[0].empty and placed[0].name not in NO_LAM):
        return "by position"
    return "by name" if "lam" in named or inspect.Parameter.VAR_KEYWORD in named.values() else ""


def name(model: Any) -> str:
    """A model as errors call it."""
    own = getattr(model, "name", None)
    return own if isinstance(own, str) and own else type(model).__name__


# --- rows -----------------------------------------------------------------------------------------


def rows(drawn: Any, labelled: bool, who: str) -> tuple[Tensor, Any]:
    """x and y of what a model returned.

    labelled  whether what it was fitted on has labels; else those it gives are of another kind,
              such as the components of a mixture
    """
    y = None
    if isinstance(drawn, tuple) and len(drawn) == 2:
        drawn, y = drawn
    drawn = getattr(drawn, "images", drawn)  # of a pipeline
    if isinstance(drawn, list | tuple) and drawn and hasattr(drawn[0], "getbands"):
        drawn = np.stack([np.asarray(picture) for picture in drawn])
        drawn = drawn[..., None] if drawn.ndim == 3 else drawn
    return arrays.numbers(f"{who}: sample(n, lam)", drawn), y if labelled else None


def shaped(x: Tensor, n: int, shape: tuple[int, ...], who: str) -> Tensor:
    """The rows as (n, *shape), where their order is beyond doubt; else ValueError."""
    found = tuple(x.shape)
    flat = (n, math.prod(shape))
    if found == (n, *shape):
        return x
    if found == flat or _full(found) == _full((n, *shape)):
        return x.reshape(n, *shape)
    if len(shape) == 3 and found == (n, *shape[1:], shape[0]):  # channels last
        return x.movedim(3, 1)
    raise ValueError(f"{who}: sample({n}) must return rows of shape {shape}, expected "
                     f"{(n, *shape)}, got {found}")


def _full(shape: tuple[int, ...]) -> list[int]:
    return [length for length in shape if length != 1]


def warn_of_units(x: Tensor, like: Tensor, who: str) -> None:
    """Rows in [−1, 1] where pixels are whole numbers 0 … 255 would be rounded to black."""
    if like.dtype == torch.uint8 and x.is_floating_point() and len(x):
        low, high = (float(end) for end in x.aminmax())
        if -1 <= low and high <= 1:
            aloud.warn(f"{who}: emitted pixels in [{low:.2g}, {high:.2g}], where the data's are "
                       "whole numbers 0 … 255: they are rounded, to black; multiply by 255 in "
                       "sample, or give the data in [0, 1]")
