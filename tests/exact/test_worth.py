"""Effective sample sizes by simulation: laws of the limit, theory's own numbers, and what a loop forgets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import madkit as mk
from madkit import exact, theory
from madkit.exact.worth import LEFT, limit, measured, relaxation, worth
from madkit.loops import Fresh, Previous, Real, Synthetic

effective_sample_size = mk.exact.effective_sample_size


def near(found, expected, relative):
    """n_e is as expected, within the law's own error or four standard errors."""
    n_e, error = found
    assert abs(n_e - expected) < max(relative * expected, 4 * error), f"{n_e:.1f} ± {error:.1f}, expected {expected:.1f}"
    assert error < 0.5 * relative * expected, "the standard error is small enough for the test to mean something"


# --- what rows are worth -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_s", [500, 2000, 18_000])
def test_unbiased_synthetic_rows_are_worth_q_more(n_s):
    q = n_s / (2000 + n_s)
    near(effective_sample_size(Fresh(2000) + Synthetic(n_s), 10, seeds=512), (1 + q) * 2000, 0.03)


@pytest.mark.parametrize("memory", [2, 8])
def test_memory_law(memory):
    loop = Fresh(1000) + Synthetic(4000, memory=memory)
    near(effective_sample_size(loop, 10, seeds=256), 1000 * theory.memory_gain(0.2, memory), 0.04)


@pytest.mark.parametrize("n, w2", [(100, 32.05), (190, 15.01), (1000, 2.661), (10**4, 0.2649), (10**5, 0.0264)])
def test_real_rows_in_100_dimensions(n, w2):
    """Published numbers of another simulation, good to 1 %: they are its Monte Carlo means."""
    found = exact.simulate(Fresh(n), 100, generations=1, seeds=64, n_ini=n, metrics=["w2_squared"])["w2_squared"]
    assert found.mean() == pytest.approx(w2, rel=0.01) and found.std() / 8 < 0.004 * w2


@pytest.mark.parametrize("n", [50, 1000])
def test_real_rows_alone_are_worth_themselves(n):
    near(effective_sample_size(Fresh(n), 30, seeds=256), n, 0.02)


def test_biased_rows_are_worth_what_theory_says():
    loops = [Fresh(1000) + Synthetic(n_s, 0.85) for n_s in (100, 1000, 30_000)]
    for *found, loop in zip(*effective_sample_size(loops, 20, seeds=128), loops, strict=True):
        near(found, theory.effective_sample_size(loop, 20), 0.05)


@pytest.mark.parametrize("lam", [0.7, 0.85])
def test_the_threshold_is_theorys_root(lam):
    """At n_s* of a finite n_r synthetic rows neither help nor harm: n_e = n_r there, above it below, below it above."""
    n_r, dim = 1000, 20
    root = theory.admissible_threshold(dim, lam, n_r)
    loops = [Fresh(n_r) + Synthetic(round(root * factor), lam) for factor in (0.9, 1, 1.1)]
    n_e, error = effective_sample_size(loops, dim, seeds=128)
    assert n_e[0] > n_r > n_e[2], f"the boundary is within 10 % of {root:.0f}: {n_e} ± {error}"


def test_augmentation_depends_on_its_real_set():
    n_e, error = effective_sample_size(Real() + Synthetic(1000), 10, n_ini=1000, seeds=200)
    near((n_e, error), theory.effective_sample_size(Real() + Synthetic(1000), 10, n_ini=1000), 0.06)


# --- how long is long enough ---------------------------------------------------------------------------------------


@given(n_r=st.integers(5, 5000), n_s=st.integers(1, 20_000), lam=st.floats(0, 1))
def test_spectral_radius_is_that_of_the_moments(n_r, n_s, lam):
    """The 2 × 2 recursion of (m, u) has these eigenvalues, up to 1/N."""
    total = n_r + n_s
    q, p = n_s / total, n_r / total
    matrix = np.array([[lam * (n_s - q), total * p * q], [lam * q * (total - 1) / total, q * q * (total - 1)]]) / (total - 1)
    rho = theory.spectral_radius(Fresh(n_r) + Synthetic(n_s, lam))
    assert rho == pytest.approx(max(abs(np.linalg.eigvals(matrix))), abs=3 / total**0.5)


@pytest.mark.parametrize("loop", [Fresh(200) + Synthetic(800, memory=4), Fresh(200) + Synthetic(800, 0.9, memory=3),
                                  Fresh(300) + Synthetic(500) + Synthetic(200, 0.5), Real() + Synthetic(900, 0.95)], ids=repr)
