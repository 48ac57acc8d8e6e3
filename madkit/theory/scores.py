"""What a perfect model scores: two finite clouds of one truth are never equal.

A score means something only beside this one, for as many rows.
"""

from __future__ import annotations

from math import prod

from madkit.base import limits
from madkit.base.checks import Count, Rows, above, whole
from madkit.base.gate import gate
from madkit.base.guard import guarded


@gate
@guarded
def perfect_coverage(n: Rows, k: Count = 5) -> float:
    """E coverage of n new rows against n real ones, in [0, 1], whatever the density.

    1 − Π (n − i)/(2n − i) for i = 1 … k: of the 2n − 1 rows around a real one, all equally likely
    to be near, the k nearest must not all be real. For large n 1 − 2⁻ᵏ. Exact; Naeem et al. (2020),
    https://arxiv.org/abs/2002.09797, lemma 2. Raises ValueError for n ≤ k.
    """
    n = whole("perfect_coverage: n", n, least=k + 1)
    limits.time("perfect_coverage: k", f"{limits.count(k)} neighbours", k, 10**8)
    return 1 - prod((n - i) / (2 * n - i) for i in range(1, k + 1))


@gate
@guarded
def perfect_frechet(n: float, dim: Count) -> float:
    """E of the Fréchet distance of n rows of N(0, I) to n others; ≥ 0: d(d + 5)/2n.

    2d/n from the means, d(d + 1)/2n from the covariances. To leading order in d/n: within 4 % for
    n ≥ 5 d.
    """
    n, dim = above("perfect_frechet: n", 1, n), whole("perfect_frechet: dim", dim, least=1)
    return dim * (dim + 5) / (2 * n)
