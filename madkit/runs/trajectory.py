"""One seed of a run: its judged generations, those that are stored first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from madkit.base.foreign import offers_state
from madkit.record import Entry
from madkit.runs.job import Job
from madkit.runs.judge import Judge
from madkit.runs.late import placed
from madkit.runs.resume import resumed
from madkit.runs.shelf import Shelf
from madkit.samples import Samples
from madkit.steps import steps


def trajectory(job: Job, seed: int) -> Iterator[Entry]:
    """The judged generations of one seed: those in the store first, then new ones."""
    shelf = Shelf(job.store / f"seed-{seed}", seed) if job.store else None
    done, state = 0, None
    if shelf:
        done = min(shelf.generations(), job.generations)
        for t in range(1, done + 1):
            yield shelf.record(t)
        if 0 < done < job.generations:
            state = resumed(shelf, done, job.model, job.loop, job.truth, job.device)
    if done == job.generations:
        return
    emit = job.emit if job.emits(seed) else 0
    past = steps(job.model, job.loop, job.truth, seed=seed, n_ini=job.n_ini, emit=emit,
                 lam_emit=job.lam_emit, device=job.device, state=state)
    judge = Judge.of(job, seed)
    for t in range(done + 1, job.generations + 1):
        with placed(t, seed):
            generation = next(past)
            values = judge(t, generation.samples, generation.model)
            record = Entry(seed, t, values, failed=judge.failed)
        if shelf or seed == job.seeds[0]:
            record = replace(record, samples=generation.samples,
                             composition=composition(generation.data))
        if shelf:
            kept = generation.model.state_dict() if offers_state(generation.model) else None
            shelf.write(record, generation.data, generation.state.cursor, kept)
        yield record if seed == job.seeds[0] else replace(record, samples=None)


def composition(data: Samples) -> list[tuple[str, int, int]]:
    """(source, born, rows) of a training set, as its rows say; "real": of the first real set."""
    real, *synthetic = torch.bincount(data.born).tolist() or [0]
    fresh = int((data.fresh & (data.born == 0)).sum())
    rows = [("real", 0, real - fresh), ("fresh", 0, fresh)]
    rows += [("synthetic", t, n) for t, n in enumerate(synthetic, 1)]
    return [row for row in rows if row[2]]
