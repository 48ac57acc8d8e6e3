"""Lower bounds of all squared distances: one quick look that says which pairs cannot be near.

‖p − q‖² = ‖p‖² + ‖q‖² − 2 p·q takes one matrix product, and cancels where rows are near. Its error
is at most γ(‖p‖ + ‖q‖)² ≤ 2γ(‖p‖² + ‖q‖²), γ = (d + 8) ε, in whatever order it sums (Higham 2002,
Accuracy and Stability of Numerical Algorithms, section 3.1). With both squares made smaller by as
much it lies below the true one. So what it rules out is out; the few pairs that are left are looked
at again, from their difference.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

BLOCK = 2**20    # pairs looked at at a time, 8 MiB that stay in the cache; changes no number
GROUP = 16       # columns of which first the smallest is looked at


def bounds(a: Tensor, b: Tensor, less: Tensor) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """Chunks (rows of a, all of b): which rows, a bound ≤ ‖a − b‖² − less, and its slack.

    a, b   rows in float64, of which none is larger than 1 (`scaled`)
    less   (len(b),), ≥ 0
    slack  (rows, 1): the bound lies below by less than this

    A chunk is good until the next one is asked for: they share their memory.
    """
    number, d = torch.finfo(a.dtype), b.shape[1]
    gamma, tiny = (d + 8) * number.eps, (d + 8) * 4 * number.tiny
    middle = b.median(0).values                 # outliers do not move it
    q = b - middle
    q2 = q.square().sum(1)                      # (m,)
    last = (1 - 2 * gamma) * q2 - (1 + gamma) * less
    right = torch.cat([q.T, torch.ones_like(q2)[None], last[None]])          # (d + 2, m)
    most = 4 * gamma * q2.max() + 2 * gamma * less.max() + 2 * tiny
    step = max(1, BLOCK // len(b))
    kept = a.new_empty(min(step, len(a)), len(b))
    for start in range(0, len(a), step):
        p = a[start : start + step] - middle
        p2 = p.square().sum(1, keepdim=True)    # (rows, 1)
        left = torch.cat([-2 * p, (1 - 2 * gamma) * p2 - tiny, torch.ones_like(p2)], 1)
        low = torch.mm(left, right, out=kept[: len(p)])
        yield slice(start, start + len(p)), low, most + 4 * gamma * p2


def smallest(low: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """About 2k of the smallest of each line, never its largest: (rows, c); and what no other one lies
    below, (rows,).

    First the smallest of each group of columns, then all of the best groups.
    """
    groups, wanted = low.shape[1] // GROUP, 2 * k + 8
    if groups <= 4 * wanted:
        found = low.topk(min(wanted, low.shape[1] - 1), largest=False)
        return found.indices, found.values[:, -1]
    whole = low[:, : GROUP * groups].unflatten(1, (GROUP, groups))
    best = whole.amin(1).topk(k + 4, largest=False)                   # (rows, k + 4)
    first = best.indices[:, None]
    rest = torch.arange(GROUP * groups, low.shape[1], device=low.device).expand(len(low), -1)
    inside = first + groups * torch.arange(GROUP, device=low.device)[:, None]
    columns = torch.cat([inside.flatten(1), rest], 1)
    found = low.gather(1, columns).topk(wanted, largest=False)
    return columns.gather(1, found.indices), found.values[:, -1].minimum(best.values[:, -1])


def scaled(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Both sides divided by the same power of two, so that no value is larger than 1.

    Exact; squares then neither overflow nor vanish.
    """
    largest = max(side.abs().max() for side in (a, b))
    power = torch.frexp(largest).exponent
    return torch.ldexp(a, -power), torch.ldexp(b, -power)
