"""Metrics: (real, fake) -> a number, or a dict of numbers. Quality, diversity, and the distance between two clouds.

Moment metrics (`MOMENTS`) compare means and covariances, and take those of a fit as well: a pair (mean (d,), cov (d, d)) may
stand in place of either cloud. All others look at rows. Rows of any shape are flattened to vectors (n, d) in float64,
and distances between near points are taken from differences, never from |a|² − 2ab + |b|²: a loop collapses clouds to
1e-9 of their offset, where that loses every digit. What needs all pairs works in chunks of bounded memory.

ValueError is raised for rows of different length, for NaN or infinity, and for fewer rows than a metric needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from madkit.checks import spread, whole
from madkit.samples import Samples

Moments = tuple[Tensor, Tensor]  # mean (d,), cov (d, d)

CHUNK = 2**24  # distances held at a time (128 MiB); changes memory, never a number


# --- moments -------------------------------------------------------------------------------------------------------


def w2_squared(real: Samples | Moments, fake: Samples | Moments) -> float:
    """Squared Wasserstein-2 distance of the Gaussians with the moments of both sides; ≥ 0, small is good.

    ‖μ1 − μ2‖² + tr(Σ1 + Σ2 − 2 (Σ1^½ Σ2 Σ1^½)^½). The paper's WD is this square. Dowson and Landau (1982),
    https://doi.org/10.1016/0047-259X(82)90077-X.
    """
    (mean1, cov1), (mean2, cov2) = _both(real, fake)
    roots = torch.linalg.svdvals(_root(cov1).T @ _root(cov2)).sum()  # tr (Σ1^½ Σ2 Σ1^½)^½ is the nuclear norm of R1ᵀ R2
    return max(0.0, ((mean1 - mean2).square().sum() + cov1.trace() + cov2.trace() - 2 * roots).item())


def mean_error(real: Samples | Moments, fake: Samples | Moments) -> float:
    """‖μ_fake − μ_real‖²; ≥ 0, small is good."""
    (mean1, _), (mean2, _) = _both(real, fake)
    return (mean1 - mean2).square().sum().item()


def trace(real: Samples | Moments, fake: Samples | Moments) -> float:
    """tr Σ_fake, the total variance; ≥ 0, good when equal to the truth's."""
    return _both(real, fake)[1][1].trace().item()


def logdet(real: Samples | Moments, fake: Samples | Moments) -> float:
    """log det Σ_fake; good when equal to the truth's, −inf when Σ_fake is singular (to rounding)."""
    values = _eigenvalues(_both(real, fake)[1][1])
    return values.log().sum().item()


def spectrum(real: Samples | Moments, fake: Samples | Moments) -> dict[str, float]:
    """The eigenvalues of Σ_fake, {"1": largest, "2": …}; ≥ 0, good when equal to the truth's."""
    values = _eigenvalues(_both(real, fake)[1][1])
    return {str(k): value for k, value in enumerate(values.flip(0).tolist(), 1)}


MOMENTS = (w2_squared, mean_error, trace, logdet, spectrum)


def frechet(real: Samples, fake: Samples) -> float:
    """Fréchet distance: `w2_squared` of the moments of rows, best of features (then it is the FID); ≥ 0, small is good.

    Fast where `w2_squared` is thorough: rows fewer than dimensions are never made a covariance of, and large covariances
    go by eigenvalues. Heusel et al. (2017), https://arxiv.org/abs/1706.08500, eq. 6.
    """
    a, b = _clouds(real, fake, least=2)
    mean1, mean2 = a.mean(0), b.mean(0)
    a, b = (a - mean1) / (len(a) - 1) ** 0.5, (b - mean2) / (len(b) - 1) ** 0.5  # aᵀ a is the covariance
    total = (mean1 - mean2).square().sum() + a.square().sum() + b.square().sum()
    if min(len(a), len(b)) < a.shape[1]:
        roots = torch.linalg.svdvals(a @ b.T).sum()
    else:
        root = _root(a.T @ a)
        roots = torch.linalg.eigvalsh(root.T @ (b.T @ b) @ root).clamp(min=0).sqrt().sum()
    return max(0.0, (total - 2 * roots).item())


# --- neighbours ----------------------------------------------------------------------------------------------------


def precision(real: Samples, fake: Samples, k: int = 5) -> float:
    """Quality: the share of fake rows that lie in a k-nearest-neighbour ball of some real row; in [0, 1], high is good.

    Kynkäänniemi et al. (2019), https://arxiv.org/abs/1904.06991, eq. 1 and 2; needs k + 1 rows on each side.
    """
    a, b = _clouds(real, fake, least=k + 1)
    return _inside(b, a, k)[0].gt(0).double().mean().item()


