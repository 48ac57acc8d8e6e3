"""Damage on purpose: rows of a known truth with one known fault, to learn what a metric sees.

    rows = Faults(mk.data.grid25(), n=500)
    fake = rows.emit("modes dropped", 0.3)           # what a model with that fault would emit
    mk.metrics.recall(rows.real, fake)

Without damage the emitted rows are new rows of the truth: a perfect model. Strength s goes from 0
(perfect) to 1:

| fault | what s does |
|---|---|
| modes dropped | a share s of the modes, all but one at most, is never emitted; the others take their place |
| modes shrunk | every row goes a share s of its way to the mean of its mode |
| noise | normal noise of standard deviation s u/2 on every coordinate |
| shift | s u/2 is added to every coordinate |
| outliers | a share s/10 of the rows, at least one, is replaced by far ones: mean ± 6u on every coordinate, and noise of u |
| training rows | a share s of the rows are training rows, memorised |
| copies | only a share 1 − s of the rows, at least one, is distinct; the others repeat them |
| dropped, one outlier | modes dropped, and one outlier to hide it |

u is the truth's standard deviation per coordinate (root mean square). Modes are the truth's
centres, or its labels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from madkit.base.checks import Seed, Several, Unit, shown
from madkit.base.foreign import Truthful, asked
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.rng import generator
from madkit.samples import Samples


@gate
@guarded
@dataclass(frozen=True)
class Faults:
    """Emitted rows with a chosen fault, always the same for the same truth, n and seed.

    truth  one of mk.data with modes: `centres` (toys) or labels (digits, images as numbers in [0,
           1])
    n      rows on each side, at least 2; a finite truth may have fewer rows left, and then emits
           fewer
    seed   of the truth's split and of the damage

    real: test rows to judge against, train: rows that a model saw. Raises ValueError for a truth
    without modes.
    """

    truth: Truthful
    n: Several = 500
    seed: Seed = 0

    def __post_init__(self):
        if not hasattr(self.truth, "centres") and self.train.y is None:
            raise ValueError("Faults: expected a truth with modes (centres or labels), got "
                             f"{self.truth!r}")

    @cached_property
    def real(self) -> Samples:
        """Test rows of the truth (n, *shape)."""
        return asked(self.truth, "test", self.n, self.seed)

    @cached_property
    def train(self) -> Samples:
        """Training rows (n, *shape), which no other rows repeat."""
        return asked(self.truth, "real", self.n, self.seed)

    @cached_property
    def pool(self) -> Samples:
        """New rows, labelled by mode; of an endless truth, enough for n rows of a single mode."""
        if not hasattr(self.truth, "centres"):
            return asked(self.truth, "fresh", self.n, self.truth.rows - self.n, self.seed)
        new = asked(self.truth, "fresh", self.n, 2 * len(self.truth.centres) * self.n, self.seed)
        return Samples(new.x, torch.cdist(new.x, self.truth.centres).argmin(1))

    @property
    def perfect(self) -> Samples:
        """What a perfect model emits: n new rows of the truth."""
        return self.pool[: self.n].stamped(1)

    def emit(self, fault: str, strength: Unit) -> Samples:
        """Rows with a fault of FAULTS, of strength in [0, 1]; born in generation 1."""
        if fault not in FAULTS:
            raise ValueError(f"fault: expected one of {', '.join(FAULTS)}, got {shown(fault)}")
        return FAULTS[fault](self, strength).stamped(1) if strength else self.perfect

    @cached_property
    def unit(self) -> float:
        """u: the root mean square of the coordinates' standard deviations."""
        return self.pool.x.flatten(1).var(0).mean().sqrt().item()

    def _noise(self, *name: str) -> Tensor:
        """Standard normal numbers in the shape of n rows."""
        drawn = generator(self.seed, "fault", *name)
        return torch.randn(self.n, *self.pool.shape, generator=drawn, dtype=self.pool.x.dtype)

    def _order(self, k: int, *name: str) -> Tensor:
        """0 … k − 1 in a random order."""
        return torch.randperm(k, generator=generator(self.seed, "fault", *name))


def _dropped(rows: Faults, s: float) -> Samples:
    assert rows.pool.y is not None
    names = rows.pool.y.unique()
    lost = names[rows._order(len(names), "modes")[: round(s * (len(names) - 1))]]
    return rows.pool[~torch.isin(rows.pool.y, lost)][: rows.n]


def _shrunk(rows: Faults, s: float) -> Samples:
    x, y = rows.pool.x, rows.pool.y
    assert y is not None
    means = torch.stack([x[y == name].mean(0) if (y == name).any() else x[0]
                         for name in range(int(y.max()) + 1)])
    emitted = rows.perfect
    return Samples(emitted.x + s * (means[emitted.y] - emitted.x), emitted.y)


def _noisy(rows: Faults, s: float) -> Samples:
    emitted = rows.perfect
    return Samples(emitted.x + s * rows.unit / 2 * rows._noise("noise")[: len(emitted)], emitted.y)


def _shifted(rows: Faults, s: float) -> Samples:
    return Samples(rows.perfect.x + s * rows.unit / 2, rows.perfect.y)


def _outlying(rows: Faults, s: float) -> Samples:
    return _with_outliers(rows, rows.perfect, max(1, round(s / 10 * rows.n)))


def _with_outliers(rows: Faults, emitted: Samples, many: int) -> Samples:
    """The first rows replaced by far ones: far to either side on each coordinate."""
    x, side = emitted.x.clone(), rows._noise("sides")[:many].sign()
    x[:many] = x.mean(0) + rows.unit * (6 * side + rows._noise("outliers")[:many])
    return Samples(x, emitted.y)


def _memorised(rows: Faults, s: float) -> Samples:
    emitted, train, many = rows.perfect, rows.train, round(s * rows.n)
    if train.y is None:
        train = Samples(train.x, torch.zeros(len(train)))
    return train[:many] + emitted[many:]


def _copied(rows: Faults, s: float) -> Samples:
    emitted = rows.perfect
    distinct = max(1, round((1 - s) * len(emitted)))
    return emitted[torch.arange(len(emitted)) % distinct]


def _hidden(rows: Faults, s: float) -> Samples:
    return _with_outliers(rows, _dropped(rows, s), 1)


FAULTS: dict[str, Callable[[Faults, float], Samples]] = {
    "modes dropped": _dropped,
    "modes shrunk": _shrunk,
    "noise": _noisy,
    "shift": _shifted,
    "outliers": _outlying,
    "training rows": _memorised,
    "copies": _copied,
    "dropped, one outlier": _hidden,
}
