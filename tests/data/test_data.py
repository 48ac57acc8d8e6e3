"""Truths: pure functions of (rows, seed), densities with the moments they claim, and finite data
that is never shared."""

import hashlib
import re
import time

import cloudpickle
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import madkit as mk

COV = [[2.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 0.5]]
ENDLESS = {
    "gaussian": mk.data.gaussian(dim=2),
    "gaussian cov": mk.data.gaussian(dim=3, cov=COV),
    "ring": mk.data.ring(),
    "grid25": mk.data.grid25(std=0.3),
    "moons": mk.data.moons(),
    "swissroll": mk.data.swissroll(),
    "rosenbrock": mk.data.rosenbrock(),
}
endless = pytest.mark.parametrize("truth", ENDLESS.values(), ids=ENDLESS.keys())
every = pytest.mark.parametrize("truth", [*ENDLESS.values(), mk.data.digits()],
                                ids=[*ENDLESS.keys(), "digits"])


# --- every truth ----------------------------------------------------------------------------------


@every
def test_truth_is_one_sequence_however_it_is_read(truth):
    whole = truth.real(700, seed=3)
    assert whole.x.dtype == torch.float64 and whole.shape == truth.shape and not whole.born.any()
    for start, n in [(0, 1), (0, 128), (127, 2), (128, 128), (300, 400), (699, 1), (5, 0)]:
        part = truth.fresh(start, n, seed=3)
        assert torch.equal(part.x, whole.x[start : start + n])
        assert part.y is None or torch.equal(part.y, whole.y[start : start + n])


@every
def test_seeds_and_test_rows_differ_and_the_global_generator_is_left_alone(truth):
    before = torch.get_rng_state()
    a, b, test = truth.real(300, seed=1).x, truth.real(300, seed=2).x, truth.test(300, seed=1).x
    assert torch.equal(torch.get_rng_state(), before)
    for other in (b, test):
        assert (a.flatten(1) != other.flatten(1)).any(1).all()  # no row in the same place
    assert torch.equal(test[:7], truth.test(7, seed=1).x)


@every
def test_truth_survives_the_way_to_a_worker(truth):
    other = cloudpickle.loads(cloudpickle.dumps(truth))
    assert torch.equal(other.fresh(100, 50, 4).x,
                       truth.fresh(100, 50, 4).x) and repr(other) == repr(truth)


@every
@pytest.mark.parametrize("n", [-1, 2.5, "3", True])
def test_row_counts_are_checked(truth, n):
    for read in (truth.real, truth.test, lambda n: truth.fresh(0, n)):
        with pytest.raises(ValueError, match=r"n: expected a whole number ≥ 0, got "
                                             rf"{re.escape(repr(n))}"):
            read(n)


# --- densities ------------------------------------------------------------------------------------


@endless
def test_moments_agree_with_rows(truth):
    """Mean and covariance of 50,000 rows within 4.5 standard errors, these estimated from the same
    rows."""
    mean, cov = truth.moments()
    x = truth.real(50_000, seed=5).x - mean
    products = (x[:, :, None] * x[:, None, :]).flatten(1)
    for values, expected in ((x, 0 * mean), (products, cov.flatten())):
        error = values.std(0) / len(x) ** 0.5
        assert ((values.mean(0) - expected).abs() < 4.5 * error).all()


def test_gaussian_has_the_covariance_it_was_given_to_the_last_bit():
    assert mk.data.gaussian(3, cov=COV).moments()[1].tolist() == COV


def test_gaussian_takes_a_singular_covariance_as_it_is():
    direction = torch.tensor([3.0, 4.0]).double() / 5
    x = mk.data.gaussian(2, cov=torch.outer(direction, direction)).real(1000).x
    assert (x @ torch.tensor([4.0, -3.0]).double()).abs().max() < 1e-13 and x.std(0).min() > 0.5


@pytest.mark.parametrize("cov, message", [
    (torch.eye(3), r"cov expected shape \(2, 2\) for dim=2, got \(3, 3\)"),
    ([[1, 0.5], [0, 1]], "cov expected a finite symmetric matrix"),
    ([[1, float("nan")], [float("nan"), 1]], "cov expected a finite symmetric matrix"),
    ([[1, 2], [2, 1]], "cov expected no negative eigenvalue, got -1"),
])
def test_gaussian_refuses_what_is_no_covariance(cov, message):
    with pytest.raises(ValueError, match=message):
        mk.data.gaussian(2, cov=cov)


