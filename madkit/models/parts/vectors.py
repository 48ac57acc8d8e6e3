"""Rows of any shape as vectors, and back: what the models for vectors share."""

from __future__ import annotations

import torch
from torch import Tensor

from madkit.base import limits
from madkit.samples import Samples


def vectors(data: Samples, who: str, least: int = 2) -> Tensor:
    """The rows as vectors (n, d) in float64; ValueError for too few rows, NaN or infinity."""
    if len(data) < least:
        raise ValueError(f"{who}: expected at least {least} rows to fit, got {len(data)}; give "
                         "the loop more rows")
    x = data.x.reshape(len(data), -1).double()  # (n, d)
    if not torch.isfinite(x).all():
        raise ValueError(f"{who}: expected finite rows, got NaN or infinity in "
                         f"{int((~torch.isfinite(x)).any(1).sum())} of {len(x)} rows; drop or "
                         "repair them before the fit")
    return x


def check_room(who: str, n: int, like: Tensor) -> None:
    """ValueError where there is no room for the rows that a sample is asked for."""
    limits.rows(f"{who}.sample: n", n, like.shape[1:], 8)


def square(who: str, x: Tensor) -> None:
    """ValueError where there is no room for a matrix of a row and a column for each number."""
    limits.memory(who, f"a covariance of rows of {limits.count(x.shape[1])} numbers",
                  8 * x.shape[1] ** 2)


def empty(data: Samples) -> Tensor:
    """No rows, but of the data's shape, type and device: what a model remembers of their form."""
    return data.x.new_empty(0, *data.shape)


def samples(x: Tensor, like: Tensor) -> Samples:
    """Vectors (n, d) as rows of the shape and type of `like`.

    Images of whole numbers come back unrounded, in float64.
    """
    x = x.reshape(len(x), *like.shape[1:])
    return Samples._of(x.to(like.dtype) if like.is_floating_point() else x)
