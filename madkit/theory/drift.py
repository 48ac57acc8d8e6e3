"""Where typical paths drift: found by heuristics, to leading order in 1/n, and checked by simulation.
"""

from __future__ import annotations

from madkit.base.checks import Count, Ddof, Several
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
