"""Gaussian loops by their exact law: no rows are drawn, only what a fit sees of them.

A Gaussian fit sees n rows of N(μ, F Fᵀ) through their mean x̄ and their scatter S = Σ (x − x̄)(x − x̄)ᵀ alone, and these
two are independent, with a known law:

    x̄ = μ + F z/√n,      S = (F A)(F A)ᵀ,      z ~ N(0, I),

A lower triangular with A_ii = √χ²_{n−i} (i = 1 … d), standard normals below, and no columns from the n-th on (Bartlett
1933, https://doi.org/10.1017/S0370164600015200). Groups of rows pool exactly: S = Σ_g S_g + Σ_g n_g (x̄_g − x̄)(x̄_g − x̄)ᵀ.
So a generation costs the same whatever n is, and all seeds and loops go side by side in one tensor.

Covariances are carried as lower triangular factors, Σ = F Fᵀ. In a fully synthetic loop F_t = F_{t−1} √(λ/(n−1)) A: its
diagonal is a product, so log det Σ_t, a sum of logarithms, stays right long after Σ_t itself has left the range of
floating point. Everything happens in the coordinates in which the truth is N(0, I), "generation 0".

Randomness: seed s draws from explicit generators of its own, generation after generation, so more seeds, loops or
generations change no number, and no stream is opened (sliders call this from their thread). Loops with the same seed
share their normals: differences between loops are differences between loops, and a slider moves the curves smoothly.

Limits: with memory > 1 or a pool, F_t is found anew each generation by a QR decomposition, so directions whose standard
deviation is below 1e-15 of the largest are rounding; log det is then too large.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from madkit.loops import Fresh, Loop, Previous, Real, Synthetic, check_loop, initial_rows, parts, resolve, whole
from madkit.rng import key

if TYPE_CHECKING:
    from madkit.runs import Run

BUDGET = 2**22  # numbers held at a time per array: what is drawn in one go, never what is drawn
METRICS = ("w2_squared", "mean_error", "trace", "logdet")


def run(
    loop: Loop | Sequence[Loop],             # sources and their sums; a list of loops adds the column `loop`
    dim: int = 1,
    *,
    generations: int = 50,
    seeds: int | Iterable[int] = 100,        # a count (0 … seeds−1) or the seeds themselves
    n_ini: int | Sequence[int] | None = None,  # real rows of generation 1 (one for all, or one per loop); None: the loop's size
    mean: Tensor | None = None,              # (d,) of the truth; None: 0
    cov: Tensor | None = None,               # (d, d) of the truth; None: I
    ddof: int = 1,                           # 1: unbiased covariance, 0: maximum likelihood
    metrics: Iterable[str] = METRICS,        # these, and "spectrum": rows "spectrum.1" (largest eigenvalue) … "spectrum.d"
    device: str = "auto",
    dtype: torch.dtype = torch.float64,
    progress: bool = False,                  # a bar, once it takes over two seconds
) -> Run:
    """A Gaussian model in a frozen loop, with the same law as `mk.run(mk.models.Gaussian(), …)` but no rows drawn.

    The metrics are those of the fit (λ not applied) against the truth. Raises ValueError for a loop whose law is not
    known here (a plain function, accumulate_subsample), with the reason; use `mk.run` for those.
    """
    from madkit import runs, spec, theory

    many = isinstance(loop, list | tuple)
    chosen, names, seeds = list(loop) if many else [loop], _names(metrics), _seeds(seeds)
    values = simulate(loop, dim, generations=generations, seeds=seeds, n_ini=n_ini, cov=cov, ddof=ddof, metrics=names,
                      device=device, dtype=dtype, progress=progress)
    n_inis = _n_inis(n_ini, chosen)
    known = [theory.table(one, dim, generations, n, mean, cov, ddof) for one, n in zip(chosen, n_inis, strict=True)]
    facts = {
        "model": f"Gaussian(ddof={ddof})", "loop": spec.describe(chosen if many else loop),
        "truth": _truth(dim, mean, cov), "seeds": seeds, "n_ini": n_inis if many else n_inis[0], "metrics": list(names),
        "features": None, "emit": 0, "lam_emit": None, "method": "exact law, no rows drawn", "generations": generations,
    }
    return runs.Run(
        table=_table(values, seeds, many),
        theory=_theory(known, values, many),
        samples={}, real=None,
        composition=_frame(columns=["generation", "source", "born", "rows"]),
        spec=facts | spec.provenance(str(resolve(device))),
    )


def simulate(
    loop: Loop | Sequence[Loop],
    dim: int = 1,
    *,
    generations: int = 50,
    seeds: int | Iterable[int] = 100,
    n_ini: int | Sequence[int] | None = None,
    cov: Tensor | None = None,
    ddof: int = 1,
    metrics: Iterable[str] = METRICS,
    device: str = "auto",
    dtype: torch.dtype = torch.float64,
    progress: bool = False,
) -> dict[str, np.ndarray]:
    """The numbers of `run` as plain arrays: {metric: (loops, seeds, generations)}; arguments as there."""
    seeds, names = _seeds(seeds), _names(metrics)
    truth = _Truth.of(dim, cov, resolve(device), dtype)
    chosen = list(loop) if isinstance(loop, list | tuple) else [loop]
    keys = [key for name in names for key in _keys(name, dim)]
    values = {key: np.empty((len(chosen), len(seeds), generations)) for key in keys}
    for which, span, law in _paths(chosen, dim, generations, seeds, n_ini, ddof, truth, progress):
        for name in names:
            measured = _measure(name, law, truth)                            # (T, L, S) or, for the spectrum, (T, L, S, d)
            columns = measured.unbind(-1) if measured.ndim == 4 else [measured]
            for key, column in zip(_keys(name, dim), columns, strict=True):
                values[key][which, :, span] = column.permute(1, 2, 0).cpu().numpy()
    return values


def moments(
    loop: Loop | Sequence[Loop],
    dim: int = 1,
    *,
    generations: int = 50,
    seeds: int | Iterable[int] = 100,
    n_ini: int | Sequence[int] | None = None,
    mean: Tensor | None = None,
    cov: Tensor | None = None,
    ddof: int = 1,
    device: str = "auto",
    dtype: torch.dtype = torch.float64,
) -> tuple[np.ndarray, np.ndarray]:
    """The fits themselves: means (loops, seeds, generations, d), covariances (loops, seeds, generations, d, d), as in `run`."""
    seeds = _seeds(seeds)
    truth = _Truth.of(dim, cov, resolve(device), dtype)
    chosen = list(loop) if isinstance(loop, list | tuple) else [loop]
    centre = 0.0 if mean is None else np.asarray(mean, dtype=float)
    means, covs = (np.empty((len(chosen), len(seeds), generations, *shape)) for shape in [(dim,), (dim, dim)])
    for which, span, law in _paths(chosen, dim, generations, seeds, n_ini, ddof, truth, progress=False):
        factor = truth.root @ law.factor
        means[which, :, span] = centre + (truth.root @ law.mean).squeeze(-1).permute(1, 2, 0, 3).cpu().numpy()
        covs[which, :, span] = (factor @ factor.mT).permute(1, 2, 0, 3, 4).cpu().numpy()
    return means, covs


# --- the law -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Law:
    """Fitted Gaussians N(mean, factor factorᵀ), any leading shape; where the truth is N(0, I)."""

    mean: Tensor    # (…, d, 1)
    factor: Tensor  # (…, d, d) lower triangular
    logdet: Tensor  # (…)


@dataclass(frozen=True)
class _Group:
    """What a fit sees of a group of rows: how many, their mean, a factor of their scatter."""

    n: Tensor     # (L, 1, 1, 1)
    mean: Tensor  # (L, S, d, 1)
    root: Tensor  # (L, S, d, ·)


def _paths(loops: list[Loop], dim: int, generations: int, seeds: list[int], n_ini: int | Sequence[int] | None, ddof: int,
           truth: _Truth, progress: bool) -> Iterator[tuple[list[int], slice, _Law]]:
    """(positions of the loops, generations, law (T, L, S, …)) piece by piece: loops of one structure side by side."""
    from tqdm.auto import tqdm

    dim, generations = whole("dim", dim, least=1), whole("generations", generations, least=1)
    if ddof not in (0, 1):
        raise ValueError(f"ddof: expected 1 (unbiased covariance) or 0 (maximum likelihood), got {ddof!r}")
    plans = [_Plan.of(loop, n, dim, generations) for loop, n in zip(loops, _n_inis(n_ini, loops), strict=True)]
    with tqdm(total=len(loops) * generations, unit="generation", delay=2, disable=not progress, leave=False) as bar:
        for which in _families(plans, len(seeds) * dim**2):
            family = [plans[i] for i in which]
            follow = _chain if family[0].chain else _pool
            for span, law in follow(family, dim, generations, seeds, ddof, truth.mean):
                yield which, span, law
                bar.update(len(which) * (span.stop - span.start))


def _families(plans: list[_Plan], size: int) -> list[list[int]]:
    """Positions of loops with the same structure, in batches that fit the budget."""
    families: dict[tuple, list[int]] = {}
    for i, plan in enumerate(plans):
        families.setdefault(plan.structure, []).append(i)
    step = {structure: max(1, BUDGET // (size * plans[which[0]].slots)) for structure, which in families.items()}
    return [which[i : i + step[s]] for s, which in families.items() for i in range(0, len(which), step[s])]


def _chain(family: list[_Plan], dim: int, generations: int, seeds: list[int], ddof: int,
           like: Tensor) -> Iterator[tuple[slice, _Law]]:
    """Fully synthetic loops, all generations at once where d = 1: F_t = F_{t−1} B_t, μ_t = μ_{t−1} + F_{t−1} b_t."""
    mean, factor, logdet = torch.zeros_like(like), torch.eye(dim).to(like), torch.zeros(()).to(like)
    lam = torch.tensor([plan.parts[0].lam for plan in family]).to(like)[:, None, None, None]
    for span, n, z, a in _draws(family, dim, generations, seeds, like):
        n, z, a = n[:, :, 0], z[:, :, :, 0], a[:, :, :, 0]                   # (T, L, 1, …): one group a generation
        scale = lam.expand(len(n), *lam.shape).clone()
        if span.start == 0:
            scale[0] = 1                                                     # generation 0, the truth, is sampled as it is
        steps = a * (scale / (n - ddof)).sqrt()
        if dim == 1:
            factors = factor * steps.cumprod(0)
        else:
            factors = torch.stack(list(_products(factor, steps)))
        before = torch.cat([factor.expand_as(factors[:1]), factors[:-1]])
        means = mean + (before @ (z * (scale / n).sqrt())).cumsum(0)
        logdets = logdet + _logdet(steps).cumsum(0)
        yield span, _Law(means, factors, logdets)
        mean, factor, logdet = means[-1], factors[-1], logdets[-1]


def _products(factor: Tensor, steps: Tensor) -> Iterator[Tensor]:
    for step in steps:
        factor = factor @ step
        yield factor


def _pool(family: list[_Plan], dim: int, generations: int, seeds: list[int], ddof: int,
          like: Tensor) -> Iterator[tuple[slice, _Law]]:
    """Any sum of sources, one generation after another."""
    origin = _Law(torch.zeros_like(like), torch.eye(dim).to(like), torch.zeros(()).to(like))
    reach = max([part.memory for part in family[0].parts if isinstance(part, Synthetic)], default=1)
    past: deque[_Law] = deque(maxlen=reach)                                  # newest first
    lams = [torch.tensor([getattr(plan.parts[i], "lam", 1.0) for plan in family]).to(like)[:, None, None, None]
            for i in range(len(family[0].parts))]
    ranks = torch.tensor(np.stack([plan.ranks for plan in family]), device=like.device)      # (L, generations)
    real = before = None
    for span, n, z, a in _draws(family, dim, generations, seeds, like):
        laws = []
        for t, rows, zs, roots in zip(range(span.start, span.stop), n, z.unbind(0), a.unbind(0), strict=True):
            drawn = iter([(rows[:, j], zs[:, :, j], roots[:, :, j]) for j in range(rows.shape[1])])
            if t == 0:
                real = before = _pooled([_sampled(origin, 1.0, *next(drawn))])
            else:
                groups = []
                for part, lam in zip(family[0].parts, lams, strict=True):
                    if isinstance(part, Real):
                        groups.append(real)
                    elif isinstance(part, Previous):
                        groups.append(before)
                    elif isinstance(part, Fresh):
                        groups.append(_sampled(origin, 1.0, *next(drawn)))
                    else:
                        groups += [_sampled(law, lam, *draw) for law, draw in zip(past, _take(drawn, part.memory))]
                before = _pooled(groups, ranks[:, t], dim)
            factor = before.root / (before.n - ddof).sqrt()
            past.appendleft(_Law(before.mean, factor, _logdet(factor)))
            laws.append(past[0])
        yield span, _Law(*(torch.stack([getattr(law, name) for law in laws]) for name in ("mean", "factor", "logdet")))


def _take(drawn: Iterator, count: int) -> list:
    return [next(drawn) for _ in range(count)]


def _sampled(law: _Law, lam: Tensor | float, n: Tensor, z: Tensor, a: Tensor) -> _Group:
    """n rows of N(mean, λ factor factorᵀ)."""
    factor = law.factor * lam**0.5
    return _Group(n, law.mean + factor @ z / n.clamp(min=1).sqrt(), factor @ a)


def _pooled(groups: list[_Group], rank: Tensor | None = None, dim: int = 0) -> _Group:
    """All rows together: their scatter's triangular factor, columns beyond its rank exactly zero."""
    if len(groups) == 1:
        return groups[0]
    total = sum(group.n for group in groups)
    mean = sum(group.n * group.mean for group in groups) / total
    columns = [part for group in groups for part in (group.root, group.n.sqrt() * (group.mean - mean))]
    root = torch.linalg.qr(torch.cat(columns, -1).mT, mode="r").R.mT
    root = root * torch.copysign(torch.ones_like(root[..., :1, :]), root.diagonal(dim1=-2, dim2=-1)[..., None, :])
    alive = torch.arange(dim, device=rank.device) < rank[:, None, None, None]
    return _Group(total, mean, root * alive)


