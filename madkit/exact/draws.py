"""All that is random: mean and scatter of standard normal rows, by Bartlett's decomposition."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from madkit.rng import key

LAST: OrderedDict[tuple, np.ndarray] = OrderedDict()   # the last few draws: a slider that moves λ draws the same again
KEPT, ROOM = 24, 2**18                                  # so many, of at most so many numbers each


class Dice:
    """What a fit sees of rows of N(0, I). Every seed has two endless sequences: normals, which the loops share, and χ²."""

    def __init__(self, seeds: list[int], loops: int, dim: int, device: torch.device):
        self.seeds, self.loops, self.dim, self.device = tuple(seeds), loops, dim, device
        self.drawn: list[np.ndarray] = []               # the sizes of all draws so far
        self.ahead = 0                                  # draws that the generators have made

    def draw(self, n: np.ndarray, lam: np.ndarray) -> Tensor:
        """The next √λ [A | z/√n], (T, L, S, G, d, d + 1), for G groups of sizes n (L, T, G) and λ (L, G)."""
        self.drawn.append(n)
        key = (self.seeds, self.loops, self.dim, *((m.shape, m.tobytes()) for m in self.drawn))
        seen = LAST.pop(key, None)
        seen = self._next() if seen is None else seen
        kept = seen.size <= ROOM
        if kept:
            LAST[key] = seen
            while len(LAST) > KEPT:
                LAST.popitem(last=False)
        drawn, root = torch.from_numpy(seen), torch.from_numpy(np.sqrt(lam)[:, None, :, None, None])
        return (drawn * root if kept else drawn.mul_(root)).to(self.device)

    def _next(self) -> np.ndarray:
        """The newest draw, by the generators, which first catch up with those that were kept."""
        if not self.ahead:
            self.normal = [generator(seed, "normal") for seed in self.seeds]
            self.chi = [[generator(seed, "chi") for seed in self.seeds] for _ in range(self.loops)]
        for n in self.drawn[self.ahead :]:
            seen = self._standard(n)
        self.ahead = len(self.drawn)
        return seen

    def _standard(self, n: np.ndarray) -> np.ndarray:
        """The generators' next [A | z/√n]."""
        d, (_, T, G) = self.dim, n.shape
        freedom = np.maximum(n[..., None] - 1 - np.arange(d), 0)                                # (L, T, G, d)
        normal = np.stack([g.standard_normal((T, G, d * (d + 1) // 2)) for g in self.normal], 1)  # (T, S, G, ·)
        chi = np.stack([np.stack([g.standard_gamma(f / 2) for g in generators], 1)
                        for f, generators in zip(freedom, self.chi, strict=True)], 1)           # (T, L, S, G, d)
        seen = np.zeros((*chi.shape, d + 1))
        for row in range(1, d):                                                                 # below the diagonal
            start = d + row * (row - 1) // 2
            seen[..., row, :row] = normal[:, None, ..., start : start + row]
        seen[..., np.arange(d), np.arange(d)] = np.sqrt(2 * chi)
        if not freedom.all():
            seen[..., :d] *= np.moveaxis(freedom > 0, 0, 1)[:, :, None, :, None]
        seen[..., d] = normal[:, None, ..., :d] / np.sqrt(np.maximum(np.moveaxis(n, 0, 1), 1))[:, :, None, :, None]
        return seen

    def tensor(self, values: np.ndarray) -> Tensor:
        """(L, T, …) as (T, L, …), on the device."""
        return torch.from_numpy(np.asarray(values, dtype=float)).movedim(1, 0).to(self.device)


def generator(seed: int, name: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64DXSM(_start(seed, name)))


class _Start(np.random.SeedSequence):
    """The state that a generator starts with: hashing a seed takes ten times as long as making a generator of its hash."""

    def __init__(self, seed: int):
        super().__init__(seed)
        self.words = super().generate_state(4, np.uint64)

    def generate_state(self, n_words: int, dtype: Any = np.uint64) -> np.ndarray:
        return self.words


@lru_cache(maxsize=2**13)
def _start(seed: int, name: str) -> _Start:
    return _Start(key(seed, "exact", name))
