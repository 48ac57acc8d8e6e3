"""Metrics: (real, fake) -> a number, or a dict of numbers. Quality, diversity, and the distance between two clouds.

| what it shows | metric |
|---|---|
| distance from the truth, 0 is best | w2_squared, mean_error (moments); sliced_w2, frechet, mmd (rows) |
| quality | precision, density |
| diversity | recall, coverage; trace, logdet, spectrum (moments); modes(centres, radius), which makes a metric |

Moment metrics (`MOMENTS`) compare means and covariances, and take those of a fit as well: a pair (mean (d,), cov (d, d)) may
stand in place of either cloud. All others look at rows. Rows of any shape are flattened to vectors (n, d) in float64.

Loops collapse clouds to 1e-9 of their offset, and to single points. So moments are those of differences to the first row,
exactly 0 for a point; and distances between near points are taken from differences, never from |a|² − 2ab + |b|², which
loses every digit there. Equal distances count as equal. What needs all pairs works in chunks of bounded memory.

ValueError is raised for rows of different length, for NaN or infinity, and for fewer rows than a metric needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from madkit.checks import spread, whole
from madkit.samples import Samples

Moments = tuple[Tensor, Tensor]  # mean (d,), cov (d, d)

CHUNK = 2**23  # pairs looked at at a time (64 MiB for their distances); changes memory, and no number but by rounding
ROUNDING = 1e-9  # squared distances that differ by less, relatively, are equal


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
    """log det Σ_fake; good when equal to the truth's, −inf when Σ_fake is singular.

    Whether it is, up to rounding, is seen from the correlations, so that the units of the coordinates do not matter.
    """
    cov = _both(real, fake)[1][1]
    std = cov.diagonal().sqrt()
    std = std.where(std > 0, 1)
    return (_eigenvalues(cov / std.outer(std)).log().sum() + 2 * std.log().sum()).item()


def spectrum(real: Samples | Moments, fake: Samples | Moments) -> dict[str, float]:
    """The eigenvalues of Σ_fake, {"1": largest, "2": …}; ≥ 0, good when equal to the truth's."""
    values = _eigenvalues(_both(real, fake)[1][1])
    return {str(k): value for k, value in enumerate(values.flip(0).tolist(), 1)}


MOMENTS = (w2_squared, mean_error, trace, logdet, spectrum)


def frechet(real: Samples, fake: Samples) -> float:
    """Fréchet distance: `w2_squared` of the moments of rows, best of features (then it is the FID); ≥ 0, small is good.

    Fast where `w2_squared` is thorough: rows fewer than dimensions are never made a covariance of, and large covariances
    go by eigenvalues, to half of the digits. Heusel et al. (2017), https://arxiv.org/abs/1706.08500, eq. 6.
    """
    a, b = _clouds(real, fake, least=2)
    (mean1, a), (mean2, b) = _centred(a), _centred(b)
    a, b = a / (len(a) - 1) ** 0.5, b / (len(b) - 1) ** 0.5  # aᵀ a is the covariance
    total = (mean1 - mean2).square().sum() + a.square().sum() + b.square().sum()
    if min(len(a), len(b)) < a.shape[1]:
        roots = torch.linalg.svdvals(a @ b.T).sum()
    else:
        cov = a.T @ a
        root, singular = torch.linalg.cholesky_ex(cov)  # a tenth of the time of eigenvectors
        root = _root(cov) if singular else root
        roots = torch.linalg.eigvalsh(root.T @ (b.T @ b) @ root).clamp(min=0).sqrt().sum()
    return max(0.0, (total - 2 * roots).item())


# --- neighbours ----------------------------------------------------------------------------------------------------


def precision(real: Samples, fake: Samples, k: int = 5) -> float:
    """Quality: the share of fake rows that lie in a k-nearest-neighbour ball of some real row; in [0, 1], high is good.

    Kynkäänniemi et al. (2019), https://arxiv.org/abs/1904.06991, eq. 1 and 2; needs k + 1 rows on each side.
    """
    a, b = _clouds(real, fake, least=whole("k", k, least=1) + 1)
    return _inside(b, a, k)[0].gt(0).double().mean().item()


