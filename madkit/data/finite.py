"""Finite truths: a data set, whose rows run out.

For each seed the rows are shuffled once. The last of them, a share `test`, are held out for the
metrics; the others, in their shuffled order, are the sequence that the real set begins and fresh
data continues. So real, fresh and test rows are never the same row, and another seed is another
split. Where a data set comes with test rows of its own, these are shuffled among themselves, and
all other rows are the sequence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from madkit.base import card
from madkit.base.checks import share, whole
from madkit.base.rng import generator
from madkit.base.shipped import shipped
from madkit.samples import Samples


@dataclass(frozen=True, eq=False, repr=False)
class Finite(card.Carded):
    """A truth made of given rows; `array`, `csv`, `digits`, `mnist` and `images` make one.

    x         (n, *shape)  float64, or uint8 images
    y         (n,) or None integer labels
    held_out  the test rows: the share of the rows that is held out, in (0, 1), at least one row; or
              rows of their own
    name      what it calls itself

    Raises ValueError for fewer than 3 rows, for NaN or infinity (it names the rows), for a y of
    another length and for test rows unlike the others.
    """

    x: Tensor
    y: Tensor | None = None
    held_out: float | Samples = 0.25
    name: str = field(default="Finite", compare=False)

    def __post_init__(self):
        if isinstance(self.held_out, Samples):
            self._check_test(self.held_out)
        else:
            object.__setattr__(self, "held_out", share(f"{self.name}: test", self.held_out))
        if len(self.x) < 3:
            raise ValueError(f"{self.name}: expected at least 3 rows (two to fit, one to test "
                             f"on), got {len(self.x)}")
        _check_finite(self.name, self.x)
        Samples(self.x, self.y)  # says what is wrong with the labels

    def _check_test(self, test: Samples) -> None:
        alike = test.shape == self.shape and test.x.dtype == self.x.dtype
        if not len(test) or not alike or (test.y is None) != (self.y is None):
            raise ValueError(f"{self.name}: expected test rows like the others, of shape "
                             f"{self.shape} and {self.x.dtype}, "
                             f"{'without' if self.y is None else 'with'} labels; got {test!r}")
        _check_finite(f"{self.name}: test", test.x)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row."""
        return tuple(self.x.shape[1:])

    @property
    def held(self) -> int:
        """The number of rows held out for testing."""
        if isinstance(self.held_out, Samples):
            return len(self.held_out)
        return min(max(1, round(self.held_out * len(self.x))), len(self.x) - 2)

    @property
    def rows(self) -> int:
        """The number of rows for real and fresh data, the held-out ones not counted."""
        return len(self.x) - (0 if isinstance(self.held_out, Samples) else self.held)

    def real(self, n: int, seed: int = 0) -> Samples:
        """Rows 0 … n of the seed's sequence. Raises ValueError when there are fewer."""
        return self._sequence("real", 0, n, seed)

    def fresh(self, start: int, n: int, seed: int = 0) -> Samples:
        """Rows start … start + n of the same sequence. Raises ValueError beyond its end."""
        return self._sequence("fresh", start, n, seed)

    def test(self, n: int, seed: int = 0) -> Samples:
        """n of the seed's held-out rows, or all of them if they are fewer."""
        n = min(whole("test: n", n), self.held)
        if isinstance(self.held_out, Samples):
            return self.held_out[_order(self.held, seed, "test rows")[:n]]
        return self._take(self.rows, n, seed)

    def _sequence(self, what: str, start: int, n: int, seed: int) -> Samples:
        start, n = whole(f"{what}: start", start), whole(f"{what}: n", n)
        if start + n > self.rows:
            given = isinstance(self.held_out, Samples)
            advice = "" if given else ", or hold out a smaller share (test=)"
            raise ValueError(f"{what}: rows {start} to {start + n} were asked for, but {self!r} "
                             f"has {self.rows} rows for real and fresh data and {self.held} held "
                             f"out for testing; ask for fewer rows{advice}")
        return self._take(start, n, seed)

    def _take(self, start: int, n: int, seed: int) -> Samples:
        order = _order(len(self.x), seed, "rows")[start : start + n]
        return Samples(self.x[order], None if self.y is None else self.y[order])

    def _told(self) -> Iterator[card.Line]:
        yield f"Truth: {card.called(self)}"
        yield "rows", (f"{card.number(self.rows)} for real and fresh data, "
                       f"{card.number(self.held)} more to test on")
        yield "one row", card.row_shape(self.shape)
        yield "type", str(self.x.dtype).removeprefix("torch.")
        yield "labels", card.labels(self.y)
        yield from card.moments(self)

    def __repr__(self) -> str:
        return self.name


def array(
    x: Any,                 # (n, *shape) numbers, or (n,) for one number per row; uint8 images as
                            # (n, 1 or 3, h, w)
    y: Any = None,          # (n,) integer labels
    test: float = 0.25,     # share of the rows held out for testing
) -> Finite:
    """Your own data: an array, tensor or table of numbers.

    It is copied; all but uint8 images becomes float64. Raises TypeError for anything that is not
    numbers, otherwise as `Finite`.
    """
    x = _numbers("x", x)
    x = x[:, None] if x.ndim == 1 else x
    if not (x.dtype == torch.uint8 and x.ndim == 4):
        x = x.double()
    if y is not None:
        y = _numbers("y", y)
        if y.is_floating_point():
            raise TypeError(f"array: y expected integer labels, got {y.dtype}; {LABELS}")
    return Finite(x, y, test, f"array({len(x)} rows of {tuple(x.shape[1:])})")


def digits(test: float = 0.25) -> Finite:
    """1,797 handwritten digits, 8 × 8 pixels in [0, 1], shape (n, 1, 8, 8), with labels 0 … 9.

    test  share held out for testing; by default 1,348 rows are left for real and fresh data

    Shipped, needs no network. The pixels are multiples of 1/16. Alpaydin & Kaynak (1998),
    https://doi.org/10.24432/C50P49; data/digits/README.md.
    """
    with np.load(shipped("digits/digits.npz"), allow_pickle=False) as file:
        x, y = torch.from_numpy(file["x"]), torch.from_numpy(file["y"])
    return Finite(x[:, None].double() / 16, y.long(), test, "digits()")


LABELS = "np.unique(labels, return_inverse=True)[1] numbers any labels 0, 1, 2, …"


def _order(n: int, seed: int, what: str) -> Tensor:
    return torch.randperm(n, generator=generator(seed, what))


def _check_finite(name: str, x: Tensor) -> None:
    if not x.is_floating_point():
        return
    bad = (~torch.isfinite(x)).reshape(len(x), -1).any(1).nonzero().flatten().tolist()
    if bad:
        which = ", ".join(map(str, bad[:5])) + (", …" if len(bad) > 5 else "")
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity in {len(bad)} of "
                         f"{len(x)} rows (counted from 0: {which}); drop these rows or fill them "
                         "in")


def _numbers(name: str, values: Any) -> Tensor:
    """A copy as a tensor on the CPU."""
    if isinstance(values, Tensor):
        return values.detach().to("cpu", copy=True)
    try:
        values = np.asarray(values)
    except ValueError as error:
        raise TypeError(f"array: {name} expected rows of equal length: {error}") from None
    if values.ndim == 0 or values.dtype.kind not in "fiub":
        what = f"an array of {values.dtype}" if values.ndim else repr(values.item())
        raise TypeError(f"array: {name} expected an array of numbers with one row per example, "
                        f"got {what}; "
                        + (LABELS if name == "y" else "choose the columns that are numbers"))
    return torch.from_numpy(np.array(values))
