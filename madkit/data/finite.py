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

import torch
from torch import Tensor

from madkit.base import arrays, card
from madkit.base.checks import Given, Rows, Seed, Share
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.npz import read_arrays
from madkit.base.rng import generator
from madkit.base.shipped import shipped
from madkit.samples import Samples

DIGITS = "e9c3be87c2a22f362b3b993c3c6d9be9"  # the digest of digits.npz


@gate
@guarded
@dataclass(frozen=True, eq=False, repr=False)
class Finite(card.Carded):
    """A truth made of given rows; `array`, `csv`, `digits`, `mnist` and `images` make one.

    x         (n, *shape)  float64, or uint8 images
    y         (n,) or None integer labels
    held_out  the test rows: the share of the rows that is held out, in (0, 1), at least one row; or
              rows of their own
    name      what it calls itself
    columns   the names of the numbers in a row, where they have names
    classes   the names of the labels 0, 1, 2, …, where they have names
    notes     what else its card says: pairs (what, words)

    Raises TypeError for an x that holds no numbers; ValueError for fewer than 3 rows, for NaN or
    infinity (it names the rows), for a y of another length and for test rows unlike the others.
    """

    x: Given
    y: Given | None = None
    held_out: Share | Samples = 0.25
    name: str = field(default="Finite", compare=False)
    columns: tuple[str, ...] = field(default=(), compare=False)
    classes: tuple[str, ...] = field(default=(), compare=False)
    notes: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def __post_init__(self):
        if not (isinstance(self.x, Tensor) and self.x.is_floating_point()
                or isinstance(self.x, Tensor) and self.x.dtype == torch.uint8):
            object.__setattr__(self, "x", arrays.numbers(f"{self.name}: x", self.x))
        if isinstance(self.held_out, Samples):
            self._check_test(self.held_out)
        if len(self.x) < 3:
            raise ValueError(f"{self.name}: expected at least 3 rows (two to fit, one to test "
                             f"on), got {len(self.x)}")
        _check_finite(self.name, self.x)
        if 0 in self.shape:
            raise ValueError(f"{self.name}: expected rows of at least one number, got rows of "
                             f"shape {self.shape}")
        if self.y is not None:
            y = arrays.per_row(f"{self.name}: y", self.y, self.x)
            kept = isinstance(self.y, Tensor) and not self.y.is_floating_point()
            object.__setattr__(self, "y", self.y if kept else y)

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

    def real(self, n: Rows, seed: Seed = 0) -> Samples:
        """Rows 0 … n of the seed's sequence. Raises ValueError when there are fewer."""
        return self._sequence("real", 0, n, seed)

    def fresh(self, start: Rows, n: Rows, seed: Seed = 0) -> Samples:
        """Rows start … start + n of the same sequence. Raises ValueError beyond its end."""
        return self._sequence("fresh", start, n, seed)

    def test(self, n: Rows, seed: Seed = 0) -> Samples:
        """n of the seed's held-out rows, or all of them if they are fewer."""
        n = min(n, self.held)
        if isinstance(self.held_out, Samples):
            return self.held_out[_order(self.held, seed, "test rows")[:n]]
        return self._take(self.rows, n, seed)

    def _sequence(self, what: str, start: int, n: int, seed: int) -> Samples:
        if start + n > self.rows:
            given = isinstance(self.held_out, Samples)
            advice = "" if given else ", or hold out a smaller share (test=)"
            raise ValueError(f"{what}: rows {start} to {start + n} were asked for, but {self!r} "
                             f"has {self.rows} rows for real and fresh data and {self.held} held "
                             f"out for testing; ask for fewer rows{advice}")
        return self._take(start, n, seed)

    def _take(self, start: int, n: int, seed: int) -> Samples:
        order = _order(len(self.x), seed, "rows")[start : start + n]
        return Samples._of(self.x[order], None if self.y is None else self.y[order].long())

    def _told(self) -> Iterator[card.Line]:
        yield f"Truth: {card.called(self)}"
        yield "rows", (f"{card.number(self.rows)} for real and fresh data, "
                       f"{card.number(self.held)} more to test on")
        yield "one row", card.row_shape(self.shape)
        if self.columns:
            yield "columns", card.few(self.columns)
        yield "type", str(self.x.dtype).removeprefix("torch.") + self._whole()
        yield "labels", self._label_words()
        yield from self.notes
        yield from card.moments(self)

    def _whole(self) -> str:
        floats = self.x.is_floating_point()
        if not floats or any((part != part.round()).any() for part in self.x.split(1000)):
            return ""
        return ", whole numbers: quantities, synthetic rows lie between them (tokens: one-hot)"

    def _label_words(self) -> str:
        if self.y is None or not self.classes:
            return card.labels(self.y)
        each = [f"{label} {self.classes[label]} ({card.number(rows)})"
                for label, rows in card.counts(self.y).items()]
        return f"{card.number(len(each))} classes: {card.few(each)}"

    def __repr__(self) -> str:
        return self.name