def recall(real: Samples, fake: Samples, k: int = 5) -> float:
    """Diversity: the share of real rows that lie in a k-nearest-neighbour ball of some fake row; in [0, 1], high is good.

    Kynkäänniemi et al. (2019), https://arxiv.org/abs/1904.06991, eq. 1 and 3: precision with the sides exchanged.
    """
    a, b = _clouds(real, fake, least=whole("k", k, least=1) + 1)
    return _inside(a, b, k)[0].gt(0).double().mean().item()


def density(real: Samples, fake: Samples, k: int = 5) -> float:
    """Quality: how many of the real rows' k-nearest-neighbour balls hold a fake row, over k, on average; ≥ 0, good near 1.

    Unlike precision, one outlier of the real rows, whose ball is large, counts little. Naeem et al. (2020),
    https://arxiv.org/abs/2002.09797, eq. 3.
    """
    a, b = _clouds(real, fake, least=whole("k", k, least=1) + 1)
    return _inside(b, a, k)[0].double().mean().item() / k


def coverage(real: Samples, fake: Samples, k: int = 5) -> float:
    """Diversity: the share of real rows whose k-nearest-neighbour ball holds some fake row; in [0, 1], high is good.

    Naeem et al. (2020), https://arxiv.org/abs/2002.09797, eq. 4.
    """
    a, b = _clouds(real, fake, least=whole("k", k, least=1) + 1)
    return _inside(b, a, k)[1].double().mean().item()


