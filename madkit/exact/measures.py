"""What is measured: the fit against the truth N(μ0, Σ0)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from madkit.base.checks import shown
from madkit.base.units import units
from madkit.exact.law import Fits
from madkit.exact.rows import times


@dataclass(frozen=True)
class Truth:
    """N(mean, root rootᵀ) in `dim` dimensions, and one that nobody looks at where `dim` is odd.

    Matrices of odd size lie in memory in two ways, which libraries treat differently in the last
    bit: a seed's numbers would depend on its place in the tensor. (Up to size 4 they do not.)
    """

    dim: int
    mean: Tensor    # (dim,)
    root: Tensor    # (d, d), root rootᵀ = Σ0
    back: Tensor    # (d, d), its transpose: the same where columns have one unit
    logdet: float
    plain: bool     # whether root is the identity, so that there is nothing to multiply
    far: Tensor | None = None  # (d,) columns far apart in their units, from large to small

    @classmethod
    def of(cls, dim: int, mean: Any, cov: Any, device: torch.device) -> Truth:
        mean = _finite("mean", torch.zeros(dim) if mean is None else mean, (dim,))
        cov = _finite("cov", torch.eye(dim) if cov is None else cov, (dim, dim))
        unit = units(cov.diagonal())
        values, vectors = torch.linalg.eigh(cov / unit[:, None] / unit)
        rounding = dim * torch.finfo(cov.dtype).eps * values[-1].abs()
        if values[0] < -rounding or not torch.allclose(cov, cov.T, atol=0):
            raise ValueError("cov: expected a symmetric matrix without negative eigenvalues, got "
                             f"{cov.tolist()}")
        values = values.where(values > rounding, 0)
        extra = dim % 2 if dim > 4 else 0
        half = (vectors * values.sqrt()) @ vectors.T
        root, back = (torch.nn.functional.pad(part, (0, extra, 0, extra)).to(device)
                      for part in (unit[:, None] * half, half * unit))
        plain = not extra and torch.equal(cov, torch.eye(dim).to(cov))
        logdet = (values.log().sum() + 2 * unit.log().sum()).item()
        far = root.square().sum(1).argsort(descending=True) if unit.ne(1).any() else None
        return cls(dim, mean.to(device), root, back, logdet, plain, far)

    def see(self, fits: Fits) -> Fits:
        """Fits in the truth's own coordinates, but for its mean."""
        mean, logs = fits.mean, fits.logs[..., : self.dim]
        factor = self._product(self.root, fits.factor)
        return Fits(mean if self.plain else times(self.root, mean), factor, logs)

    def overlap(self, factor: Tensor) -> Tensor:
        """rootᵀ @ factor, matrix by matrix."""
        return self._product(self.back, factor)

    def _product(self, root: Tensor, factor: Tensor) -> Tensor:
        return factor if self.plain else root.expand_as(factor) @ factor


def _finite(name: str, values: Any, shape: tuple[int, ...]) -> Tensor:
    try:
        numbers = torch.as_tensor(values, dtype=torch.float64, device="cpu")
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise TypeError(f"{name}: expected numbers of shape {shape}, as dim={shape[0]}, got "
                        f"{shown(values)}") from None
    if numbers.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, as dim={shape[0]}, got "
                         f"{tuple(numbers.shape)}")
    if not numbers.isfinite().all():
        raise ValueError(f"{name}: expected finite numbers, got {numbers.tolist()}")
    return numbers


def _mean_error(fits: Fits, truth: Truth) -> Tensor:
    return fits.mean.square().sum((-2, -1))


def _trace(fits: Fits, truth: Truth) -> Tensor:
    return fits.factor.square().sum((-2, -1))


def _w2_squared(fits: Fits, truth: Truth) -> Tensor:
    """With Σ = F Fᵀ and Σ0 = R Rᵀ, tr (Σ0^½ Σ Σ0^½)^½ is the sum of the singular values of Rᵀ F."""
    overlap = _singular(truth.overlap(fits.factor)).sum(-1)
    spread = _trace(fits, truth) + truth.root.square().sum() - 2 * overlap
    return _mean_error(fits, truth) + spread.clamp(min=0)


def _spectrum(fits: Fits, truth: Truth) -> Tensor:
    """The roots of the eigenvalues; rows from large to small lose no digit of a small one."""
    return _singular(fits.factor if truth.far is None else fits.factor[..., truth.far, :])


def _singular(matrix: Tensor) -> Tensor:
    return matrix.abs().squeeze(-1) if matrix.shape[-1] == 1 else torch.linalg.svdvals(matrix)


MEASURES: dict[str, Callable[[Fits, Truth], Tensor]] = {
    "w2_squared": _w2_squared,
    "mean_error": _mean_error,
    "trace": _trace,
    "logdet": lambda fits, truth: 2 * fits.logs.sum(-1) + truth.logdet,
    "spectrum": lambda fits, truth: _spectrum(fits, truth)[..., : truth.dim].square(),
    "mean": lambda fits, truth: truth.mean + fits.mean[..., : truth.dim, 0],
    "cov": lambda fits, truth: (fits.factor @ fits.factor.mT)[..., : truth.dim, : truth.dim],
}
