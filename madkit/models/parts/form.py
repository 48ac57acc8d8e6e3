"""The form of a data set: what a model remembers of its rows, and how they become its inputs.

Networks work in float32 on numbers near one. Images, rows (c, h, w), are mapped to [−1, 1] by their
range (uint8: 0 … 255, else the smallest and largest number seen) and clipped to it on the way back;
all other rows are standardised coordinate by coordinate, u = (x − shift)/scale, and never clipped:
tails are theirs. A coordinate that stands still (scale 0) comes back as it is. Rows stay as they
are stored, uint8 also, until a batch is needed.

Labels may be any whole numbers; networks see 0, 1, … K−1 and pay for K, not for the largest. Those
below FEW are their own numbers (then K − 1 is the largest, and a label that died in a loop changes
no other's); else they are numbered in their order. They come back in the frequencies of the
training rows, interleaved, so that every prefix is near them: labels must not drift in a loop
because a draw was unlucky.
"""

from __future__ import annotations

import math
from collections.abc import Sized
from typing import Any

import torch
from torch import Tensor, nn

from madkit.base import limits
from madkit.base.card import few
from madkit.base.checks import NO, several, shown
from madkit.samples import Samples

FEW = 128  # labels from 0 up to here are their own numbers, also where some are missing


class Form(nn.Module):
    """Shape, type, place and range of rows, and the counts of their labels.

    `state_dict` holds all of it but the device.
    """

    like: Tensor
    shift: Tensor
    scale: Tensor
    counts: Tensor
    names: Tensor

    def __init__(self, like: Tensor, shift: Tensor, scale: Tensor, counts: Tensor,
                 names: Tensor | None = None):
        super().__init__()
        self.register_buffer("like", like)      # (0, *shape), the type of the rows
        self.register_buffer("shift", shift)    # () for images, else (d,), float64
        self.register_buffer("scale", scale)    # the same
        self.register_buffer("counts", counts)  # (K,) rows of each label; K = 0: no labels
        # (K,) the labels in their order; before 0.4.0 they were 0 … K−1
        self.register_buffer("names", torch.arange(len(counts)).to(counts) if names is None
                             else names)

    @classmethod
    def of(cls, data: Samples, who: str, least: int = 2) -> Form:
        """The form of these rows; ValueError for too few, NaN or infinity."""
        if len(data) < least:
            raise ValueError(f"{who}: expected at least {least} rows to fit, got {len(data)}; "
                             "give the loop more rows")
        if bad := _infinite(data.x):
            raise ValueError(f"{who}: expected finite rows, got NaN or infinity in {bad} of "
                             f"{len(data)} rows; drop or repair them before the fit")
        return cls(data.x.new_empty(0, *data.shape), *_range(data.x), *_labels(data))

    @classmethod
    def loaded(cls, state: dict[str, Tensor], *more: str) -> Form:
        """The form that a `state_dict` holds under "form.", and more beside it."""
        names = [f"form.{name}" for name in ("like", "shift", "scale", "counts")]
        if wrong := [name for name in [*names, *more] if not isinstance(state.get(name), Tensor)]:
            raise ValueError("state: expected what state_dict() of such a model gave, tensors by "
                             f"name, {wrong[0]!r} among them, got "
                             f"{few([repr(name) for name in state]) or 'none'}")
        like, shift, scale, counts = (state[name] for name in names)
        return cls(like, shift, scale, counts, state.get("form.names"))

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
        if x.shape[1:].numel() != math.prod(self.shape):
            raise ValueError(f"x: expected rows of shape {self.shape}, as in the fit, got "
                             f"{tuple(x.shape)}")
        x = x.double() if self.like.dtype == torch.float64 else x.float()
        x = x if self.image else x.reshape(len(x), -1)
        scale = self.scale.where(self.scale > 0, 1)
        return ((x - self.shift.to(x)) / scale.to(x)).float()

    def numbered(self, data: Samples) -> Tensor | None:
        """The labels of rows like those of the fit as numbers 0 … K−1, (n,)."""
        return None if data.y is None else torch.searchsorted(self.names, data.y)

    def named(self, y: Tensor | None) -> Tensor | None:
        """The labels of these numbers, (n,)."""
        return None if y is None else self.names[y]

    def outputs(self, u: Tensor, y: Tensor | None = None) -> Samples:
        """What a network emitted, as rows of the data's shape and type; grey levels unrounded.

        y  the numbers of their labels
        """
        u = u.clamp(-1, 1) if self.image else u
        kind = self.like.dtype if self.like.is_floating_point() else torch.float32
        x = u.to(kind) * self.scale.to(kind) + self.shift.to(kind)
        return Samples._of(x.detach().reshape(len(x), *self.shape), self.named(y))

    def labels(self, n: int, y: Any, who: str) -> Tensor | None:
        """The numbers of the labels of n rows to draw: of labels y, (n,) or one for all, else in
        the training frequencies.

        None where the training rows had none.
        """
        size = 8 * math.prod(self.shape) + (32 if self.classes else 0)   # rows; their labels sorted
        limits.memory(f"{who}: n", f"{limits.count(n)} rows of shape {tuple(self.shape)}", n * size)
        if not self.classes:
            if y is not None:
                raise ValueError(f"{who}: y was given, but the model was fitted on rows without "
                                 "labels")
            return None
        if y is None:
            return interleaved(self.counts, n)
        y = _whole(who, y).to(self.like.device)
        y = y.expand(n) if y.ndim == 0 else y
        number = torch.searchsorted(self.names, y.contiguous()).clamp(max=self.classes - 1)
        if y.shape != (n,) or bool(((self.names[number] != y) | (self.counts[number] == 0)).any()):
            raise ValueError(f"{who}: y expected {n} labels {self._known()}, got {tuple(y.shape)} "
                             f"of {y.unique()[:5].tolist()}")
        return number

    def _known(self) -> str:
        """The labels of the training rows, in words."""
        names = self.names[self.counts > 0].tolist()
        if names == list(range(len(names))):
            return f"in 0 … {len(names) - 1}"
        return f"of the training rows, {', '.join(map(str, names[:9]))}{', …' * (len(names) > 9)}"


