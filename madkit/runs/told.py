"""The words of a job's parts: made before the first fit, for some count or remember while they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from madkit.base import describe as specs
from madkit.base import identity
from madkit.base.provenance import provenance

if TYPE_CHECKING:
    from madkit.runs.job import Job


def words(job: Job) -> dict[str, Any]:
    """What the parts are, and the provenance. Undescribed where a store could not tell one apart."""
    lines, packages = specs.descriptions(_parts(job), complete=job.store is not None)
    if job.store:
        lines = identity.as_made(job.store, _parts(job), lines)
    return lines | {"data": repr(job.truth)} | provenance(job.device, packages)


def leave(job: Job) -> None:
    """Remember what the run made of its parts, so that the same call goes on with these too."""
    if job.store and job.words:
        after, _ = specs.descriptions(_parts(job), complete=False)
        identity.leave(job.store, _parts(job), job.words, after)


def _parts(job: Job) -> dict[str, Any]:
    return {"model": job.model, "loop": job.loop, "truth": job.truth, "metrics": job.metrics,
            "features": job.features}
