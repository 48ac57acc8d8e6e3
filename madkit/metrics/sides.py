"""The two sides that a metric compares: as rows in float64, or as moments."""

from __future__ import annotations

import torch
from torch import Tensor

from madkit.base import aloud, limits
from madkit.base.card import said
from madkit.base.units import hidden, units
from madkit.samples import Samples

Moments = tuple[Tensor, Tensor]  # mean (d,), cov (d, d)


def vectors(name: str, samples: Samples, least: int = 1, per: str = "") -> Tensor:
    """The rows as vectors (n, d) in float64."""
    if not isinstance(samples, Samples):
        raise TypeError(f"{name}: expected mk.Samples, got {type(samples).__name__}")
    if len(samples) < least:
        raise ValueError(f"{name}: expected at least {said(least)} rows, got "
                         f"{len(samples)}; emit more, or judge more{per and f' ({per})'}")
    x = double(samples.x.reshape(len(samples), -1))
    if not torch.isfinite(x).all():
        raise ValueError(f"{name}: expected finite rows, got NaN or infinity")
    return x


def clouds(real: Samples, fake: Samples, least: int = 1, per: str = "") -> tuple[Tensor, Tensor]:
    """Both as vectors; a warning where the real ones have a column that no distance sees.

    per  what asks for so many rows at least
    """
    a, b = vectors("real", real, least, per), vectors("fake", fake, least, per)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"real rows have {a.shape[1]} values, fake rows {b.shape[1]}: expected "
                         "the same number")
    if real.x.ndim == 2 and (pair := hidden(a.var(0, correction=0))):
        least_one, largest = (f"column {i + 1} (standard deviation {a[:, i].std(correction=0):.2g})"
                              for i in pair)
        aloud.warn(f"real: {least_one} is lost beside {largest}: distances add up columns in the "
                   "units they come in; divide columns by their standard deviation, in the data or "
                   "in features=")
    return a, b


def both(real: Samples | Moments, fake: Samples | Moments) -> tuple[Moments, Moments]:
    a, b = moments_of("real", real), moments_of("fake", fake)
    if len(a[0]) != len(b[0]):
        raise ValueError(f"real has {len(a[0])} dimensions, fake {len(b[0])}: expected the same "
                         "number")
    return a, b


def moments_of(name: str, side: Samples | Moments) -> Moments:
    if isinstance(side, tuple | list):
        mean, cov = (double(torch.as_tensor(part)) for part in side)
        if mean.ndim != 1 or cov.shape != (len(mean), len(mean)):
            raise ValueError(f"{name}: expected moments (mean (d,), cov (d, d)), got shapes "
                             f"{tuple(mean.shape)} and {tuple(cov.shape)}")
        if not (mean.isfinite().all() and cov.isfinite().all()):
            raise ValueError(f"{name}: expected finite moments, got NaN or infinity")
        return mean, cov
    x = vectors(name, side, least=2)
    limits.memory(name, f"a covariance of rows of {x.shape[1]:,} numbers", 8 * x.shape[1] ** 2)
    mean, x = centred(x)
    return mean, x.T @ x / (len(x) - 1)


def centred(x: Tensor) -> tuple[Tensor, Tensor]:
    """The mean, and the rows without it: exactly zero for equal rows."""
    x, first = x - x[0], x[0]
    return first + x.mean(0), x - x.mean(0)


def double(x: Tensor) -> Tensor:
    """In float64, which Apple's GPUs do not have."""
    return (x.cpu() if x.device.type == "mps" else x).double()


def eigenvalues(cov: Tensor) -> Tensor:
    """Ascending eigenvalues; those within rounding of zero are zero."""
    if (unit := units(cov.diagonal())).ne(1).any():  # rows from large to small lose no digit
        return torch.linalg.svdvals(root(cov)[unit.argsort(descending=True)]).square().flip(0)
    return rounded(torch.linalg.eigvalsh(cov))


def rounded(values: Tensor) -> Tensor:
    return values.where(values > len(values) * torch.finfo(values.dtype).eps * values[-1], 0)


def root(cov: Tensor) -> Tensor:
    """R with R Rᵀ = cov, singular or not."""
    unit = units(cov.diagonal())[:, None]
    values, vectors = torch.linalg.eigh(cov / unit / unit.T)
    return unit * (vectors * rounded(values).sqrt())