def _logdet(factor: Tensor) -> Tensor:
    return 2 * factor.diagonal(dim1=-2, dim2=-1).abs().log().sum(-1)


# --- what is drawn -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """The sizes of a loop's groups: known before anything is drawn."""

    parts: tuple[Loop, ...]
    rows: np.ndarray   # (generations, slots) rows of each group that is drawn; generation 1 draws n_ini into slot 0
    ranks: np.ndarray  # (generations,) rank of the fitted covariance

    @classmethod
    def of(cls, loop: Loop, n_ini: int, dim: int, generations: int) -> _Plan:
        chosen = _simulable(loop)
        slots = max(1, sum(_slots(part) for part in chosen))
        rows, ranks = np.zeros((generations, slots), dtype=np.int64), np.zeros(generations, dtype=np.int64)
        rows[0, 0], ranks[0] = n_ini, min(dim, n_ini - 1)
        cap = dim if any(isinstance(part, Fresh) for part in chosen) else ranks[0]
        total = n_ini
        for t in range(2, generations + 1):
            groups = [group for part in chosen for group in _groups(part, t, n_ini, total, ranks)]
            total = sum(n for n, _, _ in groups)
            if total < 2:
                raise ValueError(f"loop: the training set of generation {t} has {total} rows, expected at least 2; "
                                 "give the loop real, fresh or synthetic rows")
            drawn = [n for n, _, is_drawn in groups if is_drawn]
            rows[t - 1, : len(drawn)] = drawn
            ranks[t - 1] = min(cap, sum(points for _, points, _ in groups) - 1)
        return cls(chosen, rows, ranks)

    @property
    def slots(self) -> int:
        return self.rows.shape[1]

    @property
    def structure(self) -> tuple:
        return tuple((type(part), getattr(part, "memory", 1)) for part in self.parts)

    @property
    def chain(self) -> bool:
        return self.structure == ((Synthetic, 1),)


