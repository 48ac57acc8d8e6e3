"""Where loops with real data come to rest, and what synthetic data is then worth.

With a share p of fresh rows each generation, and q = 1 − p, a loop forgets how it began at the rate
max(λq, q²) and comes to rest away from the truth. Its distance says what its rows are worth: n_e,
the real rows that alone would do as well. Synthetic rows are *admissible* when n_e ≥ n_r. For λ = 1
they always are (n_e ≤ 2 n_r for n_r ≫ d; for n_r ≈ d up to 2.5 n_r); for λ < 1 there is a number of
them, n_s*, beyond which they harm, however many real rows there are.
"""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np

from madkit.base import limits
from madkit.base.checks import Amount, Count, Several, Unit, numbers, shown, whole
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.loops import Fresh, Loop, Real, Synthetic, parts
from madkit.theory.recursion import Moments
from madkit.theory.wasserstein import Array, real_only_rows, real_only_w2, w2_squared, yardstick

LARGE = 1e6
Fit = Annotated[float, numbers("a number from 2 to 2⁵³, such as 100 rows", lambda n: 2 <= n <= limits.MOST)]


@gate
@guarded
def fixed_point(loop: Loop, dim: Count = 1, n_ini: Several | None = None) -> Moments:
    """The moments of a loop for t → ∞ (ddof 1), single numbers.

    Fresh + Synthetic   m = (n_r − p/(1+q))/(N − 1 − λ(n_s − q/(1+q)))
                        u = (p + λqm)/(n_r(1+q))
    Real + Synthetic    m = (n_r − 1)/(N − 1 − λ(n_s − q/(1+q)))
                        u = 1/n_r + λqm/(n_r(1+q)),  n_r = n_ini
    Synthetic, λ < 1    m = 0,  u = 1/n_ini + λ/((1−λ)n)
               λ = 1    m = 1 (on rare paths only),  u = ∞

    A loop with fresh rows forgets n_ini; others need it. m and u are exact, f and s leading order.
    NotImplementedError for memory > 1 and for pools (Previous).
    """
    match sorted(parts(loop), key=lambda part: type(part).__name__):
        case [Fresh(n_r)] | [Fresh(n_r), Synthetic(0)] if n_r >= 2:
            return _fresh_limit(n_r, 0, 1.0, dim)
        case [Fresh(n_r), Synthetic(n_s, lam, 1)] if n_r and n_s:
            return _fresh_limit(n_r, n_s, lam, dim)
        case [Real()]:
            return _augmented_limit(_real_rows(loop, n_ini), 0, 1.0, dim)
        case [Real(), Synthetic(n_s, lam, 1)]:
            return _augmented_limit(_real_rows(loop, n_ini), n_s, lam, dim)
        case [Synthetic(n_s, lam, 1)] | [Fresh(0), Synthetic(n_s, lam, 1)]:
            gone = lam < 1
            u = 1 / _real_rows(loop, n_ini) + lam / ((1 - lam) * n_s) if gone else math.inf
            return Moments(dim, 0.0 if gone else 1.0, u, 0.0 if gone else math.inf, 1.5)
    raise NotImplementedError("fixed_point: expected Fresh or Real, Synthetic with memory 1, or "
                              f"the sum of one of each, got {shown(loop)}; follow `moments` for many "
                              "generations instead")


def _real_rows(loop: Loop, n_ini: int | None) -> int:
    if n_ini is None:
        raise ValueError(f"n_ini: the limit of {shown(loop)} depends on the real rows of generation 1; "
                         "expected their number, got None")
    return whole("n_ini", n_ini, least=2)


def _fresh_limit(n_r: Array | float, n_s: Array | float, lam: Array | float, dim: int) -> Moments:
    total = n_r + n_s
    p, q, one = n_r / total, n_s / total, 1 / (total - 1)
    m = (n_r - p / (1 + q)) / (total - 1 - lam * (n_s - q / (1 + q)))
    f = one * (p + q * (lam * m) ** 2) / (1 - (lam * q) ** 2)
    skew = (one**2 * (p + q * (lam * m) ** 3)
            + 3 * one * q**2 * lam**3 * m * f) / (1 - (lam * q) ** 3)
    return Moments(dim, m, (p + lam * q * m) / (n_r * (1 + q)), f, skew * m / f**2)


