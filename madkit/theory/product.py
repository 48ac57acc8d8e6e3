"""Loops of one source: Σ_t is a product of independent fits, and its logarithm a sum.

Fully synthetic, Σ_t = λ^{t−1} L_1 A_1 ⋯ A_t A_tᵀ ⋯ A_1ᵀ L_1ᵀ with one triangular Bartlett factor A
for each fit, so that log det, log σ² (d = 1) and the growth rates of eigenvalues are exact at any
size, and typical: a sum of t terms stays near its mean. Fresh rows alone, or the same real set
again, are the case of a single factor.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from madkit.base import limits
from madkit.base.checks import Count, Ddof, Rows, Several, shown, whole
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.loops import Fresh, Loop, Real, Synthetic
from madkit.theory.recursion import Array, moments


@gate
@guarded
def c(n: Rows, dim: Count, ddof: Ddof = 1) -> float:
    """E log det of the covariance of n rows of N(·, I); −∞ for n ≤ d.

    Σ_i ψ((n−i)/2) + d log(2/(n−ddof)) ≈ −d(d+1)/(2(n−1)), i = 1 … d.
    """
    return float(_log_factors(n, dim, ddof).sum())


def _log_factors(n: int, dim: int, ddof: int) -> Array:
    """E log A_ii²/(n − ddof), i = 1 … d: ψ((n−i)/2) + log(2/(n−ddof)); −∞ for i ≥ n."""
    from scipy.special import digamma

    limits.memory("dim", f"{limits.count(dim)} dimensions", 8 * dim)
    i = np.arange(1, dim + 1)
    return np.where(n > i, digamma(np.maximum(n - i, 1) / 2), -np.inf) + math.log(2 / (n - ddof))


@gate
@guarded
def logdet(loop: Loop, dim: Count, generations: Count, n_ini: Several, ddof: Ddof = 1) -> Array:
    """E log det Σ_t − log det Σ0 of a loop of one source, (generations,); exact.

    Falls as diversity dies. Fully synthetic: c(n_ini, d) + (t − 1)(d log λ + c(n, d)), a straight
    line down. −∞ once rows ≤ d (a singular fit). NotImplementedError for sums and for memory > 1.
    """
    return _sum_over_fits(lambda n: c(n, dim, ddof), loop, generations, n_ini, dim * _log_lam(loop))


@gate
@guarded
def log_variance(loop: Loop, generations: Count, n_ini: Several, ddof: Ddof = 1) -> tuple[Array, Array]:
    """Mean and variance of log σ_t²/σ0² of a loop of one source, d = 1, (generations,) each; exact.

    Each fit of n rows adds ψ(ν/2) + log(2/(n − ddof)) to the mean and ψ'(ν/2) to the variance,
    ν = n − 1, and each sampling log λ: for large t, σ_t² is log-normal. NotImplementedError as for
    `logdet`.
    """
    from scipy.special import polygamma

    variance = _sum_over_fits(lambda n: float(polygamma(1, (n - 1) / 2)), loop, generations, n_ini)
    return logdet(loop, 1, generations, n_ini, ddof), variance


@gate
@guarded
def spectrum(loop: Loop, dim: Count, generations: Count, n_ini: Several, ddof: Ddof = 1) -> Array:
    """Typical decay of the k-th largest eigenvalue of Σ_t, (generations, d), largest first.

    For Σ0 = I and one source: exp of the sum over fits of

        log λ + ψ((n−k)/2) + log(2/(n−ddof)) ≈ log λ − k/(n−1)

    so collapse is anisotropic. The rates are the exact Lyapunov exponents: the eigenvalues run
    parallel to these lines at late t (before, the scatter of a single fit spreads them further),
    and the product over k is exp E log det Σ_t at any t. NotImplementedError as for `logdet`.
    """
    def log_factors(n: int) -> Array:
        return _log_factors(n, dim, ddof)

    return np.exp(_sum_over_fits(log_factors, loop, generations, n_ini, _log_lam(loop)))


@gate
@guarded
def w2_squared_1d(loop: Loop, generations: Count, n_ini: Several, ddof: Ddof = 1) -> Array:
    """E W2²/σ0² in d = 1 of a loop of one source, (generations,); exact, 0 is best.

    u_t + m_t + 1 − 2 E σ_t/σ0. NotImplementedError as for `logdet`.
    """
    expected = moments(loop, 1, generations, n_ini, ddof)
    return expected.u + expected.m + 1 - 2 * sigma_1d(loop, generations, n_ini, ddof)


@gate
@guarded
def sigma_1d(loop: Loop, generations: Count, n_ini: Several, ddof: Ddof = 1) -> Array:
    """E σ_t/σ0 in d = 1 of a loop of one source, (generations,); exact.

    Each fit of n rows multiplies it by √(2/(n−ddof)) Γ(n/2)/Γ((n−1)/2), each sampling by √λ.
    NotImplementedError as for `logdet`.
    """
    def log_sigma(n: int) -> float:
        return math.lgamma(n / 2) - math.lgamma((n - 1) / 2) + math.log(2 / (n - ddof)) / 2

    return np.exp(_sum_over_fits(log_sigma, loop, generations, n_ini, _log_lam(loop) / 2))


def _sum_over_fits(per_fit: Callable, loop: Loop, generations: int, n_ini: int,
                   step: float = 0.0) -> Array:
    """per_fit(rows) summed over the fits behind generation t, `step` over its samplings; (T, …)."""
    last = whole("generations", generations, least=1)
    limits.memory("generations", f"{limits.count(last)} generations", 8 * last)
    first = np.asarray(per_fit(whole("n_ini", n_ini, least=2)), float)
    limits.memory("generations, dim", f"{limits.count(last)} generations in {first.size:,} dimensions",
                  8 * last * first.size)
    later = np.arange(1, last).reshape(-1, *[1] * first.ndim)
    match loop:
        case Synthetic(n, memory=1):
            rest = first + later * (per_fit(whole("Synthetic: n", n, least=2)) + step)
        case Fresh(n):
            rest = np.zeros(later.shape) + per_fit(whole("Fresh: n", n, least=2))
        case Real():
            rest = np.zeros(later.shape) + first
        case _:
            raise NotImplementedError("theory: this law holds for one source, Synthetic with "
                                      f"memory 1, Fresh or Real, got {shown(loop)}; `moments` covers "
                                      "sums, mk.exact.run simulates them")
    return np.concatenate([first[None], rest])


def _log_lam(loop: Loop) -> float:
    lam = getattr(loop, "lam", 1.0)
    return math.log(lam) if lam > 0 else -math.inf
