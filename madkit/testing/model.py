"""check_model: fit and sample, labels and kept states, and where randomness comes from."""

from __future__ import annotations

import copy
import inspect
import math
from typing import Any

import torch
from torch import Tensor

from madkit.base.rng import stream
from madkit.samples import Samples
from madkit.steps import check_model_methods, offers_state
from madkit.testing.words import as_assertion, require, require_truth, same, takes, unchanged


def check_model(model: Any, truth: Any, n: int = 200) -> None:
    """The rules of a model: fit(data) -> self, sample(n, lam=1.0) -> Samples.

    The model itself is left unfitted.

    truth  what it is fitted to, twice, on n rows each (a finite truth: at most half of its rows); a
           few times n rows are sampled

    Raises AssertionError, with what to change, if it cannot be copied; fit does not return self,
    changes the data or remembers an earlier fit; rows have another number, shape, type or device,
    or NaN; randomness escapes the stream; λ is ignored (the same stream gives the same rows), kept
    as state, or widens the samples (by 4 standard errors, row by row in the same stream; labelled
    samples around the mean of their label); moments() disagree with the samples (by 6). A model
    without λ may raise ValueError or NotImplementedError for λ ≠ 1 if the words name lam.

    If sample takes labels, sample(n, lam, y=…), and the truth has them:
    labels asked for must come back and change the rows, and by default each label comes in its
    share of the training rows, up to one row. If state_dict() and load_state_dict(state)
    are there (and are not merely torch's), state_dict gives {name: tensor},
    and an unfitted copy that loads it returns itself and samples the same rows.
    """
    with as_assertion():
        check_model_methods(model)
    require_truth(truth)
    takes(model.fit, "fit(data)", None)
    takes(model.sample, "sample(n, lam=1.0)", 1)
    takes(model.sample, "sample(n, lam=1.0)", 1, 1.0)
    n = min(n, getattr(truth, "rows", 2 * n) // 2)
    rows = truth.real(2 * n)
    data, other = rows[:n], rows[n:]
    fitted = _fit(model, data)
    _check_rows(fitted, data)
    _check_streams(model, fitted, data)
    _check_refit(model, fitted, data, other)
    _check_lam(fitted, n)
    if data.y is not None and _takes_labels(fitted):
        _check_labels(fitted, data.y)
        _check_shares(fitted, data.y)
    if offers_state(fitted):
        _check_state(model, fitted, n)
    if hasattr(fitted, "moments"):
        _check_moments(fitted, n)


def _fit(model: Any, data: Samples) -> Any:
    """A fitted copy, in the stream of all fits here."""
    mine = _copy(model)
    with unchanged(data, "fit"), stream(0, "check", "fit"):
        fitted = mine.fit(data)
    require(fitted is mine, "fit must return self, so that model.fit(data).sample(n) works; got "
                            f"{type(fitted).__name__}")
    return fitted


def _copy(model: Any) -> Any:
    try:
        return copy.deepcopy(model)
    except Exception as error:
        raise AssertionError(f"copy.deepcopy(model) fails ({error}): every generation fits a "
                             "copy; create what cannot be copied (files, generators, compiled "
                             "functions) inside fit") from error


def _draw(fitted: Any, n: int, lam: float = 1.0, name: str = "a", **labels: Tensor) -> Samples:
    """n rows from the stream `name`; labels: y=, where asked for."""
    with stream(0, "check", "sample", name):
        drawn = fitted.sample(n, lam, **labels)
    require(isinstance(drawn, Samples), "sample(n, lam) must return mk.Samples, got "
                                        f"{type(drawn).__name__}: wrap the rows, mk.Samples(x)")
    return drawn


def _sample(fitted: Any, n: int, lam: float = 1.0, name: str = "a") -> Tensor:
    return _draw(fitted, n, lam, name).x


def _check_rows(fitted: Any, data: Samples) -> None:
    for n in (len(data), 1):
        x = _sample(fitted, n)
        require(tuple(x.shape) == (n, *data.shape),
                f"sample({n}) must return {n} rows of the data's shape, expected "
                f"{(n, *data.shape)}, got {tuple(x.shape)}")
        require(x.device == data.x.device, "sample must stay on the data's device, expected "
                                           f"{data.x.device}, got {x.device}")
        require(x.dtype == data.x.dtype or not data.x.is_floating_point(),
                f"sample must return the data's type, expected {data.x.dtype}, got {x.dtype}: "
                "remember data.x.dtype in fit and return x.to(it); a collapsing loop soon needs "
                "every digit")
        require(bool(torch.isfinite(x).all()), f"sample({n}) returned NaN or infinity after a fit "
                                               f"to {len(data)} ordinary rows")


def _check_streams(model: Any, fitted: Any, data: Samples) -> None:
    n = len(data)
    first, other, again = (_sample(fitted, n, name=name) for name in "aba")
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
    require(same(first, _sample(_fit(model, data), n)),
            "the same fit in the same random stream gave another model: "
            f"randomness escapes the stream in fit; {escape}")


def _check_refit(model: Any, fitted: Any, data: Samples, other: Samples) -> None:
    new = _sample(_fit(model, other), len(data))
    require(not same(_sample(fitted, len(data)), new),
            "fits to different rows gave the very same samples: fit must use the data")
    require(same(_sample(_fit(_copy(fitted), other), len(data)), new),
            "a second fit remembers the first: fit must create weights, buffers and statistics "
            "anew each time")


def _check_lam(fitted: Any, n: int) -> None:
    wide = _draw(fitted, n)
    try:
        narrow = _draw(fitted, n, lam=0.25)
    except (ValueError, NotImplementedError) as error:
        require("lam" in str(error) or "λ" in str(error),
                f"sample(n, lam=0.25) raised {error!r}: a model without λ may refuse lam ≠ 1, but "
                "its words must name lam")
        return
    require(not same(wide.x, narrow.x),
            "λ is ignored: sample(n, lam=0.25) equals sample(n, lam=1), row for row; "
            "multiply a variance by lam, or raise ValueError for lam ≠ 1 and name lam")
    require(bool(torch.isfinite(narrow.x).all()), "sample(n, lam=0.25) returned NaN or infinity")
    wider = _errors(_square(narrow.x, narrow.y) - _square(wide.x, wide.y))
    centre = "" if wide.y is None else " of their label"
    require(wider < 4,
            "λ = 0.25 must not widen the samples, yet row by row their squared distance "
            f"from the mean{centre} is {wider:.1f} standard errors above that at λ = 1: "
            "smaller λ means less diversity")
    require(same(wide.x, _sample(fitted, n)),
            "lam is kept as state: after sample(n, lam=0.25), sample(n, lam=1) gave other "
            "rows than before; use lam only inside the call")


def _takes_labels(fitted: Any) -> bool:
    try:
        return "y" in inspect.signature(fitted.sample).parameters
    except ValueError:  # a compiled function that does not say what it takes
        return False


def _check_labels(fitted: Any, y: Tensor) -> None:
    n, asked = len(y), y.flip(0)
    drawn = _draw(fitted, n, y=asked).y
    require(drawn is not None and same(drawn, asked),
            "sample(n, y=y) must return mk.Samples(x, y) of the labels asked for, got "
            f"{'no' if drawn is None else 'other'} ones")
    low, high = int(asked.min()), int(asked.max())
    first, last = (_draw(fitted, n, y=torch.full_like(asked, label)).x for label in (low, high))
    require(low == high or not same(first, last),
            f"y is ignored: in the same stream, rows of label {low} and of label {high} are the "
            "very same; draw each row given its label")


def _check_shares(fitted: Any, y: Tensor) -> None:
    n = len(y) + 1  # another number than that of the training rows
    drawn = _draw(fitted, n).y
    if drawn is None:
        raise AssertionError("sample(n) of a model that takes y must return labels too, "
                             "mk.Samples(x, y), got none")
    classes = 1 + max(int(y.max()), int(drawn.max()))
    expected, got = y.bincount(minlength=classes) * (n / len(y)), drawn.bincount(minlength=classes)
    require(bool(((got - expected).abs() <= 1).all()),
            "by default, labels must come in the shares of the training rows, up to one row, else "
            f"they drift in a loop; of {n} rows, expected {_listed(expected)}, got {_listed(got)}")


def _listed(counts: Tensor) -> str:
    return ", ".join(f"{label}: {rows:.4g}" for label, rows in enumerate(counts.tolist()))


def _check_state(model: Any, fitted: Any, n: int) -> None:
    state = fitted.state_dict()
    require(isinstance(state, dict), f"state_dict() must be a dict {{name: tensor}}, got "
                                     f"{type(state).__name__}")
    strange = [f"{name!r}: {type(value).__name__}"
               for name, value in state.items() if not isinstance(value, Tensor)]
    require(not strange, f"state_dict() must be flat, {{name: tensor}}, as safetensors keeps it, "
                         f"got {', '.join(strange)}")
    mine, whole = _copy(model), "keep all that sample needs in state_dict(), as tensors"
    try:
        with stream(0, "check", "load"):
            loaded = mine.load_state_dict({name: value.detach().clone()
                                           for name, value in state.items()})
        again = _draw(mine, n)
    except Exception as error:
        raise AssertionError("an unfitted copy that loads state_dict() must sample, but it "
                             f"raised {error!r}: {whole}") from error
    require(loaded is mine, f"load_state_dict(state) must return self, got {type(loaded).__name__}")
    expected, none = _draw(fitted, n), torch.empty(0)
    labels = (none if y is None else y for y in (again.y, expected.y))
    alike = same(again.x, expected.x) and same(*labels)
    require(alike, "an unfitted copy that loads state_dict() must sample the very same in the "
                   f"same stream, got other rows or labels: {whole}")


def _check_moments(fitted: Any, n: int) -> None:
    mean, cov = fitted.moments()
    x = _sample(fitted, n).reshape(n, -1)
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
