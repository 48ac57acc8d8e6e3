"""The checked arguments of a run, and what they say of themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from madkit import loops
from madkit import metrics as mad_metrics
from madkit.base import describe as specs
from madkit.base.checks import several_seeds, whole
from madkit.base.device import resolve
from madkit.base.foreign import asked, check_methods
from madkit.loops import Loop
from madkit.metrics.values import Metric
from madkit.models.own import taken
from madkit.runs import foreseen, told
from madkit.samples import Samples
from madkit.steps import Model, Truth


@dataclass(frozen=True)
class Job:
    """The checked arguments of a run: what crosses to a worker process."""

    model: Any
    loop: Loop
    truth: Any
    generations: int
    seeds: list[int]
    n_ini: int
    metrics: tuple[Metric, ...]
    features: Callable | None
    emit: int
    lam_emit: float
    device: str
    store: Path | None
    words: dict[str, Any] | None = None  # of its parts: made once, for some count while they run

    def spec(self) -> dict[str, Any]:
        """The run in words and numbers: its identity, then its provenance."""
        return {"format": specs.FORMAT, "seeds": self.seeds, "n_ini": self.n_ini, "emit": self.emit,
                "lam_emit": self.lam_emit} | (self.words or told.words(self))

    def real(self) -> Samples:
        """The test rows of the first seed."""
        return asked(self.truth, "test", self.emit, self.seeds[0])

    def emits(self, seed: int) -> bool:
        """Whether this seed's emitted rows are needed: kept, stored or judged."""
        judged = any(not self.by_moments(metric) for metric in self.metrics)
        return judged or self.store is not None or seed == self.seeds[0]

    def knows_moments(self) -> bool:
        """Whether moment metrics judge the fit itself."""
        known = hasattr(self.model, "moments") and hasattr(self.truth, "moments")
        return known and self.features is None

    def by_moments(self, metric: Metric) -> bool:
        """Whether this one does."""
        return metric in mad_metrics.MOMENTS and self.knows_moments()


def job(model: Model, loop: Loop, truth: Truth, *, generations: int, seeds: int | Iterable[int],
        n_ini: int | None = None, metrics: Metric | str | Iterable[Metric | str] | None = None,
        features: Callable[[Samples], Any] | None = None, emit: int = 1000,
        lam_emit: float | None = None, device: str = "auto",
        store: str | Path | None = None) -> Job:
    """The arguments of a run, checked: see `run`."""
    check_methods(model := taken(model))
    foreseen.check_truth(truth)
    made = Job(
        model, loop, truth, generations, several_seeds(seeds),
        n_ini=whole("n_ini", loops.initial_rows(loop) if n_ini is None else n_ini, least=2),
        metrics=foreseen.metrics(metrics, model, truth, features),
        features=features,
        emit=emit,
        lam_emit=loops.emitted_lam(loop) if lam_emit is None else lam_emit,
        device=str(resolve(device)),
        store=None if store is None else Path(store),
    )
    foreseen.check(made)
    return replace(made, words=told.words(made))
