"""What synthetic data is worth: a loop's limit by the exact law, and the real rows as good as it.

A loop with new real rows in every generation comes to rest: its distance to the truth, E W2², tends
to a limit that does not depend on how it began. n_e, the effective sample size, is the number of
real rows which alone, without any loop, give the same E W2². Synthetic data is *admissible* when
n_e ≥ n_r, the loop's own real rows: then it helps (Alemohammad et al. 2023,
https://arxiv.org/abs/2307.01850, section 5).

How long is long enough follows from the loop: what is left of its beginning shrinks by ρ, its
`mk.theory.spectral_radius`, in every generation, and so does the memory of chance. So with
τ = −1/log ρ (rounded up to a power of 1.25),

    burn-in     log(1/LEFT) τ generations, after which LEFT = 0.5 % of the beginning is left
    average     over POINTS = 3 generations, τ apart from each other, of every seed
    error       the standard deviation over the seeds, which share nothing, divided by √seeds

Loops with the same τ go side by side in one tensor. A seed's numbers are the same whatever stands
beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from madkit import exact, theory
from madkit.base.checks import Count, Seeds, Several, several_seeds, shown
from madkit.base.device import Device
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.progress import bar
from madkit.loops import Loop, parts

LEFT = 0.005     # what a burn-in leaves of the beginning
POINTS = 3       # generations of a seed that are averaged
STEP = 1.25      # τ is rounded up to powers of it


@gate
@guarded
def effective_sample_size(
    loop: Loop | Sequence[Loop],     # sums of Fresh or Real, and Synthetic; a list gives arrays
    dim: Count,                      # d of the truth N(0, I)
    *,
    n_ini: Several | None = None,    # real rows of generation 1, which only Real() remembers
    seeds: Seeds = 8,                # a count (0 … seeds−1), or two or more seeds themselves
    device: Device = "auto",
    progress: bool = False,          # a bar, once it takes over two seconds
) -> tuple[float, float] | tuple[np.ndarray, np.ndarray]:
    """(n_e, its standard error): the real rows that alone would give the loop's limit E W2².

    High is good: synthetic data helps where n_e is larger than the loop's n_r. The yardstick is
    `mk.theory.real_only_w2`, good to 0.5 % at d = 100 (see there for d < 5). Raises ValueError for
    loops without a limit (no real rows, pools) or of unknown law.
    """
    seeds, many = several_seeds(seeds), isinstance(loop, list | tuple)
    if len(seeds) < 2:
        raise ValueError("seeds: expected two or more, from which the standard error comes, got "
                         f"{len(seeds)}")
    loops: list[Any] = list(loop) if isinstance(loop, list | tuple) else [loop]
    if not loops:
        raise ValueError("loop: expected a loop or a list of loops, got an empty list")
    limits = limit(loops, dim, n_ini=n_ini, seeds=seeds, device=device, progress=progress)
    found = np.array([worth(w2, dim) for w2 in limits])
    return (found[:, 0], found[:, 1]) if many else (float(found[0, 0]), float(found[0, 1]))


def limit(
    loops: Sequence[Loop],
    dim: int,
    *,
    n_ini: int | None = None,
    seeds: int | Iterable[int] = 8,
    device: str = "auto",
    progress: bool = False,
) -> np.ndarray:
    """W2² of the fits in the limit, averaged over POINTS generations: (loops, seeds)."""
    seeds = several_seeds(seeds)
    times = [relaxation(loop, n_ini) for loop in loops]
    values = np.empty((len(loops), len(seeds)))
    with bar(total=len(loops), unit="loop", wanted=progress) as shown:
        for time in sorted(set(times)):
            which = [i for i, other in enumerate(times) if other == time]
            at = measured(*time)
            found = exact.simulate([loops[i] for i in which], dim, generations=at[-1], seeds=seeds,
                                   n_ini=n_ini, metrics=["w2_squared"], at=at, device=device)
            values[which] = found["w2_squared"].mean(-1)
            shown.update(len(which))
    return values


def relaxation(loop: Loop, n_ini: int | None = None) -> tuple[int, int]:
    """(τ, K): generations in which a loop forgets, and those that its memory needs to fill.

    τ is a power of STEP, rounded up.
    """
    try:
        rho = theory.spectral_radius(loop, n_ini)
    except NotImplementedError as error:
        raise ValueError(f"loop: its limit is not known ({error}); follow it with mk.exact.run or "
                         "mk.run") from None
    if rho > 1 - 1e-9:
        raise ValueError(f"loop: {shown(loop)} has no limit: without real rows in every generation it "
                         "forgets the truth, not its past; add Fresh(n) or Real()")
    tau = -1 / math.log(rho) if rho else 0.0
    power = math.ceil(math.log(max(tau, 1), STEP) - 1e-9)
    memories = [getattr(part, "memory", 1) for part in parts(loop)]
    return math.ceil(STEP**power), max(memories, default=1)


def measured(tau: int, memory: int = 1) -> list[int]:
    """The generations that are averaged."""
    first = memory + 1 + math.ceil(math.log(1 / LEFT) * tau)
    return [first + i * tau for i in range(POINTS)]


def worth(w2: np.ndarray, dim: int) -> tuple[float, float]:
    """n_e and its standard error, by the slope of the yardstick, of W2² of independent seeds."""
    off = float(np.std(w2, ddof=1)) if len(w2) > 1 else math.nan
    mean, error = float(np.mean(w2)), off / math.sqrt(len(w2))
    rows = theory.real_only_rows(mean, dim)
    if not 0 < rows < math.inf:
        return rows, 0.0
    fewer, more = (theory.real_only_rows(near, dim) for near in (mean * 1.01, mean / 1.01))
    slope = (fewer - more) / (mean * (1.01 - 1 / 1.01))
    return rows, abs(slope) * error
