"""Metrics of two clouds as they lie: along lines, by a kernel, mode by mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import torch
from torch import Tensor

from madkit.base import arrays, limits
from madkit.base.checks import FREE, Count, Given, spread
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.metrics.distances import distances, squared_distances
from madkit.metrics.sides import centred, clouds, vectors
from madkit.samples import Samples


@gate
@guarded
def sliced_w2(real: Samples, fake: Samples, projections: Count = 128) -> float:
    """Sliced Wasserstein-2 distance: the root mean of W2² over projections onto random lines.

    A number ≥ 0, small is good. The lines are the same in every call. In one dimension W2² joins
    equal quantiles, exactly so for clouds of different size. Bonneel et al. (2015),
    https://doi.org/10.1007/s10851-014-0506-3.
    """
    a, b = clouds(real, fake)
    limits.memory("projections", f"{limits.count(projections)} projections of "
                  f"{len(a) + len(b):,} rows", 8 * projections * (a.shape[1] + len(a) + len(b)))
    onto = lines(a.shape[1], projections).to(a.device)
    a, b = (((x - a[0]) @ onto).sort(dim=0).values for x in (a, b))  # (n, projections)
    if len(a) == len(b):
        return (a - b).square().mean().sqrt().item()
    steps = [torch.arange(1, len(x) + 1, dtype=a.dtype, device=a.device) / len(x) for x in (a, b)]
    at = torch.cat(steps).sort().values
    weight = at.diff(prepend=at.new_zeros(1))  # the steps of both quantile functions
    middle = at - weight / 2
    i, j = ((middle * len(x)).long().clamp(max=len(x) - 1) for x in (a, b))
    return (weight @ (a[i] - b[j]).square()).mean().sqrt().item()


def lines(d: int, projections: int) -> Tensor:
    """The directions (d, projections) of `sliced_w2`, always the same."""
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(d, projections, generator=generator, dtype=torch.float64)
    return drawn / drawn.norm(dim=0)


@gate
@guarded
def mmd(real: Samples, fake: Samples) -> float:
    """Squared maximum mean discrepancy with a Gaussian kernel; small is good.

    Unbiased, so that it may fall below 0. k(x, y) = exp(−‖x − y‖²/(2h²)), h the (lower) median
    distance of the first 1,000 real rows; where that is 0, k is 1 for equal rows, else 0. Gretton
    et al. (2012), https://jmlr.org/papers/v13/gretton12a.html, eq. 3; needs 2 rows on each side.
    """
    a, b = clouds(real, fake, least=2)
    h2 = torch.pdist(a[:1000]).median().square().clamp(min=torch.finfo(a.dtype).tiny)

    def mean(x: Tensor, y: Tensor, others: bool) -> float:
        total = sum((squared / (-2 * h2)).exp().sum().item()
                    for _, squared in distances(x, y, others))
        return total / (len(x) * (len(y) - others))

    return mean(a, a, True) + mean(b, b, True) - 2 * mean(a, b, False)


@gate
@guarded
def modes(centres: Given, radius: Annotated[float, FREE]) -> Callable[[Samples, Samples], dict[str, float]]:
    """A metric of modes: {"alive": those with a fake row near, "variance": their mean variance}.

    centres   (k, d), of the truth's modes; a row belongs to the nearest of them if that is within
              radius
    radius    > 0, such as 3 to 4 standard deviations of a mode
    alive     0 … k, high is good
    variance  mean, over modes of two rows or more, of the variance of a mode's rows per coordinate;
              good when equal to the truth's, nan when there is no such mode. Alemohammad et al.
              (2023), Figs. 14 and 15.
    """
    if isinstance(centres, Samples):
        raise TypeError("modes: expected centres and a radius, got the rows to judge: give "
                        "metrics=[mk.metrics.modes(centres, radius)], such as "
                        "modes(truth.centres, 4 * truth.std)")
    centres, radius = arrays.numbers("modes: centres", centres), spread("modes: radius", radius)
    if centres.ndim < 2 or not len(centres) or not centres.isfinite().all():
        raise ValueError("modes: centres expected finite numbers of shape (k, d), such as "
                         f"truth.centres, got shape {tuple(centres.shape)}")

    def modes(real: Samples, fake: Samples) -> dict[str, float]:
        x = vectors("fake", fake)
        c = centres.flatten(1).to(x)
        if c.shape[1] != x.shape[1]:
            raise ValueError(f"modes: centres have {c.shape[1]} values, fake rows {x.shape[1]}; "
                             "give centres of the same truth")
        squared, nearest = squared_distances(x, c).min(1)
        inside = squared <= radius**2
        own = [x[inside & (nearest == mode)] for mode in range(len(c))]
        variances = [centred(rows)[1].square().sum(0).mean().item() / (len(rows) - 1)
                     for rows in own if len(rows) > 1]
        variance = sum(variances) / len(variances) if variances else float("nan")
        return {"alive": float(sum(len(rows) > 0 for rows in own)), "variance": variance}

    return modes