def _simulable(loop: Loop) -> tuple[Loop, ...]:
    check_loop(loop)
    for part in parts(loop):
        if not isinstance(part, Real | Fresh | Synthetic | Previous):
            why = ("keeps some rows and drops others, so the rows themselves matter" if hasattr(part, "size") else
                   "is a plain function, so where its rows come from is not known")
            raise ValueError(f"loop: {part!r} {why}; exact simulates Real, Fresh, Synthetic, Previous and their sums: use mk.run")
    return parts(loop)


def _slots(part: Loop) -> int:
    return {Fresh: 1, Synthetic: getattr(part, "memory", 1)}.get(type(part), 0)


def _groups(part: Loop, t: int, n_ini: int, total: int, ranks: np.ndarray) -> list[tuple[int, int, bool]]:
    """(rows, rows in general position, whether drawn) of each group of generation t's training set; newest model first."""
    if isinstance(part, Real):
        return [(n_ini, ranks[0] + 1, False)]
    if isinstance(part, Previous):
        return [(total, ranks[t - 2] + 1, False)]
    if isinstance(part, Fresh):
        return [(part.n, part.n, True)]
    shares = {k: part.shares(t).get(k, 0) for k in range(t - 1, t - 1 - part.memory, -1)}
    return [(n, min(n, ranks[k - 1] + 1 if k > 0 and part.lam > 0 else 1), True) for k, n in shares.items()]