@pytest.mark.parametrize("make, message", [
    (lambda: mk.data.gaussian(0), "gaussian: dim: expected a whole number ≥ 1, got 0"),
    (lambda: mk.data.ring(std=-1), "ring: std: expected a standard deviation, a finite number ≥ "
                                   "0, got -1"),
    (lambda: mk.data.moons(noise=float("nan")), "moons: noise: .* got nan"),
])
def test_toys_refuse_impossible_parameters(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("truth, k", [(mk.data.ring(), 8), (mk.data.grid25(), 25)],
                         ids=["ring", "grid25"])
def test_modes_are_equally_likely_and_round(truth, k):
    """Counts within χ² at level 10⁻⁴; distances to the nearest centre follow the Rayleigh law
    (Kolmogorov–Smirnov)."""
    from scipy import stats

    assert truth.centres.shape == (k, 2)
    distance, mode = torch.cdist(truth.real(20_000).x, truth.centres,
                                 compute_mode="donot_use_mm_for_euclid_dist").min(1)
    assert stats.chisquare(torch.bincount(mode, minlength=k)).pvalue > 1e-4
    assert stats.kstest(distance / truth.std, stats.rayleigh.cdf).pvalue > 1e-4


def test_rosenbrock_is_the_papers_density():
    from scipy import stats

    x1, x2 = mk.data.rosenbrock().real(20_000).x.T
    assert stats.kstest(x1, stats.norm.cdf).pvalue > 1e-4
    assert stats.kstest((x2 - x1**2) * 2**0.5, stats.norm.cdf).pvalue > 1e-4


def test_the_tails_of_rosenbrock_are_those_of_its_density():
    truth, far = mk.data.rosenbrock(), mk.Samples(torch.tensor([[0.0, 0.0], [2.6, 6.76],
                                                                [3.1, 9.61], [0.0, 1.8]]))
    # −log p = ½ z², z² = 0, 6.76, 9.61, 6.48; cuts 5.99 and 9.21
    assert truth.tails(far, far) == {"5": 0.75, "1": 0.25}
    # two times λ = 0.75
    z = 0.75 * torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0),
                           dtype=torch.float64)
    cooled = truth.tails(far, mk.Samples(torch.stack([z[:, 0], z[:, 0] ** 2 + z[:, 1] / 2**0.5],
                                                     1)))
    assert cooled["5"] == pytest.approx(truth.cooled_tail(0.05, 0.75, 2), abs=0.0008)
    inside, outside = (mk.Samples(truth.contour(share)) for share in (0.0501, 0.0499))
    assert truth.tails(far, inside) == {"5": 0, "1": 0} and truth.tails(far, outside) == {
        "5": 1,
        "1": 0,
    }
    share = truth.tails(far, truth.real(20_000))
    assert share["5"] == pytest.approx(0.05, abs=0.006) and share["1"] == pytest.approx(
        0.01, abs=0.003
    )


def test_without_noise_the_curves_are_exact():
    x, y = mk.data.moons(noise=0).real(1000).x.T
    upper, lower = (x**2 + y**2 - 1).abs() < 1e-12, ((x - 1) ** 2
                                                     + (y - 0.5) ** 2 - 1).abs() < 1e-12
    assert (upper & (y >= 0) | lower & (y <= 0.5)).all() and 400 < upper.sum() < 600
    x, y = mk.data.swissroll(noise=0).real(1000).x.T
    r = (x**2 + y**2).sqrt()
    assert r.min() >= 1 and r.max() <= 3 and torch.allclose(torch.atan2(y, x).cos(),
                                                            (1.5 * torch.pi * r).cos(), atol=1e-9)


def test_a_truth_of_ones_own_is_a_draw():
    class square(mk.data.Endless):
        shape = (2,)

        def draw(self, n, generator):
            return torch.rand(n, 2, generator=generator, dtype=torch.float64)

    assert torch.equal(square().fresh(130, 20).x, square().real(150).x[130:])


def test_a_hundred_fresh_rows_are_cheap_anywhere_in_the_sequence():
    for truth in (mk.data.gaussian(100), mk.data.grid25()):
        best = min(_seconds(lambda truth=truth: truth.fresh(10_000_000, 100)) for _ in range(20))
        assert best < 1.5e-3


