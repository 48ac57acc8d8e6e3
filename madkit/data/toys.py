"""Toy densities: endless truths that are drawn exactly and whose moments are known.

Rows are drawn in blocks of fixed size, each from its own generator (seed, "truth" | "test", block).
So row i is a function of (seed, i), however many rows are asked for and in whatever order, and a
hundred rows from the middle of the sequence cost a hundred rows. Nothing is cached and no global
generator is touched.

All draw vectors (n, d) in float64: a loop can shrink its variance far below what float32 can tell
from zero.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from madkit.base import arrays, card, limits
from madkit.base.checks import Count, Given, Rows, Seed, Share, Spread, Unit
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.rng import generator
from madkit.base.units import units
from madkit.samples import Samples

MOST = 10**8  # rows at once
BLOCK = 128  # rows drawn at a time; another number would be another sequence


@gate
@guarded
class Endless(card.Carded, ABC):
    """A truth whose rows never run out.

    Your own: a frozen dataclass with the shape of a row and a draw. It must use no randomness but
    the given generator.

        @dataclass(frozen=True)
        class square(mk.data.Endless):
            shape = (2,)
            def draw(self, n, generator):
                return torch.rand(n, 2, generator=generator, dtype=torch.float64)

    Give it `moments() -> (mean (d,), cov (d, d))` too if you know them.
    """

    shape: tuple[int, ...]

    @abstractmethod
    def draw(self, n: Rows, generator: torch.Generator) -> Tensor | Samples:
        """n independent rows (n, *shape); with labels, if they have some, as `Samples`."""

    def real(self, n: Rows, seed: Seed = 0) -> Samples:
        """Rows 0 … n of the seed's sequence."""
        return self._rows("truth", 0, n, seed)

    def fresh(self, start: Rows, n: Rows, seed: Seed = 0) -> Samples:
        """Rows start … start + n of the same sequence."""
        return self._rows("truth", start, n, seed)

    def test(self, n: Rows, seed: Seed = 0) -> Samples:
        """Rows 0 … n of the seed's test sequence."""
        return self._rows("test", 0, n, seed)

    def _rows(self, sequence: str, start: int, n: int, seed: int) -> Samples:
        if n > MOST:
            size = n * math.prod(self.shape) * 8 // 10**9
            raise ValueError(f"{type(self).__name__}: n expected at most {card.number(MOST)} rows "
                             f"at once, got {card.said(n, 30)}"
                             f"{f', which take {card.number(size)} GB' if n < 10**15 else ''}")
        limits.rows("n", n, self.shape)
        limits.countable("start", start)
        first, last = start // BLOCK, max(start, start + n - 1) // BLOCK
        blocks = [self._block(generator(seed, sequence, b)) for b in range(first, last + 1)]
        labels = [y for _, y in blocks if y is not None]
        skip = start - first * BLOCK
        y = torch.cat(labels)[skip:][:n] if labels else None
        return Samples._of(torch.cat([x for x, _ in blocks])[skip:][:n], y)

    def _block(self, generator: torch.Generator) -> tuple[Tensor, Tensor | None]:
        drawn, shape = self.draw(BLOCK, generator), (BLOCK, *self.shape)
        rows, y = (drawn.x, drawn.y) if isinstance(drawn, Samples) else (drawn, None)
        if not isinstance(rows, Tensor) or tuple(rows.shape) != shape:
            got = tuple(rows.shape) if isinstance(rows, Tensor) else type(rows).__name__
            raise ValueError(f"{type(self).__name__}: draw(n, generator) expected n rows of shape "
                             f"{tuple(self.shape)}, a tensor {shape} for n = {BLOCK}, got {got}")
        floats = rows.is_floating_point() or rows.dtype == torch.uint8
        return rows if floats else rows.double(), y

    def _label_words(self) -> str:
        return "none"

    def _told(self) -> Iterator[card.Line]:
        yield f"Truth: {card.called(self)}"
        yield from card.meaning(self)
        yield "rows", "endless: every row asked for is a new one"
        yield "one row", card.row_shape(self.shape)
        yield "labels", self._label_words()
        yield from card.moments(self)


