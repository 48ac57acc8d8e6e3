"""The Gaussian mixture, fitted by EM: modes that can shrink, merge and die.

    density  p(x) = Σ_k w_k N(x; μ_k, Σ_k)
    E step   r_nk = w_k N(x_n; μ_k, Σ_k) / p(x_n)      responsibilities, rows sum to 1
    M step   N_k = Σ_n r_nk,  w_k = N_k/n,  μ_k = Σ_n r_nk x_n / N_k
             Σ_k = Σ_n r_nk (x_n − μ_k)(x_n − μ_k)ᵀ / N_k
    sample   k ~ w,  x = μ_k + √λ R_k z,  z ~ N(0, I),  R_k R_kᵀ = Σ_k

**No floor.** Libraries add 1e-6 to every variance, and a loop then converges to that number.
Nothing is added here, and all is scale-free: fit(c x) = c fit(x), at any c. The price is known: the
likelihood is unbounded, since a component on d rows or fewer lies flat, and a flat density is
infinite. So flat components get the meaning of a limit, Σ_k + ε²I for ε → 0. Rows in a component's
flat are its own, others are not; it keeps its rows, its rank, and is sampled as it is. For
densities only, ε is rounding error, of the rows or of Σ_k: what lies closer cannot be told apart.
Columns that spread by 2²² to 2²⁸ times less than others would be lost so: then every column is
fitted in a unit of its own, a power of two, which rounds nothing. A column that spreads still less
is taken for rounding, and warned of: what a fit emits where all rows were alike may spread as much.
A mode of five, two, one rows is thus five, two, one rows in the next draw too on average; it dies,
like a word, when no row is drawn.

**Dead components** have no rows and weight 0. Covariances are the most likely ones: in a loop, a
mode of N_k rows shrinks by 1 − 1/N_k a generation before its random collapse sets in.

The start is a hard assignment of rows to the nearest of k centres: greedy k-means++, then Lloyd's
iterations (parts.kmeans); or centres of your own, such as the truth's. EM: Dempster, Laird and Rubin (1977),
https://doi.org/10.1111/j.2517-6161.1977.tb01600.x.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from madkit.base import limits
from madkit.base.aloud import warn
from madkit.base.checks import Count, Rows, Unit
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.units import units
from madkit.models.gaussian import FLAT
from madkit.models.parts import kmeans
from madkit.models.parts.vectors import check_room, empty, samples, vectors
from madkit.samples import Samples

HIDDEN = 2.0**22  # times that columns may spread apart before one is lost …
LOST = 2.0**28    # … and beyond which it is taken for rounding, which comes to 2⁻³⁶ of the largest
WIDE = 32      # numbers of a row from which components are taken one by one
TINY = 1e-300  # keeps 0/0 and log 0 out where a cloud is a single point


@gate
@guarded
@dataclass(eq=False, repr=False)
class Mixture:
    """k Gaussians with full covariances, fitted by EM; λ multiplies each covariance.

    k      components, at least 1; those that find no rows are dead, with weight 0
    start  "k-means++", or centres (k, *shape): each row starts with the nearest one
    tol    EM stops when the mean log-likelihood of a row rises by less than this, in nats
    steps  … or after so many steps

    After `fit`, in float64: weights (k,), means (k, d), covs (k, d, d), and log_likelihood, the
    mean of log p(x_n) in nats (higher is better; of flat components, a limit's stand-in). Any row
    shape; memory k·n·d numbers, of wide rows k·(n + 3 d²) + 2 n·d. `fit` raises ValueError for
    fewer than 2 rows, NaN, or centres of another dimension; `sample` for λ outside [0, 1].
    """

    k: Count
    start: Tensor | Literal["k-means++"] = "k-means++"
    tol: float = 1e-3
    steps: Count = 100

    def __post_init__(self):
        self._check_room(2, 1)
        if not 0 <= self.tol < math.inf:
            raise ValueError("Mixture: tol expected a finite number ≥ 0, in nats, got "
                             f"{self.tol!r}")
        if isinstance(self.start, str):
            if self.start != "k-means++":
                raise ValueError("Mixture: start expected 'k-means++' or centres (k, *shape), "
                                 f"got {self.start!r}")
            return
        self.start = torch.as_tensor(self.start, dtype=torch.float64)
        if self.start.ndim < 2 or len(self.start) != self.k or not torch.isfinite(self.start).all():
            raise ValueError(f"Mixture: start expected k = {self.k} finite centres (k, *shape), "
                             f"got a tensor {tuple(self.start.shape)}")

    def fit(self, data: Samples) -> Mixture:
        """EM from the start until the likelihood stands still."""
        x = vectors(data, "Mixture")  # (n, d)
        self._check_room(len(x), x.shape[1], 2 if _singly(x) else self.k)
        unit = _units(x, data)
        x = x / unit
        eps = torch.finfo(data.x.dtype if data.x.is_floating_point() else x.dtype).eps
        rounding = float((8 * eps * x.abs().max()) ** 2)
        r = kmeans.nearest(x, self._centres(x, unit))  # (k, n)
        self.log_likelihood, shapes = -math.inf, None
        for _ in range(self.steps):
            before = self.log_likelihood
            self.weights, self.means, self.covs = _maximise(x, r)
            shapes = _shapes(x, self.means, self.covs, rounding, shapes)
            r, self.log_likelihood = _expect(self.weights, x.shape[1], shapes)
            if self.log_likelihood - before < self.tol:
                break
        assert shapes is not None
        self._scale(unit, shapes.roots)
        self._like = empty(data)
        return self

    def _scale(self, unit: Tensor, roots: Tensor) -> None:
        """From units of the columns (d,) back to those of the data."""
        self.means, self._roots = self.means * unit, roots * unit[:, None]
        self.covs = self.covs * unit[:, None] * unit
        self.log_likelihood -= float(unit.log().sum())

    def sample(self, n: Rows, lam: Unit = 1.0) -> Samples:
        """n rows, each of a component drawn by weight, from torch's global generator."""
        self._fitted()
        check_room("Mixture", n, self._like)
        own = torch.multinomial(self.weights, n, replacement=True) if n else self.weights[:0].long()
        z = torch.randn(n, self.means.shape[1], dtype=self.means.dtype, device=self.means.device)
        x = self.means[own]
        for k in range(self.k):
            mine = (own == k).nonzero().squeeze(1)
            x[mine] += math.sqrt(lam) * z[mine] @ self._roots[k].T
        return samples(x, self._like)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean (d,) and covariance (d, d) at λ = 1: within components plus between them."""
        self._fitted()
        mean = self.weights @ self.means
        between = self.means - mean  # (k, d)
        within = torch.einsum("k,kij->ij", self.weights, self.covs)
        return mean, within + (self.weights * between.T) @ between

    def _check_room(self, n: int, d: int, copies: int = 1) -> None:
        """ValueError where k components of n rows of d numbers do not fit: offsets, of so many
        components at once, and matrices.
        """
        limits.memory("Mixture: k", f"{limits.count(self.k)} components of {n:,} rows of {d:,} numbers",
                      8 * (copies * n * d + self.k * (n + 3 * d * d)))

    def _centres(self, x: Tensor, unit: Tensor) -> Tensor:
        if isinstance(self.start, str):
            return kmeans.lloyd(x, kmeans.spread_out(x, self.k))
        centres = self.start.reshape(self.k, -1).to(x.device)
        if centres.shape[1] != x.shape[1]:
            raise ValueError(f"Mixture: start has centres of {centres.shape[1]} numbers, expected "
                             f"{x.shape[1]}, as the rows have")
        return centres / unit

    def _fitted(self) -> None:
        if not hasattr(self, "weights"):
            raise RuntimeError("Mixture: call fit(data) first")

    def __repr__(self) -> str:
        start = repr(self.start) if isinstance(self.start, str) else f"{len(self.start)} centres"
        return f"Mixture(k={self.k}, start={start}, tol={self.tol}, steps={self.steps})"


def _units(x: Tensor, data: Samples) -> Tensor:
    """A unit for each column (d,). Warns of real columns that are too far apart for any."""
    variances, place = x.var(0, correction=0), x.mean(0)
    unit = units(variances, place)
    if not bool(data.born.any()) and float(unit.max()) > LOST * float(unit.min()):
        small, large = int(unit.argmin()), int(unit.argmax())
        warn(f"Mixture: column {small} spreads {float(unit[large] / unit[small]):.0e} times less "
             f"than column {large}, and is taken for rounding; divide each column by its standard "
             "deviation")
    return units(variances, place, HIDDEN, 1 / LOST)


# --- EM -------------------------------------------------------------------------------------------


def _maximise(x: Tensor, r: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weights, means and covariances of the components."""
    size = r.sum(1)                        # (k,)
    r = r / size.clamp(min=TINY)[:, None]  # (k, n)
    means = r @ x                          # (k, d)
    return size / len(x), means, _squares(x, means, r)


def _squares(x: Tensor, means: Tensor, r: Tensor) -> Tensor:
    """Σ_n r_nk o oᵀ (k, d, d), o the rows as seen from a mean. Of wide rows, only of those that a
    component has a share in: mostly few, and the others would add zeros.
    """
    if not _singly(x):
        offsets = _offsets(x, means)
        return (offsets * r[:, None]) @ offsets.mT
    squares = x.new_empty(len(r), *2 * x.shape[1:])
    for into, mean, share in zip(squares, means, r, strict=True):
        mine = share.nonzero().squeeze(1)
        rows = x[mine].sub_(mean)          # (of them, d)
        torch.mm((rows * share[mine, None]).T, rows, out=into)
    return squares


class _Shapes(NamedTuple):
    """Components, and how the rows lie to them."""

    means: Tensor       # (k, d)
    covs: Tensor        # Σ (k, d, d)
    roots: Tensor       # R (k, d, d), with R Rᵀ = Σ
    log_volume: Tensor  # (k,), of the inverse
    lengths: Tensor     # (k, n), squared, in standard deviations


def _shapes(x: Tensor, means: Tensor, covs: Tensor, rounding: float,
            before: _Shapes | None) -> _Shapes:
    """Shapes of the components. `before` is written into: of wide rows, what did not move by a bit
    since is not found again.
    """
    if before is None or not _singly(x):
        roots, (whiten, log_volume) = _factors(covs, rounding)
        return _Shapes(means, covs, roots, log_volume, _lengths(x, means, whiten))
    moved = (means != before.means).any(1) | (covs != before.covs).any(2).any(1)
    before.roots[moved], (whiten, before.log_volume[moved]) = _factors(covs[moved], rounding)
    before.lengths[moved] = _lengths(x, means[moved], whiten)
    return before._replace(means=means, covs=covs)


def _factors(covs: Tensor, rounding: float) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Roots R (k, d, d) with R Rᵀ = Σ; and for densities, W (k, d, d) and log |W| (k,).

    Wᵀ W = Σ⁻¹, with ε in place of 0.
    """
    values, vectors_ = torch.linalg.eigh(covs)  # (k, d) ascending, (k, d, d)
    epsilon = (FLAT * values[:, -1:]).clamp(min=max(rounding, TINY))
    roots = vectors_ * values.where(values > epsilon, 0).sqrt()[:, None]
    scale = values.maximum(epsilon).rsqrt()
    return roots, (scale[:, :, None] * vectors_.mT, scale.log().sum(1))


def _expect(weights: Tensor, d: int, shapes: _Shapes) -> tuple[Tensor, float]:
    """Responsibilities (k, n), and the mean log-likelihood of a row of d numbers."""
    constant = weights.log() + shapes.log_volume - d / 2 * math.log(2 * math.pi)
    log_joint = constant[:, None] - shapes.lengths / 2  # a dead component: −inf
    log_p = log_joint.logsumexp(0)                      # (n,)
    return (log_joint - log_p).exp(), float(log_p.mean())


def _lengths(x: Tensor, means: Tensor, whiten: Tensor) -> Tensor:
    """‖W_k (x_n − μ_k)‖² (k, n); of wide rows one component after the other, which stays in cache."""
    if not _singly(x):
        return (whiten @ _offsets(x, means)).square_().sum(1)
    lengths = x.new_empty(len(means), len(x))
    for into, mean, one in zip(lengths, means, whiten, strict=True):
        torch.sum((one @ (x - mean).T).square_(), 0, out=into)
    return lengths


def _offsets(x: Tensor, means: Tensor) -> Tensor:
    """The rows as seen from each mean (k, d, n)."""
    return x.T - means[:, :, None]


def _singly(x: Tensor) -> bool:
    """Whether components are taken one by one, which moves no bit: where the width is odd, sums of
    fewer rows would be rounded in another way.
    """
    return x.shape[1] >= WIDE and x.shape[1] % 2 == 0 and x.device.type == "cpu"
