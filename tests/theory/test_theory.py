"""Theory against published numbers, against simulations of a few lines, and against itself."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import madkit as mk
from madkit import theory
from madkit.loops import Fresh, Previous, Real, Synthetic, parts

MIXTURES = {
    "fully synthetic": (Synthetic(12, 0.9), 8),
    "augmentation": (Real() + Synthetic(16), 8),
    "fresh": (Fresh(6) + Synthetic(12, 0.8), 15),
    "pool": (Previous() + Synthetic(8, 0.8), 12),
    "memory": (Fresh(4) + Synthetic(13, 1.0, memory=3), 10),
    "everything": (Real() + Previous() + Fresh(3) + Synthetic(7, 0.7) + Synthetic(6, 1.0, memory=2),
                   5),
    "real only": (Real(), 9),
    "fresh only": (Fresh(7), 9),
}


def drawn(loop, dim, generations, n_ini, runs, ddof=1, seed=0):
    """The loop played with rows: means (T, runs, d) and covariances (T, runs, d, d) of its Gaussian
    fits on N(0, I)."""
    rng = np.random.default_rng(seed)
    real = data = rng.standard_normal((runs, n_ini, dim))
    fits = []
    for t in range(1, generations + 1):
        if t > 1:
            data = np.concatenate([rows for part in parts(loop)
                                   for rows in rows_of(part, t, real, data, fits, rng)], axis=1)
        mean = data.mean(1, keepdims=True)
        fits.append((mean, np.swapaxes(data - mean, 1, 2) @ (data - mean) / (data.shape[1] - ddof)))
    return np.array([mean[:, 0] for mean, _ in fits]), np.array([cov for _, cov in fits])


def rows_of(part, t, real, data, fits, rng):
    runs, _, dim = real.shape
    match part:
        case Real():
            yield real
        case Previous():
            yield data
        case Fresh(n):
            yield rng.standard_normal((runs, n, dim))
        case Synthetic():
            for k, n in part.shares(t).items():
                mean, cov = fits[k - 1]
                value, vector = np.linalg.eigh(cov)
                root = vector * np.sqrt(part.lam * value.clip(0))[:, None, :]
                yield mean + rng.standard_normal((runs, n, dim)) @ np.swapaxes(root, 1, 2)


def w2(means, covs):
    roots = np.sqrt(np.linalg.eigvalsh(covs).clip(0))
    return (means**2).sum(-1) + ((roots - 1) ** 2).sum(-1)


def agrees(values, expected, within=0.0, errors=4.5):
    """The mean of values over runs is `expected`, to `errors` standard errors (and a stated
    relative bias)."""
    error = values.std(-1) / math.sqrt(values.shape[-1])
    gap = np.abs(values.mean(-1) - expected)
    assert (gap <= errors * error
            + within * np.abs(expected)).all(), f"{values.mean(-1)} ± {error}, theory {expected}"


# --- published numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize("n, dim, value", [
    (20, 1, -0.0535539222), (20, 2, -0.1642042429), (30, 5, -0.5521691157), (200, 100, -31.2283506),
    (1000, 100, -5.2336286)])
def test_c(n, dim, value):
    assert theory.c(n, dim) == pytest.approx(value, rel=1e-8)


@pytest.mark.parametrize("n_r, n_s, lam, m, u", [
    (10, 20, 1, 1.0425531915, 0.0617021277), (20, 60, 0.8, 0.6335460346, 0.0180036463),
    (100, 900, 1, 1.0047619048, 0.0052857143),
    (100, 900, 0.8, 0.3577483893, 0.0018819939), (1000, 1000, 0.9, 0.9093665666, 0.0006061433)])
def test_fresh_fixed_point(n_r, n_s, lam, m, u):
    limit = theory.fixed_point(Fresh(n_r) + Synthetic(n_s, lam))
    assert (limit.m, limit.u) == pytest.approx((m, u), rel=1e-7)


@pytest.mark.parametrize("n_r, n_s, lam, m, v", [
    (15, 30, 1, 0.9722222222, 0.0259259259), (20, 40, 0.8, 0.6954612006, 0.0111273792),
    (100, 900, 1, 0.9952380952, 0.0047142857),
    (100, 900, 0.8, 0.3543574093, 0.0013428281)])
def test_augmentation_fixed_point(n_r, n_s, lam, m, v):
    limit = theory.fixed_point(mk.synthetic_augmentation(n_s, lam), n_ini=n_r)
    assert (limit.m, limit.u - 1 / n_r) == pytest.approx((m, v), rel=1e-7)


@pytest.mark.parametrize("n, lam, t, value", [(20, 0.9, 30, 1.23336), (50, 0.95, 100, 1.30907)])
def test_w2_in_one_dimension(n, lam, t, value):
    assert theory.w2_squared_1d(mk.fully_synthetic(n, lam), t,
                                n)[-1] == pytest.approx(value, abs=6e-6)


@pytest.mark.parametrize("n, lam, t, value", [
    (20, 1, 30, 2.152), (20, 0.9, 30, 1.1958), (50, 1, 100, 2.799), (50, 0.95, 100, 1.2913)])
def test_the_other_numbering_starts_at_the_truth(n, lam, t, value):
    """A generation 1 fitted on no end of real rows is the truth itself; t biased generations
    follow."""
    assert theory.w2_squared_1d(mk.fully_synthetic(n, lam), t + 1,
                                10**9)[-1] == pytest.approx(value, rel=3e-4)


def test_admissible_thresholds_of_the_paper():
    assert [round(theory.admissible_threshold(100, lam)) for lam in (0.7, 0.85)] == [1247, 4929]
    assert theory.admissible_threshold(100, 1.0) == math.inf


@pytest.mark.parametrize("n, value", [(100, 32.05), (190, 15.01), (1000, 2.661), (10**4, 0.2649),
                                      (10**5, 0.0264)])
def test_real_only(n, value):
    assert theory.real_only_w2(n, 100) == pytest.approx(value, rel=0.01), (
        "Monte Carlo values, good to 1%"
    )


# --- simulations ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("name", MIXTURES)
def test_moments_are_exact(name, ddof):
    """4,000 runs, d = 2: a standard error is about 1% of m and 2% of u."""
    loop, n_ini = MIXTURES[name]
    means, covs = drawn(loop, 2, 5, n_ini, runs=4000, ddof=ddof)
    expected = theory.moments(loop, 2, 5, n_ini, ddof)
    agrees(np.trace(covs, axis1=2, axis2=3), expected.trace)
    agrees((means**2).sum(-1), expected.mean_error)


@pytest.mark.parametrize("loop, n_ini", [(Synthetic(15, 0.9), 10), (Fresh(12), 7), (Real(), 10)],
                         ids=repr)
def test_laws_of_one_source(loop, n_ini):
    """4,000 runs, d = 3: a standard error is about 2%; that of a variance is √(2/runs), under 3%
    with its tails."""
    _, covs = drawn(loop, 3, 6, n_ini, runs=4000)
    agrees(np.linalg.slogdet(covs)[1], theory.logdet(loop, 3, 6, n_ini))
    mean, variance = theory.log_variance(loop, 6, n_ini)
    means, covs = drawn(loop, 1, 6, n_ini, runs=4000)
    logs = np.log(covs[..., 0, 0])
    agrees(logs, mean)
    assert logs.var(-1) == pytest.approx(variance, rel=0.13)
    agrees(w2(means, covs), theory.w2_squared_1d(loop, 6, n_ini))


def test_eigenvalues_run_parallel_to_their_exponents():
    """The slope between generations 50 and 150 of a collapse in 3 dimensions, 400 runs of products
    of fits."""
    rng, root, logs = np.random.default_rng(0), np.eye(3), {}
    for t in range(1, 151):
        root = np.linalg.qr(rng.standard_normal((400, 11, 3)), mode="r") / math.sqrt(11) @ root
        logs[t] = 2 * np.log(np.linalg.svd(root, compute_uv=False))
    lines = np.log(theory.spectrum(Synthetic(12), 3, 150, 12))
    agrees((logs[150] - logs[50]).T, lines[149] - lines[49])


@pytest.mark.parametrize("name, loop, dim, n_ini, bias", [
    ("products", Synthetic(20), 10, 20, 0.02),
    ("products, biased", Synthetic(30, 0.9), 10, 20, 0.02),
    ("rank lost", Synthetic(6, 0.9), 10, 6, 0.05),
    ("fresh", Fresh(20) + Synthetic(40, 0.9), 10, 30, 0.03),
    ("augmentation", Real() + Synthetic(60), 10, 30, 0.03),
    ("pool", Previous() + Synthetic(20, 0.8), 10, 20, 0.03),
])
def test_w2_squared(name, loop, dim, n_ini, bias):
    """600 runs, with ‖μ‖² and tr Σ at their exact means, for their tails. Leading order misses the
    first by 40% at t = 10."""
    expected = theory.moments(loop, dim, 12, n_ini)
    roots = np.sqrt(np.linalg.eigvalsh(drawn(loop, dim, 12, n_ini, runs=600)[1]).clip(0)).sum(-1)
    values = (expected.mean_error + expected.trace + dim)[:, None] - 2 * roots
    agrees(values, theory.w2_squared(expected), within=bias, errors=3)


@pytest.mark.parametrize("n, dim", [(190, 100), (100, 100), (40, 100), (40, 10), (20, 3)])
def test_real_only_against_draws(n, dim):
    agrees(w2(*drawn(Real(), dim, 1, n, runs=200 if dim > 10 else 4000)),
           theory.real_only_w2(n, dim), within=0.005, errors=3)


def test_one_fit_in_one_dimension_is_right_to_second_order():
    """E of a χ over its root mean square: third order is under 1e-6 here, second order over 8e-6.
    """
    for nu in (40, 80):
        exact = math.exp(math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2)) * math.sqrt(2 / nu)
        assert theory.root_trace(1, nu) == pytest.approx(exact, abs=2e-6)


def test_w2_of_an_anisotropic_truth():
    """Rows of N(0, Σ0) are L z, so W2² to N(0, Σ0) follows from the same draws; 3,000 runs, n ≫ d.
    """
    s = np.array([1.0, 0.3, 0.05])
    means, covs = drawn(Synthetic(100, 0.9), 3, 3, 100, runs=3000)
    inner = np.sqrt(np.linalg.eigvalsh(s[:, None] * covs * s)).sum(-1)
    exact = (s * means**2).sum(-1) + s.sum() + (s * np.diagonal(covs, axis1=2,
                                                                axis2=3)).sum(-1) - 2 * inner
    agrees(exact, theory.w2_squared(theory.moments(Synthetic(100, 0.9), 3, 3, 100), np.diag(s)),
           within=0.01, errors=3)


def test_a_systematic_error_in_every_fit():
    """The mean of a fit that errs by δ = 1, followed by hand, in a mixture of all sources."""
    loop, n_ini = Real() + Previous() + Fresh(3) + Synthetic(6), 5
    sizes, errors = [5], [0.0]
    for _ in range(3):
        errors.append((errors[-1] * sizes[-1] + 6 * (errors[-1] + 1)) / (5 + sizes[-1] + 3 + 6))
        sizes.append(5 + sizes[-1] + 3 + 6)
    assert theory.bias_growth(loop, 4, n_ini) == pytest.approx(1 + np.array(errors))
    assert theory.bias_growth(Synthetic(9, 0.0), 5, 9) == pytest.approx([1, 2, 3, 4, 5])
    assert theory.bias_growth(mk.accumulate(9), 4,
                              9) == pytest.approx(np.cumsum([1, 1 / 2, 1 / 3, 1 / 4]))
    assert theory.bias_growth(mk.fresh_data(50, 0.2), 200, 50)[-1] == pytest.approx(5)


def test_categories():
    """Frequencies of 4 categories, 4,000 runs; and the closed forms."""
    rng, p0 = np.random.default_rng(0), np.array([0.5, 0.3, 0.15, 0.05])
    p, h = rng.multinomial(10, p0, 4000) / 10, []
    for _ in range(4):
        h.append(1 - (p**2).sum(-1))
        p = (rng.multinomial(5, p0, 4000) + rng.multinomial(15, p)) / 20
    agrees(np.array(h), (1 - (p0**2).sum()) * theory.diversity(Fresh(5) + Synthetic(15), 4, 10))
    assert theory.diversity(Synthetic(20), 5, 10) == pytest.approx(0.9 * 0.95 ** np.arange(5))
    p, q = 0.25, 0.75
    limit = (p * p * (1 - 1 / 5) + 2 * p * q) / (1 - q * q * (1 - 1 / 15))
    assert theory.diversity(Fresh(5) + Synthetic(15), 300, 9)[-1] == pytest.approx(limit)


# --- against itself -------------------------------------------------------------------------------

rows, lams = st.integers(2, 200), st.floats(0, 1)


@settings(max_examples=12)
@given(st.integers(4, 40), st.integers(1, 40), lams, rows)
def test_recursions_reach_their_fixed_points(n_r, n_s, lam, n_ini):
    """250 generations: q ≤ 40/44, so q^249 < 1e-10."""
    for loop, n in ((Fresh(n_r) + Synthetic(n_s, lam), n_ini), (Real() + Synthetic(n_s, lam), n_r)):
        late, limit = theory.moments(loop, 5, 250, n), theory.fixed_point(loop, 5, n)
        assert [late.m[-1], late.u[-1], late.f[-1],
                late.s[-1]] == pytest.approx([limit.m, limit.u, limit.f, limit.s], rel=1e-8)


@given(rows, rows, rows)
def test_unbiased_maximum_likelihood_only_moves_variance_into_the_mean(a, b, n_ini):
    """E x² of a row never changes for λ = 1: m + u = 1, whatever the composition."""
    for loop in (Synthetic(a), Real() + Synthetic(a),
                 Previous() + Fresh(a) + Synthetic(b, 1.0, memory=3)):
        expected = theory.moments(loop, 1, 6, n_ini, ddof=0)
        assert expected.m + expected.u == pytest.approx(np.ones(6))


@given(rows, lams, rows)
def test_fully_synthetic(n, lam, n_ini):
    expected, t = theory.moments(Synthetic(n, lam), 1, 8, n_ini), np.arange(8)
    assert expected.m == pytest.approx(lam**t)
    assert expected.u == pytest.approx(1 / n_ini + np.cumsum(np.where(t > 0, lam**t, 0)) / n)


def test_deep_collapse_keeps_its_digits():
    assert theory.moments(Synthetic(50, 0.5), 1, 400, 50).m[-1] == pytest.approx(0.5**399, rel=1e-9)


@given(st.integers(2, 60), lams)
def test_pool_recursion(n, lam):
    """Written out for n_ini = n: m_t = m_{t−1}[N_{t−1} − 1 + λ(n − 1 + N_{t−1}/N_t)]/(N_t − 1)."""
    expected = theory.moments(mk.accumulate(n, lam), 1, 9, n)
    m = np.cumprod([1] + [((t - 1) * n - 1 + lam * (n - 1 + (t - 1) / t)) / (t * n - 1)
                          for t in range(2, 10)])
    u = np.cumsum([1 / n] + [lam * m[s - 2] / s**2 / n for s in range(2, 10)])
    assert expected.m == pytest.approx(m) and expected.u == pytest.approx(u)


def test_pools_in_the_long_run():
    late = theory.moments(mk.accumulate(20), 1, 1000, 20, ddof=0)
    assert (late.m[-1], late.u[-1]) == pytest.approx(theory.pool_limit(20), abs=6e-5)
    many = theory.moments(mk.accumulate(10**6, 0.8), 1, 1000, 10**6).m
    assert many[-1] == pytest.approx(theory.pool_decay(0.8, 1000)[-1], rel=1e-3)


def test_the_value_of_synthetic_rows():
    assert theory.effective_sample_size(Fresh(300), 100) == pytest.approx(300)
    assert theory.effective_sample_size(Fresh(10**5) + Synthetic(10**5),
                                        100) == pytest.approx(1.5e5, rel=1e-3)
    assert theory.effective_sample_size(Real() + Synthetic(10**7), 3,
                                        1000) == pytest.approx(1000 / 1.5, rel=0.01)
    assert theory.effective_sample_size(Synthetic(100), 2, 100) == 0
    for n_r in (100, 1000):
        n_s = theory.admissible_threshold(100, 0.8, n_r)
        less, more = (theory.effective_sample_size(Fresh(n_r) + Synthetic(round(k * n_s), 0.8), 100)
                      for k in (0.8, 1.2))
        assert less > n_r > more
    assert theory.admissible_threshold(100, 0.7, 10**7) == pytest.approx(
        theory.admissible_threshold(100, 0.7), rel=0.01
    )


@given(st.sampled_from([1, 5, 30, 100]), st.floats(0, 1), st.floats(0, 2),
       st.sampled_from([0.3, 0.5, 0.7, 0.85, 0.99, 1.0]))
def test_worth_is_the_effective_sample_size_of_many_loops_at_once(dim, a, b, lam):
    n_r, n_s = round(max(dim, 2) * 10**a), round(dim * 10**b)
    known = theory.effective_sample_size(Fresh(n_r) + Synthetic(n_s, lam), dim)
    found = theory.worth([[n_r, 2 * n_r]], [[n_s], [1]], lam, dim)
    assert found.shape == (2, 2) and found[0, 0] == pytest.approx(known, rel=1e-4)


@pytest.mark.parametrize("given, said", [((1, 5, 0.8), "n_r: expected numbers ≥ 2, got "
                                                       "1"), ((9, [3, 0], 0.8), "n_s: expected"),
                                         ((9, 5, [1.0, 1.1]), r"lam: expected numbers in \(0, "
                                                              r"1\], got 1.1"),
                                         ((9, 5, float("nan")), "lam: expected")])
def test_worth_refuses_numbers_out_of_range(given, said):
    with pytest.raises(ValueError, match=f"^worth: {said}"):
        theory.worth(*given, dim=3)


@pytest.mark.parametrize("p, lam", [(0.1, 0.9), (0.5, 0.3), (1.0, 0.5), (0.1, 1.0)])
def test_floor_is_the_limit_of_many_rows(p, lam):
    loop = mk.fresh_data(10**9, p, lam) if p < 1 else Fresh(10**9)
    assert theory.w2_squared(theory.fixed_point(loop, 10)) == pytest.approx(
        theory.floor(p, lam, 10), abs=1e-6
    )


@pytest.mark.parametrize("memory", [1, 3, 10])
def test_memory_law(memory):
    """Against f and u of the recursion with as much memory, to its own 4%."""
    late = theory.moments(Fresh(1000) + Synthetic(4000, 1.0, memory), 1, 150, 1000)
    gain = theory.memory_gain(0.2, memory)
    assert [1 / (1000 * late.f[-1]), 1 / (1000 * late.u[-1])] == pytest.approx([gain, gain],
                                                                               rel=0.04)


@given(st.integers(1, 10**4), st.integers(1, 10**4))
def test_optimal_weight_is_the_minimum(n_r, n_s):
    def error(w):  # limit of the fluctuation: fresh w, synthetic 1 − w
        return (w**2 / n_r + (1 - w) ** 2 / n_s) / (1 - (1 - w) ** 2)

    w = theory.optimal_real_weight(n_r, n_s)
    assert error(w) <= min(error(w * 1.001), error(w * 0.999))
    assert error(w) == pytest.approx(w / n_r)
    assert theory.optimal_real_weight(n_r, n_r) == pytest.approx(0.6180339887)


# --- the table, and refusals ----------------------------------------------------------------------


def test_table():
    cov = np.array([[2.0, 0.5], [0.5, 1.0]])
    table = theory.table(Synthetic(20, 0.9), 2, 3, 10, cov=cov).pivot(index="generation",
                                                                      columns="metric",
                                                                      values="value")
    expected = theory.moments(Synthetic(20, 0.9), 2, 3, 10)
    assert list(table.index) == [1, 2, 3]
    assert table["trace"].to_numpy() == pytest.approx(3 * expected.m)
    assert table["mean_error"].to_numpy() == pytest.approx(3 * expected.u)
    assert table["logdet"].to_numpy() == pytest.approx(math.log(1.75)
                                                       + theory.logdet(Synthetic(20, 0.9), 2, 3,
                                                                       10))
    plain = theory.table(Synthetic(20), 1, 4, 10).query("metric == 'w2_squared'").value
    assert plain.to_numpy() == pytest.approx(theory.w2_squared_1d(Synthetic(20), 4, 10))


def test_kinds_in_the_table():
    kinds = theory.table(Synthetic(20), 2, 3,
                         10).groupby("metric").kind.unique().map(list).to_dict()
    assert kinds == {"w2_squared": ["expectation"], "mean_error": ["expectation"],
                     "trace": ["expectation"], "logdet": ["exact"],
                     "spectrum.1": ["asymptote"], "spectrum.2": ["asymptote"]}
    assert set(theory.table(Real() + Synthetic(20), 2, 3, 10).metric) == {"w2_squared",
                                                                          "mean_error", "trace"}


@pytest.mark.parametrize("loop", [lambda state: state.real, mk.accumulate_subsample(10),
                                  Real() + (lambda state: state.real)],
                         ids=["function", "subsample", "sum"])
def test_loops_of_ones_own_have_no_theory(loop):
    table = theory.table(loop, 2, 3, 10)
    assert len(table) == 0 and list(table.columns) == ["generation", "metric", "value", "kind"]
    with pytest.raises(NotImplementedError, match="no formula covers"):
        theory.moments(loop, 2, 3, 10)


def test_singular_fits():
    assert theory.c(3, 3) == -math.inf
    assert (theory.spectrum(Synthetic(3), 4, 3, 10)[1:] > 0).tolist() == [[True, True, False,
                                                                           False]] * 2
    gone = theory.moments(Synthetic(20, 0.0), 2, 3, 10)
    assert theory.w2_squared(gone)[1:] == pytest.approx(2 + gone.mean_error[1:]), (
        "a point at the last mean"
    )


@pytest.mark.parametrize("call, error, match", [
    (lambda: theory.moments(Synthetic(10), 2, 3, 1), ValueError, "n_ini.*≥ 2, got 1"),
    (lambda: theory.moments(Fresh(1), 2, 3, 10), ValueError, "generation 2 of Fresh.*≥ 2, got 1"),
    (lambda: theory.moments(Synthetic(10), 2, 3, 10, ddof=2), ValueError, "ddof.*got 2"),
    (lambda: theory.moments(Synthetic(10), 0, 3, 10), ValueError, "dim.*got 0"),
    (lambda: theory.table(Synthetic(10), 2, 3, 10, cov=np.eye(3)), ValueError,
     r"cov.*\(2, 2\).*got \(3, 3\)"),
    (lambda: theory.logdet(Fresh(9) + Synthetic(9), 2, 3, 10), NotImplementedError,
     "one source.*got Fresh"),
    (lambda: theory.logdet(Synthetic(9, memory=2), 2, 3, 10), NotImplementedError, "memory 1"),
    (lambda: theory.fixed_point(mk.accumulate(9)), NotImplementedError, "got Previous"),
    (lambda: theory.fixed_point(Real() + Synthetic(9)), ValueError, "n_ini.*got None"),
    (lambda: theory.diversity(Synthetic(9, 0.5), 3, 9), NotImplementedError, "lam=1"),
    (lambda: theory.floor(1.5, 0.5, 2), ValueError, "p: .*1.5"),
    (lambda: theory.floor(0.5, 0.5, "2"), ValueError, "dim: .*got '2'"),
    (lambda: theory.real_only_w2(-5, 2), ValueError, "n: .*> 1, got -5"),
    (lambda: theory.optimal_real_weight(10, 0), ValueError, "n_s: .*> 0, got 0"),
    (lambda: theory.w2_squared(Synthetic(9)), TypeError, "moments: expected mk.theory.Moments, "
                                                         "got Synthetic"),
    (lambda: theory.admissible_threshold(2, -0.1), ValueError, "lam: .*-0.1"),
])
def test_errors_name_the_argument(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_a_fresh_data_loop_without_synthetic_rows_is_the_control():
    assert theory.fixed_point(mk.fresh_data(50, 1.0, 0.8), 3) == theory.fixed_point(mk.Fresh(50), 3)
