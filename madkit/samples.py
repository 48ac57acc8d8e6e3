"""The value that flows through a loop: rows, their labels, and where each row comes from.

Truths, models, loops and metrics exchange nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from madkit.base import arrays, card
from madkit.base.checks import Rows
from madkit.base.device import On
from madkit.base.gate import gate
from madkit.base.guard import guarded

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Samples(card.Carded):
    """Rows x, their labels and where they come from.

    `a + b` concatenates, `s[i]` selects rows, `len(s)` counts them.

    x      (n, *shape)   real numbers (any float type), or uint8 images (n, channels, h, w); of a
                         tensor, array, table or list, copied
    y      (n,) or None  integer labels; a sum keeps them only if both sides have them
    born   (n,)          the generation whose model made each row, 0 = real
    fresh  (n,) bool     whether a real row is new, drawn by `state.fresh`; False: of the first real
                         set, or synthetic

    One integer for born, or one bool for fresh, stands for all rows. `np.asarray(s)` gives x.
    Raises TypeError for what is no array of numbers (complex, sparse, text); ValueError for masked
    or missing entries, and when y, born or fresh are not one whole number per row.
    """

    x: Tensor
    y: Tensor | None = None
    born: Tensor = 0  # type: ignore[assignment]  # an integer stands for all rows
    # not compared: it is not in the description of a truth, which stores before 0.3.0 hold
    fresh: Tensor = field(default=False, compare=False)  # type: ignore[assignment]

    @guarded
    def __post_init__(self):
        x = arrays.numbers("Samples: x", self.x)
        arrays.check_pictures("Samples: x", x)
        y = None if self.y is None else arrays.per_row("Samples: y", self.y, x)
        born = arrays.per_row("Samples: born", self.born, x, least=0)
        fresh = arrays.per_row("Samples: fresh", self.fresh, x, least=0, most=1).bool()
        self.__dict__.update(x=x, y=y, born=born, fresh=fresh)

    @classmethod
    def _of(cls, x: Tensor, y: Tensor | None = None, born: Tensor | None = None,
            fresh: Tensor | None = None) -> Samples:
        """Parts that are known to fit, not copied: a loop makes many. By default real rows."""
        born = x.new_zeros(len(x), dtype=torch.long) if born is None else born
        fresh = torch.zeros_like(born, dtype=torch.bool) if fresh is None else fresh
        samples = object.__new__(cls)
        samples.__dict__.update(x=x, y=y, born=born, fresh=fresh)
        return samples

    def __len__(self) -> int:
        return self.x.shape[0]

    def __add__(self, other: Samples) -> Samples:
        return concatenate([self, other]) if isinstance(other, Samples) else NotImplemented

    @gate
    def __getitem__(self, rows: arrays.Chosen) -> Samples:
        """The chosen rows: a slice, a mask, a list of indices, or one integer for one row."""
        rows = arrays.within(rows, len(self))
        y = None if self.y is None else self.y[rows]
        return Samples._of(self.x[rows], y, self.born[rows], self.fresh[rows])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row."""
        return tuple(self.x.shape[1:])

    def __array__(self, dtype=None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(arrays.as_numpy(self.x), dtype)

    def numpy(self) -> np.ndarray:
        """The rows x, a copy in numpy; so is `np.asarray(samples)`."""
        return np.asarray(self)

    @gate
    def frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The rows as a table of pandas: their numbers, then y (if there are labels), born, fresh.

        columns  names of the numbers in a row; None: x1 … xd
        """
        return arrays.frame(self.x, columns, y=self.y, born=self.born, fresh=self.fresh)

    @gate
    def to(self, device: On) -> Samples:
        """The same rows on another device."""
        y = None if self.y is None else self.y.to(device)
        return Samples._of(self.x.to(device), y, self.born.to(device), self.fresh.to(device))

    @gate
    def stamped(self, born: Rows) -> Samples:
        """The same rows, all born in generation `born`."""
        birth, fresh = torch.full_like(self.born, born), torch.zeros_like(self.fresh)
        return Samples._of(self.x, self.y, birth, fresh)

    def renewed(self) -> Samples:
        """The same rows as fresh ones: real, and never seen before."""
        birth, fresh = torch.zeros_like(self.born), torch.ones_like(self.fresh)
        return Samples._of(self.x, self.y, birth, fresh)

    def _told(self) -> Iterator[card.Line]:
        return card.rows(self)

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
