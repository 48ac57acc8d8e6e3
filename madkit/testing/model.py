"""check_model: fit and sample, and where their randomness comes from."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import Tensor

from madkit.loops import check_model_methods
from madkit.rng import stream
from madkit.samples import Samples
from madkit.testing.words import as_assertion, require, require_truth, same, takes, unchanged


def check_model(model: Any, truth: Any, n: int = 200) -> None:
    """The rules of a model: fit(data) -> self, sample(n, lam=1.0) -> Samples. The model itself is left unfitted.

    truth  what it is fitted to, twice, on n rows each (a finite truth: at most half of its rows); a few times n rows
           are sampled

    Raises AssertionError, with what to change, if it cannot be copied; fit does not return self, changes the data or
    remembers an earlier fit; rows have another number, shape, type or device, or NaN; randomness escapes the stream; λ is
    ignored (the same stream gives the same rows), kept as state, or widens the samples (by 4 standard errors, row by row in
    the same stream); moments() disagree with the samples (by 6). A model without λ may raise ValueError or
    NotImplementedError for λ ≠ 1 if the words name lam.
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
    if hasattr(fitted, "moments"):
        _check_moments(fitted, n)


def _fit(model: Any, data: Samples) -> Any:
    """A fitted copy, in the stream of all fits here."""
    mine = _copy(model)
    with unchanged(data, "fit"), stream(0, "check", "fit"):
        fitted = mine.fit(data)
    require(fitted is mine, f"fit must return self, so that model.fit(data).sample(n) works; got {type(fitted).__name__}")
    return fitted


def _copy(model: Any) -> Any:
    try:
        return copy.deepcopy(model)
    except Exception as error:
        raise AssertionError(f"copy.deepcopy(model) fails ({error}): every generation fits a copy; create what cannot be "
                             "copied (files, generators, compiled functions) inside fit") from error


def _sample(fitted: Any, n: int, lam: float = 1.0, name: str = "a") -> Tensor:
    """n rows from the stream `name`."""
    with stream(0, "check", "sample", name):
        drawn = fitted.sample(n, lam)
    require(isinstance(drawn, Samples), f"sample(n, lam) must return mk.Samples, got {type(drawn).__name__}: "
                                        "wrap the rows, mk.Samples(x)")
    return drawn.x


def _check_rows(fitted: Any, data: Samples) -> None:
    for n in (len(data), 1):
        x = _sample(fitted, n)
        require(tuple(x.shape) == (n, *data.shape),
                f"sample({n}) must return {n} rows of the data's shape, expected {(n, *data.shape)}, got {tuple(x.shape)}")
        require(x.device == data.x.device, f"sample must stay on the data's device, expected {data.x.device}, got {x.device}")
        require(x.dtype == data.x.dtype or not data.x.is_floating_point(),
                f"sample must return the data's type, expected {data.x.dtype}, got {x.dtype}: remember data.x.dtype in fit and "
                "return x.to(it); a collapsing loop soon needs every digit")
        require(bool(torch.isfinite(x).all()), f"sample({n}) returned NaN or infinity after a fit to {len(data)} ordinary rows")


def _check_streams(model: Any, fitted: Any, data: Samples) -> None:
    n = len(data)
    first, other, again = (_sample(fitted, n, name=name) for name in "aba")
    escape = ("draw from torch's, NumPy's or Python's global generator (torch.randn, np.random.normal, random.random) and do "
              "not seed it, or make your own generator from it in place: np.random.default_rng(np.random.randint(2**31))")
    require(not same(first, other), "two different random streams gave the very same rows: sample draws from a private "
                                     f"or fixed generator; {escape}")
    require(same(first, again), "the same fit in the same random stream gave other rows the second time: randomness escapes "
                                 f"the stream, or sampling changes the model; {escape}")
    require(same(first, _sample(_fit(model, data), n)), "the same fit in the same random stream gave another model: "
                                                         f"randomness escapes the stream in fit; {escape}")


def _check_refit(model: Any, fitted: Any, data: Samples, other: Samples) -> None:
    new = _sample(_fit(model, other), len(data))
    require(not same(_sample(fitted, len(data)), new), "fits to different rows gave the very same samples: fit must use the data")
    require(same(_sample(_fit(_copy(fitted), other), len(data)), new),
            "a second fit remembers the first: fit must create weights, buffers and statistics anew each time")


def _check_lam(fitted: Any, n: int) -> None:
    wide = _sample(fitted, n)
    try:
        narrow = _sample(fitted, n, lam=0.25)
    except (ValueError, NotImplementedError) as error:
        require("lam" in str(error) or "λ" in str(error),
                f"sample(n, lam=0.25) raised {error!r}: a model without λ may refuse lam ≠ 1, but its words must name lam")
        return
    require(not same(wide, narrow), "λ is ignored: sample(n, lam=0.25) equals sample(n, lam=1), row for row; multiply a "
                                     "variance by lam, or raise ValueError for lam ≠ 1 and name lam")
    require(bool(torch.isfinite(narrow).all()), "sample(n, lam=0.25) returned NaN or infinity")
    wider = _errors(_square(narrow) - _square(wide))
    require(wider < 4, f"λ = 0.25 must not widen the samples, yet row by row their squared distance from the mean is {wider:.1f} "
                       "standard errors above that at λ = 1: smaller λ means less diversity")
    require(same(wide, _sample(fitted, n)), "lam is kept as state: after sample(n, lam=0.25), sample(n, lam=1) gave other rows "
                                             "than before; use lam only inside the call")


def _check_moments(fitted: Any, n: int) -> None:
    mean, cov = fitted.moments()
    x = _sample(fitted, n).reshape(n, -1)
    d = x.shape[1]
    require((tuple(mean.shape), tuple(cov.shape)) == ((d,), (d, d)),
            f"moments() must return a mean and a covariance, expected shapes {(d,)} and {(d, d)}, got {tuple(mean.shape)} and "
            f"{tuple(cov.shape)}")
    trace, square = cov.trace(), _square(x)
    off = abs(_errors(square - trace))
    require(off < 6, f"moments() must be those of the fit at λ = 1: the trace of its covariance, {float(trace):.4g}, is "
                     f"{off:.1f} standard errors off that of {n} samples, {float(square.mean()):.4g}")


def _square(x: Tensor) -> Tensor:
    """Squared distance of each row from the mean (n,); their average is the trace of the covariance."""
    x = x.reshape(len(x), -1).double()
    return (x - x.mean(0)).square().sum(1) * (len(x) / (len(x) - 1))


def _errors(differences: Tensor) -> float:
    """The mean of the differences, in its standard errors."""
    mean, error = float(differences.mean()), float(differences.std()) / math.sqrt(len(differences))
    return mean / error if error else math.copysign(math.inf, mean) if mean else 0.0
