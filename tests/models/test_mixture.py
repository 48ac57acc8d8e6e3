"""EM of wide rows: the short way, to what all rows and all components give."""

from unittest.mock import patch

import pytest
import torch

import madkit as mk
from madkit.models import mixture

DIGITS = mk.data.digits().real(300).x.flatten(1)
NOISE = torch.randn(200, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("rows", [DIGITS, DIGITS[:40], NOISE], ids=["digits", "few", "soft"])
@pytest.mark.parametrize("k", [1, 8])
def test_wide_rows_taken_one_component_at_a_time_give_the_same_fit(rows, k):
    """Digits: flat components, rows that a component has no share in, components that stand."""
    def fit(steps):
        torch.manual_seed(1)
        return mk.models.Mixture(k, tol=0, steps=steps).fit(mk.Samples(rows))

    for steps in (1, 2, 6):
        short = fit(steps)
        with patch.object(mixture, "_singly", return_value=False):
            long = fit(steps)
        for name in ("weights", "means", "covs", "log_likelihood"):
            torch.testing.assert_close(getattr(short, name), getattr(long, name), rtol=1e-9,
                                       atol=1e-12)
        spread, known = (one._roots @ one._roots.mT for one in (short, long))
        torch.testing.assert_close(spread, known, rtol=1e-9, atol=1e-12)
