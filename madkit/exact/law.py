"""From generation to generation: the fits of many seeds and loops side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch
from torch import Tensor

from madkit.exact.draws import Dice
from madkit.exact.plan import Plan
from madkit.loops import Fresh, Real, Synthetic

BUDGET = 2**22  # numbers drawn at a time; changes memory, never a number


@dataclass(frozen=True)
class Fits:
    """Fitted Gaussians N(mean, factor factorᵀ), in the coordinates where the truth is N(0, I)."""

    mean: Tensor    # (T, L, S, d, 1)   T generations, L loops, S seeds
    factor: Tensor  # (T, L, S, d, d)   lower triangular
    logs: Tensor    # (T, L, S, d)      log of its diagonal

    def at(self, places: np.ndarray) -> Fits:
        """These generations of it."""
        if np.array_equal(places, np.arange(len(self.mean))):
            return self
        which = torch.from_numpy(places).to(self.mean.device)
        return Fits(self.mean[which], self.factor[which], self.logs[which])


def paths(plans: list[Plan], dim: int, generations: int, seeds: list[int], ddof: int, device: torch.device,
          progress: bool) -> Iterator[tuple[list[int], slice, Fits]]:
    """(which loops, which generations, their fits), piece by piece; loops of the same sources go side by side."""
    from tqdm.auto import tqdm

    with tqdm(total=len(plans) * generations, unit="generation", delay=2, disable=not progress, leave=False) as bar:
        for which in _families(plans, BUDGET // (len(seeds) * dim * (dim + 1))):
            family = [plans[i] for i in which]
            for span, fits in _family(family, dim, generations, seeds, ddof, device):
                yield which, span, fits
                bar.update(len(which) * (span.stop - span.start))


def _families(plans: list[Plan], room: int) -> Iterator[list[int]]:
    """Positions of the plans with the same sources and the same kind of factor, as many together as there is room for groups."""
    families: dict[tuple, list[int]] = {}
    for i, plan in enumerate(plans):
        families.setdefault((plan.sources, plan.full), []).append(i)
    for which in families.values():
        step = max(1, room // len(plans[which[0]].lam))
        yield from (which[i : i + step] for i in range(0, len(which), step))


def _family(family: list[Plan], dim: int, generations: int, seeds: list[int], ddof: int,
            device: torch.device) -> Iterator[tuple[slice, Fits]]:
    dice = Dice(seeds, len(family), dim, device)
    n_ini = np.array([[[plan.n_ini]] for plan in family])                    # (L, 1, 1)
    first = dice.draw(n_ini, np.ones((len(family), 1)))[:, :, :, 0]
    factor = first[..., :-1] / dice.tensor(np.sqrt(n_ini - ddof))[..., None, None]
    fits = Fits(first[..., -1:], factor, _logs(factor))
    yield slice(0, 1), fits
    follow = _chain if family[0].sources == ((Synthetic, 1),) else _pool
    step = max(1, BUDGET // (len(family) * len(seeds) * len(family[0].lam) * dim * (dim + 1)))
    spans = [slice(t, min(t + step, generations)) for t in range(1, generations, step)]
    yield from zip(spans, follow(fits, family, spans, dice, ddof), strict=True)


def _chain(fits: Fits, family: list[Plan], spans: list[slice], dice: Dice, ddof: int) -> Iterator[Fits]:
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
        means = torch.cat([fits.mean[-1:], times(factors[:-1], offsets)]).cumsum(0)
        logs = torch.cat([fits.logs[-1:], _logs(steps)]).cumsum(0)
        fits = Fits(means[1:], factors[1:], logs[1:])
        yield fits


def _pool(fits: Fits, family: list[Plan], spans: list[slice], dice: Dice, ddof: int) -> Iterator[Fits]:
    """Any sum of sources, one generation after another: pool what is seen of every group of rows."""
    sources, drawn, lam = family[0].sources, family[0].drawn, np.stack([plan.lam for plan in family])
    root = _cholesky if family[0].full else _triangular
    n_ini = np.array([[[plan.n_ini]] for plan in family])
    mean, factor = fits.mean[0], fits.factor[0]
    real = data = mean, factor * dice.tensor(np.sqrt(n_ini - ddof))[0, ..., None, None]
    past = deque([(mean, factor)] * max(memory for _, memory in sources))    # newest first; its length never changes
    for span in spans:
        n, sizes = np.stack([plan.rows[span] for plan in family]), _sizes(family, span, ddof, dice)
        path = []
        for seen, (weights, roots, spread, alive) in zip(dice.draw(n[..., drawn], lam[:, drawn]), sizes, strict=True):
            data = _pooled(list(_groups(sources, iter(seen.unbind(2)), past, real, data)), weights, roots, alive, root)
            past.appendleft((data[0], data[1] / spread))
            past.pop()
            path.append(past[0])
        means, factors = map(torch.stack, zip(*path, strict=True))
        yield Fits(means, factors, _logs(factors))


def _sizes(family: list[Plan], span: slice, ddof: int, dice: Dice) -> Iterator[tuple[Tensor, ...]]:
    """Per generation: shares n_g/N of the groups, √n_g, √(N − ddof), and which columns of F the rank leaves."""
    n = np.stack([plan.rows[span] for plan in family])                       # (L, T, G)
    ranks = np.stack([plan.ranks[span] for plan in family])                  # (L, T)
    total = n.sum(-1, keepdims=True)
    weights, roots, spread = (dice.tensor(values)[..., None, None] for values in (n / total, np.sqrt(n), np.sqrt(total - ddof)))
    alive = dice.tensor(ranks[..., None] > np.arange(dice.dim))[..., None, None, :]
    return zip(weights.transpose(2, 3), roots.movedim(2, -1), spread, alive, strict=True)


Group = tuple[Tensor, Tensor]  # mean (L, S, d, 1), factor of the scatter (L, S, d, d)


def _groups(sources: Sequence[tuple[type, int]], seen: Iterator[Tensor], past: Sequence[Group], real: Group,
            data: Group) -> Iterator[Group]:
    """The groups of rows of a training set; seen (L, S, d, d + 1) gives the drawn ones."""
    for source, memory in sources:
        if source is Synthetic:
            yield from (_emitted(*past[k], next(seen)) for k in range(memory))
        elif source is Fresh:
            yield _split(next(seen))
        else:
            yield real if source is Real else data


def _split(seen: Tensor) -> Group:
    """Mean (…, d, 1) and scatter factor (…, d, d) of a group, as they are drawn: [scatter factor | mean]."""
    return seen[..., -1:], seen[..., :-1]


def _emitted(mean: Tensor, factor: Tensor, seen: Tensor) -> Group:
    """The same of rows of N(mean, factor factorᵀ)."""
    offset, root = _split(seen)
    return mean + times(factor, offset), factor @ root


def _pooled(groups: list[Group], weights: Tensor, roots: Tensor, alive: Tensor, root: Callable[..., Tensor]) -> Group:
    """All groups together; the factor is lower triangular with diagonal ≥ 0, and zero beyond its rank."""
    means = torch.cat([mean for mean, _ in groups], -1)                      # (L, S, d, G)
    mean = times(means, weights)
    return mean, root(torch.cat([*(root for _, root in groups), (means - mean) * roots], -1), alive)


def _triangular(columns: Tensor, alive: Tensor) -> Tensor:
    """F with F Fᵀ = C Cᵀ of columns C (…, d, m), as exact as C whatever its rank."""
    factor = torch.linalg.qr(columns.mT, mode="r").R.mT
    return factor * torch.copysign(alive, factor.diagonal(dim1=-2, dim2=-1)[..., None, :])


def _cholesky(columns: Tensor, alive: Tensor) -> Tensor:
    """The same in a third of the time, where new real rows keep every direction alive: C Cᵀ squares what is small."""
    return torch.linalg.cholesky(columns @ columns.mT)


def times(matrix: Tensor, column: Tensor) -> Tensor:
    """matrix @ column, summed in one order whatever else is in the batch (matmul has several, and chooses by shape)."""
    terms = matrix * column.mT
    return terms[..., :1] + terms[..., 1:] if terms.shape[-1] == 2 else terms.sum(-1, keepdim=True)


def _logs(factor: Tensor) -> Tensor:
    return factor.diagonal(dim1=-2, dim2=-1).abs().log()
