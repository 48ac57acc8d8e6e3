"""What is not random: which groups of rows every training set is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from madkit.base.checks import shown
from madkit.base.foreign import a_loop
from madkit.loops import (
    Fresh,
    Loop,
    Previous,
    Real,
    Source,
    Subsample,
    Synthetic,
    parts,
)


@dataclass(frozen=True)
class Plan:
    """A loop's groups of rows, in order, known before anything is drawn.

    A Synthetic makes `memory` of them, newest first.
    """

    n_ini: int
    sources: tuple[tuple[type, int], ...]  # (kind, memory)
    rows: np.ndarray                       # (T, G) rows of each group; 0 in generation 1
    ranks: np.ndarray                      # (T,) rank of the fitted covariance
    lam: np.ndarray                        # (G,)
    drawn: np.ndarray                      # (G,) whether the rows are new
    full: bool                             # whether real rows keep every direction alive

    @classmethod
    def of(cls, loop: Loop, n_ini: int, dim: int, generations: int) -> Plan:
        chosen = parts(loop)
        sources = tuple((type(part), getattr(part, "memory", 1)) for part in chosen)
        groups_of = [memory for _, memory in sources]
        lam = np.array([getattr(part, "lam", 1.0) for part in chosen]).repeat(groups_of)
        drawn = np.array([kind in (Fresh, Synthetic) for kind, _ in sources]).repeat(groups_of)
        rows, ranks = np.zeros((generations, len(lam)), dtype=int), [min(dim, n_ini - 1)]
        fresh = sum(part.n for part in chosen if isinstance(part, Fresh))
        reach, total = dim if fresh else ranks[0] * bool(lam.any()), n_ini
        for t in range(2, generations + 1):
            groups = [group for part in chosen for group in _groups(part, t, n_ini, total, ranks)]
            rows[t - 1], points = zip(*groups, strict=True)
            total = sum(n for n, _ in groups)
            if total < 2:
                raise ValueError(f"loop: the training set of generation {t} has {total} rows, "
                                 "expected at least 2; give the loop real, fresh or synthetic rows")
            ranks.append(min(sum(points) - 1, reach))
        real = fresh + n_ini * any(isinstance(part, Real) for part in chosen)
        full = real >= dim + 2 or fresh >= dim and min(ranks[1:], default=dim) == dim
        return cls(n_ini, sources, rows, np.array(ranks), lam, drawn, full)


def _groups(part: Any, t: int, n_ini: int, total: int, ranks: list[int]) -> list[tuple[int, int]]:
    """(rows, rows that span as much) of each group that a source puts into D^t."""
    if isinstance(part, Real):
        return [(n_ini, ranks[0] + 1)]
    if isinstance(part, Previous):
        return [(total, ranks[t - 2] + 1)]
    if isinstance(part, Fresh):
        return [(part.n, part.n)]
    shares = part.shares(t)
    newest = [(shares.get(k, 0), ranks[k - 1] + 1 if part.lam else 1)
              for k in range(t - 1, max(0, t - 1 - part.memory), -1)]
    return [(n, min(n, span)) for n, span in newest] + [(0, 0)] * (part.memory - len(newest))


def check_known(loop: Loop) -> None:
    """ValueError, with the reason, for a loop that is not made of sources whose law is known."""
    a_loop("loop", loop)
    for part in parts(loop):
        if type(part) not in (Real, Fresh, Synthetic, Previous):
            why = "is a source of its own kind, whose law is not known"
            if isinstance(part, Subsample):
                why = "draws without replacement, so single rows matter"
            elif not isinstance(part, Source):
                why = "is a plain function: where its rows come from is not known"
            raise ValueError(f"loop: {shown(part)} {why}; exact needs Real, Fresh, Synthetic, Previous "
                             "or sums of them. mk.run simulates any loop")
