"""What would fail late and is known before generation 1: it is refused there."""

from __future__ import annotations

import copy
from typing import Any

from madkit import loops
from madkit.base import foreign
from madkit.loops import Fresh, Loop


def check(job: Any) -> None:
    """All of it, of a Job."""
    check_copy(job.model)
    check_lam(job.model, job.loop, job.lam_emit)
    check_fresh(job.loop, job.truth, job.n_ini, job.generations)


def check_copy(model: Any) -> None:
    """TypeError for a model that cannot be copied: each generation fits a copy."""
    try:
        copy.deepcopy(model)
    except Exception as error:
        raise TypeError(f"model: {foreign.name(model)} cannot be copied ({error}), and each "
                        "generation fits a copy of it: make inside of fit what cannot be copied "
                        "(generators, open files, compiled functions)") from error


def check_lam(model: Any, loop: Loop, lam_emit: float) -> None:
    """ValueError where a model that knows no λ is asked for one."""
    asked = [getattr(part, "lam", 1.0) for part in loops.parts(loop)] + [lam_emit]
    if others := [lam for lam in asked if lam != 1]:
        if not foreign.takes_lam(model):
            raise ValueError(foreign.no_lam(model, others[0]))


def check_fresh(loop: Loop, truth: Any, n_ini: int, generations: int) -> None:
    """ValueError where a finite truth has fewer rows than the sources of a sum take."""
    left = getattr(truth, "rows", None)
    n = sum(part.n for part in loops.parts(loop) if type(part) is Fresh)
    needed = n_ini + (generations - 1) * n
    if isinstance(left, int) and n and needed > left:
        possible = 1 + max(0, (left - n_ini) // n)
        enough = f"{possible} generations are possible" if n_ini <= left else "none is possible"
        raise ValueError(f"generations: {generations} take {needed} rows of real data, n_ini = "
                         f"{n_ini} and {n} fresh ones in each later generation, but {truth!r} has "
                         f"{left}: {enough}; ask for fewer generations, fewer fresh rows or a "
                         "smaller n_ini")