def _draws(family: list[_Plan], dim: int, generations: int, seeds: list[int],
           like: Tensor) -> Iterator[tuple[slice, Tensor, Tensor, Tensor]]:
    """(generations, n (T, L, G, 1, 1, 1)-like, z (T, L, S, G, d, 1), Bartlett factors (T, L, S, G, d, d)), piece by piece."""
    slots, below = family[0].slots, torch.tril_indices(dim, dim, -1)
    normal = [_generator(seed, "normal") for seed in seeds]                  # the loops of a family share them
    gamma = [[_generator(seed, "gamma") for seed in seeds] for _ in family]
    length = max(1, BUDGET // (len(family) * len(seeds) * slots * dim**2))
    for start in range(0, generations, length):
        span = slice(start, min(start + length, generations))
        n = np.stack([plan.rows[span] for plan in family])                   # (L, T, G)
        freedom = np.maximum(n[..., None] - 1 - np.arange(dim), 0)           # (L, T, G, d)
        shape = (span.stop - start, slots, dim + len(below[0]))
        normals = torch.from_numpy(np.stack([g.standard_normal(shape) for g in normal])).to(like)            # (S, T, G, ·)
        chi = np.stack([[g.standard_gamma(f / 2) for g in row] for row, f in zip(gamma, freedom, strict=True)])
        chi = torch.from_numpy(np.sqrt(2 * chi)).to(like)                                                    # (L, S, T, G, d)
        normals, chi = normals.movedim(1, 0)[:, None], chi.movedim(2, 0)
        a = torch.zeros(*chi.shape, dim, dtype=like.dtype, device=like.device)
        a[..., below[0], below[1]] = normals[..., dim:]
        a.diagonal(dim1=-2, dim2=-1).copy_(chi)
        if (freedom == 0).any():
            a *= torch.from_numpy(freedom > 0).to(a).movedim(1, 0)[:, :, None, :, None, :]
        rows = torch.from_numpy(n).to(like).movedim(1, 0)[..., None, None, None]
        yield span, rows, normals[..., :dim, None].expand(*chi.shape, 1), a


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64DXSM(key(seed, "exact", name)))


