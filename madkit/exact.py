"""Gaussian loops by their exact law: no rows are drawn, only what a fit sees of them.

A Gaussian fit sees n rows of N(μ, F Fᵀ) through their mean x̄ and their scatter S = Σ (x − x̄)(x − x̄)ᵀ alone, and these
are independent, of known law:

    x̄ = μ + F z/√n,      S = (F A)(F A)ᵀ,      z ~ N(0, I),

A lower triangular with A_ii = √χ²_{n−i} (i = 1 … d), standard normals below, and nothing from column n on (Bartlett
1933, https://doi.org/10.1017/S0370164600015200). Groups of rows pool exactly: S = Σ_g S_g + Σ_g n_g (x̄_g − x̄)(x̄_g − x̄)ᵀ.
So a generation costs the same whatever n is, and all seeds and loops go side by side in one tensor.

Covariances are carried as lower triangular factors, Σ = F Fᵀ, in the coordinates where the truth is N(0, I). In a fully
synthetic loop F_t = F_{t−1} √(λ/(n−1)) A, so that log det Σ_t is a sum of logarithms: right long after Σ_t has left the
range of floating point. In other loops F_t is the triangular factor of all groups together, by QR; where such a loop
collapses (memory > 1, no real data), directions below 1e-15 of the largest standard deviation are rounding.

Randomness: every seed draws from its own explicit generators, generation after generation, so more seeds, loops or
generations change no number, and no stream is opened (sliders call this from their thread). Loops of the same sources
share the normals of a seed, and all share its generation 1: what differs between two loops is the loops.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from madkit.checks import whole
from madkit.loops import Fresh, Loop, Previous, Real, Subsample, Synthetic, check_loop, initial_rows, parts, resolve
from madkit.rng import key

if TYPE_CHECKING:
    import pandas as pd

    from madkit.runs import Run

BUDGET = 2**22  # numbers drawn at a time; changes memory, never a number


def run(
    loop: Loop | Sequence[Loop],               # sources and their sums; a list gives the tables a column `loop`
    dim: int = 1,
    *,
    generations: int = 50,
    seeds: int | Iterable[int] = 100,          # a count (0 … seeds−1) or the seeds themselves
    n_ini: int | Sequence[int] | None = None,  # real rows of generation 1 (or one number per loop); None: the loop's size
    mean: Any = None,                          # (d,) of the truth; None: 0
    cov: Any = None,                           # (d, d) of the truth; None: I
    ddof: int = 1,                             # 1: unbiased covariance, 0: maximum likelihood
    metrics: Iterable[str | Callable] = ("w2_squared", "mean_error", "trace", "logdet"),  # and "spectrum"
    device: str = "auto",
    progress: bool = False,                    # a bar, once it takes over two seconds
) -> Run:
    """A Gaussian model in a frozen loop: the law of `mk.run(mk.models.Gaussian(), loop, mk.data.gaussian(dim))`, no rows drawn.

    Metrics judge the fit (λ not applied) against the truth; "spectrum" gives rows "spectrum.1" (largest eigenvalue) …
    Raises ValueError, with the reason, for a loop whose law is not known (plain functions, accumulate_subsample).
    """
    import pandas as pd

    from madkit import runs, spec, theory

    many = isinstance(loop, list | tuple)
    loops, names, seeds = _loops(loop), _names(metrics, list(MEASURES)[:5]), _seeds(seeds)
    values = simulate(loop, dim, generations=generations, seeds=seeds, n_ini=n_ini, mean=mean, cov=cov, ddof=ddof,
                      metrics=names, device=device, progress=progress)
    n_ini = _n_ini(n_ini, loops)
    known = [theory.table(one, dim, generations, n, mean, cov, ddof) for one, n in zip(loops, n_ini, strict=True)]
    facts = {
        "model": f"Gaussian(ddof={ddof}, covariance='full')", "loop": spec.describe(loops if many else loop),
        "truth": f"gaussian(dim={dim}, cov={spec.describe(cov)})", "seeds": seeds, "n_ini": n_ini if many else n_ini[0],
        "metrics": list(names), "method": "exact law, no rows drawn",
    } | spec.provenance(str(resolve(device))) | {"generations": generations}
    return runs.Run(table=_table(values, seeds, many), theory=_theory(known, names, many), samples={}, real=None,
                    composition=pd.DataFrame(columns=["generation", "source", "born", "rows"]), spec=facts)


def simulate(
    loop: Loop | Sequence[Loop],
    dim: int = 1,
    *,
    generations: int = 50,
    seeds: int | Iterable[int] = 100,
    n_ini: int | Sequence[int] | None = None,
    mean: Any = None,
    cov: Any = None,
    ddof: int = 1,
    metrics: Iterable[str | Callable] = ("w2_squared", "mean_error", "trace", "logdet"),  # and "spectrum", "mean", "cov"
    device: str = "auto",
    progress: bool = False,
) -> dict[str, np.ndarray]:
    """The numbers of `run` as arrays (loops, seeds, generations, …), for live views; arguments and errors as there.

    The shape goes on with (d,) for "spectrum" (eigenvalues, largest first) and for "mean", and with (d, d) for "cov":
    the last two are the fits themselves.
    """
    loops, names, seeds = _loops(loop), _names(metrics, MEASURES), _seeds(seeds)
    dim, generations = whole("dim", dim, least=1), whole("generations", generations, least=1)
    if ddof not in (0, 1):
        raise ValueError(f"ddof: expected 1 (unbiased covariance) or 0 (maximum likelihood), got {ddof!r}")
    truth = _Truth.of(dim, mean, cov, resolve(device))
    size = len(truth.root)
    plans = [_Plan.of(one, n, size, generations) for one, n in zip(loops, _n_ini(n_ini, loops), strict=True)]
    values: dict[str, np.ndarray] = {}
    for which, span, fits in _paths(plans, size, generations, seeds, ddof, resolve(device), progress):
        fits = truth.see(fits)
        for name in names:
            measured = MEASURES[name](fits, truth).movedim(0, 2).cpu().numpy()
            values.setdefault(name, np.empty((len(loops), len(seeds), generations, *measured.shape[3:])))
            values[name][which, :, span] = measured
    return values


# --- the law -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Fits:
    """Fitted Gaussians N(mean, factor factorᵀ), in the coordinates where the truth is N(0, I)."""

    mean: Tensor    # (T, L, S, d, 1)   T generations, L loops, S seeds
    factor: Tensor  # (T, L, S, d, d)   lower triangular
    logs: Tensor    # (T, L, S, d)      log of its diagonal


def _paths(plans: list[_Plan], dim: int, generations: int, seeds: list[int], ddof: int, device: torch.device,
           progress: bool) -> Iterator[tuple[list[int], slice, _Fits]]:
    """(which loops, which generations, their fits), piece by piece; loops of the same sources go side by side."""
    from tqdm.auto import tqdm

    with tqdm(total=len(plans) * generations, unit="generation", delay=2, disable=not progress, leave=False) as bar:
        for which in _families(plans, BUDGET // (len(seeds) * dim * (dim + 1))):
            family = [plans[i] for i in which]
            for span, fits in _family(family, dim, generations, seeds, ddof, device):
                yield which, span, fits
                bar.update(len(which) * (span.stop - span.start))


def _families(plans: list[_Plan], room: int) -> Iterator[list[int]]:
    """Positions of the plans with the same sources, as many together as there is room for groups."""
    families: dict[tuple, list[int]] = {}
    for i, plan in enumerate(plans):
        families.setdefault(plan.sources, []).append(i)
    for which in families.values():
        step = max(1, room // len(plans[which[0]].lam))
        yield from (which[i : i + step] for i in range(0, len(which), step))


def _family(family: list[_Plan], dim: int, generations: int, seeds: list[int], ddof: int,
            device: torch.device) -> Iterator[tuple[slice, _Fits]]:
    dice = _Dice(seeds, len(family), dim, device)
    n_ini = np.array([[[plan.n_ini]] for plan in family])                    # (L, 1, 1)
    first = dice.draw(n_ini, np.ones((len(family), 1)))[:, :, :, 0]
    factor = first[..., :-1] / dice.tensor(np.sqrt(n_ini - ddof))[..., None, None]
    fits = _Fits(first[..., -1:], factor, _logs(factor))
    yield slice(0, 1), fits
    follow = _chain if family[0].sources == ((Synthetic, 1),) else _pool
    step = max(1, BUDGET // (len(family) * len(seeds) * len(family[0].lam) * dim * (dim + 1)))
    spans = [slice(t, min(t + step, generations)) for t in range(1, generations, step)]
    yield from zip(spans, follow(fits, family, spans, dice, ddof), strict=True)


def _chain(fits: _Fits, family: list[_Plan], spans: list[slice], dice: _Dice, ddof: int) -> Iterator[_Fits]:
    """Fully synthetic loops, F_t = F_{t−1} B_t and μ_t = μ_{t−1} + F_{t−1} b_t: products and sums along the generations."""
    lam = np.stack([plan.lam for plan in family])
    for span in spans:
        n = np.stack([plan.rows[span] for plan in family])                   # (L, T, 1)
        seen = dice.draw(n, lam)[:, :, :, 0]                                 # (T, L, S, d, d + 1)
        steps, offsets = seen[..., :-1] / dice.tensor(np.sqrt(n - ddof))[..., None, None], seen[..., -1:]
        if seen.shape[-2] == 1:
            factors = torch.cat([fits.factor[-1:], steps]).cumprod(0)
        else:
            factors = torch.stack(list(accumulate(steps, torch.matmul, initial=fits.factor[-1])))
        means = torch.cat([fits.mean[-1:], _times(factors[:-1], offsets)]).cumsum(0)
        logs = torch.cat([fits.logs[-1:], _logs(steps)]).cumsum(0)
        fits = _Fits(means[1:], factors[1:], logs[1:])
        yield fits


def _pool(fits: _Fits, family: list[_Plan], spans: list[slice], dice: _Dice, ddof: int) -> Iterator[_Fits]:
    """Any sum of sources, one generation after another: pool what is seen of every group of rows."""
    lam, drawn, dim = np.stack([plan.lam for plan in family]), family[0].drawn, fits.factor.shape[-1]
    spread = dice.tensor(np.sqrt([[[plan.n_ini - ddof]] for plan in family]))[0, ..., None, None]
    mean, root = fits.mean[0], fits.factor[0] * spread
    real, past = (mean, root), deque([(mean, fits.factor[0])] * max(memory for _, memory in family[0].sources))
    for span in spans:
        n = np.stack([plan.rows[span] for plan in family])                   # (L, T, G)
        alive = np.stack([plan.ranks[span, None] > np.arange(dim) for plan in family])                   # (L, T, d)
        total = n.sum(-1, keepdims=True)
        weights = dice.tensor(n / total)[..., None, :, None]
        sizes, alive = dice.tensor(np.sqrt(n))[..., None, None, :], dice.tensor(alive)[..., None, None, :]
        spread = dice.tensor(np.sqrt(total - ddof))[..., None, None]
        path = []
        for t, seen in enumerate(dice.draw(n[..., drawn], lam[:, drawn])):   # seen (L, S, drawn groups, d, d + 1)
            new, groups = iter(seen.unbind(2)), []
            for source, memory in family[0].sources:
                if source is Synthetic:
                    groups += [_emitted(*past[k], next(new)) for k in range(memory)]
                elif source is Fresh:
                    groups.append(_split(next(new)))
                else:
                    groups.append(real if source is Real else (mean, root))
            mean, root = _pooled(groups, weights[t], sizes[t], alive[t])
            past.appendleft((mean, root / spread[t]))
            past.pop()
            path.append(past[0])
        means, factors = map(torch.stack, zip(*path, strict=True))
        yield _Fits(means, factors, _logs(factors))


def _split(seen: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (…, d, 1) and scatter factor (…, d, d) of a group, as they are drawn: [scatter factor | mean]."""
    return seen[..., -1:], seen[..., :-1]


