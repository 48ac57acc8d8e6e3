"""Where a mixture starts: greedy k-means++ (Arthur and Vassilvitskii 2007,
http://ilpubs.stanford.edu:8090/778/), then Lloyd's iterations.

Centres are exact where all rows are close, too: what rounding could hide is looked at again, by
differences.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

LLOYD = 20     # iterations at most: EM does the rest
TINY = 1e-300  # squares below lose digits


def nearest(x: Tensor, centres: Tensor) -> Tensor:
    """Hard responsibilities (k, n): 1 for the centre nearest to the row, the first of equals."""
    return _Rows(x).nearest(centres)


def spread_out(x: Tensor, k: int) -> Tensor:
    """k rows (k, d), each the best of a few candidates drawn with probability ∝ D².

    D is the distance to the nearest row chosen before.
    """
    centres = x[torch.randint(len(x), (1,), device=x.device)]
    D2 = _distance(centres, x).square()  # (1, n)
    for _ in range(1, k):
        chances = D2[0] / D2.max() if D2.any() else torch.ones_like(D2[0])
        candidates = torch.multinomial(chances, 2 + int(math.log(k)), replacement=True)
        tried = _distance(x[candidates], x).square().minimum(D2)  # (candidates, n)
        best = tried.sum(1).argmin()
        centres, D2 = torch.cat([centres, x[candidates[best]][None]]), tried[best][None]
    return centres


def lloyd(x: Tensor, centres: Tensor) -> Tensor:
    """Centres moved to the mean of the rows nearest to them (none: it stays), until none moves."""
    rows = _Rows(x)
    r = rows.nearest(centres)
    for _ in range(LLOYD):
        size = r.sum(1, keepdim=True)
        centres = torch.where(size > 0, r @ x / size.clamp(min=1), centres)
        before, r = r, rows.nearest(centres)
        if torch.equal(before, r):
            break
    return centres


class _Rows:
    """Rows (n, d), each of which seeks its centre again and again."""

    def __init__(self, x: Tensor):
        self.x, self.middle = x, x.mean(0)
        self.seen = (x - self.middle).T               # (d, n)
        self.most = self.seen.square().sum(0).max()
        self.places = torch.arange(len(x), device=x.device)

    def nearest(self, centres: Tensor) -> Tensor:
        """Hard responsibilities (k, n), by ‖c‖² − 2 c·x, which is quick; where rounding could make
        another centre the nearest, by differences.
        """
        a, d = centres - self.middle, len(self.seen)
        size = a.square().sum(1, keepdim=True)
        found = torch.addmm(size, a, self.seen, alpha=-2)  # (k, n)
        least, own = found.min(0)
        rounding = 8 * (d + 8) * torch.finfo(a.dtype).eps * (size.max() + self.most)
        far = found > least + rounding + TINY         # not where it overflows, either
        close = (far.sum(0) < len(far) - 1).nonzero().squeeze(1)
        if len(close):
            own[close] = _distance(centres, self.x[close]).argmin(0)
        r = torch.zeros_like(found)
        r[own, self.places] = 1
        return r


def _distance(a: Tensor, b: Tensor) -> Tensor:
    """Distances (len(a), len(b)), from differences: exact also where all rows are close."""
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