def test_a_beginning_is_forgotten_at_the_spectral_radius(loop):
    path, last = theory.moments(loop, 1, 200, 1000), theory.moments(loop, 1, 600, 1000)
    gap = np.abs(path.m - last.m[-1]) / last.m[-1] + np.abs(path.u - last.u[-1]) / last.u[-1]
    seen = [t for t in range(5, 150) if gap[t] > 1e-10]
    rate = np.exp(np.polyfit(seen, np.log(gap[seen]), 1)[0])
    assert rate == pytest.approx(theory.spectral_radius(loop, 1000), abs=0.02) and len(seen) > 10


@pytest.mark.parametrize("loop, n_ini", [
    (Fresh(100) + Synthetic(900), (100, 1000)), (Fresh(50) + Synthetic(950, 0.8), (50, 5000))])
def test_the_limit_does_not_depend_on_the_beginning(loop, n_ini):
    """Same seeds, other beginnings: what is left of the difference is what a burn-in leaves."""
    few, many = (limit([loop], 10, n_ini=n, seeds=16)[0] for n in n_ini)
    start = abs(np.subtract(*[exact.simulate(loop, 10, generations=1, seeds=16, n_ini=n)["w2_squared"].mean() for n in n_ini]))
    assert abs(few.mean() - many.mean()) < 2 * LEFT * max(start, few.mean())


def test_measured_generations_are_a_relaxation_apart():
    tau, memory = relaxation(Fresh(100) + Synthetic(900, memory=3))
    at = measured(tau, memory)
    assert np.diff(at).tolist() == [tau] * (len(at) - 1) and theory.spectral_radius(Fresh(100) + Synthetic(900)) ** at[0] < LEFT


def test_more_loops_or_seeds_change_no_bit():
    loops = [Fresh(20) + Synthetic(n, 0.9) for n in (10, 80, 300)]
    many, one = limit(loops, 6, seeds=[3, 1]), limit(loops[1:2], 6, seeds=[1])
    assert many[1, 1] == one[0, 0]


# --- errors --------------------------------------------------------------------------------------------------------


def test_standard_error_is_that_of_repetitions():
    loop = Fresh(100) + Synthetic(200)
    found = np.array([effective_sample_size(loop, 5, seeds=range(40 * i, 40 * i + 40)) for i in range(30)])
    assert found[:, 0].std(ddof=1) == pytest.approx(found[:, 1].mean(), rel=0.45), "χ² of 29 degrees: ± 13 % at one σ"


def test_worth_of_the_worthless_and_the_perfect():
    assert worth(np.full(4, 1e6), 5) == (0.0, 0.0) and worth(np.zeros(4), 5)[0] == np.inf


@pytest.mark.parametrize("loop, words", [
    (Synthetic(100), "no limit"), (Previous() + Synthetic(10), "limit is not known"),
    (lambda state: state.fresh(5), "limit is not known")])
def test_loops_without_a_known_limit_are_refused(loop, words):
    with pytest.raises(ValueError, match=words):
        effective_sample_size(loop, 2)


def test_no_loops_are_named():
    with pytest.raises(ValueError, match="loop: expected a loop or a list of loops, got an empty list"):
        effective_sample_size([], 2)


def test_one_seed_has_no_error():
    with pytest.raises(ValueError, match="two or more"):
        effective_sample_size(Fresh(10), 2, seeds=1)


def test_at_measures_the_same_numbers():
    loops = [Fresh(30) + Synthetic(50), Fresh(8) + Synthetic(9, 0.5), Synthetic(40, 0.9)]
    whole = exact.simulate(loops, 3, generations=20, seeds=5, metrics=["w2_squared", "spectrum"])
    some = exact.simulate(loops, 3, generations=20, seeds=5, metrics=["w2_squared", "spectrum"], at=[17, 2, 20])
    for metric in whole:
        np.testing.assert_array_equal(some[metric], whole[metric][:, :, [16, 1, 19]])


def test_at_may_fall():
    whole = exact.simulate(Fresh(30), 3, generations=6, seeds=2, metrics=["trace"])["trace"]
    back = exact.simulate(Fresh(30), 3, generations=6, seeds=2, metrics=["trace"], at=range(6, 0, -1))["trace"]
    np.testing.assert_array_equal(back, whole[..., ::-1])


@pytest.mark.parametrize("at", [[0], [21], [3, 3]])
def test_at_names_generations(at):
    with pytest.raises(ValueError, match="at: expected"):
        exact.simulate(Fresh(30), 2, generations=20, at=at)