@gate
@guarded
@dataclass(frozen=True, eq=False, repr=False)
class gaussian(Endless):
    """N(0, Σ) in `dim` dimensions: the truth of the paper's theory.

    dim  d, at least 1
    cov  Σ (d, d), symmetric and positive semidefinite (it may be singular); None: the identity

    Raises ValueError when cov has another shape, is not symmetric or has a negative eigenvalue.
    """

    dim: Count
    cov: Given | None = None

    def __post_init__(self):
        limits.memory("gaussian: dim", f"a covariance in {limits.count(self.dim)} dimensions",
                      8 * self.dim**2)
        object.__setattr__(self, "shape", (self.dim,))
        if self.cov is None:
            return
        cov = arrays.numbers("gaussian: cov", self.cov).to("cpu", torch.float64)
        if cov.shape != (self.dim, self.dim):
            raise ValueError(f"gaussian: cov expected shape {(self.dim, self.dim)} for "
                             f"dim={self.dim}, got {tuple(cov.shape)}")
        if not torch.isfinite(cov).all() or not torch.allclose(cov, cov.T, rtol=1e-9, atol=0):
            raise ValueError("gaussian: cov expected a finite symmetric matrix, got NaN, infinity "
                             "or cov ≠ covᵀ; (cov + cov.T)/2 makes a nearly symmetric matrix "
                             "symmetric")
        object.__setattr__(self, "cov", cov)
        _ = self.root  # says at once whether cov is positive semidefinite

    @cached_property
    def root(self) -> Tensor:
        """R (d, d) with Rᵀ R = Σ: Σ^½, which has no signs that a library could choose; where
        columns lie far apart, the Σ^½ of their own units.
        """
        if self.cov is None:
            return torch.eye(self.dim, dtype=torch.float64)
        unit = units(self.cov.diagonal())
        values, vectors = torch.linalg.eigh(self.cov / unit[:, None] / unit)
        if values[0] < -1e-10 * values[-1].abs():
            raise ValueError(f"gaussian: cov expected no negative eigenvalue, got {values[0]:.3g}")
        rounding = self.dim * torch.finfo(values.dtype).eps * values[-1]
        return (vectors * values.where(values > rounding, 0).sqrt()) @ vectors.T * unit

    def draw(self, n: Rows, generator: torch.Generator) -> Tensor:
        z = _normal(n, self.dim, generator)
        return z if self.cov is None else z @ self.root

    def moments(self) -> tuple[Tensor, Tensor]:
        cov = torch.eye(self.dim, dtype=torch.float64) if self.cov is None else self.cov.clone()
        return torch.zeros(self.dim, dtype=torch.float64), cov

    def __repr__(self) -> str:
        if self.cov is None:
            return f"gaussian(dim={self.dim})"
        cov = self.cov.tolist() if self.dim <= 3 else f"{self.dim}×{self.dim} matrix"
        return f"gaussian(dim={self.dim}, cov={cov})"


@gate
@guarded
class Modes(Endless):
    """Equally likely round Gaussians N(centre, std² I); `centres` (k, 2) and `std` are what the
    modes metric asks for."""

    shape = (2,)
    std: float

    @property
    @abstractmethod
    def centres(self) -> Tensor:
        """(k, 2)."""

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        centres = self.centres
        chosen = torch.randint(len(centres), (n,), generator=generator)
        return centres[chosen] + self.std * _normal(n, 2, generator)

    def moments(self) -> tuple[Tensor, Tensor]:
        between = torch.cov(self.centres.T, correction=0)
        return self.centres.mean(0), between + self.std**2 * torch.eye(2, dtype=torch.float64)


@gate
@guarded
@dataclass(frozen=True)
class ring(Modes):
    """8 Gaussians on a circle of radius 2.

    std  of each Gaussian; neighbouring centres are 1.53 apart
    """

    std: Spread = 0.1

    @property
    def centres(self) -> Tensor:
        angle = torch.arange(8, dtype=torch.float64) * math.pi / 4
        return 2 * torch.stack([angle.cos(), angle.sin()], 1)


@gate
@guarded
@dataclass(frozen=True)
class grid25(Modes):
    """25 Gaussians on a 5 × 5 grid from −4 to 4: the paper's mode-loss experiment (Figs. 14, 15).

    std  of each Gaussian; neighbouring centres are 2 apart
    """

    std: Spread = 0.1

    @property
    def centres(self) -> Tensor:
        line = torch.arange(-4, 5, 2, dtype=torch.float64)
        return torch.cartesian_prod(line, line)


@gate
@guarded
@dataclass(frozen=True)
class moons(Endless):
    """Two interleaved half circles of radius 1, (cos a, sin a) and (1 − cos a, ½ − sin a) with a
    uniform on [0, π].

    noise  standard deviation of the Gaussian noise on both coordinates
    """

    noise: Spread = 0.08
    shape = (2,)

    def draw(self, n: Rows, generator: torch.Generator) -> Tensor:
        a = math.pi * _uniform(n, generator)
        upper = torch.rand(n, generator=generator) < 0.5
        x = torch.where(upper, a.cos(), 1 - a.cos())
        y = torch.where(upper, a.sin(), 0.5 - a.sin())
        return torch.stack([x, y], 1) + self.noise * _normal(n, 2, generator)

    def moments(self) -> tuple[Tensor, Tensor]:
        xy = 1 / 8 - 1 / math.pi
        return _moments([1 / 2, 1 / 4], [[3 / 4, xy], [xy, 9 / 16 - 1 / math.pi]], self.noise)