def recall(real: Samples, fake: Samples, k: int = 5) -> float:
    """Diversity: the share of real rows that lie in a k-nearest-neighbour ball of some fake row; in [0, 1], high is good.

    Kynkäänniemi et al. (2019), https://arxiv.org/abs/1904.06991, eq. 1 and 3: precision with the sides exchanged.
    """
    a, b = _clouds(real, fake, least=k + 1)
    return _inside(a, b, k)[0].gt(0).double().mean().item()


def density(real: Samples, fake: Samples, k: int = 5) -> float:
    """Quality: how many of the real rows' k-nearest-neighbour balls hold a fake row, over k, on average; ≥ 0, good near 1.

    Unlike precision, one outlier of the real rows, whose ball is large, counts little. Naeem et al. (2020),
    https://arxiv.org/abs/2002.09797, eq. 3.
    """
    a, b = _clouds(real, fake, least=k + 1)
    return _inside(b, a, k)[0].double().mean().item() / k


def coverage(real: Samples, fake: Samples, k: int = 5) -> float:
    """Diversity: the share of real rows whose k-nearest-neighbour ball holds some fake row; in [0, 1], high is good.

    Naeem et al. (2020), https://arxiv.org/abs/2002.09797, eq. 4.
    """
    a, b = _clouds(real, fake, least=k + 1)
    return _inside(b, a, k)[1].double().mean().item()


