"""The exact law and the loop that draws rows agree, loop by loop: two programs with nothing in common but the loop object.

Tolerance: the difference of two means is at most 4.5 of its standard errors, taken from the seeds of both; with 108
comparisons a right program fails with probability 108 · 7e-6 < 0.1 %, and the seeds are fixed.
"""

import numpy as np
import pytest

import madkit as mk

LOOPS = {
    "fully synthetic": lambda lam: mk.fully_synthetic(30, lam),
    "augmentation": lambda lam: mk.synthetic_augmentation(30, lam),
    "growing pool": lambda lam: mk.accumulate(30, lam),
    "fresh data": lambda lam: mk.fresh_data(40, 0.3, lam),
    "memory": lambda lam: mk.Fresh(10) + mk.Synthetic(30, lam, memory=2),
    "all at once": lambda lam: mk.Real() + mk.Fresh(10) + mk.Synthetic(20, lam, memory=3),
}
METRICS = ("trace", "mean_error", "logdet")
GENERATIONS = 4


def last(run):
    table = run.table[run.table.generation == GENERATIONS].pivot(index="seed", columns="metric", values="value")
    return table.mean(), table.sem()


@pytest.mark.parametrize("dim", [1, 2, 10])
@pytest.mark.parametrize("lam", [1, 0.8])
@pytest.mark.parametrize("name", LOOPS)
def test_exact_and_run_agree(name, lam, dim):
    loop = LOOPS[name](lam)
    ran = mk.run(mk.models.Gaussian(), loop, mk.data.gaussian(dim), generations=GENERATIONS, seeds=60, metrics=METRICS,
                 progress=False)
    exact = mk.exact.run(loop, dim, generations=GENERATIONS, seeds=3000, metrics=METRICS)
    (mean1, sem1), (mean2, sem2) = last(ran), last(exact)
    for metric in METRICS:
        deviation = abs(mean1[metric] - mean2[metric]) / np.hypot(sem1[metric], sem2[metric])
        assert deviation < 4.5, f"{metric}: {mean1[metric]:.4f} drawn, {mean2[metric]:.4f} exact, {deviation:.1f} standard errors"


@pytest.mark.parametrize("ddof", [0, 1])
def test_exact_and_run_agree_for_another_truth_and_covariance(ddof):
    truth, loop = mk.data.gaussian(2, cov=[[2.0, 0.5], [0.5, 1.0]]), mk.fresh_data(40, 0.3, 0.8)
    ran = mk.run(mk.models.Gaussian(ddof=ddof), loop, truth, generations=GENERATIONS, seeds=100, metrics=METRICS, progress=False)
    exact = mk.exact.run(loop, 2, generations=GENERATIONS, seeds=3000, cov=truth.cov, ddof=ddof, metrics=METRICS)
    (mean1, sem1), (mean2, sem2) = last(ran), last(exact)
    assert (abs(mean1 - mean2) / np.hypot(sem1, sem2) < 4.5).all()
    assert (abs(mean2 - ran.theory[ran.theory.generation == GENERATIONS].set_index("metric").value) / sem2).dropna().max() < 4.5
