"""All that is random: mean and scatter of standard normal rows, by Bartlett's decomposition.

A χ² number is a normal one, x, bent to its law, and refused where luck has it (Marsaglia and Tsang
2000, https://doi.org/10.1145/358407.358414: at most one of 20). Neither x nor the luck depends on
n, so loops that differ in n or p share them as they share the normals: what differs between two
settings is the settings, and a slider draws nothing anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np
import torch
from torch import Tensor

from madkit.base.locks import lock
from madkit.base.rng import key

LAST: OrderedDict[tuple, np.ndarray] = OrderedDict()  # drawn last, for who asks for it again
KEPT, ROOM = 256, 2**22                               # so many arrays, of so many numbers in all
LOCK = lock()                                         # sliders ask on threads of their own


class Draws:
    """What a fit sees of rows of N(0, I), from endless sequences of each seed that all loops share.
    """

    def __init__(self, seeds: list[int], dim: int, device: torch.device):
        self.seeds, self.dim, self.device = tuple(seeds), dim, device
        self.sequences: dict[tuple, _Sequence] = {}

    def draw(self, span: slice, n: np.ndarray, lam: np.ndarray) -> Tensor:
        """√λ [A | z/√n] of these generations, (T, L, S, G, d, d + 1), for G groups of rows.

        n (T, L, G) are their sizes, lam (L, G) their λ.
        """
        d, n, root = self.dim, n[:, :, None], np.sqrt(lam)[:, None, :, None]
        freedom = np.maximum(n[..., None] - 1 - np.arange(d), 0)               # (T, L, 1, G, d)
        normal = self._numbers("normal", span, n.shape[-1], d * (d + 1) // 2)  # (T, S, G, ·)
        seen = np.zeros((*n.shape[:2], *normal.shape[1:3], d, d + 1))
        for row in range(1, d):                                                # below the diagonal
            start = d + row * (row - 1) // 2
            np.multiply(normal[:, None, ..., start : start + row], root, out=seen[..., row, :row])
        chi = kept(("χ", self.seeds, d, span.start, n.shape, n.tobytes()),
                   lambda: self._chi(span, freedom))
        np.multiply(chi, root, out=np.einsum("...ii -> ...i", seen[..., :d]))
        if not freedom.all():
            seen[..., :d] *= freedom[..., None, :] > 0
        scale = root / np.sqrt(np.maximum(n, 1))[..., None]
        np.multiply(normal[:, None, ..., :d], scale, out=seen[..., d])
        return torch.from_numpy(seen).to(self.device)

    def _chi(self, span: slice, freedom: np.ndarray) -> np.ndarray:
        """√χ² of these degrees of freedom (T, L, 1, G, d), for every seed: (T, L, S, G, d)."""
        scale = np.maximum(freedom, 2) / 2 - 1 / 3
        x, luck = self._tried(0, span, freedom.shape[-2])
        chi, taken = _bent(x[:, None], luck[:, None], scale)
        few = freedom < 2  # χ² of one is x² itself
        if few.any():
            chi, taken = np.where(few, freedom * np.abs(x[:, None]), chi), taken | few
        for k in count(1):
            places = t, loop, seed, g, i = np.nonzero(~taken)
            if not len(t):
                break
            x, luck = (one[t, seed, g, i] for one in self._tried(k, span, freedom.shape[-2]))
            chi[places], taken[places] = _bent(x, luck, scale[t, loop, 0, g, i])
        return chi

    def _tried(self, k: int, span: slice, groups: int) -> tuple[np.ndarray, np.ndarray]:
        x = self._numbers(f"chi.{k}", span, groups, self.dim)
        return x, self._numbers(f"luck.{k}", span, groups, self.dim)

    def _numbers(self, name: str, span: slice, *shape: int) -> np.ndarray:
        """These generations of a sequence: (T, S, *shape), not to be written to."""
        key = (name, *shape)
        if key not in self.sequences:
            self.sequences[key] = _Sequence(name, self.seeds, shape)
        return self.sequences[key].at(span)

    def tensor(self, values: np.ndarray) -> Tensor:
        """Numbers (T, L, 1) as (T, L, 1, 1, 1), on the device."""
        return torch.from_numpy(values)[..., None, None].to(self.device)


def _bent(x: np.ndarray, luck: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normal numbers as √χ² of 2 · scale + ⅔ degrees of freedom, and which of them are taken.

    luck  exponential numbers, that decide
    """
    with np.errstate(invalid="ignore", divide="ignore"):  # NaN is not taken
        y = 1 + x / np.sqrt(9 * scale)
        cube = y * y * y
        return np.sqrt(2 * scale * cube), luck > scale * (cube - 1 - np.log(cube)) - x * x / 2


class _Sequence:
    """Independent numbers of every seed, generation after generation, without end."""

    def __init__(self, name: str, seeds: tuple[int, ...], shape: tuple[int, ...]):
        self.name, self.seeds, self.shape = name, seeds, shape
        self.done = 0  # generations that the generators have been through

    def at(self, span: slice) -> np.ndarray:
        return kept((self.name, self.seeds, self.shape, span.start, span.stop),
                    lambda: self._drawn(span))

    def _drawn(self, span: slice) -> np.ndarray:
        if not self.done or span.start < self.done:
            self.generators, self.done = [generator(seed, self.name) for seed in self.seeds], 0
        size = span.stop - span.start
        while self.done < span.start:  # these are known, or were not needed
            self._next(min(size, span.start - self.done))
        return self._next(size)

    def _next(self, generations: int) -> np.ndarray:
        self.done += generations
        law = "standard_exponential" if self.name.startswith("luck") else "standard_normal"
        size = (generations, *self.shape)
        return np.stack([getattr(one, law)(size) for one in self.generators], 1)


def kept(key: tuple, make: Callable[[], np.ndarray]) -> np.ndarray:
    """What was made under this key not long ago, or is made now; not to be written to."""
    with LOCK:
        if key in LAST:
            LAST.move_to_end(key)
            return LAST[key]
    seen = make()
    seen.flags.writeable = False
    with LOCK:
        if seen.size <= ROOM:
            LAST[key] = seen
        while len(LAST) > KEPT or sum(one.size for one in LAST.values()) > ROOM:
            LAST.popitem(last=False)
    return seen


def generator(seed: int, name: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64DXSM(_start(seed, name)))


class _Start(np.random.SeedSequence):
    """The state that a generator starts with: to hash a seed takes ten times as long as the rest.
    """

    def __init__(self, seed: int):
        super().__init__(seed)
        self.words = super().generate_state(4, np.uint64)

    def generate_state(self, n_words: int, dtype: Any = np.uint64) -> np.ndarray:
        return self.words


@lru_cache(maxsize=2**13)
def _start(seed: int, name: str) -> _Start:
    return _Start(key(seed, "exact", name))
