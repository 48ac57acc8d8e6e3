"""What a simulation would take at least: asked before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from madkit.base.limits import count, memory, time
from madkit.loops import Loop, parts

QUICKEST = 10**12    # multiplications a second
SIZES = {"spectrum": 1, "mean": 1, "cov": 2}    # powers of d in one number measured


def check(loops: Sequence[Loop], dim: int, generations: int, seeds: int, names: Sequence[str],
          measured: int | None = None) -> None:
    """ValueError where the fits, the results or the rows' plan would not fit, or take over a day."""
    memory("dim", f"a covariance in {count(dim)} dimensions", 8 * dim**2)
    memory("seeds", f"{count(seeds)} fits in {count(dim)} dimensions", 16 * seeds * dim**2)
    groups = sum(getattr(part, "memory", 1) for loop in loops for part in parts(loop))
    memory("generations", f"the rows of {count(generations)} training sets of {count(groups)} groups",
           8 * generations * groups)
    measured = generations if measured is None else measured
    asked = f"{len(loops):,} × {count(seeds)} seeds × {count(generations)} generations"
    memory("generations", f"{asked}, measured {count(measured)} times,",
           8 * len(loops) * seeds * measured * sum(dim ** SIZES.get(name, 0) for name in names))
    time("generations", f"{asked} in {count(dim)} dimensions",
         len(loops) * seeds * generations * (100 + dim**3), QUICKEST)
