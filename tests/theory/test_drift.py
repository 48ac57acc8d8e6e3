"""Heuristic laws of typical paths, against the exact law of many seeds."""

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
