"""Gaussian loops by their exact law: no rows are drawn, only what a fit sees of them.

A Gaussian fit sees n rows of N(μ, F Fᵀ) through their mean x̄ and their scatter alone,
S = Σ (x − x̄)(x − x̄)ᵀ, and these are independent, of known law:

    x̄ = μ + F z/√n,      S = (F A)(F A)ᵀ,      z ~ N(0, I),

A lower triangular with A_ii = √χ²_{n−i} (i = 1 … d), standard normals below, and nothing from
column n on (Bartlett 1933, https://doi.org/10.1017/S0370164600015637). Groups of rows pool exactly,

    S = Σ_g S_g + Σ_g n_g (x̄_g − x̄)(x̄_g − x̄)ᵀ.

So a generation costs the same whatever n is, and all seeds and loops go side by side in one tensor.

Covariances are carried as lower triangular factors, Σ = F Fᵀ, in the coordinates where the truth is
N(0, I). In a fully synthetic loop F_t = F_{t−1} √(λ/(n−1)) A, so that log det Σ_t is a sum of
logarithms: right long after Σ_t has left the range of floating point. In other loops F_t is the
triangular factor of all groups together, by Cholesky's method where real rows keep every direction
alive, else by QR; where such a loop collapses (no real data, 1 < memory < d + 2: see
`mk.theory.memory_drift`), directions below 1e-15 of the largest standard deviation are rounding.

Randomness: every seed draws from its own explicit generators, generation after generation, so more
seeds, loops or generations change no number, and no stream is opened (sliders call this from their
thread). No number that is drawn depends on a setting but the number of drawn groups (see
`exact.draws`): loops with as many share all of a seed's chance, and all loops its generation 1, so
that two loops, or two places of a slider, differ by what they are. This holds to the bit:
all is summed on one thread (see `madkit.base.guard`).
"""

from madkit.exact.simulation import run, simulate
from madkit.exact.worth import effective_sample_size

__all__ = ["run", "simulate", "effective_sample_size"]


def __dir__() -> list[str]:
    return sorted(__all__)