def _emitted(mean: Tensor, factor: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """The same of rows of N(mean, factor factorᵀ)."""
    offset, root = _split(seen)
    return mean + _times(factor, offset), factor @ root


def _pooled(groups: list[tuple[Tensor, Tensor]], weights: Tensor, sizes: Tensor, alive: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and scatter factor (lower triangular, columns beyond its rank exactly zero) of all groups together."""
    means = torch.cat([mean for mean, _ in groups], -1)                      # (L, S, d, G)
    mean = _times(means, weights)
    columns = torch.cat([*(root for _, root in groups), (means - mean) * sizes], -1)
    root = torch.linalg.qr(columns.mT, mode="r").R.mT
    return mean, root * torch.copysign(alive, root.diagonal(dim1=-2, dim2=-1)[..., None, :])


def _times(matrix: Tensor, column: Tensor) -> Tensor:
    """matrix @ column, summed in one order whatever else is in the batch (matmul has several, and chooses by shape)."""
    return (matrix * column.mT).sum(-1, keepdim=True)


def _logs(factor: Tensor) -> Tensor:
    return factor.diagonal(dim1=-2, dim2=-1).abs().log()


# --- what is drawn -------------------------------------------------------------------------------------------------


class _Dice:
    """What a fit sees of rows of N(0, I). Every seed has two endless sequences: normals, which the loops share, and χ²."""

    def __init__(self, seeds: list[int], loops: int, dim: int, device: torch.device):
        self.dim, self.device = dim, device
        self.normal = [_generator(seed, "normal") for seed in seeds]
        self.chi = [[_generator(seed, "chi") for seed in seeds] for _ in range(loops)]

    def draw(self, n: np.ndarray, lam: np.ndarray) -> Tensor:
        """The next √λ [A | z/√n], (T, L, S, G, d, d + 1), for G groups of sizes n (L, T, G) and λ (L, G)."""
        d, (_, T, G) = self.dim, n.shape
        freedom = np.maximum(n[..., None] - 1 - np.arange(d), 0)                                # (L, T, G, d)
        row, column = np.tril_indices(d, -1)
        normal = np.stack([g.standard_normal((T, G, d + len(row))) for g in self.normal], 1)    # (T, S, G, ·)
        chi = np.stack([np.stack([g.standard_gamma(f / 2) for g in generators], 1)
                        for f, generators in zip(freedom, self.chi, strict=True)], 1)           # (T, L, S, G, d)
        seen = np.zeros((*chi.shape, d + 1))
        seen[..., row, column] = normal[:, None, ..., d:]
        seen[..., np.arange(d), np.arange(d)] = np.sqrt(2 * chi)
        seen[..., :d] *= np.moveaxis(freedom > 0, 0, 1)[:, :, None, :, None]
        seen[..., d] = normal[:, None, ..., :d] / np.sqrt(np.maximum(np.moveaxis(n, 0, 1), 1))[:, :, None, :, None]
        seen *= np.sqrt(lam)[:, None, :, None, None]
        return torch.from_numpy(seen).to(self.device)

    def tensor(self, values: np.ndarray) -> Tensor:
        """(L, T, …) as (T, L, …), on the device."""
        return torch.from_numpy(np.asarray(values, dtype=float)).movedim(1, 0).to(self.device)


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64DXSM(key(seed, "exact", name)))


@dataclass(frozen=True)
class _Plan:
    """A loop's groups of rows, in order (a Synthetic makes `memory` of them, newest first): known before anything is drawn."""

    n_ini: int
    sources: tuple[tuple[type, int], ...]  # (kind, memory)
    rows: np.ndarray                       # (T, G) rows of each group; generation 1 is not among them: its line is 0
    ranks: np.ndarray                      # (T,) rank of the fitted covariance
    lam: np.ndarray                        # (G,)
    drawn: np.ndarray                      # (G,) whether the rows are new

    @classmethod
    def of(cls, loop: Loop, n_ini: int, dim: int, generations: int) -> _Plan:
        chosen = _simulable(loop)
        sources = tuple((type(part), getattr(part, "memory", 1)) for part in chosen)
        lam = np.array([getattr(part, "lam", 1.0) for part in chosen]).repeat([memory for _, memory in sources])
        drawn = np.array([kind in (Fresh, Synthetic) for kind, _ in sources]).repeat([memory for _, memory in sources])
        rows, ranks = np.zeros((generations, len(lam)), dtype=int), np.full(generations, min(dim, n_ini - 1))
        total = n_ini
        for t in range(2, generations + 1):
            groups = [group for part in chosen for group in _groups(part, t, n_ini, total, ranks)]
            rows[t - 1], points = zip(*groups, strict=True)
            total = int(rows[t - 1].sum())
            if total < 2:
                raise ValueError(f"loop: the training set of generation {t} has {total} rows, expected at least 2; "
                                 "give the loop real, fresh or synthetic rows")
            ranks[t - 1] = min(sum(points) - 1, dim if (Fresh, 1) in sources else ranks[0])
        return cls(n_ini, sources, rows, ranks, lam, drawn)


def _groups(part: Loop, t: int, n_ini: int, total: int, ranks: np.ndarray) -> list[tuple[int, int]]:
    """(rows, rows that span as much) of each group that a source puts into the training set of generation t."""
    if isinstance(part, Real):
        return [(n_ini, ranks[0] + 1)]
    if isinstance(part, Previous):
        return [(total, ranks[t - 2] + 1)]
    if isinstance(part, Fresh):
        return [(part.n, part.n)]
    shares = part.shares(t)
    newest = [(shares.get(k, 0), ranks[k - 1] + 1 if part.lam else 1) for k in range(t - 1, max(0, t - 1 - part.memory), -1)]
    return [(n, min(n, span)) for n, span in newest] + [(0, 0)] * (part.memory - len(newest))


def _simulable(loop: Loop) -> tuple[Any, ...]:
    check_loop(loop)
    for part in parts(loop):
        if not isinstance(part, Real | Fresh | Synthetic | Previous):
            why = ("draws without replacement, so single rows matter" if isinstance(part, Subsample) else
                   "is a plain function: where its rows come from is not known")
            raise ValueError(f"loop: {part!r} {why}; exact needs Real, Fresh, Synthetic, Previous or sums of them. "
                             "mk.run simulates any loop")
    return parts(loop)


# --- what is measured ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Truth:
    """N(mean, root rootᵀ) in `dim` dimensions, and, where that makes the size of matrices even, a coordinate nobody looks at.

    Matrices of odd size lie in memory in two ways, which libraries treat differently in the last bit: a seed's numbers
    would depend on its place in the tensor. (Up to size 4 they do not.)
    """

    dim: int
    mean: Tensor    # (dim,)
    root: Tensor    # (d, d) symmetric
    logdet: float

    @classmethod
    def of(cls, dim: int, mean: Any, cov: Any, device: torch.device) -> _Truth:
        mean = _finite("mean", torch.zeros(dim) if mean is None else mean, (dim,))
        cov = _finite("cov", torch.eye(dim) if cov is None else cov, (dim, dim))
        values, vectors = torch.linalg.eigh(cov)
        rounding = dim * torch.finfo(cov.dtype).eps * values[-1].abs()
        if values[0] < -rounding or not torch.allclose(cov, cov.T, atol=0):
            raise ValueError(f"cov: expected a symmetric matrix without negative eigenvalues, got {cov.tolist()}")
        values = values.where(values > rounding, 0)
        extra = dim % 2 if dim > 4 else 0
        root = torch.nn.functional.pad((vectors * values.sqrt()) @ vectors.T, (0, extra, 0, extra))
        return cls(dim, mean.to(device), root.to(device), values.log().sum().item())

    def see(self, fits: _Fits) -> _Fits:
        """Fits in the truth's own coordinates, but for its mean."""
        return _Fits(_times(self.root, fits.mean), self.colour(fits.factor), fits.logs[..., : self.dim])

    def colour(self, factor: Tensor) -> Tensor:
        """root @ factor, matrix by matrix."""
        return self.root.expand_as(factor) @ factor


def _finite(name: str, values: Any, shape: tuple[int, ...]) -> Tensor:
    values = torch.as_tensor(values, dtype=torch.float64, device="cpu")
    if values.shape != shape or not values.isfinite().all():
        raise ValueError(f"{name}: expected finite numbers of shape {shape}, as dim={shape[0]}, got shape {tuple(values.shape)}")
    return values


def _mean_error(fits: _Fits, truth: _Truth) -> Tensor:
    return fits.mean.square().sum((-2, -1))


def _trace(fits: _Fits, truth: _Truth) -> Tensor:
    return fits.factor.square().sum((-2, -1))


def _w2_squared(fits: _Fits, truth: _Truth) -> Tensor:
    """With Σ = F Fᵀ, tr (Σ0^½ Σ Σ0^½)^½ is the sum of the singular values of Σ0^½ F."""
    overlap = _singular(truth.colour(fits.factor)).sum(-1)
    return _mean_error(fits, truth) + (_trace(fits, truth) + truth.root.square().sum() - 2 * overlap).clamp(min=0)


def _singular(matrix: Tensor) -> Tensor:
    return matrix.abs().squeeze(-1) if matrix.shape[-1] == 1 else torch.linalg.svdvals(matrix)


MEASURES: dict[str, Callable[[_Fits, _Truth], Tensor]] = {
    "w2_squared": _w2_squared,
    "mean_error": _mean_error,
    "trace": _trace,
    "logdet": lambda fits, truth: 2 * fits.logs.sum(-1) + truth.logdet,
    "spectrum": lambda fits, truth: _singular(fits.factor)[..., : truth.dim].square(),
    "mean": lambda fits, truth: truth.mean + fits.mean[..., : truth.dim, 0],
    "cov": lambda fits, truth: (fits.factor @ fits.factor.mT)[..., : truth.dim, : truth.dim],
}


# --- arguments and tables ------------------------------------------------------------------------------------------


def _loops(loop: Loop | Sequence[Loop]) -> list[Loop]:
    loops = list(loop) if isinstance(loop, list | tuple) else [loop]
    if not loops:
        raise ValueError("loop: expected a loop or a list of loops, got an empty list")
    return loops


def _names(metrics: Iterable[str | Callable], known: Iterable[str]) -> list[str]:
    chosen = [metrics] if isinstance(metrics, str) or callable(metrics) else metrics
    names = [metric if isinstance(metric, str) else metric.__name__ for metric in chosen]
    for name in names:
        if name not in known:
            raise ValueError(f"metrics: expected some of {', '.join(known)} (only the fit is known, no rows), got {name!r}")
    return names


def _seeds(seeds: int | Iterable[int]) -> list[int]:
    chosen = list(seeds) if isinstance(seeds, Iterable) else list(range(whole("seeds", seeds, least=1)))
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"seeds: expected a count or a list of different whole numbers, got {seeds!r}")
    return [whole("seeds", seed) for seed in chosen]


def _n_ini(n_ini: int | Sequence[int] | None, loops: list[Loop]) -> list[int]:
    given = list(n_ini) if isinstance(n_ini, Sequence) else [n_ini] * len(loops)
    if len(given) != len(loops):
        raise ValueError(f"n_ini: expected one number, or one for each of the {len(loops)} loops, got {len(given)}")
    return [whole("n_ini", initial_rows(loop) if n is None else n, least=2) for n, loop in zip(given, loops, strict=True)]


def _table(values: dict[str, np.ndarray], seeds: list[int], many: bool) -> pd.DataFrame:
    """Tidy rows, ordered by loop, metric, seed, generation."""
    import pandas as pd

    if "spectrum" in values:
        spectrum = np.moveaxis(values.pop("spectrum"), -1, 0)
        values |= {f"spectrum.{k}": eigenvalue for k, eigenvalue in enumerate(spectrum, 1)}
    value = np.stack(list(values.values()), 1) if values else np.empty((1, 0, len(seeds), 0))    # (L, metrics, S, T)
    loop, metric, seed, t = np.indices(value.shape).reshape(4, -1)
    names = np.array(list(values), dtype=object)
    table = pd.DataFrame({"seed": np.array(seeds)[seed], "generation": t + 1, "metric": names[metric], "value": value.ravel()})
    return table.assign(loop=loop) if many else table


def _theory(known: list[pd.DataFrame], names: list[str], many: bool) -> pd.DataFrame:
    import pandas as pd

    table = pd.concat([one.assign(loop=i) for i, one in enumerate(known)], ignore_index=True)
    table = table[table.metric.isin(names)].reset_index(drop=True)
    return table if many else table.drop(columns="loop")