@gate
@guarded
@dataclass(frozen=True)
class swissroll(Endless):
    """A spiral in the plane, r (cos 3πr/2, sin 3πr/2) with radius r uniform on [1, 3]; its turns
    lie 4/3 apart.

    noise  standard deviation of the Gaussian noise on both coordinates
    """

    noise: Spread = 0.1
    shape = (2,)

    def draw(self, n: Rows, generator: torch.Generator) -> Tensor:
        r = 1 + 2 * _uniform(n, generator)
        a = 1.5 * math.pi * r
        return torch.stack([r * a.cos(), r * a.sin()], 1) + self.noise * _normal(n, 2, generator)

    def moments(self) -> tuple[Tensor, Tensor]:
        # with a = r/c: E[a cos a] = 2, E[a sin a] = c, E[a²] = 39π²/4, E[a² e^{2ia}] = −½ + 3πi
        c = 2 / (3 * math.pi)
        square = 39 * math.pi**2 / 8
        cov = [[square - 1 / 4 - 4, 3 * math.pi / 2 - 2 * c],
               [3 * math.pi / 2 - 2 * c, square + 1 / 4 - c**2]]
        return _moments([2 * c, c**2], [[c**2 * value for value in row] for row in cov], self.noise)


@gate
@guarded
@dataclass(frozen=True)
class rosenbrock(Endless):
    """The paper's curved density (Fig. 17), p(x) ∝ exp(−x₁²/2 − (x₂ − x₁²)²); exactly, x₁ ~ N(0, 1)
    and x₂ | x₁ ~ N(x₁², ½).

    So z = (x₁, √2 (x₂ − x₁²)) is standard normal, and the contour z₁² + z₂² = −2 log s of p leaves
    a share s outside.
    """

    shape = (2,)

    def draw(self, n: Rows, generator: torch.Generator) -> Tensor:
        z = _normal(n, 2, generator)
        return torch.stack([z[:, 0], z[:, 0] ** 2 + z[:, 1] / math.sqrt(2)], 1)

    def tails(self, real: Samples, fake: Samples) -> dict[str, float]:
        """A metric: the shares of fake rows outside the contours that hold 95 % and 99 % of the
        truth, {"5": …, "1": …}.

        Good when 0.05 and 0.01, the truth's; smaller where tails are lost. It does not look at the
        real rows.
        """
        if not len(fake) or fake.shape != (2,):
            raise ValueError("tails: fake: expected rows of two numbers, at least one, got "
                             f"{len(fake)} of shape {fake.shape}")
        squared = fake.x[:, 0] ** 2 + 2 * (fake.x[:, 1] - fake.x[:, 0] ** 2) ** 2
        return {f"{share:.0f}": (squared > -2 * math.log(share / 100)).double().mean().item()
                for share in (5, 1)}

    @staticmethod
    def cooled_tail(share: Share, lam: Unit, t: Count) -> float:
        """What is left of a share of tails when the latent cloud z is cooled t times.

        Then z ~ N(0, λᵗ I), and share^(1/λᵗ) is left. A perfectly fitted flow does so in t
        generations of a fully synthetic loop.

        share  of the truth, in (0, 1)
        lam    the λ of every generation, in (0, 1]
        t      generations, ≥ 0
        """
        return share ** (1 / lam**t) if lam**t else 0.0

    def contour(self, share: Share = 0.05) -> Tensor:
        """Points (200, 2) around the contour of p that leaves this share of the truth outside."""
        angle = torch.linspace(0, 2 * math.pi, 200, dtype=torch.float64)
        z = math.sqrt(-2 * math.log(share)) * torch.stack([angle.cos(), angle.sin()], 1)
        return torch.stack([z[:, 0], z[:, 0] ** 2 + z[:, 1] / math.sqrt(2)], 1)

    def moments(self) -> tuple[Tensor, Tensor]:
        return _moments([0, 1], [[1, 0], [0, 5 / 2]])


def _normal(n: int, dim: int, generator: torch.Generator) -> Tensor:
    return torch.randn(n, dim, generator=generator, dtype=torch.float64)


def _uniform(n: int, generator: torch.Generator) -> Tensor:
    return torch.rand(n, generator=generator, dtype=torch.float64)


def _moments(mean: list, cov: list, noise: float = 0.0) -> tuple[Tensor, Tensor]:
    """As tensors, with the variance of the noise added."""
    eye = torch.eye(len(mean), dtype=torch.float64)
    spread = torch.tensor(cov, dtype=torch.float64) + noise**2 * eye
    return torch.tensor(mean, dtype=torch.float64), spread
