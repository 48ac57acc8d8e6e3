"""Centres of rows: the quick way finds what differences find, to the last tie."""

import pytest
import torch

import madkit as mk
from madkit.models.parts import kmeans


def clouds(d, n=400):
    noise = torch.Generator().manual_seed(d)
    x = torch.randn(n, d, dtype=torch.float64, generator=noise)
    x[: n // 3] *= 1e-9   # a mode that has shrunk
    x[: n // 6] += 3
    return x


ROWS = {
    "one": clouds(1), "two": clouds(2), "wide": clouds(70), "far away": clouds(5) + 1e9,
    "tiny": clouds(3) * 1e-160, "subnormal": clouds(3) * 1e-165, "huge": clouds(3) * 1e153,
    "overflowing": clouds(3) * 1e160, "alike": torch.ones(50, 4, dtype=torch.float64),
    "whole": clouds(2).round(), "digits": mk.data.digits().real(300).x.flatten(1).double(),
}


@pytest.mark.parametrize("x", ROWS.values(), ids=ROWS)
def test_the_nearest_is_the_first_of_those_that_differences_find(x):
    for k in (1, 2, 30):
        centres = torch.cat([x[: k // 2], x[len(x) - k + k // 2 :]])
        found = kmeans.nearest(x, centres)
        apart = torch.cdist(centres, x, compute_mode="donot_use_mm_for_euclid_dist")
        assert torch.equal(found.argmax(0), apart.argmin(0)) and (found.sum(0) == 1).all()