def _inside(points: Tensor, centres: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Of each point, in how many k-nearest-neighbour balls of the centres it lies; of each ball, whether it holds a point."""
    radii = _radii(centres, k)
    balls = torch.zeros(len(points), dtype=torch.long, device=points.device)
    holds = torch.zeros(len(centres), dtype=torch.bool, device=points.device)
    for rows, distances in _distances(points, centres):
        within = distances <= radii
        balls[rows] = within.sum(1)
        holds |= within.any(0)
    return balls, holds


def _radii(x: Tensor, k: int) -> Tensor:
    """The distance of each row to its k-th nearest other row; 0 among k equal ones."""
    radii = torch.empty(len(x), dtype=x.dtype, device=x.device)
    for rows, distances in _distances(x, x, others=True):
        radii[rows] = distances.topk(k, dim=1, largest=False).values[:, -1]
    return radii


def _distances(a: Tensor, b: Tensor, others: bool = False) -> Iterator[tuple[slice, Tensor]]:
    """Chunks of the distances (rows of a, all of b), and which rows; others: a is b, and no row is near to itself."""
    centre = b.mean(0)
    a, b = a - centre, b - centre
    rounding = 1e-8 * max(a.square().sum(1).max(), b.square().sum(1).max()) ** 0.5
    step = max(1, CHUNK // len(b))
    for start in range(0, len(a), step):
        rows = slice(start, min(start + step, len(a)))
        exact = a.shape[1] <= 8
        distances = _chunk(a[rows], b, exact)
        if others:
            distances[torch.arange(len(distances)), torch.arange(rows.start, rows.stop)] = torch.inf
        if not exact and distances.min() < 1e4 * rounding:  # products would lose digits of the near ones
            distances = _chunk(a[rows], b, True)
            if others:
                distances[torch.arange(len(distances)), torch.arange(rows.start, rows.stop)] = torch.inf
        yield rows, distances


def _chunk(a: Tensor, b: Tensor, exact: bool) -> Tensor:
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist" if exact else "use_mm_for_euclid_dist")


# --- distances of clouds -------------------------------------------------------------------------------------------


def sliced_w2(real: Samples, fake: Samples, projections: int = 128) -> float:
    """Sliced Wasserstein-2 distance: the root mean of W2² over projections onto random lines; ≥ 0, small is good.

    The lines are the same in every call. In one dimension W2² joins equal quantiles, exactly so for clouds of different
    size. Bonneel et al. (2015), https://doi.org/10.1007/s10851-014-0506-3.
    """
    a, b = _clouds(real, fake)
    generator = torch.Generator().manual_seed(0)
    lines = torch.randn(a.shape[1], whole("projections", projections, least=1), generator=generator, dtype=a.dtype).to(a.device)
    lines = lines / lines.norm(dim=0)
    a, b = (a @ lines).sort(dim=0).values, (b @ lines).sort(dim=0).values  # (n, projections)
    if len(a) == len(b):
        return (a - b).square().mean().sqrt().item()
    at = torch.cat([torch.arange(1, len(x) + 1, dtype=a.dtype, device=a.device) / len(x) for x in (a, b)]).sort().values
    weight = at.diff(prepend=at.new_zeros(1))                                 # the steps of both quantile functions
    middle = at - weight / 2
    i, j = ((middle * len(x)).long().clamp(max=len(x) - 1) for x in (a, b))
    return (weight @ (a[i] - b[j]).square()).mean().sqrt().item()


def mmd(real: Samples, fake: Samples) -> float:
    """Squared maximum mean discrepancy, unbiased, with a Gaussian kernel; small is good, may fall below 0.

    k(x, y) = exp(−‖x − y‖²/(2h²)), h the median distance of the first 1,000 real rows. Gretton et al. (2012),
    https://jmlr.org/papers/v13/gretton12a.html, eq. 3; needs 2 rows on each side.
    """
    a, b = _clouds(real, fake, least=2)
    some = a[:1000]
    h = torch.pdist(some).median().clamp(min=torch.finfo(a.dtype).tiny)

    def mean(x: Tensor, y: Tensor, others: bool) -> float:
        total = sum((-(d / h).square() / 2).exp().sum().item() for _, d in _distances(x, y, others))
        return total / (len(x) * (len(y) - others))

    return mean(a, a, True) + mean(b, b, True) - 2 * mean(a, b, False)


def modes(centres: Tensor, radius: float) -> Callable[[Samples, Samples], dict[str, float]]:
    """A metric of modes: {"alive": modes with a fake row within radius, "variance": their mean variance}.

    centres   (k, d), of the truth's modes; a row belongs to the nearest of them if that is within radius
    radius    > 0, such as 3 to 4 standard deviations of a mode
    alive     0 … k, high is good
    variance  mean, over modes of two rows or more, of the variance of a mode's rows per coordinate; good when equal
              to the truth's, nan when there is no such mode. Alemohammad et al. (2023), Figs. 14 and 15.
    """
    centres, radius = torch.as_tensor(centres), spread("modes: radius", radius)

    def modes(real: Samples, fake: Samples) -> dict[str, float]:
        x = _vectors("fake", fake)
        c = centres.to(x).flatten(1)
        if c.shape[1] != x.shape[1]:
            raise ValueError(f"modes: centres have {c.shape[1]} values, fake rows {x.shape[1]}; give centres of the same truth")
        distance, nearest = torch.cdist(x, c, compute_mode="donot_use_mm_for_euclid_dist").min(1)
        x, nearest = x[distance <= radius], nearest[distance <= radius]
        rows = torch.bincount(nearest, minlength=len(c))
        mean = torch.zeros_like(c).index_add(0, nearest, x) / rows.clamp(min=1)[:, None]
        squares = torch.zeros_like(c).index_add(0, nearest, (x - mean[nearest]).square())
        many = rows >= 2
        variance = (squares[many] / (rows[many] - 1)[:, None]).mean() if many.any() else x.new_tensor(torch.nan)
        return {"alive": float((rows > 0).sum()), "variance": variance.item()}

    return modes


# --- rows and moments of a side ------------------------------------------------------------------------------------


def _vectors(name: str, samples: Samples, least: int = 1) -> Tensor:
    """The rows as vectors (n, d) in float64."""
    if not isinstance(samples, Samples):
        raise TypeError(f"{name}: expected mk.Samples, got {type(samples).__name__}")
    if len(samples) < least:
        raise ValueError(f"{name}: expected at least {least} rows, got {len(samples)}; emit more, or judge more")
    x = samples.x.reshape(len(samples), -1).double()
    if not torch.isfinite(x).all():
        raise ValueError(f"{name}: expected finite rows, got NaN or infinity")
    return x


def _clouds(real: Samples, fake: Samples, least: int = 1) -> tuple[Tensor, Tensor]:
    a, b = _vectors("real", real, least), _vectors("fake", fake, least)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"real rows have {a.shape[1]} values, fake rows {b.shape[1]}: expected the same number")
    return a, b


def _both(real: Samples | Moments, fake: Samples | Moments) -> tuple[Moments, Moments]:
    a, b = _moments("real", real), _moments("fake", fake)
    if len(a[0]) != len(b[0]):
        raise ValueError(f"real has {len(a[0])} dimensions, fake {len(b[0])}: expected the same number")
    return a, b


def _moments(name: str, side: Samples | Moments) -> Moments:
    if isinstance(side, tuple):
        mean, cov = (torch.as_tensor(part).double() for part in side)
        if mean.ndim != 1 or cov.shape != (len(mean), len(mean)):
            raise ValueError(f"{name}: expected moments (mean (d,), cov (d, d)), got shapes {tuple(mean.shape)} and "
                             f"{tuple(cov.shape)}")
        if not (mean.isfinite().all() and cov.isfinite().all()):
            raise ValueError(f"{name}: expected finite moments, got NaN or infinity")
        return mean, cov
    x = _vectors(name, side, least=2)
    mean = x.mean(0)
    x = x - mean
    return mean, x.T @ x / (len(x) - 1)


def _eigenvalues(cov: Tensor) -> Tensor:
    """Ascending eigenvalues; those within rounding of zero are zero."""
    return _rounded(torch.linalg.eigvalsh(cov))


def _rounded(values: Tensor) -> Tensor:
    return values.where(values > len(values) * torch.finfo(values.dtype).eps * values[-1], 0)


def _root(cov: Tensor) -> Tensor:
    """R with R Rᵀ = cov, singular or not."""
    values, vectors = torch.linalg.eigh(cov)
    return vectors * _rounded(values).sqrt()
