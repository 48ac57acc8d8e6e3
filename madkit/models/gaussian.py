"""The Gaussian: the one model whose self-consuming loop is known exactly.

    fit      μ = (1/n) Σ x_i,   Σ = 1/(n − ddof) Σ (x_i − μ)(x_i − μ)ᵀ
    sample   x = μ + √λ R z,    z ~ N(0, I),   R Rᵀ = Σ,   so that x ~ N(μ, λΣ)

R is the eigen factor V √diag(e) of Σ = V diag(e) Vᵀ, which exists for every positive semidefinite
Σ. So a singular fit, of fewer rows than dimensions or of images with dark corners, is sampled as it
is: no jitter, no floor, and a direction that has died stays dead. ddof = 1 makes Σ unbiased,
ddof = 0 the most likely, too small by (n − 1)/n: in a loop that alone is a bias that compounds.

Alemohammad et al. (2023), https://arxiv.org/abs/2307.01850, section 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from madkit.base.checks import Ddof, Rows, Unit
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.units import units
from madkit.models.parts.vectors import check_room, empty, samples, square, vectors
from madkit.samples import Samples

FLAT = 64 * torch.finfo(torch.float64).eps  # a smaller share of the largest variance is rounding


@gate
@guarded
@dataclass(eq=False)
class Gaussian:
    """N(μ, Σ) fitted to rows of any shape; λ multiplies the covariance: samples are N(μ, λΣ).

    ddof        1: unbiased covariance, divided by n − 1; 0: most likely covariance, divided by n
    covariance  "full", or "diag": variances only, coordinates independent

    After `fit`: mean (d,) and cov (d, d), in float64, d the number of values in a row. A direction
    whose variance is zero but for rounding (under 1.4e-14 of the largest; where columns spread by
    more than 2¹⁶ times less than others, in units of their own) is sampled as zero. `fit`
    raises ValueError for fewer than 2 rows, NaN or infinity; `sample` for λ outside [0, 1].
    """

    ddof: Ddof = 1
    covariance: Literal["full", "diag"] = "full"

    def fit(self, data: Samples) -> Gaussian:
        """Mean and covariance of the rows."""
        x = vectors(data, "Gaussian")  # (n, d)
        square("Gaussian", x)
        self.mean = x.mean(0)
        x = x - self.mean  # centred before squared: right for clouds of any size, anywhere
        if self.covariance == "full":
            self.cov = x.T @ x / (len(x) - self.ddof)
            self._root = root(self.cov, self.mean)
        else:
            self.cov = torch.diag(x.square().sum(0) / (len(x) - self.ddof))
            self._root = self.cov.sqrt()
        self._like = empty(data)
        return self

    def sample(self, n: Rows, lam: Unit = 1.0) -> Samples:
        """n rows of N(μ, λΣ), from torch's global generator."""
        mean, _ = self.moments()
        check_room("Gaussian", n, self._like)
        z = torch.randn(n, len(mean), dtype=mean.dtype, device=mean.device)
        return samples(torch.addmm(mean, z, self._root.T, alpha=math.sqrt(lam)), self._like)

    def moments(self) -> tuple[Tensor, Tensor]:
        """μ (d,) and Σ (d, d) of the fit, λ not applied."""
        if not hasattr(self, "mean"):
            raise RuntimeError("Gaussian: call fit(data) first")
        return self.mean, self.cov


def root(cov: Tensor, mean: Tensor) -> Tensor:
    """R (d, d) with R Rᵀ = cov, for a positive semidefinite cov, singular ones included."""
    unit = units(cov.diagonal(), mean)[:, None]
    cov = cov / unit / unit.T
    values, vectors = torch.linalg.eigh(cov)  # ascending
    least = FLAT * values[-1]
    moves = cov.diagonal()[:, None] > least   # a column that stands still is emitted so
    return unit * (moves * vectors * values.where(values > least, 0).sqrt())