def _inside(points: Tensor, centres: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Of each point, in how many k-nearest-neighbour balls of the centres it lies; of each ball, whether it holds a point."""
    radii = _radii(centres, k) * (1 + ROUNDING)
    balls = torch.zeros(len(points), dtype=torch.long, device=points.device)
    holds = torch.zeros(len(centres), dtype=torch.bool, device=points.device)
    for rows, squared in _distances(points, centres):
        within = squared <= radii
        balls[rows] = within.sum(1)
        holds |= within.any(0)
    return balls, holds


def _radii(x: Tensor, k: int) -> Tensor:
    """The squared distance of each row to its k-th nearest other row; 0 among k equal ones."""
    radii = torch.empty(len(x), dtype=x.dtype, device=x.device)  # filled in place: small pieces kept would fragment the heap
    for rows, squared in _distances(x, x, others=True):
        radii[rows] = squared.topk(k, dim=1, largest=False).values[:, -1]
    return radii


def _distances(a: Tensor, b: Tensor, others: bool = False) -> Iterator[tuple[slice, Tensor]]:
    """Chunks of the squared distances (rows of a, all of b), and which rows; others: a is b, no row is near to itself."""
    step = max(1, CHUNK // len(b))
    for start in range(0, len(a), step):
        squared = _squared(a[start : start + step], b)
        if others:
            squared.diagonal(start).fill_(torch.inf)
        yield slice(start, start + step), squared


def _squared(a: Tensor, b: Tensor) -> Tensor:
    """‖a − b‖² of all pairs of rows, (len(a), len(b)): by a matrix product, and from the difference where that cancels."""
    if a.shape[1] <= 8:
        return _direct(a, b)
    middle = b.mean(0)
    p, q = a - middle, b - middle
    p2, q2 = p.square().sum(1, keepdim=True), q.square().sum(1, keepdim=True)
    squared = torch.cat([-2 * p, p2, torch.ones_like(p2)], 1) @ torch.cat([q, torch.ones_like(q2), q2], 1).T
    near = (squared <= 4e-3 * p2).nonzero()  # all pairs below 0.1 % of p² + q²: elsewhere twelve digits are left
    if len(near) > squared.numel() / 16:
        return _direct(a, b)
    for i, j in (pairs.unbind(1) for pairs in near.split(max(1, CHUNK // a.shape[1]))):
        squared[i, j] = (a[i] - b[j]).square().sum(1)
    return squared


def _direct(a: Tensor, b: Tensor) -> Tensor:
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").square()


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
    a, b = (((x - a[0]) @ lines).sort(dim=0).values for x in (a, b))  # (n, projections)
    if len(a) == len(b):
        return (a - b).square().mean().sqrt().item()
    at = torch.cat([torch.arange(1, len(x) + 1, dtype=a.dtype, device=a.device) / len(x) for x in (a, b)]).sort().values
    weight = at.diff(prepend=at.new_zeros(1))                                 # the steps of both quantile functions
    middle = at - weight / 2
    i, j = ((middle * len(x)).long().clamp(max=len(x) - 1) for x in (a, b))
    return (weight @ (a[i] - b[j]).square()).mean().sqrt().item()


def mmd(real: Samples, fake: Samples) -> float:
    """Squared maximum mean discrepancy, unbiased, with a Gaussian kernel; small is good, may fall below 0.

    k(x, y) = exp(−‖x − y‖²/(2h²)), h the (lower) median distance of the first 1,000 real rows; where that is 0, k is 1 for
    equal rows, else 0. Gretton et al. (2012), https://jmlr.org/papers/v13/gretton12a.html, eq. 3; needs 2 rows on each side.
    """
    a, b = _clouds(real, fake, least=2)
    h2 = torch.pdist(a[:1000]).median().square().clamp(min=torch.finfo(a.dtype).tiny)

    def mean(x: Tensor, y: Tensor, others: bool) -> float:
        total = sum((squared / (-2 * h2)).exp().sum().item() for _, squared in _distances(x, y, others))
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
    if isinstance(centres, Samples):
        raise TypeError("modes: expected centres and a radius, got the rows to judge: give metrics=[mk.metrics.modes(centres, "
                        "radius)], such as modes(truth.centres, 4 * truth.std)")
    centres, radius = torch.as_tensor(centres), spread("modes: radius", radius)
    if centres.ndim < 2 or not len(centres) or not centres.isfinite().all():
        raise ValueError(f"modes: centres expected finite numbers of shape (k, d), such as truth.centres, got shape "
                         f"{tuple(centres.shape)}")

    def modes(real: Samples, fake: Samples) -> dict[str, float]:
        x = _vectors("fake", fake)
        c = centres.flatten(1).to(x)
        if c.shape[1] != x.shape[1]:
            raise ValueError(f"modes: centres have {c.shape[1]} values, fake rows {x.shape[1]}; give centres of the same truth")
        squared, nearest = _squared(x, c).min(1)
        inside = squared <= radius**2
        own = [x[inside & (nearest == mode)] for mode in range(len(c))]
        variances = [_centred(rows)[1].square().sum(0).mean().item() / (len(rows) - 1) for rows in own if len(rows) > 1]
        variance = sum(variances) / len(variances) if variances else float("nan")
        return {"alive": float(sum(len(rows) > 0 for rows in own)), "variance": variance}

    return modes


# --- rows and moments of a side ------------------------------------------------------------------------------------


def _vectors(name: str, samples: Samples, least: int = 1) -> Tensor:
    """The rows as vectors (n, d) in float64."""
    if not isinstance(samples, Samples):
        raise TypeError(f"{name}: expected mk.Samples, got {type(samples).__name__}")
    if len(samples) < least:
        raise ValueError(f"{name}: expected at least {least} rows, got {len(samples)}; emit more, or judge more")
    x = _double(samples.x.reshape(len(samples), -1))
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
        mean, cov = (_double(torch.as_tensor(part)) for part in side)
        if mean.ndim != 1 or cov.shape != (len(mean), len(mean)):
            raise ValueError(f"{name}: expected moments (mean (d,), cov (d, d)), got shapes {tuple(mean.shape)} and "
                             f"{tuple(cov.shape)}")
        if not (mean.isfinite().all() and cov.isfinite().all()):
            raise ValueError(f"{name}: expected finite moments, got NaN or infinity")
        return mean, cov
    x = _vectors(name, side, least=2)
    mean, x = _centred(x)
    return mean, x.T @ x / (len(x) - 1)


def _centred(x: Tensor) -> tuple[Tensor, Tensor]:
    """The mean, and the rows without it: exactly zero for equal rows."""
    x, first = x - x[0], x[0]
    return first + x.mean(0), x - x.mean(0)


def _double(x: Tensor) -> Tensor:
    """In float64, which Apple's GPUs do not have."""
    return (x.cpu() if x.device.type == "mps" else x).double()


def _eigenvalues(cov: Tensor) -> Tensor:
    """Ascending eigenvalues; those within rounding of zero are zero."""
    return _rounded(torch.linalg.eigvalsh(cov))


def _rounded(values: Tensor) -> Tensor:
    return values.where(values > len(values) * torch.finfo(values.dtype).eps * values[-1], 0)


def _root(cov: Tensor) -> Tensor:
    """R with R Rᵀ = cov, singular or not."""
    values, vectors = torch.linalg.eigh(cov)
    return vectors * _rounded(values).sqrt()
