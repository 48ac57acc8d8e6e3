"""`judge`: metrics of rows that a run has kept."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from madkit.base.checks import Place, place, shown
from madkit.base.describe import descriptions
from madkit.base.files import StoreError
from madkit.base.foreign import Truthful, asked
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.metrics.values import Features, Metrics, chosen
from madkit.record import Entry, Run, assemble, load
from madkit.runs.again import spec_of, truth_of
from madkit.runs.foreseen import check_tools, check_truth, warn_of_few
from madkit.runs.judge import Judge
from madkit.runs.late import warn_of_metrics
from madkit.runs.shelf import Shelf
from madkit.samples import Samples


@gate
@guarded
def judge(
    run: Run | Place,                             # a Run, or the folder of a stored one
    metrics: Metrics,                             # names, or (real, fake) -> number
    *,
    features: Features | None = None,             # what they see: Samples -> (n, d), or a network
    truth: Truthful | None = None,                # the run's own, where madkit cannot make it again
) -> Run:
    """Other metrics of a run that is done, of the rows that it emitted and kept; nothing is fitted.

    A folder that `run` was given as store keeps all seeds; a Run in memory, or a saved one, has the
    rows of its first. All are judged as `run` would have judged them, to the bit, but for moment
    metrics, which judge rows here: each seed against its own test rows. Returns a Run with the
    table of these metrics; the run and its folder stay as they were.

    Raises ValueError for metrics that are unknown and for a truth with other test rows, StoreError
    where no rows are kept, or the truth is needed and not given.
    """
    import pandas as pd

    asked = chosen(metrics)
    check_tools(features, None)
    if truth is not None:
        check_truth(truth)
    folder = run.folder if isinstance(run, Run) else place("run", run)
    stored = folder is not None and any(folder.glob("seed-*"))
    known = run if isinstance(run, Run) else _recorded(place("run", run))
    spec = dict(known.spec) if known else spec_of(place("run", run))
    kept = _stored(folder, spec["seeds"]) if folder and stored else _held(known)
    sides = _sides({entry.seed for entry in kept}, known, spec, truth)
    warned: set[str] = set()
    if kept and kept[0].samples is not None:
        warn_of_few(asked, len(kept[0].samples), len(sides[kept[0].seed]))
    judges = {seed: Judge(asked, features, seed, partial(sides.__getitem__, seed)) for seed in sides}
    entries = []
    for entry in kept:
        assert entry.samples is not None
        values = judges[entry.seed](entry.t, entry.samples)
        entries.append(replace(entry, values=values, failed=judges[entry.seed].failed))
    warn_of_metrics(entries, warned)
    words, _ = descriptions({"metrics": asked, "features": features}, complete=False)
    theory = pd.DataFrame(columns=["generation", "metric", "value", "kind"])
    complete = known.complete if known else False
    return assemble(entries, theory, sides[spec["seeds"][0]], spec | words, complete)


def _recorded(folder: Path) -> Run | None:
    """The Run in a folder, or None where it was cut off before it was written."""
    spec = spec_of(folder)
    return load(folder) if "complete" in spec else None


def _stored(folder: Path, seeds: list[int]) -> list[Entry]:
    """What a store keeps of every generation."""
    shelves = [Shelf(folder / f"seed-{seed}", seed) for seed in seeds]
    return [shelf.record(t) for shelf in shelves for t in range(1, shelf.generations() + 1)]


def _held(run: Run | None) -> list[Entry]:
    """What a Run keeps: rows of its first seed."""
    if run is None or not run.samples:
        raise StoreError("judge: no emitted rows are kept; mk.run keeps those of its first seed, "
                         "and of all seeds when it is given store=")
    parts = run.composition.groupby("generation")
    made = {t: [tuple(part) for part in rows[["source", "born", "rows"]].itertuples(index=False)]
            for t, rows in parts}
    seed = run.spec["seeds"][0]
    return [Entry(seed, t, {}, made.get(t, []), rows) for t, rows in run.samples.items()]


def _sides(seeds: set[int], run: Run | None, spec: dict[str, Any], truth: Any) -> dict[int, Samples]:
    """{seed: its test rows}."""
    first, real = spec["seeds"][0], run.real if run else None
    if truth is None and real is not None and seeds <= {first}:
        return {first: real}
    if truth is None:
        try:
            truth = truth_of(spec)
        except StoreError as error:
            raise StoreError("judge: each seed is judged against test rows of its own, so give "
                             f"truth=, the one of the run ({spec.get('data')})") from error
    rows = {seed: asked(truth, "test", spec["emit"], seed) for seed in {first, *seeds}}
    if real is not None and not (rows[first].x.shape == real.x.shape
                                 and bool((rows[first].x == real.x).all())):
        raise ValueError("truth: expected that of the run, whose test rows are in run.real, got "
                         f"{shown(truth)} with others")
    return rows
