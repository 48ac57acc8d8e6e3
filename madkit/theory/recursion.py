"""One recursion for the expected moments of every loop.

D^t is a union of groups g: n_g rows, a share w_g of all N, centred on an earlier mean μ_k(g) (fresh
rows: on μ0), with an error of variance v_g of the group's own. Let D_kl be E‖μ_k − μ_l‖² in units
of tr Σ0, and h = ½ Σ_gh w_g w_h D_k(g)k(h) the spread of the centres. The mean of D^t then lies,
and its scatter is,

    D_tk  =  Σ_g w_g D_k(g)k − h + Σ_g w_g² v_g,              u_t = D_t0,
    S_t   =  Σ_g S_g + N (h + Σ_g w_g (1 − w_g) v_g),         m_t = S_t/(N − ddof),

with the scatter S_g within a group: n − 1 for n real rows, (n − 1) λ m_k for n rows of generation
k, S_{t−1} for the last training set. Distances, and not covariances, keep m_t exact to the last
digit when it is 10^−100.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from madkit.base import limits
from madkit.base.checks import Count, Ddof, Several, shown, whole
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.loops import Fresh, Loop, Previous, Real, Synthetic, parts

Array = np.ndarray


@gate
@dataclass(frozen=True)
class Moments:
    """Expected moments of the fits of a loop: arrays (generations,), or single numbers for a limit.

    m    E Σ_t = m Σ0: 1 = all diversity kept in expectation, 0 = none
    u    E (μ_t − μ0)(μ_t − μ0)ᵀ = u Σ0: 0 is best
    f    fluctuation: E‖Σ_t − m Σ0‖² = f (tr² Σ0 + tr Σ0²), to leading order in 1/rows; m²/f is a
         number of rows
    s    its skewness: E tr (Σ_t − m I)³ = s f² d³/m for Σ0 = I, d ≫ 1. 1 for one fit (a Wishart
         matrix), 3/2 for a product of many fits (fully synthetic), 2 for an inverse Wishart matrix
         (a trickle of fresh rows, λ = 1)
    """

    dim: Count
    m: Array | float
    u: Array | float
    f: Array | float
    s: Array | float

    @property
    def trace(self) -> Array | float:
        """E tr Σ_t for Σ0 = I."""
        return self.dim * self.m

    @property
    def mean_error(self) -> Array | float:
        """E‖μ_t − μ0‖² for Σ0 = I; 0 is best."""
        return self.dim * self.u


@gate
@guarded
def moments(
    loop: Loop,          # a source or a sum of sources, any memory
    dim: Count,          # d: m, u, f and s do not depend on it
    generations: Count,  # T: the moments of generations 1 … T
    n_ini: Several,      # real rows of generation 1; Real() gives these same rows again
    ddof: Ddof = 1,      # covariance = scatter/(rows − ddof): 1 unbiased, 0 maximum likelihood
) -> Moments:
    """m_t, u_t, f_t and s_t of generations 1 … T.

    m and u are exact at any size and for any Σ0, f and s to leading order. Holds for all sums of
    Real, Fresh, Synthetic (any λ, any memory) and Previous. Raises NotImplementedError for loops
    that are plain functions, ValueError for training sets of fewer than 2 rows.
    """
    n, last = n_ini, generations
    _check_room(last, max((part.memory for part in parts(loop) if isinstance(part, Synthetic)),
                          default=1))
    rows, scatter = n, n - 1.0
    m, u, f, s = [scatter / (n - ddof)], [1 / n], [scatter / (n - ddof) ** 2], [1.0]
    memories = [part.memory for part in parts(loop) if isinstance(part, Synthetic)]
    memory = min(max(memories, default=1), last)
    kept = 2 + memory  # centres: μ0, μ_1 and the newest, each in its place
    distance, wobble, skew = np.zeros((kept,) * 2), np.zeros((kept,) * 2), np.zeros((kept,) * 3)
    distance[0, 1] = distance[1, 0] = 1 / n                # D_kl
    wobble[1, 1], skew[1, 1, 1] = f[0], f[0] ** 2 / m[0]   # 2nd, 3rd moments of Σ_k − m_k Σ0
    for t in range(2, last + 1):
        size, centre, within, spread, pull = _groups(loop, t, n, m, rows, scatter)
        rows = _rows(loop, t, size)
        w = size / rows                                    # w_g
        own = w * spread / size                            # w_g v_g
        at = [k if k < 2 else 2 + (k - 2) % memory for k in map(int, centre)]
        share = np.bincount(at, w, kept)                   # of all rows, by their centre
        near = distance @ share
        h, error = share @ near / 2, w @ own
        scatter = within.sum() + rows * (h + own.sum() - error)
        place = 2 + (t - 2) % memory
        distance[place] = distance[:, place] = near + (error - h)
        distance[place, place] = 0
        _inherit(wobble, skew, place, at, w * (rows - 1) / (rows - ddof), spread, pull,
                 size * (1 - 1 / rows))
        m.append(scatter / (rows - ddof))
        u.append(distance[0, place])
        f.append(wobble[place, place])
        s.append(skew[place, place, place] * m[-1] / f[-1] ** 2 if f[-1] > 1e-100 else s[-1])
    return Moments(dim, *map(np.array, (m, u, f, s)))


def _groups(loop: Loop, t: int, n_ini: int, m: list[float], rows: int, scatter: float) -> Array:
    """The groups of D^t, (5, groups).

    Rows, their centre, the scatter within; the variance of new rows, and how Σ at the centre
    passes on.
    """
    groups = [group for part in parts(loop)
              for group in _group(part, t, n_ini, m, rows, scatter) if group[0] > 0]
    return np.array(groups, float).reshape(-1, 5).T


def _group(part: Loop, t: int, n_ini: int, m: list[float], rows: int,
           scatter: float) -> Iterator[tuple[float, ...]]:
    match part:
        case Real():
            yield n_ini, 1, n_ini - 1, 0, 1
        case Previous():
            yield rows, t - 1, scatter, 0, 1
        case Fresh(n):
            yield n, 0, n - 1, 1, 0
        case Synthetic(_, lam):
            for k, n in part.shares(t).items():
                yield n, k, (n - 1) * lam * m[k - 1], lam * m[k - 1], lam
        case _:
            raise NotImplementedError("theory: expected a sum of Real, Fresh, Synthetic and "
                                      f"Previous, got {shown(part)}: no formula covers a loop of one's "
                                      "own; run it with mk.run")


def _inherit(wobble: Array, skew: Array, place: int, at: list[int], w: Array, spread: Array,
             pull: Array, size: Array) -> None:
    """Put the next fit into its place among the second and third moments of the fluctuations.

        Σ_t − m_t = Σ_g w_g (pull_g (Σ_k − m_k) + ε_g),   E ε_g² = spread_g pull_g Σ_k/n_g

    The fit inherits, and adds ε_g, larger where Σ_k is. Writes into wobble and skew.
    """
    from_old, new = w * pull, w * spread
    each = new / size
    old = np.bincount(at, from_old, len(wobble))                   # Σ_k in Σ_t
    lean = wobble @ np.bincount(at, from_old * each, len(wobble))  # E ε² (Σ_k − m_k)
    variance = wobble @ old
    pair = old @ skew  # with two of the others, with one, with none
    single = pair @ old + lean
    single[place] = (single + 2 * lean) @ old + new @ each**2
    pair[place] = pair[:, place] = single
    skew[place] = skew[:, place] = skew[:, :, place] = pair
    wobble[place] = wobble[:, place] = variance
    wobble[place, place] = variance @ old + new @ each


def _rows(loop: Loop, t: int, size: Array) -> int:
    if (rows := int(sum(size))) < 2:
        whole(f"rows in the training set of generation {t} of {shown(loop)}", rows, least=2)
    return rows


def _check_room(generations: int, memory: int = 0) -> None:
    """ValueError where the recursion would not fit, or take more than a day."""
    kept = (min(memory, generations) + 2) ** 3
    limits.memory("generations", f"{limits.count(generations)} generations", 64 * generations)
    limits.memory("memory", f"a memory of {limits.count(memory)} generations", 8 * kept)
    limits.time("generations", f"{limits.count(generations)} generations",
                generations * (10_000 + kept), 10**10)


# --- the same bookkeeping, other quantities -------------------------------------------------------


@gate
@guarded
def bias_growth(loop: Loop, generations: Count, n_ini: Several) -> Array:
    """How often a systematic error δ of every fit stands in generation t, (generations,).

    A fit is the mean of its training set + δ. Fully synthetic: t; a pool: 1 + ½ + … + 1/t ≈ log t;
    a real fraction p in every generation: → 1/p. The error is this × δ: so artifacts amplify, and
    real data stops them. λ plays no part.
    """
    rows, last = n_ini, generations
    _check_room(last)
    mean, ones = np.zeros(last + 1), [1.0] * last  # systematic error of μ0 and of the mean of D¹, …
    for t in range(2, last + 1):
        size, centre, _, spread, pull = _groups(loop, t, n_ini, ones, rows, 0.0)
        drawn = (centre > 0) & (spread == pull)  # from a fit, so with its δ: a copy has none
        rows = _rows(loop, t, size)
        mean[t] = size @ (mean[centre.astype(int)] + drawn) / rows
    return 1 + mean[1:]


@gate
@guarded
def diversity(loop: Loop, generations: Count, n_ini: Several) -> Array:
    """E H_t/H_0 of a loop on categories (modes, tokens), (generations,): 1 = kept, 0 = one left.

    H = 1 − Σ p_i². The fit is the vector of frequencies, the mean of one-hot rows, and H the trace
    of their covariance: these are the m_t of maximum likelihood, exact for any number of them.

    Fully synthetic     (1 − 1/n_ini)(1 − 1/n)^{t−1}; category i survives with probability p_0(i)
    Fresh + Synthetic   → [p²(1 − 1/n_r) + 2pq]/[1 − q²(1 − 1/n_s)]

    NotImplementedError for λ < 1, which is no covariance here.
    """
    if any(getattr(part, "lam", 1) != 1 for part in parts(loop)):
        raise NotImplementedError("diversity: holds for unbiased sampling of categories, "
                                  f"expected lam=1, got {shown(loop)}")
    return np.asarray(moments(loop, 1, generations, n_ini, ddof=0).m)
