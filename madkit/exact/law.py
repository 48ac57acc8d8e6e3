"""From generation to generation: the fits of many seeds and loops side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import Tensor

from madkit.base.progress import bar
from madkit.exact.draws import Draws
from madkit.exact.plan import Plan
from madkit.exact.rows import Components, Matrices, times
from madkit.loops import Fresh, Previous, Real, Synthetic

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


def paths(plans: list[Plan], dim: int, generations: int, seeds: list[int], ddof: int,
          device: torch.device, progress: bool) -> Iterator[tuple[list[int], slice, Fits]]:
    """(which loops, which generations, their fits), piece by piece.

    Loops of the same sources go side by side.
    """
    with bar(total=len(plans) * generations, unit="generation", wanted=progress) as shown:
        for which in _families(plans, BUDGET // (len(seeds) * dim * (dim + 1))):
            family = [plans[i] for i in which]
            for span, fits in _family(family, dim, generations, seeds, ddof, device):
                yield which, span, fits
                shown.update(len(which) * (span.stop - span.start))


def _families(plans: list[Plan], room: int) -> Iterator[list[int]]:
    """Positions of plans with the same sources and kind of factor, `room` groups at a time."""
    families: dict[tuple, list[int]] = {}
    for i, plan in enumerate(plans):
        families.setdefault((plan.sources, plan.full), []).append(i)
    for which in families.values():
        step = max(1, room // len(plans[which[0]].lam))
        yield from (which[i : i + step] for i in range(0, len(which), step))


def _family(family: list[Plan], dim: int, generations: int, seeds: list[int], ddof: int,
            device: torch.device) -> Iterator[tuple[slice, Fits]]:
    draws = Draws(seeds, dim, device)
    n_ini = np.array([[[plan.n_ini] for plan in family]])  # (1, L, 1)
    first = draws.draw(slice(0, 1), n_ini, np.ones((len(family), 1)))[:, :, :, 0]
    factor = first[..., :-1] / draws.tensor(np.sqrt(n_ini - ddof))
    fits = Fits(first[..., -1:], factor, _logs(factor))
    yield slice(0, 1), fits
    follow = _chain if family[0].sources == ((Synthetic, 1),) else _pool
    step = max(1, BUDGET // (len(family) * len(seeds) * len(family[0].lam) * dim * (dim + 1)))
    spans = [slice(t, min(t + step, generations)) for t in range(1, generations, step)]
    yield from zip(spans, follow(fits, family, spans, draws, ddof), strict=True)


def _chain(fits: Fits, family: list[Plan], spans: list[slice], draws: Draws,
           ddof: int) -> Iterator[Fits]:
    """Fully synthetic loops, F_t = F_{t−1} B_t and μ_t = μ_{t−1} + F_{t−1} b_t.

    These are products and sums along the generations.
    """
    lam = np.stack([plan.lam for plan in family])
    for span in spans:
        n = np.stack([plan.rows[span] for plan in family], 1)               # (T, L, 1)
        seen = draws.draw(span, n, lam)[:, :, :, 0]                         # (T, L, S, d, d + 1)
        steps, offsets = seen[..., :-1] / draws.tensor(np.sqrt(n - ddof)), seen[..., -1:]
        if seen.shape[-2] == 1:
            factors = torch.cat([fits.factor[-1:], steps]).cumprod(0)
        else:
            factors = torch.stack(list(accumulate(steps, torch.matmul, initial=fits.factor[-1])))
        means = torch.cat([fits.mean[-1:], times(factors[:-1], offsets)]).cumsum(0)
        logs = torch.cat([fits.logs[-1:], _logs(steps)]).cumsum(0)
        fits = Fits(means[1:], factors[1:], logs[1:])
        yield fits


def _pool(fits: Fits, family: list[Plan], spans: list[slice], draws: Draws,
          ddof: int) -> Iterator[Fits]:
    """Any sum of sources, one generation after another: pool what is seen of every group."""
    sources, drawn, full = family[0].sources, family[0].drawn, family[0].full
    lam = np.stack([plan.lam for plan in family])
    few = full and draws.dim <= Components.FEW and draws.device.type == "cpu"
    rows: Any = Components(len(draws.seeds)) if few else Matrices(full, draws.device)
    mean, factor = rows.enter(fits.mean[0]), rows.enter(fits.factor[0])
    spread = rows.size(np.sqrt([float(plan.n_ini - ddof) for plan in family]))
    real = data = rows.joined(factor * spread, mean)
    past = deque([(mean, factor)] * max(memory for _, memory in sources))  # newest first
    for span in spans:
        n = np.stack([plan.rows[span] for plan in family], 1)                            # (T, L, G)
        alive = np.stack([plan.ranks[span] for plan in family], 1)[..., None] > np.arange(draws.dim)
        total, path = n.sum(-1, dtype=float), []
        seen = rows.enter(draws.draw(span, n[..., drawn], lam[:, drawn]).movedim(3, 1))  # (T, G, …)
        spreads = rows.size(np.sqrt(total - ddof))
        sizes = map(rows.sizes, (n / total[..., None], np.sqrt(n), alive.astype(float)))
        for new, spread, *size in zip(seen, spreads, *sizes, strict=True):
            groups = list(_groups(rows, sources, iter(new), past, real, data))
            mean, factor = rows.pooled(groups, *size)
            if (Previous, 1) in sources:
                data = rows.joined(factor, mean)
            past.appendleft((mean, factor / spread))
            past.pop()
            path.append(past[0])
        means, factors = map(rows.leave, zip(*path, strict=True))
        yield Fits(means, factors, _logs(factors))


def _groups(rows: Any, sources: Sequence[tuple[type, int]], seen: Iterator[Any],
            past: Sequence[tuple[Any, Any]], real: Any, data: Any) -> Iterator[Any]:
    """What is seen of each group of a training set; `seen`: of standard normal rows, where drawn.
    """
    for source, memory in sources:
        if source is Synthetic:
            yield from (rows.emitted(*past[k], next(seen)) for k in range(memory))
        elif source is Fresh:
            yield next(seen)
        else:
            yield real if source is Real else data


def _logs(factor: Tensor) -> Tensor:
    return factor.diagonal(dim1=-2, dim2=-1).abs().log()
