"""What a run would take at least: asked before generation 1."""

from __future__ import annotations

from math import prod
from typing import Any

from madkit.base import limits
from madkit.base.limits import count, memory
from madkit.loops import Previous, parts

VALUE = 100         # bytes of a number in the table, its name and the columns beside it


def check(job: Any) -> None:
    """ValueError where the rows or the results of a Job would not fit, or take more than a day."""
    row = 4 * prod(getattr(job.truth, "shape", ()))
    size = sum(getattr(part, "size", 0) for part in parts(job.loop))
    pool = size * (job.generations - 1) if any(type(p) is Previous for p in parts(job.loop)) else 0
    memory("n_ini", f"{count(job.n_ini)} real rows", job.n_ini * row)
    memory("loop", f"a training set of {count(max(size, pool))} rows", max(size, pool) * row)
    memory("emit", f"{count(job.emit)} emitted rows in {count(job.generations)} generations",
           job.emit * row * job.generations)
    asked = f"{count(len(job.seeds))} seeds × {count(job.generations)} generations"
    steps = len(job.seeds) * job.generations
    memory("generations", asked, steps * VALUE * max(1, len(job.metrics)))
    limits.generations(asked, steps)
