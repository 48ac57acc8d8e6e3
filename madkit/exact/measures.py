"""What is measured: the fit against the truth N(μ0, Σ0)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

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
    root: Tensor    # (d, d) symmetric
    logdet: float
    plain: bool     # whether root is the identity, so that there is nothing to multiply

    @classmethod
    def of(cls, dim: int, mean: Any, cov: Any, device: torch.device) -> Truth:
        mean = _finite("mean", torch.zeros(dim) if mean is None else mean, (dim,))
        cov = _finite("cov", torch.eye(dim) if cov is None else cov, (dim, dim))
        values, vectors = torch.linalg.eigh(cov)
        rounding = dim * torch.finfo(cov.dtype).eps * values[-1].abs()
        if values[0] < -rounding or not torch.allclose(cov, cov.T, atol=0):
            raise ValueError("cov: expected a symmetric matrix without negative eigenvalues, got "
                             f"{cov.tolist()}")
        values = values.where(values > rounding, 0)
        extra = dim % 2 if dim > 4 else 0
        root = torch.nn.functional.pad((vectors * values.sqrt()) @ vectors.T, (0, extra, 0, extra))
        plain = not extra and torch.equal(cov, torch.eye(dim).to(cov))
        return cls(dim, mean.to(device), root.to(device), values.log().sum().item(), plain)

    def see(self, fits: Fits) -> Fits:
        """Fits in the truth's own coordinates, but for its mean."""
        mean, logs = fits.mean, fits.logs[..., : self.dim]
        return Fits(mean if self.plain else times(self.root, mean), self.colour(fits.factor), logs)

    def colour(self, factor: Tensor) -> Tensor:
        """root @ factor, matrix by matrix."""
        return factor if self.plain else self.root.expand_as(factor) @ factor


def _finite(name: str, values: Any, shape: tuple[int, ...]) -> Tensor:
    try:
        numbers = torch.as_tensor(values, dtype=torch.float64, device="cpu")
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name}: expected numbers of shape {shape}, as dim={shape[0]}, got "
                        f"{values!r}") from None
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
    """With Σ = F Fᵀ, tr (Σ0^½ Σ Σ0^½)^½ is the sum of the singular values of Σ0^½ F."""
    overlap = _singular(truth.colour(fits.factor)).sum(-1)
    spread = _trace(fits, truth) + truth.root.square().sum() - 2 * overlap
    return _mean_error(fits, truth) + spread.clamp(min=0)


def _singular(matrix: Tensor) -> Tensor:
    return matrix.abs().squeeze(-1) if matrix.shape[-1] == 1 else torch.linalg.svdvals(matrix)


MEASURES: dict[str, Callable[[Fits, Truth], Tensor]] = {
    "w2_squared": _w2_squared,
    "mean_error": _mean_error,
    "trace": _trace,
    "logdet": lambda fits, truth: 2 * fits.logs.sum(-1) + truth.logdet,
    "spectrum": lambda fits, truth: _singular(fits.factor)[..., : truth.dim].square(),
    "mean": lambda fits, truth: truth.mean + fits.mean[..., : truth.dim, 0],
    "cov": lambda fits, truth: (fits.factor @ fits.factor.mT)[..., : truth.dim, : truth.dim],
}
