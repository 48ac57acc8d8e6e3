"""Metrics of nearest neighbours, and distances of all pairs of rows, in chunks of bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from madkit.base.checks import whole
from madkit.metrics.sides import clouds
from madkit.samples import Samples

CHUNK = 2**23    # pairs looked at at a time: 64 MiB; changes memory, and numbers only by rounding
ROUNDING = 1e-9  # squared distances that differ by less, relatively, are equal


def precision(real: Samples, fake: Samples, k: int = 5) -> float:
    """Quality: the share of fake rows in a k-nearest-neighbour ball of some real row.

    A number in [0, 1], high is good. Kynkäänniemi et al. (2019), https://arxiv.org/abs/1904.06991,
    eq. 1 and 2; needs k + 1 rows on each side.
    """
    a, b = clouds(real, fake, least=whole("k", k, least=1) + 1)
    return _inside(b, a, k)[0].gt(0).double().mean().item()


def recall(real: Samples, fake: Samples, k: int = 5) -> float:
    """Diversity: the share of real rows in a k-nearest-neighbour ball of some fake row.

    A number in [0, 1], high is good. Kynkäänniemi et al. (2019), https://arxiv.org/abs/1904.06991,
    eq. 1 and 3: precision with the sides exchanged.
    """
    a, b = clouds(real, fake, least=whole("k", k, least=1) + 1)
    return _inside(a, b, k)[0].gt(0).double().mean().item()


def density(real: Samples, fake: Samples, k: int = 5) -> float:
    """Quality: how many of the real rows' k-nearest-neighbour balls hold a fake row, over k.

    On average over fake rows; ≥ 0, good near 1. Unlike precision, one outlier of the real rows,
    whose ball is large, counts little. Naeem et al. (2020), https://arxiv.org/abs/2002.09797, eq.
    3.
    """
    a, b = clouds(real, fake, least=whole("k", k, least=1) + 1)
    return _inside(b, a, k)[0].double().mean().item() / k


def coverage(real: Samples, fake: Samples, k: int = 5) -> float:
    """Diversity: the share of real rows whose k-nearest-neighbour ball holds some fake row.

    A number in [0, 1], high is good. Naeem et al. (2020), https://arxiv.org/abs/2002.09797, eq. 4.
    """
    a, b = clouds(real, fake, least=whole("k", k, least=1) + 1)
    return _inside(b, a, k)[1].double().mean().item()


def _inside(points: Tensor, centres: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Of each point, in how many balls it lies; of each ball, whether it holds a point.

    A ball reaches from a centre to the k-th nearest other one.
    """
    radii = _radii(centres, k) * (1 + ROUNDING)
    balls = torch.zeros(len(points), dtype=torch.long, device=points.device)
    holds = torch.zeros(len(centres), dtype=torch.bool, device=points.device)
    for rows, squared in distances(points, centres):
        within = squared <= radii
        balls[rows] = within.sum(1)
        holds |= within.any(0)
    return balls, holds


def _radii(x: Tensor, k: int) -> Tensor:
    """The squared distance of each row to its k-th nearest other row; 0 among k equal ones."""
    # filled in place: small pieces kept would fragment the heap
    radii = torch.empty(len(x), dtype=x.dtype, device=x.device)
    for rows, squared in distances(x, x, others=True):
        radii[rows] = squared.topk(k, dim=1, largest=False).values[:, -1]
    return radii


def distances(a: Tensor, b: Tensor, others: bool = False) -> Iterator[tuple[slice, Tensor]]:
    """Chunks of the squared distances (rows of a, all of b), and which rows.

    others  a is b, and no row is near to itself
    """
    step = max(1, CHUNK // len(b))
    for start in range(0, len(a), step):
        squared = squared_distances(a[start : start + step], b)
        if others:
            squared.diagonal(start).fill_(torch.inf)
        yield slice(start, start + step), squared


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """‖a − b‖² of all pairs of rows, (len(a), len(b)).

    By a matrix product, and from the difference where that cancels.
    """
    if a.shape[1] <= 8:
        return _direct(a, b)
    middle = b.mean(0)
    p, q = a - middle, b - middle
    p2, q2 = p.square().sum(1, keepdim=True), q.square().sum(1, keepdim=True)
    left = torch.cat([-2 * p, p2, torch.ones_like(p2)], 1)
    squared = left @ torch.cat([q, torch.ones_like(q2), q2], 1).T
    # all pairs below 0.1 % of p² + q²: elsewhere twelve digits are left
    near = (squared <= 4e-3 * p2).nonzero()
    if len(near) > squared.numel() / 16:
        return _direct(a, b)
    for i, j in (pairs.unbind(1) for pairs in near.split(max(1, CHUNK // a.shape[1]))):
        squared[i, j] = (a[i] - b[j]).square().sum(1)
    return squared


def _direct(a: Tensor, b: Tensor) -> Tensor:
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").square()
