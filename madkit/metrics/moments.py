"""Metrics of means and covariances: of rows, or of a fit itself."""

from __future__ import annotations

import torch

from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.metrics.sides import Moments, both, centred, clouds, eigenvalues, root
from madkit.samples import Samples


@gate
@guarded
def w2_squared(real: Samples | Moments, fake: Samples | Moments) -> float:
    """Squared Wasserstein-2 distance of the Gaussians with the moments of both sides.

    ‖μ1 − μ2‖² + tr(Σ1 + Σ2 − 2 (Σ1^½ Σ2 Σ1^½)^½) ≥ 0, small is good. The paper's WD is this square.
    Dowson and Landau (1982), https://doi.org/10.1016/0047-259X(82)90077-X.
    """
    (mean1, cov1), (mean2, cov2) = both(real, fake)
    # tr (Σ1^½ Σ2 Σ1^½)^½ is the nuclear norm of R1ᵀ R2
    roots = torch.linalg.svdvals(root(cov1).T @ root(cov2)).sum()
    squared = (mean1 - mean2).square().sum() + cov1.trace() + cov2.trace() - 2 * roots
    return max(0.0, squared.item())


@gate
@guarded
def mean_error(real: Samples | Moments, fake: Samples | Moments) -> float:
    """‖μ_fake − μ_real‖²; ≥ 0, small is good."""
    (mean1, _), (mean2, _) = both(real, fake)
    return (mean1 - mean2).square().sum().item()


@gate
@guarded
def trace(real: Samples | Moments, fake: Samples | Moments) -> float:
    """tr Σ_fake, the total variance; ≥ 0, good when equal to the truth's."""
    return both(real, fake)[1][1].trace().item()


@gate
@guarded
def logdet(real: Samples | Moments, fake: Samples | Moments) -> float:
    """log det Σ_fake; good when equal to the truth's, −inf when Σ_fake is singular.

    Whether it is, up to rounding, is seen from the correlations, so that the units of the
    coordinates do not matter.
    """
    cov = both(real, fake)[1][1]
    std = cov.diagonal().sqrt()
    std = std.where(std > 0, 1)
    return (eigenvalues(cov / std.outer(std)).log().sum() + 2 * std.log().sum()).item()


@gate
@guarded
def spectrum(real: Samples | Moments, fake: Samples | Moments) -> dict[str, float]:
    """The eigenvalues of Σ_fake, {"1": largest, "2": …}; ≥ 0, good when equal to the truth's."""
    values = eigenvalues(both(real, fake)[1][1])
    return {str(k): value for k, value in enumerate(values.flip(0).tolist(), 1)}


MOMENTS = (w2_squared, mean_error, trace, logdet, spectrum)


@gate
@guarded
def frechet(real: Samples, fake: Samples) -> float:
    """Fréchet distance: `w2_squared` of the moments of rows, best of features (then it is the FID).

    A number ≥ 0, small is good. Fast where `w2_squared` is thorough: rows fewer than dimensions are
    never made a covariance of, and large covariances go by eigenvalues, to half of the digits.
    Heusel et al. (2017), https://arxiv.org/abs/1706.08500, eq. 6.
    """
    a, b = clouds(real, fake, least=2)
    (mean1, a), (mean2, b) = centred(a), centred(b)
    a, b = a / (len(a) - 1) ** 0.5, b / (len(b) - 1) ** 0.5  # aᵀ a is the covariance
    total = (mean1 - mean2).square().sum() + a.square().sum() + b.square().sum()
    if min(len(a), len(b)) < a.shape[1]:
        roots = torch.linalg.svdvals(a @ b.T).sum()
    else:
        cov = a.T @ a
        factor, singular = torch.linalg.cholesky_ex(cov)  # a tenth of the time of eigenvectors
        factor = root(cov) if singular else factor
        roots = torch.linalg.eigvalsh(factor.T @ (b.T @ b) @ factor).clamp(min=0).sqrt().sum()
    return max(0.0, (total - 2 * roots).item())