def _augmented_limit(n_r: float, n_s: float, lam: float, dim: int) -> Moments:
    """Second moments f11, f1t, ftt of real set (1) and last fit (t), and third s11, st1, stt."""
    total = n_r + n_s
    p, q, one = n_r / total, n_s / total, 1 / (total - 1)
    b = lam * q
    m = (n_r - 1) / (total - 1 - lam * (n_s - q / (1 + q)))
    f11, lean = 1 / (n_r - 1), one * b * lam * m
    f1t, ftt = p / (1 - b) * f11, (p / (1 - b)) ** 2 * f11 + one * q * (lam * m) ** 2 / (1 - b**2)
    s11, st1 = f11**2, p / (1 - b) * f11**2
    stt = (p**2 * s11 + 2 * p * b * st1 + lean * f1t) / (1 - b**2)
    skew = (p**3 * s11 + 3 * p**2 * b * st1 + 3 * p * b**2 * stt
            + 3 * lean * (p * f1t + b * ftt) + one**2 * q * (lam * m) ** 3)
    return Moments(dim, m, 1 / n_r + b * m / (n_r * (1 + q)), ftt, skew / (1 - b**3) * m / ftt**2)


@gate
@guarded
def floor(p: Unit, lam: Unit, dim: Count) -> float:
    """Limit W2² of a fresh data loop with real fraction p ∈ (0, 1] as its rows → ∞, for Σ0 = I.

    It is d(1 − √(p/(1−λq)))²: 0 for λ = 1; for λ < 1 more data stops helping (paper, Fig. 31
    right).
    """
    return dim * (1 - math.sqrt(p / (1 - lam * (1 - p)))) ** 2 if p else float(dim)


@gate
@guarded
def spectral_radius(loop: Loop, n_ini: Several | None = None) -> float:
    """What a generation leaves of a loop's distance from its limit: 0 forgets at once, 1 never.

    The larger of two, where w_k is the share of rows that come from the model k generations back,
    at λ_k; to leading order in 1/rows:

        r of the covariances,   Σ_k λ_k w_k r⁻ᵏ = 1
        r² of the means,        Σ_k w_k r⁻ᵏ = 1

    Fresh + Synthetic: max(λq, q²). n_ini is the size of Real(). NotImplementedError for pools and
    loops of one's own.
    """
    back: dict[int, np.ndarray] = {}  # k -> (λ_k w_k, w_k) N
    total = 0
    for part in parts(loop):
        match part:
            case Synthetic(n, lam, memory):
                for t, rows in part.shares(memory + 1).items():
                    k = memory + 1 - t
                    back[k] = back.get(k, np.zeros(2)) + rows * np.array([lam, 1.0])
                total += n
            case Fresh(n):
                total += n
            case Real():
                total += _real_rows(loop, n_ini)
            case _:
                raise NotImplementedError("spectral_radius: expected a sum of Real, Fresh and "
                                          f"Synthetic, got {shown(part)}")
    covariance, mean = (_root({k: shares[i] / total for k, shares in back.items()}) for i in (0, 1))
    return max(covariance, mean**2)


def _root(shares: dict[int, float]) -> float:
    """The r in [0, 1] with Σ_k w_k r⁻ᵏ = 1; 0 where all w_k are 0."""
    from scipy.optimize import brentq

    shares = {k: w for k, w in shares.items() if w > 0}
    if not shares or sum(shares.values()) > 1 - 1e-12:
        return float(bool(shares))
    low = max(w ** (1 / k) for k, w in shares.items())  # one of the terms is 1 there
    if len(shares) == 1:
        return low
    return brentq(lambda r: sum(w * r**-k for k, w in shares.items()) - 1, low, 1.0, xtol=1e-14)


@gate
@guarded
def effective_sample_size(loop: Loop, dim: Count, n_ini: Several | None = None) -> float:
    """n_e: the real rows that alone would give the loop's limit E W2² (Σ0 = I); high is good.

    0 = worth less than 2 rows. λ = 1, n_r ≫ d: n_e = (1 + q) n_r. `real_only_rows` of the
    `w2_squared` of the loop's `fixed_point`, as good as these; for Fresh + Synthetic with memory K
    and λ = 1, n_r times `memory_gain`. NotImplementedError as for `fixed_point`.
    `mk.exact.effective_sample_size` simulates it.
    """
    match sorted(parts(loop), key=lambda part: type(part).__name__):
        case [Fresh(n_r), Synthetic(n_s, 1.0, memory)] if memory > 1 and n_r:
            return n_r * memory_gain(n_r / (n_r + n_s), memory)
    return real_only_rows(float(w2_squared(fixed_point(loop, dim, n_ini))), dim)


