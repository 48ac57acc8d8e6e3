"""The kernel density estimate: every data row, blurred. Its loop is a smoothed bootstrap.

    density  p(x) = (1/n) Σ N(x; x_i, H)
    sample   x = x_I + √λ R z,   I uniform on the rows,   z ~ N(0, I),   R Rᵀ = H

    H = h² Σ̂    bandwidth="scott" (1992, eq. 6.42): h = n^(−1/(d+4)), Σ̂ the unbiased covariance
    H = h² I    bandwidth=h, in the units of the data; h = 0 resamples rows: the plain bootstrap

Every fit adds the kernel to what is there: cov = (1 − 1/n) Σ̂ + H. So the fully synthetic loop does
not shrink but spreads, by the factor 1 − 1/n + h² per generation under Scott's rule (in
expectation; λ makes it 1 − 1/n + λh²), and fine structure is blurred away. At h = 0 the rows are
categories, and all but one of them die out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from madkit.base.checks import Rows, Unit, shown
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.models.gaussian import root
from madkit.models.parts.vectors import check_room, empty, samples, square, vectors
from madkit.samples import Samples


@gate
@guarded
@dataclass(eq=False)
class KDE:
    """The rows, each blurred by a Gaussian kernel; λ multiplies the kernel's covariance.

    bandwidth  "scott": kernel covariance h²Σ̂ with h = n^(−1/(d+4)); or h ≥ 0 itself: h² I

    Any row shape. `fit` keeps the rows; it raises ValueError for fewer than 2 of them, NaN or
    infinity, `sample` for λ outside [0, 1]; λ = 0 resamples the rows. With images, d is large and
    Scott's h is close to 1: give a number, in the data's units.
    """

    bandwidth: float | Literal["scott"] = "scott"

    def __post_init__(self):
        if self.bandwidth != "scott" and not 0 <= self.bandwidth < math.inf:
            raise ValueError("KDE: bandwidth expected 'scott' or a finite number ≥ 0, got "
                             f"{shown(self.bandwidth)}")

    def fit(self, data: Samples) -> KDE:
        """Keep the rows, and find the kernel's covariance where it is theirs to say."""
        self._x = x = vectors(data, "KDE")  # (n, d)
        square("KDE", x)
        n, d = x.shape
        if self.bandwidth == "scott":
            self._root = n ** (-1 / (d + 4)) * root(torch.cov(x.T).reshape(d, d), x.mean(0))
        else:
            self._root = self.bandwidth * torch.eye(d, dtype=x.dtype, device=x.device)
        self._like = empty(data)
        return self

    def sample(self, n: Rows, lam: Unit = 1.0) -> Samples:
        """n blurred rows, from torch's global generator."""
        x = self._fitted()
        check_room("KDE", n, self._like)
        rows = x[torch.randint(len(x), (n,), device=x.device)]
        z = torch.randn_like(rows)
        return samples(torch.addmm(rows, z, self._root.T, alpha=math.sqrt(lam)), self._like)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean (d,) and covariance (d, d) at λ = 1: of the rows (over n), plus the kernel's."""
        x = self._fitted()
        cov = torch.cov(x.T, correction=0).reshape(2 * x.shape[1:])
        return x.mean(0), cov + self._root @ self._root.T

    def _fitted(self) -> Tensor:
        if not hasattr(self, "_x"):
            raise RuntimeError("KDE: call fit(data) first")
        return self._x
