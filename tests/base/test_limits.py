"""What no machine could hold, or do in a day, is refused before it begins, with what it would take.
"""

import pytest
import torch

import madkit as mk
from madkit import theory
from madkit.base import limits
from madkit.metrics.distances import check_time

G, LOOP, MANY = mk.data.gaussian(2), mk.fully_synthetic(100), 10**12
GAUSSIAN = mk.models.Gaussian()
FEW = mk.Samples(torch.arange(40.0).reshape(20, 2).sin())


def run(**asked):
    return mk.run(GAUSSIAN, LOOP, G, progress=False, **asked)


REQUESTS = {
    "seeds": lambda: run(seeds=10**9),
    "more seeds": lambda: run(seeds=10**30),
    "a range": lambda: run(seeds=range(5, 10**30, 3)),
    "seeds × generations": lambda: run(seeds=10**5, generations=10**8),
    "generations": lambda: run(generations=MANY),
    "emit": lambda: run(emit=MANY),
    "n_ini": lambda: run(n_ini=MANY),
    "loop": lambda: mk.run(GAUSSIAN, mk.fully_synthetic(MANY), G, n_ini=10),
    "pool": lambda: mk.run(GAUSSIAN, mk.accumulate(10**10), G, n_ini=10, generations=100),
    "Synthetic": lambda: mk.fully_synthetic(10**30),
    "Fresh": lambda: mk.Fresh(10**30),
    "Mixture": lambda: mk.models.Mixture(10**12),
    "Mixture.fit": lambda: mk.models.Mixture(10**8).fit(mk.data.gaussian(200).real(500)),
    "Flow": lambda: mk.models.Flow(hidden=10**7),
    "VAE": lambda: mk.models.VAE(steps=MANY),
    "GAN": lambda: mk.models.GAN(width=10**7),
    "Diffusion": lambda: mk.models.Diffusion(width=4 * 10**7),
    "sample": lambda: mk.models.Gaussian().fit(FEW).sample(MANY),
    "KDE.sample": lambda: mk.models.KDE().fit(FEW).sample(MANY),
    "wide rows": lambda: mk.models.Gaussian().fit(mk.Samples(torch.zeros(3, 10**6))),
    "steps": lambda: next(mk.steps(GAUSSIAN, LOOP, G, emit=MANY)),
    "exact dim": lambda: mk.exact.run(LOOP, 10**6),
    "exact seeds": lambda: mk.exact.run(LOOP, 10, seeds=10**6, generations=10**6),
    "exact generations": lambda: mk.exact.run(LOOP, generations=10**30),
    "exact memory": lambda: mk.exact.run(mk.Synthetic(100, memory=MANY)),
    "gaussian": lambda: mk.data.gaussian(10**6),
    "real": lambda: G.real(MANY),
    "theory.table": lambda: theory.table(LOOP, 10**6, 10, 100),
    "theory.moments": lambda: theory.moments(LOOP, 2, MANY, 100),
    "memory": lambda: theory.moments(mk.Synthetic(10, memory=10**6), 2, 10**6, 10),
    "spectrum": lambda: theory.spectrum(LOOP, 10**5, 10**7, 100),
    "logdet": lambda: theory.logdet(LOOP, MANY, 10, 100),
    "bias_growth": lambda: theory.bias_growth(LOOP, MANY, 100),
    "pool_decay": lambda: theory.pool_decay(0.5, MANY),
    "projections": lambda: mk.metrics.sliced_w2(FEW, FEW, projections=MANY),
    "sampling_bias": lambda: mk.sampling_bias({"Gaussian": GAUSSIAN}, G, emit=MANY),
    "cells": lambda: mk.sweep.grid(
        lambda seed, **cell: None, {"n": range(10**6), "m": range(10**6)}),
    "processes": lambda: mk.sweep.processes(10**9),
}


@pytest.mark.parametrize("request_", REQUESTS)
def test_what_cannot_be_is_refused_beforehand(request_):
    with pytest.raises((TypeError, ValueError), match="would take at least|at most"):
        REQUESTS[request_]()


def test_what_it_would_take_is_said_in_words(monkeypatch):
    monkeypatch.setattr(limits, "machine", lambda: 24 * 10**9)
    with pytest.raises(ValueError, match=r"^emit: a trillion rows would take at least 8 TB of "
                                         r"memory, and this machine has 24 GB; ask for less$"):
        limits.memory("emit", "a trillion rows", 8 * 10**12)
    with pytest.raises(ValueError, match="at least 3 years"):
        limits.time("steps", "a trillion steps", 10**12, 10**4)
    assert [limits.amount(n) for n in (999, 10**9, 10**30)] == ["999 bytes", "1 GB",
                                                               "about 10^15 PB"]
    limits.memory("emit", "as much as there is", 24 * 10**9)
    limits.time("steps", "a day", 86_400, 1)


def test_pairs_of_rows_that_would_take_days():
    rows = torch.zeros(1, 1).expand(10**6, 10**5)      # a view: no memory
    with pytest.raises(ValueError, match="the distances of 1,000,000 rows to 1,000,000"):
        check_time(rows, rows)


def test_a_memory_that_reaches_further_than_the_run_is_nothing_special():
    loop = mk.Synthetic(10, memory=10**9)
    assert mk.run(GAUSSIAN, loop, G, generations=3, progress=False).complete
    assert len(theory.moments(loop, 2, 5, 10).m) == 5


def test_memory_is_what_a_container_or_ulimit_lets_a_process_have(tmp_path, monkeypatch):
    group = tmp_path / "memory.max"
    group.write_text("1000000\n")
    monkeypatch.setattr(limits, "GROUPS", (str(group), str(tmp_path / "none")))
    monkeypatch.setattr(limits, "_physical", limits._physical.__wrapped__)
    assert limits.machine() == 10**6
    group.write_text("max\n")
    assert limits.machine() > 10**6