# --- measures ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Truth:
    """The truth's covariance: Σ0 = root rootᵀ."""

    mean: Tensor  # (d, 1) zeros: the origin, device and type of everything
    root: Tensor  # (d, d)
    logdet: float

    @classmethod
    def of(cls, dim: int, cov: Tensor | None, device: torch.device, dtype: torch.dtype) -> _Truth:
        origin = torch.zeros(whole("dim", dim, least=1), 1, dtype=dtype, device=device)
        if cov is None:
            return cls(origin, torch.eye(dim).to(origin), 0.0)
        cov = torch.as_tensor(cov, dtype=torch.float64, device="cpu")
        if cov.shape != (dim, dim) or not torch.allclose(cov, cov.T):
            raise ValueError(f"cov: expected a symmetric matrix of shape ({dim}, {dim}), got shape {tuple(cov.shape)}")
        values, vectors = torch.linalg.eigh(cov)
        if values[0] < -1e-12 * values[-1]:
            raise ValueError(f"cov: expected no negative eigenvalue, got {values[0].item():.3g}")
        values = values.clamp(min=0)
        return cls(origin, (vectors * values.sqrt()).to(origin), values.log().sum().item())


def _measure(name: str, law: _Law, truth: _Truth) -> Tensor:
    if name == "mean_error":
        return (truth.root @ law.mean).square().sum((-2, -1))
    if name == "trace":
        return (truth.root @ law.factor).square().sum((-2, -1))
    if name == "logdet":
        return law.logdet + truth.logdet
    if name == "spectrum":
        return _singular(truth.root @ law.factor).square()
    overlap = _singular(truth.root.mT @ truth.root @ law.factor).sum(-1)    # tr (Σ0^½ Σ Σ0^½)^½
    variance = (truth.root @ law.factor).square().sum((-2, -1)) + truth.root.square().sum()
    return (truth.root @ law.mean).square().sum((-2, -1)) + (variance - 2 * overlap).clamp(min=0)


