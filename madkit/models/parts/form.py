"""The form of a data set: what a model remembers of its rows, and how they become its inputs.

Networks work in float32 on numbers near one. Images, rows (c, h, w), are mapped to [−1, 1] by their
range (uint8: 0 … 255, else the smallest and largest number seen) and clipped to it on the way back;
all other rows are standardised coordinate by coordinate, u = (x − shift)/scale, and never clipped:
tails are theirs. A coordinate that stands still (scale 0) comes back as it is. Rows stay as they
are stored, uint8 also, until a batch is needed.

Labels 0, 1, … K−1 come back in the frequencies of the training rows, interleaved, so that every
prefix is near them: labels must not drift in a loop because a draw was unlucky.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from madkit.base.checks import whole
from madkit.samples import Samples


class Form(nn.Module):
    """Shape, type, place and range of rows, and the counts of their labels.

    `state_dict` holds all of it but the device.
    """

    like: Tensor
    shift: Tensor
    scale: Tensor
    counts: Tensor

    def __init__(self, like: Tensor, shift: Tensor, scale: Tensor, counts: Tensor):
        super().__init__()
        self.register_buffer("like", like)      # (0, *shape), the type of the rows
        self.register_buffer("shift", shift)    # () for images, else (d,), float64
        self.register_buffer("scale", scale)    # the same
        self.register_buffer("counts", counts)  # (K,) rows of each label; K = 0: no labels

    @classmethod
    def of(cls, data: Samples, who: str, least: int = 2) -> Form:
        """The form of these rows; ValueError for too few, NaN or infinity, or negative labels."""
        if len(data) < least:
            raise ValueError(f"{who}: expected at least {least} rows to fit, got {len(data)}; "
                             "give the loop more rows")
        if bad := _infinite(data.x):
            raise ValueError(f"{who}: expected finite rows, got NaN or infinity in {bad} of "
                             f"{len(data)} rows; drop or repair them before the fit")
        if data.y is not None and bool((data.y < 0).any()):
            raise ValueError(f"{who}: expected labels 0, 1, 2, …, got {int(data.y.min())}")
        none = torch.zeros(0, dtype=torch.long, device=data.x.device)
        counts = none if data.y is None else data.y.bincount()
        return cls(data.x.new_empty(0, *data.shape), *_range(data.x), counts)

    @classmethod
    def loaded(cls, state: dict[str, Tensor]) -> Form:
        """The form that a `state_dict` holds under "form."."""
        return cls(*(state[f"form.{name}"] for name in ("like", "shift", "scale", "counts")))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a row."""
        return tuple(self.like.shape[1:])

    @property
    def image(self) -> bool:
        """Whether rows are images (c, h, w)."""
        return len(self.shape) == 3

    @property
    def dim(self) -> int:
        """Numbers in a row."""
        return int(torch.tensor(self.shape).prod()) if self.shape else 1

    @property
    def classes(self) -> int:
        """Labels, K; 0 for rows without."""
        return len(self.counts)

    def inputs(self, x: Tensor) -> Tensor:
        """Rows as a network sees them: images (n, c, h, w) in [−1, 1], else vectors (n, d)."""
        x = x.double() if self.like.dtype == torch.float64 else x.float()
        x = x if self.image else x.reshape(len(x), -1)
        scale = self.scale.where(self.scale > 0, 1)
        return ((x - self.shift.to(x)) / scale.to(x)).float()

    def outputs(self, u: Tensor, y: Tensor | None = None) -> Samples:
        """What a network emitted, as rows of the data's shape and type; grey levels unrounded."""
        u = u.clamp(-1, 1) if self.image else u
        kind = self.like.dtype if self.like.is_floating_point() else torch.float32
        x = u.to(kind) * self.scale.to(kind) + self.shift.to(kind)
        return Samples(x.reshape(len(x), *self.shape), y)

    def labels(self, n: int, y: Any, who: str) -> Tensor | None:
        """The labels of n rows to draw: y, (n,) or one for all, else in the training frequencies.

        None where the training rows had none.
        """
        if not self.classes:
            if y is not None:
                raise ValueError(f"{who}: y was given, but the model was fitted on rows without "
                                 "labels")
            return None
        if y is None:
            return interleaved(self.counts, n)
        y = torch.as_tensor(y, device=self.like.device).long()
        y = y.expand(n) if y.ndim == 0 else y
        if y.shape != (n,) or n and not 0 <= int(y.min()) <= int(y.max()) < self.classes:
            raise ValueError(f"{who}: y expected {n} labels in 0 … {self.classes - 1}, got "
                             f"{tuple(y.shape)} of {sorted(set(y.tolist()))[:5]}")
        return y


def interleaved(counts: Tensor, n: int) -> Tensor:
    """n labels in the proportions of counts, spread evenly along the sequence.

    The largest remainders are rounded up.
    """
    quota = counts.double() * n / counts.sum()
    own = quota.floor().long()
    own[(quota - own).argsort(descending=True, stable=True)[: n - int(own.sum())]] += 1
    y = torch.repeat_interleave(torch.arange(len(own), device=own.device), own)  # (n,) sorted
    ranks = [torch.arange(k, device=own.device) for k in own.tolist()]           # within a label
    rank = torch.cat(ranks) if n else y
    return y[((rank + 0.5) / own[y]).argsort(stable=True)]


def _range(x: Tensor) -> tuple[Tensor, Tensor]:
    """Shift and scale (see the top of the file)."""
    if x.ndim != 4:
        x = x.reshape(len(x), -1)
        x = x.float() if x.device.type == "mps" else x.double()
        x, first = x - x[0], x[0]  # exactly 0 where a coordinate stands still
        return first + x.mean(0), x.std(0, correction=0)
    low, high = (0.0, 255.0) if x.dtype == torch.uint8 else (float(x.min()), float(x.max()))
    shift, scale = torch.tensor([(low + high) / 2, (high - low) / 2], device=x.device)
    return (shift, scale) if x.device.type == "mps" else (shift.double(), scale.double())


def _infinite(x: Tensor) -> int:
    """How many rows hold NaN or infinity."""
    return 0 if x.dtype == torch.uint8 else int((~x.reshape(len(x), -1).isfinite()).any(1).sum())


def checked(n: Any, lam: Any, fitted: bool, who: str) -> int:
    """n of a call of sample, checked; RuntimeError before a fit."""
    if not fitted:
        raise RuntimeError(f"{who}: call fit(data) first")
    return whole(f"{who}.sample: n", n)
