"""Where loops without new real rows drift: variance in expectation, and typical paths.

What is not exact was found by heuristics, to leading order in 1/n, and checked by simulation.
"""

from __future__ import annotations

import numpy as np

from madkit.base import limits
from madkit.base.checks import Count, Ddof, Several, Unit
from madkit.base.gate import gate
from madkit.base.guard import guarded


@gate
@guarded
def memory_drift(n: Several, dim: Count, memory: Count, ddof: Ddof = 1) -> float:
    """Drift of log variance a dimension and generation, of `Synthetic(n, memory=K)` alone; λ = 1.

    n       rows of a training set
    dim     d
    memory  K, the last models that they come from
    ddof    of the covariance: 1 unbiased, 0 maximum likelihood

    2(K − d − 2)/((K+1)² n) for ddof 1: the loop collapses for K < d + 2, and grows for K > d + 2.
    −2(d + 3)/((K+1)² n) for ddof 0: it always collapses. Heuristic, leading order in 1/n.
    """
    return 2 * (memory - dim - 2 if ddof else -(dim + 3)) / ((memory + 1) ** 2 * n)


@gate
@guarded
def subsample_variance(
    n: Several, generations: Count, n_ini: Several, lam: Unit = 1.0, ddof: Ddof = 1,
) -> np.ndarray:
    """m_t of `accumulate_subsample(n, lam)`, E Σ_t = m_t Σ0, (generations,); exact at any size.

    n            rows of a training set, drawn from all N that there are so far
    generations  T
    n_ini        real rows of generation 1, which stay in the pool
    lam          λ of the emitted rows
    ddof         of the covariance: 1 unbiased, 0 maximum likelihood

    The pool of N rows has mean M and unbiased variance S². Of n of its rows, E μ_t² = M² +
    S² (1/n − 1/N) and E σ_t² = S² (n − 1)/(n − ddof). Then n rows of N(μ_t, λ σ_t²) join it. As it
    grows, m_t ~ t^a, see `subsample_exponent`.
    """
    limits.time("generations", f"{limits.count(generations)} generations", generations, 10**6)
    limits.memory("generations", f"{limits.count(generations)} generations", 32 * generations)
    rows, square, centre, drawn = n_ini, 1.0, 1 / n_ini, n_ini  # N, E x², E M², n of this fit
    m = []
    for _ in range(generations):
        variance = rows / (rows - 1) * (square - centre)
        m.append(variance * (drawn - 1) / (drawn - ddof))
        spread = lam * m[-1]                                    # of an emitted row
        mean = centre + variance * (1 / drawn - 1 / rows)       # E μ_t²
        old, new = rows / (rows + n), n / (rows + n)
        square = old * square + new * (mean + spread)
        centre = old * (old + 2 * new) * centre + new**2 * (mean + spread / n)
        rows, drawn = rows + n, n
    return np.array(m)


@gate
@guarded
def subsample_exponent(n: Several, lam: Unit = 1.0, ddof: Ddof = 1) -> float:
    """The a of variance ~ t^a in `accumulate_subsample(n, lam)`, t → ∞: below 0 diversity dies.

    a = 1/n − 1 + λ (n − 1)/(n − ddof): 1/n for λ = 1 and ddof 1, 0 for λ = 1 and ddof 0. The n new
    rows of a generation bring the variance λ σ_t² within and S²/n between their mean and the
    pool's, and the pool forgets as 1/t. Of typical paths too, in each dimension: what chance adds
    in generation t is of size 1/t, and its sum converges.
    """
    return 1 / n - 1 + lam * (n - 1) / (n - ddof)


@gate
@guarded
def frozen_w2(dim: Count, level: Unit = 0.5) -> float:
    """Where W2² comes to rest in `fully_synthetic(n)`, λ = 1, Σ0 = I: its quantile; n, t/n → ∞.

    dim    d
    level  share of the paths below: .5 the median

    The covariance dies on every path, so the mean stands still, and W2² → d + ‖μ_∞ − μ0‖². In any
    direction the variance of μ_∞ is the area under geometric Brownian motion, 1/Exp(1) (Dufresne
    1990, https://doi.org/10.1080/03461238.1990.10413872): μ_∞ is of Student's t with 2 degrees of
    freedom, its variance infinite. So E W2² grows as t/n without end (`w2_squared_1d`) while
    typical paths stand still, in d = 1 half of them below 5/3. Together the d directions are of the
    multivariate t, W2² → d (1 + F_{d,2}): for d > 1 a conjecture, checked by simulation.
    """
    from scipy.stats import f

    return float(dim * (1 + f.ppf(level, dim, 2)))
