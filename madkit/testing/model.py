"""check_model: fit and sample, labels and kept states, and where randomness comes from."""

from __future__ import annotations

import copy
import inspect
import math
from typing import Any

import torch
from torch import Tensor

from madkit.base import aloud, workers
from madkit.base.checks import Rows
from madkit.base.describe import describe
from madkit.base.foreign import asked, check_methods, drawn, offers_state, takes_lam
from madkit.base.foreign import fitted as fitted_by
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.rng import stream
from madkit.loops import emitted
from madkit.metrics.seen import seen
from madkit.models.own import taken
from madkit.runs.foreseen import check_copy, check_tools
from madkit.samples import Samples
from madkit.testing.words import as_assertion, require, require_truth, same, takes, unchanged


@gate
@guarded
def check_model(model: Any, truth: Any, n: Rows = 200, features: Any = None) -> None:
    """The rules of a model: fit(data) -> self, sample(n, lam=1.0) -> Samples.

    It accepts what `run` takes: also arrays, tables, other types and devices, a fit that returns
    nothing, and models without λ; see `mk.model`. The model itself is left unfitted.

    truth     what it is fitted to, twice, on n rows each (a finite truth: at most half of its
              rows); a few times n rows are sampled
    features  what metrics are to see of its rows, as in `run`; None: the rows

    Raises AssertionError, with what to change, if it cannot be copied, described or sent to a
    worker process; fit changes the data; rows have another number or shape, are sorted (their first
    half differs from their second by 6 standard errors), or NaN; randomness escapes the stream; λ
    is ignored (the same stream gives the same rows), kept as state, or widens the samples (by 4
    standard errors, row by row in the same stream; labelled samples around the mean of their
    label); moments() disagree with the samples (by 6). A model may raise ValueError or
    NotImplementedError for λ ≠ 1 if the words name lam. Warns if a second fit remembers the first:
    then all seeds begin with the same weights.

    If sample takes labels, sample(n, lam, y=…), and the truth has them: labels asked for must come
    back and change the rows, and by default each label comes in its share of the training rows, up
    to one row. If state_dict() and load_state_dict(state) are there (and are not merely torch's),
    state_dict gives {name: tensor}, and an unfitted copy that loads what a store kept of it returns
    itself and samples the same rows.
    """
    model = taken(model)
    with as_assertion():
        check_methods(model)
        check_copy(model)
        describe(model, "model")
        workers.pack(model)
    require_truth(truth)
    takes(model.fit, "fit(data)", None)
    lam = {"by position": [1.0], "": []}.get(takes_lam(model))
    if lam is not None:
        takes(model.sample, "sample(n, lam=1.0)", 1, *lam)
    n = min(n, getattr(truth, "rows", 2 * n) // 2)
    rows = asked(truth, "real", 2 * n)
    data, other = rows[:n], rows[n:]
    fitted = _fit(model, data)
    _check_order(_draw(fitted, n, data).x)
    _check_streams(model, fitted, data)
    _check_refit(model, fitted, data, other)
    if takes_lam(fitted):
        _check_lam(fitted, data)
    if data.y is not None and _takes_labels(fitted):
        _check_labels(fitted, data)
        _check_shares(fitted, data)
    if offers_state(fitted):
        _check_state(model, fitted, data)
    if hasattr(fitted, "moments"):
        _check_moments(fitted, data)
    if features is not None:
        with as_assertion():
            check_tools(features, None)
            seen(features, _draw(fitted, n, data))


def _fit(model: Any, data: Samples) -> Any:
    """A fitted copy, in the stream of all fits here."""
    mine = copy.deepcopy(model)
    with as_assertion(), unchanged(data, "fit"), stream(0, "check", "fit"):
        return fitted_by(mine, data)


def _draw(fitted: Any, n: int, data: Samples, lam: float = 1.0, name: str = "a",
          **labels: Tensor) -> Samples:
    """n rows from the stream `name`, as a loop takes them; labels: y=, where asked for."""
    with stream(0, "check", "sample", name):
        rows = fitted.sample(n, lam, **labels) if labels else drawn(fitted, n, lam)
    x = data.x[:0]
    like = Samples(x if x.is_floating_point() else x.double(),  # pictures stay unrounded
                   None if data.y is None else data.y[:0])
    with as_assertion():
        return emitted(rows, n, like, type(fitted).__name__)


def _sample(fitted: Any, data: Samples, name: str = "a") -> Tensor:
    return _draw(fitted, len(data), data, name=name).x


def _check_order(x: Tensor) -> None:
    """A loop takes the first rows of many: all must be alike."""
    halves = x.reshape(len(x), -1).double().tensor_split(2)
    mean, var = zip(*((half.mean(0), half.var(0) / len(half)) for half in halves), strict=True)
    error = (var[0] + var[1]).sqrt()
    off = ((mean[0] - mean[1]).abs() / error)[error > 0]
    require(not len(off) or float(off.max()) < 6,
            f"rows come sorted: the first half is {float(off.max()) if len(off) else 0:.1f} "
            "standard errors off the second, and a loop takes the first rows of many; shuffle "
            "them, x[torch.randperm(n)]")


def _check_streams(model: Any, fitted: Any, data: Samples) -> None:
    first, other, again = (_sample(fitted, data, name) for name in "aba")
    escape = ("draw from torch's, NumPy's or Python's global generator (torch.randn, "
              "np.random.normal, random.random) and do not seed it, or make your own generator "
              "from it in place: np.random.default_rng(np.random.randint(2**31))")
    require(not same(first, other),
            "two different random streams gave the very same rows: "
            "sample is not random, or draws from a private or fixed "
            f"generator; {escape}")
    require(same(first, again),
            "the same fit in the same random stream gave other rows the second time: "
            f"randomness escapes the stream, or sampling changes the model; {escape}")
    require(same(first, _sample(_fit(model, data), data)),
            "the same fit in the same random stream gave another model: "
            f"randomness escapes the stream in fit; {escape}")


def _check_refit(model: Any, fitted: Any, data: Samples, other: Samples) -> None:
    new = _sample(_fit(model, other), data)
    require(not same(_sample(fitted, data), new),
            "fits to different rows gave the very same samples: fit must use the data")
    if not same(_sample(_fit(fitted, other), data), new):
        aloud.warn(f"check_model: a second fit of {type(model).__name__} remembers the first; "
                   "every generation fits a copy of the unfitted model, so all seeds begin with "
                   "what __init__ made, such as weights: make it in fit for seeds to differ")


def _check_lam(fitted: Any, data: Samples) -> None:
    n = len(data)
    wide = _draw(fitted, n, data)
    try:
        narrow = _draw(fitted, n, data, lam=0.25)
    except (ValueError, NotImplementedError) as error:
        require("lam" in str(error) or "λ" in str(error),
                f"sample(n, lam=0.25) raised {error!r}: a model without λ may refuse lam ≠ 1, but "
                "its words must name lam")
        return
    require(not same(wide.x, narrow.x),
            "λ is ignored: sample(n, lam=0.25) equals sample(n, lam=1), row for row; "
            "multiply a variance by lam, or raise ValueError for lam ≠ 1 and name lam")
    wider = _errors(_square(narrow.x, narrow.y) - _square(wide.x, wide.y))
    centre = "" if wide.y is None else " of their label"
    require(wider < 4,
            "λ = 0.25 must not widen the samples, yet row by row their squared distance "
            f"from the mean{centre} is {wider:.1f} standard errors above that at λ = 1: "
            "smaller λ means less diversity")
    require(same(wide.x, _sample(fitted, data)),
            "lam is kept as state: after sample(n, lam=0.25), sample(n, lam=1) gave other "
            "rows than before; use lam only inside the call")


def _takes_labels(fitted: Any) -> bool:
    try:
        return "y" in inspect.signature(fitted.sample).parameters
    except ValueError:  # a compiled function that does not say what it takes
        return False


def _check_labels(fitted: Any, data: Samples) -> None:
    assert data.y is not None
    n, asked = len(data), data.y.flip(0)
    got = _draw(fitted, n, data, y=asked).y
    require(got is not None and same(got, asked),
            "sample(n, y=y) must return mk.Samples(x, y) of the labels asked for, got "
            f"{'no' if got is None else 'other'} ones")
    low, high = int(asked.min()), int(asked.max())
    first, last = (_draw(fitted, n, data, y=torch.full_like(asked, label)).x for label in (low, high))
    require(low == high or not same(first, last),
            f"y is ignored: in the same stream, rows of label {low} and of label {high} are the "
            "very same; draw each row given its label")


def _check_shares(fitted: Any, data: Samples) -> None:
    assert data.y is not None
    n = len(data) + 1  # another number than that of the training rows
    y, found = data.y, _draw(fitted, n, data).y
    if found is None:
        raise AssertionError("sample(n) of a model that takes y must return labels too, "
                             "mk.Samples(x, y), got none")
    labels = torch.cat([y, found]).unique()
    own = labels[:, None]
    expected, got = (own == y).sum(1) * (n / len(y)), (own == found).sum(1)
    require(bool(((got - expected).abs() <= 1).all()),
            "by default, labels must come in the shares of the training rows, up to one row, else "
            f"they drift in a loop; of {n} rows, expected {_listed(labels, expected)}, got "
            f"{_listed(labels, got)}")


def _listed(labels: Tensor, counts: Tensor) -> str:
    pairs = zip(labels.tolist(), counts.tolist(), strict=True)
    return ", ".join(f"{label}: {rows:.4g}" for label, rows in pairs)


def _check_state(model: Any, fitted: Any, data: Samples) -> None:
    n, state = len(data), fitted.state_dict()
    require(isinstance(state, dict), f"state_dict() must be a dict {{name: tensor}}, got "
                                     f"{type(state).__name__}")
    strange = [f"{name!r}: {type(value).__name__}"
               for name, value in state.items() if not isinstance(value, Tensor)]
    require(not strange, f"state_dict() must be flat, {{name: tensor}}, as safetensors keeps it, "
                         f"got {', '.join(strange)}")
    mine, whole = copy.deepcopy(model), "keep all that sample needs in state_dict(), as tensors"
    try:
        with stream(0, "check", "load"):
            loaded = mine.load_state_dict(_stored(state))
        again = _draw(mine, n, data)
    except Exception as error:
        raise AssertionError("an unfitted copy that loads state_dict() must sample, but it "
                             f"raised {error!r}: {whole}") from error
    require(loaded is mine, f"load_state_dict(state) must return self, got {type(loaded).__name__}")
    expected, none = _draw(fitted, n, data), torch.empty(0)
    labels = (none if y is None else y for y in (again.y, expected.y))
    alike = same(again.x, expected.x) and same(*labels)
    require(alike, "an unfitted copy that loads state_dict() must sample the very same in the "
                   f"same stream, got other rows or labels: {whole}")


def _stored(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """What a store gives back of it."""
    from safetensors.torch import load, save

    return load(save({name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
                      for name, value in state.items()}))


def _check_moments(fitted: Any, data: Samples) -> None:
    (mean, cov), n = fitted.moments(), len(data)
    x = _sample(fitted, data).reshape(n, -1)
    d = x.shape[1]
    require((tuple(mean.shape), tuple(cov.shape)) == ((d,), (d, d)),
            f"moments() must return a mean and a covariance, expected shapes {(d,)} and {(d, d)}, "
            f"got {tuple(mean.shape)} and {tuple(cov.shape)}")
    trace, square = cov.trace(), _square(x)
    off = abs(_errors(square - trace))
    require(off < 6, "moments() must be those of the fit at λ = 1: the trace of its covariance, "
                     f"{float(trace):.4g}, is {off:.1f} standard errors off that of {n} samples, "
                     f"{float(square.mean()):.4g}")


def _square(x: Tensor, y: Tensor | None = None) -> Tensor:
    """Squared distance of each row from the mean (of its label) (n,);
    their average is the trace of the covariance (within).
    """
    x = x.reshape(len(x), -1).double()
    own = torch.zeros(len(x), dtype=torch.long, device=x.device) if y is None else y
    _, own = own.unique(return_inverse=True)
    size = own.bincount()  # (K,) rows of each label
    total = torch.zeros(len(size), x.shape[1], dtype=x.dtype, device=x.device)
    mean = total.index_add_(0, own, x) / size[:, None]
    return (x - mean[own]).square().sum(1) * (size / (size - 1).clamp(min=1))[own]


def _errors(differences: Tensor) -> float:
    """The mean of the differences, in its standard errors."""
    mean, error = float(differences.mean()), float(differences.std()) / math.sqrt(len(differences))
    return mean / error if error else math.copysign(math.inf, mean) if mean else 0.0
