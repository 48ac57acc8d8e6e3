"""Quantiles over seeds: NumPy's own, to the bit, and one meaning of NaN and −∞."""

import numpy as np
import pytest

from madkit.base.quantiles import quantiles

BAND = (0.1, 0.5, 0.9)


@pytest.mark.parametrize("seeds", [1, 2, 3, 4, 6, 10, 11, 12, 21, 100, 250])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_finite_numbers_are_numpys_to_the_bit(seeds, scale):
    """What every view of curves computed before there was one function, each in its own way."""
    values = scale * np.random.default_rng(seeds).standard_normal((seeds, 30))
    for before in (np.quantile(values, BAND, axis=0), np.nanquantile(values, BAND, axis=0),
                   np.quantile(values.T, BAND, axis=1)):
        np.testing.assert_array_equal(quantiles(values), before)


def by_one_sort(values):
    """What the explorer computed before: the same numbers but for their last bit."""
    ordered, last = np.sort(values, axis=0), len(values) - 1
    place = np.array(BAND) * last
    below = np.floor(place).astype(int)
    share = (place - below).reshape(3, 1)
    return ordered[below] * (1 - share) + ordered[np.minimum(below + 1, last)] * share


@pytest.mark.parametrize("seeds", [1, 2, 11, 100])
def test_the_explorers_numbers_moved_by_their_last_bit_and_not_in_its_packs(seeds):
    values = np.random.default_rng(seeds).lognormal(size=(seeds, 400))
    now, before = quantiles(values), by_one_sort(values)
    np.testing.assert_array_max_ulp(now, before, 2)
    np.testing.assert_array_equal(now.astype("f4"), before.astype("f4"))


def test_nan_is_left_out_and_stays_where_all_are_nan():
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [3.0, np.nan]])
    np.testing.assert_array_equal(quantiles(values)[:, 0], np.quantile([1.0, 3.0], BAND))
    assert np.isnan(quantiles(values)[:, 1]).all()


def test_a_quantile_beside_minus_infinity_is_minus_infinity():
    values = np.array([[-np.inf, 0.0], [1.0, 0.0], [2.0, 0.0]])
    assert quantiles(values)[0, 0] == -np.inf and quantiles(values)[1, 0] == 1.0
    assert (quantiles(np.full((4, 2), -np.inf)) == -np.inf).all()
    assert (quantiles(values)[:, 1] == 0).all()


def test_any_shape_behind_the_seeds_is_kept():
    values = np.random.default_rng(0).standard_normal((9, 4, 5))
    assert quantiles(values).shape == (3, 4, 5)
    np.testing.assert_array_equal(quantiles(values)[:, 2], quantiles(values[:, 2]))