@gate
@guarded
def worth(
    n_r: Array | float,     # fresh real rows a generation, ≥ 2
    n_s: Array | float,     # synthetic rows a generation, ≥ 1; of a shape that fits that of n_r
    lam: Array | float,     # their sampling bias, in (0, 1]
    dim: Count,
) -> Array:
    """n_e of many fresh data loops at once, for maps.

    That is `effective_sample_size(Fresh(n_r) + Synthetic(n_s, lam), dim)` of each; the yardstick is
    inverted by interpolation, within 0.01 % of what that gives. Raises ValueError for numbers out
    of range.
    """
    try:
        n_r, n_s, lam = np.broadcast_arrays(*(np.asarray(one, float) for one in (n_r, n_s, lam)))
    except ValueError:
        shapes = " and ".join(str(np.shape(one)) for one in (n_r, n_s, lam))
        raise ValueError("worth: n_r, n_s and lam: expected shapes that fit each other, got "
                         f"{shapes}") from None
    if not n_r.size:
        raise ValueError("worth: n_r, n_s and lam: expected numbers, got an empty array")
    for name, values, good, expected in (("n_r", n_r, n_r >= 2, "numbers ≥ 2"),
                                         ("n_s", n_s, n_s >= 1, "numbers ≥ 1"),
                                         ("lam", lam, (lam > 0) & (lam <= 1), "numbers in (0, 1]")):
        good = good & (values <= limits.MOST)
        if not good.all():
            raise ValueError(f"worth: {name}: expected {expected}, got {values[~good].flat[0]}"
                             + "; at most 2⁵³" * bool(values.max() > limits.MOST))
    w2 = w2_squared(_fresh_limit(n_r, n_s, lam, dim))
    rows = np.geomspace(2, 1.1 * (n_r + n_s).max(), 600)  # no loop is better than as many real rows
    scores = np.asarray(yardstick(rows, dim))
    known = np.interp(np.log(w2), np.log(scores)[::-1], np.log(rows)[::-1])
    return np.where(w2 < scores[0], np.exp(known), 0.0)


@gate
@guarded
def admissible_threshold(dim: Count, lam: Unit, n_r: Fit | None = None) -> float:
    """n_s*: the most synthetic rows beside n_r fresh ones that still help (n_e ≥ n_r); ∞ for λ = 1.

    n_r None: the limit n_r → ∞, [4(2−λ) + (d+1)(½ + 3λ/2 − λ²)]/(1−λ)² (paper, Fig. 11). Else the
    last root of W2²(n_s) = W2²(0) in the approximation of `w2_squared`; 0 when any synthetic row
    harms, ∞ when 10⁹ still help.
    """
    from scipy.optimize import brentq

    if lam == 1:
        return math.inf
    if n_r is None:
        return (4 * (2 - lam) + (dim + 1) * (0.5 + 1.5 * lam - lam**2)) / (1 - lam) ** 2

    def harm(n_s: float) -> float:
        return float(w2_squared(_fresh_limit(n_r, n_s, lam, dim))) - real_only_w2(n_r, dim)

    grid = np.geomspace(1, 1e9, 200)
    helps = [i for i, n_s in enumerate(grid) if harm(n_s) < 0]
    if helps and helps[-1] == len(grid) - 1:         # no root in sight
        return math.inf
    return brentq(harm, grid[helps[-1]], grid[helps[-1] + 1]) if helps else 0.0


@gate
@guarded
def memory_gain(p: Unit, memory: Count) -> float:
    """n_e/n_r of a fresh data loop whose synthetic rows come from the last K models; λ = 1.

    It is (K + q)/(pK + q): 1 + q for K = 1, rising to 1/p (paper, Fig. 30). Leading order in 1/rows
    (n_r ≫ d), within 4% of simulation.
    """
    return (memory + 1 - p) / (p * memory + 1 - p)


@gate
@guarded
def optimal_real_weight(n_r: Amount, n_s: Amount) -> float:
    """The weight w of the real part of a fresh data loop's fit that makes its limit best.

    For λ = 1 and rows ≫ d, the root of w² + r w = r, r = n_r/n_s, and there n_e = n_r/w. For
    n_r = n_s both are the golden ratio: w = .618, n_e = 1.618 n_r, where pooling the rows
    (w = p = ½) gives 1.5 n_r.
    """
    r = n_r / n_s
    if r > LARGE:                                    # there √(r² + 4r) − r loses its digits
        return 2 / (1 + math.sqrt(1 + 4 / r))
    return (math.sqrt(r * r + 4 * r) - r) / 2


@gate
@guarded
def pool_limit(n: Several) -> tuple[float, float]:
    """Limit (m, u) of `accumulate(n)` with λ = 1, n_ini = n and maximum-likelihood covariance.

    m_t = Π_{s≤t} (1 − 1/(n s²)) → sin(π/√n)/(π/√n), and u_t = 1 − m_t → ≈ π²/(6n): the pool does
    not collapse, but variance turns into drift.
    """
    x = math.pi / math.sqrt(n)
    return math.sin(x) / x, 1 - math.sin(x) / x


@gate
@guarded
def pool_decay(lam: Unit, generations: Count) -> np.ndarray:
    """m_t ≈ t^{−(1−λ)}/Γ(1+λ) of `accumulate(n, lam)` for many rows and t ≫ 1, (generations,).

    Keeping everything does not prevent the exponential collapse λ^{t−1}, but makes it a power law.
    """
    limits.memory("generations", f"{limits.count(generations)} generations", 16 * generations)
    t = np.arange(1, generations + 1.0)
    return t ** (lam - 1) / math.gamma(1 + lam)