def _singular(factor: Tensor) -> Tensor:
    return factor.abs().squeeze(-1) if factor.shape[-1] == 1 else torch.linalg.svdvals(factor)


def _keys(name: str, dim: int) -> list[str]:
    return [f"spectrum.{k}" for k in range(1, dim + 1)] if name == "spectrum" else [name]


# --- arguments and tables ------------------------------------------------------------------------------------------


def _names(metrics: Iterable[str | Callable]) -> tuple[str, ...]:
    names = tuple(m if isinstance(m, str) else m.__name__ for m in ([metrics] if isinstance(metrics, str) else metrics))
    unknown = [name for name in names if name not in (*METRICS, "spectrum")]
    if unknown:
        raise ValueError(f"metrics: expected some of {', '.join(METRICS)}, spectrum (the moments of the fit), got {unknown[0]!r}")
    return names


def _seeds(seeds: int | Iterable[int]) -> list[int]:
    chosen = list(seeds) if isinstance(seeds, Iterable) else list(range(whole("seeds", seeds, least=1)))
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"seeds: expected a count or a list of different whole numbers, got {seeds!r}")
    return [whole("seeds", seed) for seed in chosen]


def _n_inis(n_ini: int | Sequence[int] | None, loops: list[Loop]) -> list[int]:
    given = list(n_ini) if isinstance(n_ini, Sequence) else [n_ini] * len(loops)
    if len(given) != len(loops):
        raise ValueError(f"n_ini: expected one number or one per loop ({len(loops)}), got {len(given)}")
    return [whole("n_ini", initial_rows(loop) if n is None else n, least=2) for n, loop in zip(given, loops, strict=True)]


def _truth(dim: int, mean: Tensor | None, cov: Tensor | None) -> str:
    from madkit.spec import describe

    given = {"mean": mean, "cov": cov}
    return f"gaussian(dim={dim}" + "".join(f", {k}={describe(v)}" for k, v in given.items() if v is not None) + ")"


def _frame(*args, **kwargs):
    import pandas as pd

    return pd.DataFrame(*args, **kwargs)


def _table(values: dict[str, np.ndarray], seeds: list[int], many: bool):
    """Tidy rows in the order loop, metric, seed, generation."""
    import pandas as pd

    names = list(values)
    stacked = np.stack([values[name] for name in names], axis=1)             # (L, metrics, S, T)
    L, M, S, T = stacked.shape
    columns = {
        "seed": np.broadcast_to(np.array(seeds)[:, None], stacked.shape).reshape(-1),
        "generation": np.broadcast_to(np.arange(1, T + 1), stacked.shape).reshape(-1),
        "metric": pd.Categorical.from_codes(np.broadcast_to(np.arange(M)[:, None, None], stacked.shape).reshape(-1), names),
        "value": stacked.reshape(-1),
    }
    if many:
        columns["loop"] = np.broadcast_to(np.arange(L)[:, None, None, None], stacked.shape).reshape(-1)
    return pd.DataFrame(columns)


def _theory(known: list, values: dict[str, np.ndarray], many: bool):
    import pandas as pd

    known = [table.assign(loop=i) for i, table in enumerate(known)] if many else known
    table = pd.concat(known, ignore_index=True)
    return table[table.metric.isin(list(values))].reset_index(drop=True)