@gate
@guarded
def array(
    x: Any,                 # (n, *shape) numbers, or (n,) for one number per row; uint8 images as
                            # (n, 1 or 3, h, w)
    y: Any = None,          # (n,) labels: whole numbers, or text
    test: Share = 0.25,     # share of the rows held out for testing
) -> Finite:
    """Your own data: an array, tensor, table or list of numbers.

    It is copied; all but uint8 images becomes float64, whole numbers too: they are quantities, not
    tokens. Labels that are text become 0, 1, 2, … in alphabetical order (`.classes` has the names).

    Raises TypeError for what holds no real numbers (text, complex, sparse, dates); ValueError for
    masked, missing or infinite ones, whole numbers beyond 2⁵³, pictures with channels last, and as
    `Finite`.
    """
    columns = tuple(map(str, x.columns)) if hasattr(x, "columns") and hasattr(x, "dtypes") else ()
    x = arrays.numbers("array: x", x).cpu()
    x = x[:, None] if x.ndim == 1 else x
    arrays.check_pictures("array: x", x)
    if x.dtype == torch.uint8 and x.ndim == 3:
        raise ValueError(f"array: x expected uint8 pictures (n, channels, height, width), got "
                         f"{tuple(x.shape)} without channels; give x[:, None] for grey pictures, "
                         "or floats if these are no pictures")
    if not (x.dtype == torch.uint8 and x.ndim == 4):
        x = x.double()
    y, classes = (None, ()) if y is None else arrays.labels("array: y", y)
    return Finite(x, None if y is None else y.cpu(), test,
                  f"array({len(x)} rows of {tuple(x.shape[1:])})", columns, classes)


@gate
@guarded
def digits(test: Share = 0.25) -> Finite:
    """1,797 handwritten digits, 8 × 8 pixels in [0, 1], shape (n, 1, 8, 8), with labels 0 … 9.

    test  share held out for testing; by default 1,348 rows are left for real and fresh data

    Shipped, needs no network. The pixels are multiples of 1/16. Alpaydin & Kaynak (1998),
    https://doi.org/10.24432/C50P49; data/digits/README.md.
    """
    file = read_arrays(shipped("digits/digits.npz"), expected=DIGITS)
    x, y = torch.from_numpy(file["x"]), torch.from_numpy(file["y"])
    return Finite(x[:, None].double() / 16, y.long(), test, "digits()")


def _order(n: int, seed: int, what: str) -> Tensor:
    return torch.randperm(n, generator=generator(seed, what))


def _check_finite(name: str, x: Tensor) -> None:
    if not x.is_floating_point() or torch.isfinite(x.sum()):  # one that is not makes the sum so
        return
    bad = (~torch.isfinite(x)).reshape(len(x), -1).any(1).nonzero().flatten().tolist()
    if bad:
        which = ", ".join(map(str, bad[:5])) + (", …" if len(bad) > 5 else "")
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity in {len(bad)} of "
                         f"{len(x)} rows (counted from 0: {which}); drop these rows or fill them "
                         "in")
