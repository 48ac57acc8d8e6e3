"""Units of columns: those whose spreads lie far apart are looked at in units of their own.

Rounding is told from a direction that lives by comparing it with the largest: a variance below
1e-14 of that is nothing. But where one column counts in metres and another in nanometres, the
latter is below that and lives. So matrices are taken apart in units in which every column spreads
by about one (as correlations are), and put together again. These units are powers of two: changing
to them and back rounds nothing.

Columns within a factor FAR of each other stay in the units they came in: nothing is gained there,
and no number moves. A column that stands still, but for the rounding of its place, has no unit of
its own: it shares the largest.
"""

from __future__ import annotations

import torch
from torch import Tensor

FAR = 2.0**16  # of standard deviations: images of whole numbers stay far below, rounding far above


def units(variances: Tensor, place: Tensor | None = None, far: float = FAR,
          least: float = 0.0) -> Tensor:
    """A unit for each column (d,), given the variances (d,): near the standard deviations where
    these lie more than `far` apart, else 1.

    place  numbers as large as the columns' are, whose rounding is no spread; None: 0
    least  a column that spreads by a smaller share of the largest stands still
    """
    one = torch.ones_like(variances)
    if len(variances) < 2:
        return one
    low, high = variances.aminmax()
    if 0 < float(low) and float(high) < float(low) * far**2:
        return one
    eps = torch.finfo(variances.dtype).eps
    lives = variances > (0 if place is None else (8 * eps * place).square())
    lives &= variances >= least**2 * high
    std = variances.where(lives, 0).sqrt()
    high = std.max()
    if not lives.any() or high < std.where(lives, high).min() * far:
        return one
    return torch.exp2(std.where(lives, high).log2().round())


def hidden(variances: Tensor) -> tuple[int, int] | None:
    """(least, largest): the columns whose spreads lie furthest apart, where that is more than FAR."""
    std = variances.sqrt()
    least = int(std.where(std > 0, torch.inf).argmin())
    largest = int(std.argmax())
    return (least, largest) if 0 < float(std[least]) * FAR < float(std[largest]) else None