def _seconds(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


# --- finite data ----------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(size=st.integers(3, 60), test=st.floats(0.01, 0.99), seed=st.integers(0, 2**40),
       data=st.data())
def test_finite_rows_are_never_shared(size, test, seed, data):
    truth = mk.data.array(np.arange(size), y=np.arange(size), test=test)
    n_ini = data.draw(st.integers(2, truth.rows))
    n = data.draw(st.integers(0, truth.rows - n_ini))
    taken = [truth.real(n_ini, seed), truth.fresh(n_ini, n, seed), truth.test(size, seed)]
    rows = torch.cat([part.x[:, 0] for part in taken]).long()
    assert len(set(rows.tolist())) == len(rows)
    assert torch.equal(rows, torch.cat([part.y for part in taken]))
    everything = (
        truth.real(truth.rows, seed).x[:, 0].tolist() + truth.test(size, seed).x[:, 0].tolist()
    )
    assert sorted(everything) == list(range(size))


def test_finite_data_that_runs_out_says_so():
    truth = mk.data.array(np.arange(100.0), test=0.2)
    assert truth.rows == 80 and len(truth.test(50)) == 20
    with pytest.raises(ValueError, match=r"real: rows 0 to 81 .* has 80 rows for real and fresh "
                                         r"data and 20 held out"):
        truth.real(81)
    with pytest.raises(ValueError, match="fresh: rows 70 to 90 were asked for"):
        truth.fresh(70, 20)


def test_array_keeps_the_users_data_unharmed_and_images_as_images():
    x = np.zeros((10, 3), dtype=np.float32)
    truth = mk.data.array(x)
    x[:] = 7
    assert truth.x.dtype == torch.float64 and not truth.x.any()
    images = mk.data.array(np.full((5, 1, 4, 4), 255, dtype=np.uint8))
    assert images.real(2).x.dtype == torch.uint8 and images.shape == (1, 4, 4)
    assert mk.data.array([1, 2, 3, 4]).shape == (1,)


@pytest.mark.parametrize("make, error, message", [
    (lambda: mk.data.array([1.0, float("nan"), 2.0, float("inf")]), ValueError, r"in 2 of 4 rows "
                                                                                r"\(counted from "
                                                                                r"0: 1, 3\)"),
    (lambda: mk.data.array([[1.0], [2.0]]), ValueError, "expected at least 3 rows .* got 2"),
    (lambda: mk.data.array(["a", "b", "c"]), TypeError, "x expected an array of numbers .* got an "
                                                        "array of <U1"),
    (lambda: mk.data.array([[1, 2], [3]]), TypeError, "x expected rows of equal length"),
    (lambda: mk.data.array(3.0), TypeError, "x expected an array of numbers .* got 3.0"),
    (lambda: mk.data.array(np.zeros((4, 2)), y=[0, 1]), ValueError, r"y needs one entry per row, "
                                                                    r"expected .*\(4,\)"),
    (lambda: mk.data.array(np.zeros((4, 2)), y=[0, 1, 0.5, 1]), ValueError, "y expected whole "
                                                                            "numbers, got 0.5"),
    (lambda: mk.data.array(np.zeros((4, 0))), ValueError, "rows of at least one number"),
    (lambda: mk.data.array(np.zeros((4, 2)), test=0), ValueError, "test: expected a share of the "
                                                                  "rows between 0 and 1.*got 0"),
])
def test_array_refuses_what_it_cannot_serve(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_digits_are_the_ones_of_scikit_learn():
    from sklearn.datasets import load_digits

    truth, theirs = mk.data.digits(), load_digits()
    assert np.array_equal(truth.x[:, 0].numpy() * 16,
                          theirs.images) and np.array_equal(truth.y.numpy(), theirs.target)
    assert (
        truth.shape == (1, 8, 8)
        and truth.rows == 1348
        and truth.held == 449
        and repr(truth) == "digits()"
    )


def test_shipped_digits_have_the_checksum_of_their_readme():
    checksum = hashlib.sha256(mk.data.shipped("digits/digits.npz").read_bytes()).hexdigest()
    assert checksum in mk.data.shipped("digits/README.md").read_text(encoding="utf-8")


def test_a_shipped_file_that_is_missing_says_where_it_should_be():
    with pytest.raises(FileNotFoundError, match="'nothing.npz' was expected at .*install madkit "
                                                "again"):
        mk.data.shipped("nothing.npz")
