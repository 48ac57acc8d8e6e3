"""What a Gaussian that eats its own output does, in closed form.

The truth is N(μ0, Σ0) in R^d. A generation fits mean μ_t and covariance Σ_t (scatter divided by
rows − ddof) to its training set D^t and emits rows of N(μ_t, λ Σ_t). Generation 1 is fitted on
n_ini real rows. All that can be said in expectation is proportional to the truth's covariance:

    E Σ_t = m_t Σ0,      E (μ_t − μ0)(μ_t − μ0)ᵀ = u_t Σ0.

| question | function |
|---|---|
| how do mean and covariance move, in any loop? | moments |
| how far is that from the truth, W2²? | w2_squared, real_only_w2, real_only_rows; w2_squared_1d, sigma_1d (exact) |
| what does a typical path do? | logdet, log_variance, spectrum, c; memory_drift, frozen_w2 (leading order) |
| what if each fit sees n rows of all that there are? | subsample_variance (exact), subsample_exponent |
| where does it end, and how soon? | fixed_point, floor, spectral_radius, pool_limit, pool_decay |
| what is synthetic data worth? | effective_sample_size, worth (maps), admissible_threshold, memory_gain, optimal_real_weight |
| what if fits err systematically? if rows are categories? | bias_growth, diversity |
| what does a perfect model score? | perfect_coverage, perfect_frechet |
| what does a plot draw over a run? | table |

    loop = mk.fresh_data(1000, p=0.1, lam=0.8)
    mk.theory.moments(loop, dim=100, generations=40, n_ini=1000).m
    mk.theory.effective_sample_size(loop, dim=100)

Two warnings. For λ = 1 a fully synthetic loop has E Σ_t = Σ0 for ever while every path collapses:
the expectation lives on rare paths, and only log det Σ_t tells the typical story. And there are two
numberings: here, as in the paper, generation 1 is the fit on real rows; a loop that starts at the
truth itself is one generation ahead.

Set-up and letters: Alemohammad et al. (2023), https://arxiv.org/abs/2307.01850: n_r real and n_s
synthetic rows, N of both, p = n_r/N, q = 1 − p, sampling bias λ. W2² is the squared Wasserstein-2
distance, the paper's WD. λ is not applied to the moments of a fit itself.
"""

from madkit.theory.drift import frozen_w2, memory_drift, subsample_exponent, subsample_variance
from madkit.theory.limits import (
    admissible_threshold,
    effective_sample_size,
    fixed_point,
    floor,
    memory_gain,
    optimal_real_weight,
    pool_decay,
    pool_limit,
    spectral_radius,
    worth,
)
from madkit.theory.overlay import table
from madkit.theory.product import c, log_variance, logdet, sigma_1d, spectrum, w2_squared_1d
from madkit.theory.recursion import Moments, bias_growth, diversity, moments
from madkit.theory.scores import perfect_coverage, perfect_frechet
from madkit.theory.wasserstein import real_only_rows, real_only_w2, root_trace, w2_squared

__all__ = [
    "Moments", "moments", "bias_growth", "diversity",
    "w2_squared", "real_only_w2", "real_only_rows", "root_trace",
    "c", "logdet", "log_variance", "memory_drift", "frozen_w2", "spectrum", "sigma_1d",
    "w2_squared_1d", "subsample_variance", "subsample_exponent",
    "fixed_point", "floor", "effective_sample_size", "worth", "admissible_threshold", "memory_gain",
    "optimal_real_weight",
    "spectral_radius", "pool_limit", "pool_decay", "perfect_coverage", "perfect_frechet", "table",
]


def __dir__() -> list[str]:
    return sorted(__all__)
