"""Laws of drift against many seeds: of the exact law, or of rows where there is none."""

import numpy as np
import pytest

import madkit as mk

SEEDS, FIRST, LAST = 200, 100, 400


@pytest.mark.parametrize("dim, memory, n, ddof", [(5, 12, 100, 1), (1, 6, 60, 1), (2, 2, 100, 0)])
def test_memory_drifts_as_the_law_says(dim, memory, n, ddof):
    """Within 3.5 standard errors of the mean of the seeds."""
    found = mk.exact.simulate(mk.Synthetic(n, memory=memory), dim, generations=LAST, seeds=SEEDS,
                              metrics=["logdet"], at=[FIRST, LAST], ddof=ddof)["logdet"][0] / dim
    slopes = (found[:, 1] - found[:, 0]) / (LAST - FIRST)
    error = slopes.std(ddof=1) / SEEDS**0.5
    assert abs(slopes.mean() - mk.theory.memory_drift(n, dim, memory, ddof)) < 3.5 * error


@pytest.mark.parametrize("n, n_ini, lam", [(5, 5, 1.0), (4, 12, 0.8)])
def test_variance_of_a_subsampled_pool_is_that_of_rows(n, n_ini, lam):
    """Within 3.5 standard errors of the mean of the seeds; total variance of 20 dimensions."""
    run = mk.run(mk.models.Gaussian(), mk.accumulate_subsample(n, lam), mk.data.gaussian(20),
                 generations=8, n_ini=n_ini, seeds=100, metrics=["trace"], progress=False)
    found = run.table.pivot(index="seed", columns="generation", values="value") / 20
    law = mk.theory.subsample_variance(n, 8, n_ini, lam)
    assert (abs(found.mean() - law) < 3.5 * found.sem()).all()


@pytest.mark.parametrize("n, lam, ddof", [(10, 1.0, 1), (40, 1.0, 1), (10, 1.0, 0), (40, 0.9, 1)])
def test_variance_of_a_subsampled_pool_grows_as_a_power_of_time(n, lam, ddof):
    m = mk.theory.subsample_variance(n, 20_000, n, lam, ddof)
    slope = np.log(m[-1] / m[1999]) / np.log(10)
    assert slope == pytest.approx(mk.theory.subsample_exponent(n, lam, ddof), abs=1e-3)
    assert mk.theory.subsample_exponent(n) == pytest.approx(1 / n)


@pytest.mark.parametrize("dim", [1, 3])
def test_typical_paths_stand_still_while_the_mean_grows(dim):
    """Shares within 3.5 standard errors; from 20 n to 40 n generations hardly a path moves."""
    n, seeds = 60, 600
    before, after = mk.exact.simulate(
        mk.fully_synthetic(n), dim, generations=40 * n, seeds=seeds, metrics=["w2_squared"],
        at=[20 * n, 40 * n])["w2_squared"][0].T
    for level in (0.25, 0.5, 0.75):
        below = (after < mk.theory.frozen_w2(dim, level)).mean()
        assert abs(below - level) < 3.5 * (level * (1 - level) / seeds) ** 0.5
    assert (abs(after / before - 1) > 0.1).mean() < 0.02
    assert mk.theory.w2_squared_1d(mk.fully_synthetic(n), 40 * n, n)[[20 * n - 1, -1]] == (
        pytest.approx([21, 41], rel=0.05))
