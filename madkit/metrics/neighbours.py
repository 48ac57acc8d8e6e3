"""Metrics of nearest neighbours: exact, in chunks of bounded memory."""

from __future__ import annotations

import torch
from torch import Tensor

from madkit.base.card import said
from madkit.base.checks import Count
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.metrics.bounds import BLOCK, bounds, scaled, smallest
from madkit.metrics.distances import check_time, squared_distances
from madkit.metrics.sides import clouds
from madkit.samples import Samples

ROUNDING = 1e-9  # squared distances that differ by less, relatively, are equal


@gate
@guarded
def precision(real: Samples, fake: Samples, k: Count = 5) -> float:
    """Quality: the share of fake rows in a k-nearest-neighbour ball of some real row.

    A number in [0, 1], high is good. Kynkäänniemi et al. (2019), https://arxiv.org/abs/1904.06991,
    eq. 1 and 2; needs k + 1 rows on each side.
    """
    a, b = clouds(real, fake, least=k + 1, per=f"k = {said(k)}")
    return _inside(b, a, k)[0].gt(0).double().mean().item()


@gate
@guarded
def recall(real: Samples, fake: Samples, k: Count = 5) -> float:
    """Diversity: the share of real rows in a k-nearest-neighbour ball of some fake row.

    A number in [0, 1], high is good. Kynkäänniemi et al. (2019), https://arxiv.org/abs/1904.06991,
    eq. 1 and 3: precision with the sides exchanged.
    """
    a, b = clouds(real, fake, least=k + 1, per=f"k = {said(k)}")
    return _inside(a, b, k)[0].gt(0).double().mean().item()


@gate
@guarded
def density(real: Samples, fake: Samples, k: Count = 5) -> float:
    """Quality: how many of the real rows' k-nearest-neighbour balls hold a fake row, over k.

    On average over fake rows; ≥ 0, good near 1. Unlike precision, one outlier of the real rows,
    whose ball is large, counts little. Naeem et al. (2020), https://arxiv.org/abs/2002.09797, eq.
    3.
    """
    a, b = clouds(real, fake, least=k + 1, per=f"k = {said(k)}")
    return _inside(b, a, k)[0].double().mean().item() / k


@gate
@guarded
def coverage(real: Samples, fake: Samples, k: Count = 5) -> float:
    """Diversity: the share of real rows whose k-nearest-neighbour ball holds some fake row.

    A number in [0, 1], high is good. Naeem et al. (2020), https://arxiv.org/abs/2002.09797, eq. 4.
    """
    a, b = clouds(real, fake, least=k + 1, per=f"k = {said(k)}")
    return _inside(b, a, k)[1].double().mean().item()


def _inside(points: Tensor, centres: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Of each point, in how many balls it lies; of each ball, whether it holds a point.

    A ball reaches from a centre to the k-th nearest other one.
    """
    check_time(points, centres)
    check_time(centres, centres)
    points, centres = scaled(points, centres)
    radii = _radii(centres, k) * (1 + ROUNDING)
    balls = torch.zeros(len(points), dtype=torch.int32, device=points.device)
    holds = torch.zeros(len(centres), dtype=torch.bool, device=points.device)
    for rows, low, slack in bounds(points, centres, radii):
        within = low <= -slack
        within = _looked_at(points[rows], centres, radii, within, (low <= 0) ^ within)
        balls[rows] = within.sum(1, dtype=torch.int32)
        holds |= within.any(0)
    return balls, holds


def _looked_at(points: Tensor, centres: Tensor, radii: Tensor, within: Tensor,
               unsure: Tensor) -> Tensor:
    """`within`, with the pairs of which bounds are not sure looked at."""
    if unsure.sum(dtype=torch.int32) > unsure.numel() / 16:
        return squared_distances(points, centres) <= radii
    for i, j in (pairs.unbind(1) for pairs in unsure.nonzero().split(max(1, BLOCK // points.shape[1]))):
        within[i, j] = (points[i] - centres[j]).square().sum(1) <= radii[j]
    return within


def _radii(x: Tensor, k: int) -> Tensor:
    """The squared distance of each row to its k-th nearest other row; 0 among k equal ones."""
    radii, sure = torch.empty_like(x[:, 0]), torch.empty_like(x[:, 0])
    for rows, low, _ in bounds(x, x, torch.zeros_like(radii)):
        low.diagonal(rows.start).fill_(torch.inf)
        near, sure[rows] = smallest(low, k)
        radii[rows] = _kth(_apart(x[rows], x, near), k)
    left = ((radii > sure) & (radii > 0)).nonzero().squeeze(1)
    for some in left.split(max(1, BLOCK // len(x))):
        squared = squared_distances(x[some], x)
        radii[some] = _kth(squared.scatter_(1, some[:, None], torch.inf), k)
    return radii


def _apart(a: Tensor, b: Tensor, near: Tensor) -> Tensor:
    """‖a − b‖² of the rows `near` (rows, c) each row, from their difference."""
    pieces = zip(*(part.split(max(1, BLOCK // b[0].numel() // near.shape[1])) for part in (a, near)),
                 strict=True)
    return torch.cat([(some[:, None] - b[those]).square().sum(-1) for some, those in pieces])


def _kth(squared: Tensor, k: int) -> Tensor:
    return squared.topk(k, dim=1, largest=False).values[:, -1]
