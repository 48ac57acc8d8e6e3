"""Squared distances of all pairs of rows, in chunks of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from madkit.base import limits

CHUNK = 2**23    # pairs looked at at a time: 64 MiB; changes memory, and numbers only by rounding


def distances(a: Tensor, b: Tensor, others: bool = False) -> Iterator[tuple[slice, Tensor]]:
    """Chunks of the squared distances (rows of a, all of b), and which rows.

    others  a is b, and no row is near to itself
    """
    check_time(a, b)
    step = max(1, CHUNK // len(b))
    for start in range(0, len(a), step):
        squared = squared_distances(a[start : start + step], b)
        if others:
            squared.diagonal(start).fill_(torch.inf)
        yield slice(start, start + step), squared


def check_time(a: Tensor, b: Tensor) -> None:
    """ValueError where all pairs of rows would take more than a day, also on the quickest card."""
    limits.time("rows", f"the distances of {len(a):,} rows to {len(b):,}, of {a.shape[1]:,} numbers",
                len(a) * len(b) * a.shape[1], 10**12 if a.device.type == "cpu" else 10**14)


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
