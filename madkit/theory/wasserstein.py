"""E W2² between the truth and a Gaussian fit, from the moments of the fit alone.

For Σ0 = I, W2² = ‖μ − μ0‖² + tr Σ + d − 2 tr Σ^½: all that is not plain is E tr Σ^½. A loop's Σ_t
fluctuates like a product of fits (fully synthetic), an inverse fit (λ = 1 and few fresh rows) or
anything between. Free probability knows the spectrum of all of these for large d, in one formula;
each is chosen by its fluctuation f and skewness s.
"""

from __future__ import annotations

import math

import numpy as np

from madkit.base import limits
from madkit.base.checks import Count, above, rows, shown, whole
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.theory.recursion import Array, Moments

LARGEST = 40                                     # log of the most rows
ANGLES = (np.arange(128) + 0.5) * np.pi / 256    # midpoints of 128 parts of [0, π/2]


@gate
@guarded
def w2_squared(
    moments: Moments,
    cov: Array | None = None,    # Σ0 (d, d); None: the identity
) -> Array | float:
    """E W2²(N(μ0, Σ0), N(μ_t, Σ_t)) ≥ 0, small is good; of the shape of moments.m.

        W2² = (u + (1 − √m)²) tr Σ0 + 2 √m (d − E tr W^½) κ
        κ = 2/(d(d+1)) Σ_ij (1 + δ_ij) s_i s_j/(s_i + s_j)

    W has mean I and the fluctuation and skewness of Σ_t/m (`root_trace`, ν = m²/f); κ, of the
    eigenvalues s of Σ0, is 1 for the identity. To leading order the last term is
    κ f d(d+1)/(4 m^{3/2}).

    An approximation. Against simulation, Σ0 = I: fully synthetic loops within 2% at every t for
    rows > 2d, 5% for rows < d; loops with real rows within 3% for n_r ≥ 2d, 8% for n_r ≈ d. Other
    Σ0: leading order, f d ≪ m². Raises ValueError when cov does not fit dim.
    """
    if not isinstance(moments, Moments):
        raise TypeError("moments: expected those of a loop, such as mk.theory.moments(loop, dim, "
                        f"generations, n_ini), got {shown(moments)}")
    d, eig = moments.dim, eigenvalues(moments.dim, cov)
    sums = np.add.outer(eig, eig)
    pairs = (1 + np.eye(d)) * np.outer(eig, eig) / np.where(sums > 0, sums, 1)
    kappa = pairs.sum() * 2 / (d * (d + 1))
    m, u, f, s = (np.asarray(v, float) for v in (moments.m, moments.u, moments.f, moments.s))
    nu = np.divide(m**2, f, out=np.full(m.shape, np.inf), where=(f > 0) & (m > 1e-100))
    value = ((u + (1 - np.sqrt(m)) ** 2) * eig.sum()
             + 2 * np.sqrt(m) * (d - root_trace(d, nu, s)) * kappa)
    return value if m.ndim else float(value)


@gate
@guarded
def real_only_w2(n: float, dim: Count) -> float:
    """E W2² of a fit on n ≥ 2 real rows alone, Σ0 = I: the yardstick of `effective_sample_size`.

    d/n + 2 (d − E tr W^½) with ν = n − 1, ≈ C_d/n, C_d = d + d(d+1)/4. Within 0.5% for d = 100 at
    any n, n < d included, and for n ≥ 4d at any d; where n ≈ d it is 1% high for d = 5, and up to
    7% for d ≤ 2.
    """
    n, dim = above("real_only_w2: n", 1, n), whole("real_only_w2: dim", dim, least=1)
    return float(yardstick(n, dim))


def yardstick(n: Array | float, dim: int) -> Array | float:
    """`real_only_w2` of many n at once, unchecked."""
    return dim / n + 2 * (dim - root_trace(dim, n - 1))


@gate
@guarded
def real_only_rows(w2: float, dim: Count) -> float:
    """The real rows n whose fit has this E W2² (Σ0 = I): the inverse of `real_only_w2`.

    0 where 2 rows do better, ∞ where W2² = 0.
    """
    from scipy.optimize import brentq

    dim = rows("real_only_rows: dim", dim, least=1)
    if not above("real_only_rows: w2", -1e-12, w2) < real_only_w2(2, dim):
        return 0.0
    if w2 <= 0:
        return math.inf

    def excess(x: float) -> float:
        return math.log(real_only_w2(math.exp(x), dim) / w2)

    if excess(LARGEST) > 0:
        least = real_only_w2(math.exp(LARGEST), dim)
        raise ValueError(f"real_only_rows: w2: expected at least {least:.3g}, what 10¹⁷ rows reach "
                         f"in {limits.count(dim)} dimensions, got {w2:.3g}")
    return math.exp(brentq(excess, math.log(1.9), LARGEST, xtol=1e-10))


