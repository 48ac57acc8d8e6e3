"""What a Gaussian that eats its own output does, in closed form.

The truth is N(μ0, Σ0) in R^d. A generation fits mean μ_t and covariance Σ_t (scatter divided by rows − ddof) to its
training set D^t and emits rows of N(μ_t, λ Σ_t). Generation 1 is fitted on n_ini real rows. Everything that can be said
in expectation is proportional to the truth's covariance:

    E Σ_t = m_t Σ0,      E (μ_t − μ0)(μ_t − μ0)ᵀ = u_t Σ0.

One recursion gives m_t and u_t for every loop of `madkit.loops`. D^t is a union of groups g, each a share w_g of its N
rows, each centred on one earlier mean μ_k(g) (fresh rows: on μ0) with an error of variance v_g of its own. Let D_kl be
E‖μ_k − μ_l‖², in units of tr Σ0, and h = ½ Σ_gh w_g w_h D_k(g)k(h), the spread of the centres. Then

    D_tk  =  Σ_g w_g D_k(g)k − h + Σ_g w_g² v_g,              u_t = D_t0,
    S_t   =  Σ_g S_g + N (h + Σ_g w_g (1 − w_g) v_g),         m_t = S_t/(N − ddof),

S being expected scatter: n − 1 for n real rows, (n − 1) λ m_k for n rows of generation k, S_{t−1} for the last training
set. To leading order the fluctuation f_t of Σ_t about m_t Σ0 obeys a recursion of the same kind, and with it goes E W2².

Two warnings. For λ = 1 a fully synthetic loop has E Σ_t = Σ0 for ever while every path collapses: the expectation lives
on rare paths, and only log det Σ_t tells the typical story. And there are two numberings: here, as in the paper,
generation 1 is the fit on real rows; a loop that starts at the truth itself is one generation ahead.

Set-up and letters: Alemohammad et al. (2023), https://arxiv.org/abs/2307.01850: n_r real and n_s synthetic rows,
p = n_r/(n_r + n_s), q = 1 − p, sampling bias λ. W2² is the squared Wasserstein-2 distance, the paper's WD.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit.loops import Fresh, Loop, Previous, Real, Synthetic, parts, unit, whole

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray


# --- the recursion -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moments:
    """Expected moments of the fits of a loop, of shape (generations,), or single numbers for a limit.

    m    E Σ_t = m Σ0: 1 = all diversity kept in expectation, 0 = none
    u    E (μ_t − μ0)(μ_t − μ0)ᵀ = u Σ0: 0 is best
    f    fluctuation: E‖Σ_t − m Σ0‖² = f (tr² Σ0 + tr Σ0²), to leading order in 1/rows; 1/f is a sample size
    """

    dim: int
    m: Any
    u: Any
    f: Any

    @property
    def trace(self) -> Any:
        """E tr Σ_t for Σ0 = I."""
        return self.dim * self.m

    @property
    def mean_error(self) -> Any:
        """E‖μ_t − μ0‖² for Σ0 = I."""
        return self.dim * self.u

    @property
    def w2_squared(self) -> Any:
        """E W2² for Σ0 = I, approximately: see `w2_squared`."""
        return w2_squared(self)


def moments(
    loop: Loop,          # a source or a sum of sources, any memory
    dim: int,            # d: m, u and f do not depend on it, W2² does
    generations: int,    # T: the moments of generations 1 … T
    n_ini: int,          # real rows of generation 1; Real() gives these same rows again
    ddof: int = 1,       # covariance = scatter/(rows − ddof): 1 unbiased, 0 maximum likelihood
) -> Moments:
    """m_t, u_t and f_t of generations 1 … T: m and u exact at any size, for any Σ0; f to leading order.

    Holds for all sums of Real, Fresh, Synthetic (any λ, any memory) and Previous. Raises NotImplementedError for
    loops that are plain functions, ValueError for training sets of fewer than 2 rows.
    """
    n, ddof = whole("n_ini", n_ini, least=2), _ddof(ddof)
    rows, scatter, kept = n, n - 1.0, [0, 1]                           # kept: the centres that a later group may have
    distance = np.array([[0, 1 / n], [1 / n, 0]])                      # D_kl over kept
    wobble = np.diag([0, (n - 1) / (n - ddof) ** 2])                   # the same for the fluctuations of Σ_k and Σ_l
    m, u, f = [scatter / (n - ddof)], [1 / n], [wobble[1, 1]]
    memory = max((part.memory for part in parts(loop) if isinstance(part, Synthetic)), default=1)
    for t in range(2, whole("generations", generations, least=1) + 1):
        groups = np.array([g for part in parts(loop) for g in _groups(part, t, n, m, rows, scatter)]).reshape(-1, 6)
        size, centre, within, noise, shrink, jitter = groups[groups[:, 0] > 0].T
        rows = whole(f"rows of generation {t} of {loop!r}", int(size.sum()), least=2)
        w, at = size / rows, [kept.index(k) for k in centre]
        a, b = np.zeros((2, len(kept)))
        np.add.at(a, at, w)
        np.add.at(b, at, w * shrink * (rows - 1) / (rows - ddof))
        h = a @ distance @ a / 2
        scatter = within.sum() + rows * (h + (w * (1 - w)) @ noise)
        distance = _bordered(distance, distance @ a - h + w**2 @ noise, 0)
        wobble = _bordered(wobble, wobble @ b, b @ wobble @ b + w**2 @ jitter * rows * (rows - 1) / (rows - ddof) ** 2)
        m, u, f = [*m, scatter / (rows - ddof)], [*u, distance[0, -1]], [*f, wobble[-1, -1]]
        kept = [*kept, t]
        stay = [i for i, k in enumerate(kept) if k < 2 or k > t - memory]
        kept, distance, wobble = [kept[i] for i in stay], distance[np.ix_(stay, stay)], wobble[np.ix_(stay, stay)]
    return Moments(whole("dim", dim, least=1), *map(np.array, (m, u, f)))


def _groups(part: Loop, t: int, n_ini: int, m: list[float], rows: int, scatter: float) -> Iterator[tuple[float, ...]]:
    """(rows, centre, scatter, variance of the mean about the centre; how Σ passes on, its own fluctuation) of a part."""
    match part:
        case Real():
            yield n_ini, 1, n_ini - 1, 0, 1, 0
        case Previous():
            yield rows, t - 1, scatter, 0, 1, 0
        case Fresh(n):
            yield n, 0, n - 1, 1 / max(n, 1), 0, 1 / max(n, 1)
        case Synthetic(_, lam):
            for k, n in part.shares(t).items():
                s = lam * m[k - 1]
                yield n, k, (n - 1) * s, s / max(n, 1), lam, s**2 / max(n, 1)
        case _:
            raise NotImplementedError(f"theory: expected a sum of Real, Fresh, Synthetic and Previous, got {part!r}: "
                                      "there is no formula for a plain function; simulate it with mk.run")


def _bordered(square: Array, row: Array, corner: float) -> Array:
    """The symmetric matrix with one more row and column."""
    return np.block([[square, row[:, None]], [row[None, :], np.array([[corner]])]])


# --- Wasserstein ---------------------------------------------------------------------------------------------------


def w2_squared(
    moments: Moments,
    cov: Array | None = None,      # Σ0 (d, d); None: the identity
) -> Any:
    """E W2²(N(μ0, Σ0), N(μ_t, Σ_t)) ≥ 0, small is good: an approximation, of the shape of moments.m.

    (u + (1 − √m)²) tr Σ0 + 2 √m (d − E tr W^½) κ, where W is a Wishart matrix with mean I and the fluctuation of Σ_t/m
    (1/ν = f/m², see `root_trace`), and κ = 2/(d(d+1)) Σ_ij (1 + δ_ij) s_i s_j/(s_i + s_j) of the eigenvalues s of Σ0 is 1
    for the identity. To leading order the last term is f d(d+1)/(4 m^{3/2}) κ. Assumes f d ≪ m²; exact fits of
    real rows alone to 0.1%. ValueError when cov does not fit dim.
    """
    d = moments.dim
    s = _eigenvalues(d, cov)
    kappa = 2 / (d * (d + 1)) * ((1 + np.eye(d)) * np.outer(s, s) / np.maximum(np.add.outer(s, s), 1e-300)).sum()
    m, u, f = np.asarray(moments.m, float), np.asarray(moments.u, float), np.asarray(moments.f, float)
    nu = np.divide(m**2, f, out=np.full(m.shape, np.inf), where=(f > 0) & (m > 1e-100))
    value = (u + (1 - np.sqrt(m)) ** 2) * s.sum() + 2 * np.sqrt(m) * (d - root_trace(d, nu)) * kappa
    return value if m.ndim else float(value)


def root_trace(dim: int, nu: Any) -> Any:
    """E tr W^½ ≤ d of a d × d Wishart matrix with ν degrees of freedom and mean I (ν > 0, a number or an array).

    With γ = d/ν ≤ 1: d F(−½, ½; 2; γ), the Marchenko–Pastur law, + ½ (1 − F(−½, −½; 1; γ)), its correction for
    real matrices (Bai and Silverstein 2004, https://doi.org/10.1214/aop/1078415845), + 7 d/(128 ν²), which makes it
    right to order 1/ν² at every d. For ν < d the two change roles: tr (X Xᵀ)^½ = tr (Xᵀ X)^½.
    """
    from scipy.special import hyp2f1

    nu = np.asarray(nu, float)
    small, large = np.minimum(dim, nu), np.maximum(dim, nu)
    x = small / large
    root = small * hyp2f1(-0.5, 0.5, 2, x) + (1 - hyp2f1(-0.5, -0.5, 1, x)) / 2 + 7 * x / (128 * large)
    root = root * np.where(nu < dim, np.sqrt(dim / np.minimum(nu, dim)), 1)
    return root if root.ndim else float(root)


def real_only_w2(n: float, dim: int) -> float:
    """E W2² of a fit on n ≥ 2 real rows alone, Σ0 = I: the control, and the yardstick of `effective_sample_size`.

    d/n + 2 (d − E tr W^½) with ν = n − 1, good to 0.1% for all n and d; also n < d. ≈ C_d/n, C_d = d + d(d+1)/4.
    """
    return dim / n + 2 * (dim - root_trace(dim, n - 1))


# --- the one call that run and exact make --------------------------------------------------------------------------


def table(
    loop: Loop,
    dim: int,
    generations: int,
    n_ini: int,
    mean: Array | None = None,     # μ0: none of the values depends on it
    cov: Array | None = None,      # Σ0 (d, d); None: the identity
    ddof: int = 1,
) -> pd.DataFrame:
    """What theory says of a Gaussian run: columns generation, metric, value, kind; empty where it says nothing.

    trace, mean_error    expectations, exact at any size; heavy-tailed where the loop collapses
    w2_squared           expectation: exact for d = 1 and one source, else the approximation of `w2_squared`
    logdet               E log det Σ_t for loops of one source, kind "exact": the typical path, not only the mean
    """
    import pandas as pd

    columns = ["generation", "metric", "value", "kind"]
    try:
        expected = moments(loop, dim, generations, n_ini, ddof)
    except NotImplementedError:
        return pd.DataFrame(columns=columns)
    s = _eigenvalues(dim, cov)
    values = {"w2_squared": w2_squared(expected, cov), "mean_error": expected.u * s.sum(), "trace": expected.m * s.sum()}
    try:
        with np.errstate(divide="ignore"):
            values["logdet"] = logdet(loop, dim, generations, n_ini, ddof) + np.log(s).sum()
        if dim == 1:
            values["w2_squared"] = w2_squared_1d(loop, generations, n_ini, ddof) * s.sum()
    except NotImplementedError:
        pass
    generation = np.arange(1, generations + 1)
    return pd.concat([pd.DataFrame({"generation": generation, "metric": metric, "value": value,
                                    "kind": "exact" if metric == "logdet" else "expectation"})
                      for metric, value in values.items()], ignore_index=True)[columns]


# --- loops of one source: exact laws -------------------------------------------------------------------------------


def c(n: int, dim: int, ddof: int = 1) -> float:
    """E log det Σ̂ of n rows of N(·, I): Σ_i ψ((n−i)/2) + d log(2/(n−ddof)) ≈ −d(d+1)/(2(n−1)); −∞ for n ≤ d."""
    return float(_log_factors(n, dim, ddof).sum())


def _log_factors(n: int, dim: int, ddof: int) -> Array:
    """E log of the squared diagonal Bartlett factors 1 … d of a covariance of n rows: ψ((n−i)/2) + log(2/(n−ddof))."""
    from scipy.special import digamma

    i = np.arange(1, dim + 1)
    return np.where(n > i, digamma(np.maximum(n - i, 1) / 2), -np.inf) + math.log(2 / (n - ddof))


def logdet(loop: Loop, dim: int, generations: int, n_ini: int, ddof: int = 1) -> Array:
    """E log det Σ_t − log det Σ0 of a loop of one source, (generations,): exact, and typical of single paths.

    Fully synthetic: c(n_ini, d) + (t − 1)(d log λ + c(n, d)): a straight line down. −∞ where rows ≤ d (a singular fit).
    NotImplementedError for sums and for memory > 1.
    """
    return _chain(lambda n: c(n, dim, ddof), loop, generations, n_ini, dim * _log(_lam(loop)))


def log_variance(loop: Loop, generations: int, n_ini: int, ddof: int = 1) -> tuple[Array, Array]:
    """Mean and variance of log σ_t²/σ0² in d = 1, each (generations,), of a loop of one source: exact.

    Each fit adds ψ(ν/2) + log(2/(n − ddof)) to the mean and ψ'(ν/2) to the variance, ν = n − 1: σ_t² is nearly log-normal.
    """
    from scipy.special import polygamma

    return (logdet(loop, 1, generations, n_ini, ddof),
            _chain(lambda n: float(polygamma(1, (n - 1) / 2)), loop, generations, n_ini))


def spectrum(loop: Loop, dim: int, generations: int, n_ini: int, ddof: int = 1) -> Array:
    """Typical decay of the k-th largest eigenvalue of Σ_t, (generations, d), for Σ0 = I and a loop of one source.

    exp of a sum over fits of log λ + ψ((n−k)/2) + log(2/(n−1)) ≈ log λ − k/(n−1): collapse is anisotropic. The rates are
    the exact Lyapunov exponents of the product of fits, so lines are parallel to the eigenvalues at late t, and their
    product is exp E log det Σ_t at every t.
    """
    factors = _chain(lambda n: _log_factors(n, dim, ddof), loop, generations, n_ini, _log(_lam(loop)))
    return np.exp(factors)


def w2_squared_1d(loop: Loop, generations: int, n_ini: int, ddof: int = 1) -> Array:
    """E W2²/σ0² in d = 1 of a loop of one source, (generations,): exact.

    u_t + m_t + 1 − 2 E σ_t/σ0; each fit of n rows multiplies E σ by √λ a(n), a = √(2/(n−ddof)) Γ(n/2)/Γ((n−1)/2).
    """
    expected = moments(loop, 1, generations, n_ini, ddof)
    root = _chain(lambda n: math.lgamma(n / 2) - math.lgamma((n - 1) / 2) + math.log(2 / (n - ddof)) / 2,
                  loop, generations, n_ini, _log(_lam(loop)) / 2)
    return expected.u + expected.m + 1 - 2 * np.exp(root)


def _chain(per_fit: Callable[[int], Any], loop: Loop, generations: int, n_ini: int, step: float = 0.0) -> Array:
    """A quantity that adds up over the fits behind generation t, (generations, …): per_fit(rows) + step for each."""
    first, later = np.asarray(per_fit(whole("n_ini", n_ini, least=2))), np.arange(1, whole("generations", generations, least=1))
    later = later.reshape(-1, *[1] * first.ndim)
    match loop:
        case Synthetic(n, memory=1):
            rest = first + later * (per_fit(whole("Synthetic: n", n, least=2)) + step)
        case Fresh(n):
            rest = 0 * later + per_fit(whole("Fresh: n", n, least=2))
        case Real():
            rest = 0 * later + first
        case _:
            raise NotImplementedError(f"theory: this law holds for one source, Synthetic (memory 1), Fresh or Real, got {loop!r}; "
                                      "`moments` covers all sums, `exact.run` simulates them")
    return np.concatenate([first[None], rest])


# --- limits: fresh data and augmentation ---------------------------------------------------------------------------


def fixed_point(loop: Loop, dim: int = 1, n_ini: int | None = None) -> Moments:
    """The moments of a loop at t → ∞ (ddof 1), single numbers; a mix with fresh rows forgets n_ini.

    Fresh + Synthetic    m = (n_r − p/(1+q))/(N − 1 − λ(n_s − q/(1+q))),  u = (p + λqm)/(n_r(1+q))
    Real + Synthetic     m = (n_r − 1)/(N − 1 − λ(n_s − q/(1+q))),        u = 1/n_r + λqm/(n_r(1+q)),  n_r = n_ini
    Synthetic            m = 0, u = 1/n_ini + λ/((1−λ)n); for λ = 1 m = 1, an expectation on rare paths, and u = ∞

    Real and augmented loops and λ < 1 alone need n_ini. NotImplementedError for memory > 1 and for pools (Previous).
    """
    kinds = sorted(type(part).__name__ for part in parts(loop))
    part = {type(part): part for part in parts(loop)}
    synthetic = part.get(Synthetic, Synthetic(0))
    if kinds not in (["Fresh"], ["Real"], ["Synthetic"], ["Fresh", "Synthetic"], ["Real", "Synthetic"]) or synthetic.memory > 1:
        raise NotImplementedError(f"fixed_point: expected Fresh or Real, Synthetic with memory 1, or Fresh or Real + Synthetic, "
                                  f"got {loop!r}; follow `moments` for many generations instead")
    if Fresh in part and part[Fresh].n:
        return _fresh_limit(part[Fresh].n, synthetic.n, synthetic.lam, dim)
    n_r = whole("n_ini", n_ini, least=2)
    return _augmented_limit(n_r, synthetic.n, synthetic.lam, dim) if Real in part else _synthetic_limit(n_r, synthetic, dim)


def _fresh_limit(n_r: float, n_s: float, lam: float, dim: int) -> Moments:
    total = n_r + n_s
    p, q = n_r / total, n_s / total
    m = (n_r - p / (1 + q)) / (total - 1 - lam * (n_s - q / (1 + q)))
    return Moments(dim, m, (p + lam * q * m) / (n_r * (1 + q)), (p + q * (lam * m) ** 2) / ((total - 1) * (1 - (lam * q) ** 2)))


def _augmented_limit(n_r: float, n_s: float, lam: float, dim: int) -> Moments:
    total = n_r + n_s
    p, q = n_r / total, n_s / total
    m = (n_r - 1) / (total - 1 - lam * (n_s - q / (1 + q)))
    own = q * (lam * m) ** 2 / ((total - 1) * (1 - (lam * q) ** 2))
    return Moments(dim, m, 1 / n_r + lam * q * m / (n_r * (1 + q)), (p / (1 - lam * q)) ** 2 / (n_r - 1) + own)


def _synthetic_limit(n_ini: int, source: Synthetic, dim: int) -> Moments:
    if source.lam == 1:
        return Moments(dim, 1.0, math.inf, math.inf)
    return Moments(dim, 0.0, 1 / n_ini + source.lam / ((1 - source.lam) * source.n), 0.0)


def floor(p: float, lam: float, dim: int) -> float:
    """Limit W2² of a fresh data loop with real fraction p ∈ (0, 1] as its rows → ∞, Σ0 = I: d(1 − √(p/(1−λq)))².

    0 for λ = 1; for λ < 1 more data stops helping (paper, Fig. 31 right).
    """
    p, lam = unit("floor: p", p), unit("floor: lam", lam)
    return dim * (1 - math.sqrt(p / (1 - lam * (1 - p)))) ** 2 if p else float(dim)


def effective_sample_size(loop: Loop, dim: int, n_ini: int | None = None) -> float:
    """n_e: the real rows that alone would give the loop's limit E W2² (Σ0 = I); high is good. 0: worth less than 2 rows.

    Synthetic data is admissible when n_e ≥ n_r. λ = 1 and n_r ≫ d: n_e = (1 + q) n_r. Inverse of `real_only_w2` at the
    approximate `w2_squared` of `fixed_point`; with memory K and λ = 1, n_r times `memory_gain`.
    """
    from scipy.optimize import brentq

    if isinstance(loop, Fresh | Real):
        return float(whole("n_ini", n_ini, least=2) if isinstance(loop, Real) else loop.n)
    fresh, synthetic = ([part for part in parts(loop) if isinstance(part, kind)] for kind in (Fresh, Synthetic))
    if len(parts(loop)) == 2 and fresh and synthetic and synthetic[0].memory > 1 and synthetic[0].lam == 1:
        n_r, n_s = fresh[0].n, synthetic[0].n
        return n_r * memory_gain(n_r / (n_r + n_s), synthetic[0].memory)
    goal = fixed_point(loop, dim, n_ini).w2_squared
    if goal > real_only_w2(2, dim):
        return 0.0
    return math.exp(brentq(lambda x: math.log(real_only_w2(math.exp(x), dim) / goal), math.log(2), math.log(1e12), xtol=1e-9))


def admissible_threshold(dim: int, lam: float, n_r: float | None = None) -> float:
    """n_s*: the most synthetic rows beside n_r fresh ones that still help (n_e ≥ n_r); ∞ for λ = 1.

    n_r None: the limit n_r → ∞, [4(2−λ) + (d+1)(½ + 3λ/2 − λ²)]/(1−λ)² (paper, Fig. 11). Else the last root of
    W2²(n_s) = W2²(0) in the approximation of `w2_squared`; 0 when any synthetic row harms.
    """
    from scipy.optimize import brentq

    lam = unit("admissible_threshold: lam", lam)
    if lam == 1:
        return math.inf
    if n_r is None:
        return (4 * (2 - lam) + (dim + 1) * (0.5 + 1.5 * lam - lam**2)) / (1 - lam) ** 2

    def harm(n_s: float) -> float:
        return _fresh_limit(n_r, n_s, lam, dim).w2_squared - real_only_w2(n_r, dim)

    grid = np.geomspace(1, 1e9, 200)
    helps = [i for i, n_s in enumerate(grid) if harm(n_s) < 0]
    return brentq(harm, grid[helps[-1]], grid[helps[-1] + 1]) if helps else 0.0


def memory_gain(p: float, memory: int) -> float:
    """n_e/n_r = (K + q)/(pK + q) of a fresh data loop whose synthetic rows come from the last K models; λ = 1.

    Leading order in 1/rows (n_r ≫ d), within 4% of simulation: 1 + q for K = 1, rising to 1/p (paper, Fig. 30).
    """
    p, k = unit("memory_gain: p", p), whole("memory_gain: memory", memory, least=1)
    return (k + 1 - p) / (p * k + 1 - p)


def optimal_real_weight(n_r: float, n_s: float) -> float:
    """The weight w of the real part of a fresh data loop's fit that makes its limit best; λ = 1, rows ≫ d.

    The root of w² + r w = r, r = n_r/n_s, and there n_e = n_r/w. For n_r = n_s both are the golden ratio: w = .618,
    n_e = 1.618 n_r, where pooling the rows (w = p = ½) gives 1.5 n_r.
    """
    r = n_r / n_s
    return (math.sqrt(r * r + 4 * r) - r) / 2


# --- small --------------------------------------------------------------------------------------------------------


def _eigenvalues(dim: int, cov: Array | None) -> Array:
    """The eigenvalues of Σ0, (d,)."""
    cov = np.eye(dim) if cov is None else np.asarray(cov, float)
    if cov.shape != (dim, dim):
        raise ValueError(f"cov: expected shape ({dim}, {dim}), got {cov.shape}")
    return np.linalg.eigvalsh(cov).clip(min=0)


def _lam(loop: Loop) -> float:
    return getattr(loop, "lam", 1.0)


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


def _ddof(ddof: int) -> int:
    if ddof not in (0, 1):
        raise ValueError(f"ddof: expected 0 (maximum likelihood) or 1 (unbiased), got {ddof!r}")
    return ddof