def _labels(data: Samples) -> tuple[Tensor, Tensor | None]:
    """How many rows each label has, and which it is, both (K,)."""
    if data.y is None:
        return torch.zeros(0, dtype=torch.long, device=data.x.device), None
    names, counts = data.y.unique(return_counts=True)  # ascending
    if 0 <= int(names[0]) and int(names[-1]) < max(FEW, 2 * len(names)):
        return data.y.bincount(), None
    return counts, names


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


def given(x: Tensor) -> int:
    """How many rows; ValueError where there are none."""
    if not x.ndim or not len(x):
        raise ValueError(f"x: expected rows (n, *shape), at least one, got {tuple(x.shape)}")
    return len(x)


def _infinite(x: Tensor) -> int:
    """How many rows hold NaN or infinity."""
    return 0 if x.dtype == torch.uint8 else int((~x.reshape(len(x), -1).isfinite()).any(1).sum())


def check(n: int, fitted: bool, who: str) -> None:
    """Whether there is room for n rows; RuntimeError before a fit."""
    if not fitted:
        raise RuntimeError(f"{who}: call fit(data) first")
    limits.memory(f"{who}.sample: n", f"{limits.count(n)} rows", 4 * n)


def _whole(who: str, y: Any) -> Tensor:
    """Labels as whole numbers."""
    try:
        if isinstance(y, Sized) and not hasattr(y, "dtype") and several(y) is NO:
            raise TypeError
        labels = torch.as_tensor(y)
    except (TypeError, ValueError, RuntimeError):
        labels = torch.empty(0, dtype=torch.bool)
    if labels.layout != torch.strided or labels.is_meta:
        labels = torch.empty(0, dtype=torch.bool)
    exact = not labels.is_floating_point() or bool((labels == labels.round()).all())
    if labels.is_complex() or labels.dtype == torch.bool or not exact:
        raise ValueError(f"{who}: y expected labels, whole numbers, got {shown(y)}")
    return labels.long()