@gate
@guarded
def root_trace(dim: Count, nu: Array | float, s: Array | float = 1.0) -> Array | float:
    """E tr W^½ ≤ d of a random d × d matrix W with mean I, fluctuation 1/ν and skewness s.

    With x = 3 − 2s, W is like a product of 1/x Wishart matrices of ν/x degrees of freedom: one
    (s = 1), many (s → 3/2), formally −1, the inverse Wishart matrix (s = 2). Each factor brings its
    own correction for finite d.
    """
    if not np.isfinite(s).all():
        raise ValueError(f"root_trace: s: expected finite numbers, got {shown(s)}")
    nu, x = np.broadcast_arrays(np.maximum(nu, 1e-9), 3 - 2 * np.asarray(s, float))
    x = np.where(np.abs(x) < 1e-6, 1e-6, x)
    one = np.maximum(x, 1e-6)  # for x < 0 the correction of many small factors
    value = dim * _free(x, x * dim / nu) * _finite(dim, nu / one) ** (1 / one)
    return value if value.ndim else float(value)


def _free(x: Array, y: Array) -> Array:
    """(1/d) E tr W^½ for d → ∞, W a product of 1/x Wishart matrices of d/y degrees of freedom each.

    Their S-transforms 1/(1 + yz) multiply, so the k-th moment is [z^{k−1}] (1+z)^k (1+yz)^{k/x}/k.
    Continued to k = ½ that is the mean over θ of 2 cos²θ (1 − y sin²θ)^{1/2x}; for y > 1, where the
    first factor loses rank, of 2 y^{−½} cos^{1+1/x}θ (1 − sin²θ/y)^½. x = 1 is the Marchenko–Pastur
    law.
    """
    x, y = x[..., None], y[..., None]
    high, sin2, log_cos = np.maximum(y, 1), np.sin(ANGLES) ** 2, np.log(np.cos(ANGLES))
    full = 2 * log_cos + np.log1p(-np.minimum(y, 1) * sin2) / (2 * x)
    lost = (1 + 1 / np.abs(x)) * log_cos + np.log1p(-sin2 / high) / 2 - np.log(high) / 2
    return 2 * np.exp(np.where(y > 1, lost, full)).mean(-1)        # (…)


def _finite(dim: int, nu: Array) -> Array:
    """E tr W^½ of one Wishart matrix over its large-d value, near 1.

    Adds ½ (1 − mean |1 + √γ e^{iθ}|), the correction for real matrices at γ = d/ν ≤ 1 (Bai and
    Silverstein 2004, https://doi.org/10.1214/aop/1078415845), and 7γ/(128 ν), with which it is
    right to order 1/ν² at any d. For γ > 1 ν and d change roles: tr (XXᵀ)^½ = tr (XᵀX)^½.
    """
    large, small = np.maximum(dim, nu), np.minimum(dim, nu)
    g = (small / large)[..., None]
    with np.errstate(over="ignore"):                 # of more rows than numbers count, nothing is left
        rest = 7 * small / (128 * large**2)
    edge = np.sqrt(1 + g + 2 * np.sqrt(g) * np.cos(2 * ANGLES)).mean(-1)
    free = small * _free(np.ones_like(nu), small / large)
    return 1 + ((1 - edge) / 2 + rest) / free


def eigenvalues(dim: int, cov: Array | None) -> Array:
    """The eigenvalues of Σ0, (d,); None is the identity. ValueError when cov is not (d, d)."""
    limits.memory("dim", f"a covariance in {limits.count(dim)} dimensions", 8 * dim**2)
    cov = np.eye(dim) if cov is None else np.asarray(cov, float)
    if cov.shape != (dim, dim):
        raise ValueError(f"cov: expected shape ({dim}, {dim}), one row and column per dimension, "
                         f"got {cov.shape}")
    return np.linalg.eigvalsh(cov).clip(min=0)
