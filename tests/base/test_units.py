"""Units of columns: ordinary ones are left as they are, far ones are powers of two."""

import pytest
import torch

from madkit.base.units import FAR, hidden, units


def of(*std):
    return torch.tensor(std, dtype=torch.float64).square()


@pytest.mark.parametrize("std", [(1.0,), (1e-30,), (1.0, FAR / 1.01), (0.0, 1.0), (0.0, 0.0),
                                 (3e-4, 1.0, 0.0), (1e-80, 1e-78)])
def test_ordinary_columns_have_none(std):
    assert (units(of(*std)) == 1).all() and hidden(of(*std)) is None


@pytest.mark.parametrize("std", [(1.0, FAR * 1.01), (2e4, 1e-3), (1e-12, 1.0, 1e12), (1e60, 1e-60)])
def test_columns_far_apart_spread_by_about_one_in_theirs(std):
    unit = units(of(*std))
    assert torch.equal(torch.frexp(unit).mantissa, torch.full_like(unit, 0.5))  # powers of two
    share = torch.tensor(std, dtype=torch.float64) / unit
    assert (share > 0.7).all() and (share < 1.5).all()


def test_a_column_that_stands_still_shares_the_largest():
    place = torch.tensor([0.0, 0.0, 5e9])
    unit = units(of(1e9, 1e-3, 1e-7), place)                 # 5e9 is rounded by 5e-7
    assert unit[2] == unit[0] > unit[1]
    assert (units(of(1e9, 1.0, 1e-7), torch.tensor([0.0, 5e17, 5e9])) == 1).all()


def test_the_columns_that_hide_are_named():
    assert hidden(of(1.0, 1e-9, 1e3)) == (1, 2)
