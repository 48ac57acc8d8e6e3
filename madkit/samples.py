"""The value that flows through a loop: rows, their labels, and where each row comes from.

Truths, models, loops and metrics exchange nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from madkit.base import card


@dataclass(frozen=True, eq=False, repr=False)
class Samples(card.Carded):
    """Rows x, their labels and where they come from.

    `a + b` concatenates, `s[i]` selects rows, `len(s)` counts them.

    x      (n, *shape)   real numbers (any float type), or uint8 images; all that `torch.as_tensor`
                         takes
    y      (n,) or None  integer labels; a sum keeps them only if both sides have them
    born   (n,)          the generation whose model made each row, 0 = real
    fresh  (n,) bool     whether a real row is new, drawn by `state.fresh`; False: of the first real
                         set, or synthetic

    One integer for born, or one bool for fresh, stands for all rows. Raises ValueError when x has
    no row axis or when y, born or fresh do not have one entry per row.
    """

    x: Tensor
    y: Tensor | None = None
    born: Tensor = 0  # type: ignore[assignment]  # an integer stands for all rows
    # not compared: it is not in the description of a truth, which stores before 0.3.0 hold
    fresh: Tensor = field(default=False, compare=False)  # type: ignore[assignment]

    def __post_init__(self):
        x = torch.as_tensor(self.x)
        if x.ndim < 1:
            raise ValueError("Samples: x needs a row axis, expected shape (n, *shape), got a "
                             f"single number {x.item()!r}")
        if not (x.is_floating_point() or x.dtype == torch.uint8):
            x = x.double()
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", None if self.y is None else self._per_row("y", self.y))
        object.__setattr__(self, "born", self._per_row("born", self.born, one=int))
        object.__setattr__(self, "fresh", self._per_row("fresh", self.fresh, one=bool).bool())

    def _per_row(self, name: str, values, one: type[int] | None = None) -> Tensor:
        """The values, checked; a single one of type `one` stands for all rows."""
        if one and isinstance(values, one):
            values = torch.full((len(self.x),), values, device=self.x.device)
        values = torch.as_tensor(values, device=self.x.device)
        if values.shape != (len(self.x),):
            raise ValueError(f"Samples: {name} needs one entry per row, expected "
                             f"({len(self.x)},), got {tuple(values.shape)}")
        return values.long()

    @classmethod
    def _of(cls, x: Tensor, y: Tensor | None, born: Tensor, fresh: Tensor) -> Samples:
        """Samples of parts that are known to fit: a loop makes many, and checks cost."""
        samples = object.__new__(cls)
        samples.__dict__.update(x=x, y=y, born=born, fresh=fresh)
        return samples

    def __len__(self) -> int:
        return self.x.shape[0]

    def __add__(self, other: Samples) -> Samples:
        return concatenate([self, other]) if isinstance(other, Samples) else NotImplemented

    def __getitem__(self, rows) -> Samples:
        """The chosen rows: a slice, a mask, a list of indices, or one integer for one row."""
        rows = [rows] if isinstance(rows, int) else rows
        y = None if self.y is None else self.y[rows]
        return Samples._of(self.x[rows], y, self.born[rows], self.fresh[rows])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row."""
        return tuple(self.x.shape[1:])

    def to(self, device) -> Samples:
        """The same rows on another device."""
        y = None if self.y is None else self.y.to(device)
        return Samples._of(self.x.to(device), y, self.born.to(device), self.fresh.to(device))

    def stamped(self, born: int) -> Samples:
        """The same rows, all born in generation `born`."""
        birth, fresh = torch.full_like(self.born, born), torch.zeros_like(self.fresh)
        return Samples._of(self.x, self.y, birth, fresh)

    def renewed(self) -> Samples:
        """The same rows as fresh ones: real, and never seen before."""
        birth, fresh = torch.zeros_like(self.born), torch.ones_like(self.fresh)
        return Samples._of(self.x, self.y, birth, fresh)

    def _told(self) -> Iterator[card.Line]:
        yield f"Samples: {card.several(len(self), 'row')}"
        yield "one row", card.row_shape(self.shape)
        yield "type, device", f"{str(self.x.dtype).removeprefix('torch.')} on {self.x.device}"
        yield "labels", card.labels(self.y)
        yield "come from", card.births(self.born, self.fresh)

    def __repr__(self) -> str:
        return card.as_line(card.told(self))


def concatenate(parts: Iterable[Samples]) -> Samples:
    """All rows of the parts (at least one) in their order.

    Empty parts leave no trace. Labels survive if every part has them.
    """
    parts = list(parts)
    full = [part for part in parts if len(part)] or parts[:1]
    if len(full) == 1:
        return full[0]
    if len({part.shape for part in full}) > 1:
        shapes = " and ".join(str(part.shape) for part in full)
        raise ValueError(f"Samples: rows of shape {shapes} cannot be concatenated")
    labels = [part.y for part in full if part.y is not None]
    y = torch.cat(labels) if len(labels) == len(full) else None
    x, born, fresh = (torch.cat([getattr(part, name) for part in full])
                      for name in ("x", "born", "fresh"))
    return Samples._of(x, y, born, fresh)
