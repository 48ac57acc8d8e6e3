"""exact draws what a fit sees of rows; a few lines of NumPy that draw the rows themselves are the
oracle."""

import itertools

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.stats import chi2, ks_2samp, kstest, norm

import madkit as mk
from madkit import exact
from madkit.base.rng import key
from madkit.exact.draws import KEPT, LAST, ROOM, Draws, _bent, generator
from madkit.exact.rows import Components
from madkit.loops import Fresh, Previous, Real, Synthetic, parts

LOOPS = {
    "fully synthetic": lambda lam: Synthetic(24, lam),
    "memory": lambda lam: Synthetic(24, lam, memory=2),
    "augmentation": lambda lam: Real() + Synthetic(16, lam),
    "fresh": lambda lam: Fresh(8) + Synthetic(16, lam),
    "fresh, memory": lambda lam: Fresh(8) + Synthetic(17, lam, memory=3),
    "accumulate": lambda lam: Previous() + Synthetic(20, lam),
    "real only": lambda lam: Fresh(25),
    "everything": lambda lam: Real() + Previous() + Fresh(5) + Synthetic(9, lam),
}
ALL = ("w2_squared", "mean_error", "trace", "logdet", "spectrum", "mean", "cov")


def drawn(loop, dim, generations, runs, n_ini, ddof=1, seed=0):
    """Means (runs, generations, d) and covariances (runs, generations, d, d) of fits to rows that
    are really drawn."""
    rng = np.random.default_rng(seed)
    models = [(np.zeros((runs, 1, dim)), np.eye(dim))]  # the truth, then generation 1, 2, …

    def rows(n, k, lam=1.0):
        mean, root = models[k]
        return mean + np.sqrt(lam) * rng.standard_normal((runs, n, dim)) @ root

    def of(part, t):
        if isinstance(part, Synthetic):
            return [rows(n, k, part.lam) for k, n in part.shares(t).items()]
        return [rows(part.n, 0) if isinstance(part, Fresh) else real if isinstance(part, Real)
                else data]

    fits, real = [], rows(n_ini, 0)
    for t in range(1, generations + 1):
        data = np.concatenate([x for part in parts(loop) for x in of(part, t)],
                              1) if t > 1 else real
        mean = data.mean(1, keepdims=True)
        cov = (data - mean).swapaxes(1, 2) @ (data - mean) / (data.shape[1] - ddof)
        values, vectors = np.linalg.eigh(cov)
        models.append((mean, np.sqrt(values.clip(0))[..., None] * vectors.swapaxes(1, 2)))
        fits.append((mean[:, 0], cov))
    return tuple(np.stack(part, 1) for part in zip(*fits, strict=True))


def measured(mean, cov):
    """The metrics against N(0, I), by their definitions."""
    values = np.linalg.eigvalsh(cov).clip(1e-300)
    mean_error, trace = (mean**2).sum(-1), values.sum(-1)
    w2 = mean_error + trace + mean.shape[-1] - 2 * np.sqrt(values).sum(-1)
    return {"w2_squared": w2, "mean_error": mean_error, "trace": trace,
            "logdet": np.log(values).sum(-1)}


def check_mean(values, expected, errors=4):
    """Independent values have this mean, up to so many standard errors."""
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() - expected) < errors * error, (
        f"{values.mean()} ± {error}, expected {expected}"
    )


# --- the law --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, lam, dim", list(itertools.product(LOOPS, [1, 0.8], [1, 2, 10])))
def test_the_law_is_that_of_drawn_rows(name, lam, dim):
    loop, runs = LOOPS[name](lam), 1500
    ours = exact.simulate(loop, dim, generations=4, seeds=2 * runs, n_ini=20)
    theirs = measured(*drawn(loop, dim, 4, runs, n_ini=20))
    for metric, t in itertools.product(ours, [1, 3]):
        a, b = ours[metric][0], theirs[metric]
        difference, error = (
            a[:, t].mean() - b[:, t].mean(),
            np.hypot(a[:, t].std() / (2 * runs) ** 0.5, b[:, t].std() / runs**0.5),
        )
        assert abs(difference) < 4.5 * error, (
            f"{metric}, generation {t + 1}: {difference / error:.1f} standard errors"
        )
        assert ks_2samp(a[:, t], b[:, t]).pvalue > 1e-5, f"{metric}, generation {t + 1}"
        assert ks_2samp(a[:, t] - a[:, 0], b[:, t] - b[:, 0]).pvalue > 1e-5, (
            f"{metric}, generations 1 and {t + 1} together"
        )


@pytest.mark.parametrize("n", [2, 3, 4, 7, 100, 10**9])
def test_squares_of_the_diagonal_are_chi2(n):
    draws, rows = Draws(list(range(300)), 2, torch.device("cpu")), np.full((30, 1, 1), n)
    seen = draws.draw(slice(1, 31), rows, np.ones((1, 1))).numpy()[:, 0, :, 0]  # (T, S, d, d + 1)
    for i in range(2):
        if n - 1 - i:
            assert kstest(seen[..., i, i].ravel() ** 2,
                          chi2(n - 1 - i).cdf).pvalue > 1e-4, f"{n - 1 - i} degrees of freedom"
        else:
            assert not seen[..., i, i].any()
    if n > 2:
        both = np.corrcoef(seen[..., 0, 0].ravel(), seen[..., 1, 1].ravel())[0, 1]
        assert abs(both) < 4 / 9000**0.5, "they are independent"


@pytest.mark.parametrize("freedom", [2, 3, 5, 1000, 10**6])
def test_bent_numbers_are_refused_in_proportion_to_their_density(freedom):
    """Taken with probability e^−least, a bent normal number has the density of √χ²: law by law, no
    chance in it."""
    scale = freedom / 2 - 1 / 3
    x = np.linspace(max(-6, -np.sqrt(9 * scale) + 0.05), 6, 400)
    y = 1 + x / np.sqrt(9 * scale)
    least = scale * (y**3 - 1 - 3 * np.log(y)) - x**2 / 2
    ratio = (
        chi2(freedom).logpdf(2 * scale * y**3)
        + np.log(6 * scale * y**2 / np.sqrt(9 * scale))
        - norm.logpdf(x)
    )
    assert np.ptp(ratio + least) < 1e-7 and least.min() > -1e-7 and ratio.max() < np.log(1 / 0.95)
    chi, taken = _bent(x, least + 1e-6, np.array(scale))
    np.testing.assert_allclose(chi**2, 2 * scale * y**3)
    assert taken.all() and not _bent(x, least - 1e-6, np.array(scale))[1].any()
    assert not _bent(np.array([-9.0]), np.array([50.0]),
                     np.array(2 / 3))[1].any(), "beyond the end of the law"


@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("name", ["augmentation", "fresh", "fresh, memory", "everything"])
def test_components_and_matrices_agree(name, dim, monkeypatch):
    loops, values = [LOOPS[name](lam) for lam in (0.8, 1)], []
    for few in (0, 3):
        monkeypatch.setattr(Components, "FEW", few)
        values.append(exact.simulate(loops, dim, generations=8, seeds=3, n_ini=20, metrics=ALL))
    for metric in ALL:
        np.testing.assert_allclose(*(value[metric] for value in values), rtol=1e-10, atol=1e-12,
                                   err_msg=metric)


def test_maximum_likelihood_covariance():
    ours = exact.simulate(LOOPS["everything"](0.8), 2, generations=3, seeds=3000, n_ini=6, ddof=0)
    theirs = measured(*drawn(LOOPS["everything"](0.8), 2, 3, 1500, n_ini=6, ddof=0))
    assert all(ks_2samp(ours[metric][0, :, 2], theirs[metric][:, 2]).pvalue > 1e-5
               for metric in ours)


@pytest.mark.parametrize("n, dim, c", [
    (20, 1, -0.0535539222), (20, 2, -0.1642042429), (30, 5, -0.5521691157), (200, 100, -31.2283506),
    (1000, 100, -5.2336286)])
def test_log_det_falls_by_c_every_generation(n, dim, c):
    values = exact.simulate(Synthetic(n, 0.9), dim, generations=20, seeds=2000 // dim,
                            metrics=["logdet"])["logdet"][0]
    check_mean(np.diff(values).ravel(), c + dim * np.log(0.9))  # the steps are independent


@pytest.mark.parametrize("n, lam, t, w2", [
    (20, 1, 30, 2.152), (20, 0.9, 30, 1.1958), (50, 1, 100, 2.799), (50, 0.95, 100, 1.2913)])
def test_expected_w2_of_a_fully_synthetic_loop_that_starts_at_the_truth(n, lam, t, w2):
    values = exact.simulate(Synthetic(n, lam), generations=t + 1, seeds=10_000, n_ini=10**12,
                            metrics=["w2_squared"])
    check_mean(values["w2_squared"][0, :, t], w2)


@pytest.mark.parametrize("loop, n_ini, m, u", [
    (Fresh(10) + Synthetic(20), 10, 1.0425531915, 0.0617021277),
    (Fresh(20) + Synthetic(60, 0.8), 20, 0.6335460346, 0.0180036463),
    (Fresh(100) + Synthetic(900, 0.8), 100, 0.3577483893, 0.0018819939),
    (Real() + Synthetic(30), 15, 0.9722222222, 0.0259259259 + 1 / 15),
    (Real() + Synthetic(40, 0.8), 20, 0.6954612006, 0.0111273792 + 1 / 20),
], ids=repr)
def test_fixed_points(loop, n_ini, m, u):
    values = exact.simulate(loop, generations=60, seeds=1500, n_ini=n_ini,
                            metrics=["trace", "mean_error"])
    check_mean(values["trace"][0, :, 30:].mean(1), m)  # seeds are independent, generations are not
    check_mean(values["mean_error"][0, :, 30:].mean(1), u)


def test_an_accumulating_pool_keeps_the_product():
    values = exact.simulate(Previous() + Synthetic(10), generations=20, seeds=4000, n_ini=10,
                            ddof=0, metrics=["trace"])
    check_mean(values["trace"][0, :, -1], np.prod(1 - 1 / (10 * np.arange(1, 21.0) ** 2)))


# --- what changes no number -----------------------------------------------------------------------


@pytest.mark.parametrize("name, dim", list(itertools.product(LOOPS, [1, 2, 5, 33])))
def test_more_seeds_loops_or_generations_change_no_bit(name, dim, monkeypatch):
    loops = [LOOPS[name](lam) for lam in (0.3, 0.9, 1)]
    few = exact.simulate(loops[1], dim, generations=6, seeds=[5], n_ini=12, metrics=ALL,
                         cov=np.diag(np.arange(1.0, dim + 1)))
    monkeypatch.setattr(exact.law, "BUDGET", 40 * dim**2)                        # also in pieces
    many = exact.simulate(loops, dim, generations=7, seeds=[1, 5, 7], n_ini=12, metrics=ALL,
                          cov=np.diag(np.arange(1.0, dim + 1)))
    for metric in ALL:
        np.testing.assert_array_equal(few[metric][0, 0], many[metric][1, 1, :6], err_msg=metric)


def test_loops_of_one_seed_share_generation_1_but_seeds_share_nothing():
    loops = [make(0.9) for make in LOOPS.values()]
    values = exact.simulate(loops, 3, generations=3, seeds=4, n_ini=12, metrics=["trace"])["trace"]
    assert (values[:, :, 0] == values[:1, :, 0]).all()
    assert len(np.unique(values[0])) == values[0].size


def test_what_is_kept_of_earlier_draws_changes_no_bit(monkeypatch):
    monkeypatch.setattr(exact.law, "BUDGET", 200)                                # several pieces
    loop = Fresh(3) + Synthetic(3)  # few degrees of freedom: some are refused twice

    def ask():
        return exact.simulate(loop, 2, generations=60, seeds=4, n_ini=12, metrics=["trace"])["trace"]

    LAST.clear()
    first = ask()
    assert len(LAST) > 9 and any(name == "chi.2" for name, *_ in LAST)
    for kept in (1, 2, 3):  # of so many one is still there
        for gone in [one for i, one in enumerate(LAST) if i % kept]:
            del LAST[gone]
        assert (ask() == first).all()


def test_what_is_kept_is_bounded():
    for seed in range(60):
        exact.simulate(Fresh(10) + Synthetic(90), 1, generations=3, seeds=[seed])
    assert len(LAST) <= KEPT and sum(one.size for one in LAST.values()) <= ROOM


def test_a_small_step_of_a_setting_is_a_small_step_of_every_path():
    """Loops share their chance: seeds keep their rank when p or n changes a little, so a slider
    moves the picture smoothly."""
    loops = [mk.fresh_data(n, p, 0.9) for n, p in ((100, 0.3), (101, 0.3), (100, 0.31))]
    ends = exact.simulate(loops, 2, generations=20, seeds=300, n_ini=[100] * 3,
                          metrics=["trace"])["trace"][:, :, -1]
    assert np.corrcoef(ends)[0, 1:].min() > 0.9


def test_generators_are_numpys_own_of_the_named_stream():
    """They are made of a hash that is kept; a number other than NumPy's would change every run."""
    for name in ("normal", "chi.0"):
        plain = np.random.Generator(np.random.PCG64DXSM(key(7, "exact", name)))
        kept, again = generator(7, name), generator(7, name)
        numbers = plain.standard_normal(5)
        assert (kept.standard_normal(5) == numbers).all() and (
            again.standard_normal(5) == numbers
        ).all()


def test_no_global_generator_is_read_or_moved():
    first = exact.simulate(Fresh(5) + Synthetic(10), 2, seeds=2)
    torch.manual_seed(1), np.random.seed(1)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    again = exact.simulate(Fresh(5) + Synthetic(10), 2, seeds=2)
    assert all((first[metric] == again[metric]).all() for metric in first)
    assert (torch.get_rng_state() == before[0]).all() and (
        np.random.get_state()[1] == before[1]
    ).all()


# --- where numbers end ----------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [1, 6])
@pytest.mark.parametrize("loop, n_ini", [
    (Synthetic(4), 9), (Synthetic(4, memory=2), 9), (Real() + Synthetic(9), 4),
    (Previous() + Synthetic(3), 4),
    (Fresh(2) + Synthetic(2), 3), (Fresh(3), 9), (Fresh(1) + Synthetic(9), 3),
    (Real() + Synthetic(9, 0.0), 4),
    (Synthetic(9, 0.0), 9), (Synthetic(10, 0.0, memory=3), 9),
    (Fresh(2) + Synthetic(9, 0.0, memory=3), 4),
    (Real() + Fresh(0) + Synthetic(9), 2), (Fresh(0) + Synthetic(10, memory=2), 2),
], ids=repr)
def test_ranks_are_those_of_drawn_rows(loop, n_ini, dim):
    values = exact.simulate(loop, dim, generations=6, seeds=3, n_ini=n_ini,
                            metrics=["spectrum", "logdet", "cov"])
    ranks = np.linalg.matrix_rank(drawn(loop, dim, 6, 3, n_ini)[1], tol=1e-12)
    assert ((values["spectrum"][0] > 1e-12).sum(-1) == ranks).all()
    assert (np.isneginf(values["logdet"][0]) == (ranks < dim)).all()
    assert not any(np.isnan(value).any() for value in values.values())


@pytest.mark.parametrize("loop, dim, n_ini", [
    (Real() + Fresh(0) + Synthetic(9), 2, 2), (Real() + Fresh(0) + Synthetic(9), 3, 3),
    (Real() + Fresh(1) + Synthetic(9), 3, 2),
    (Real() + Previous() + Fresh(1), 3, 2), (Real() + Fresh(0) + Synthetic(9, 0.5), 5, 5),
], ids=repr)
def test_real_rows_that_are_too_few_for_cholesky_harm_no_fit(loop, dim, n_ini):
    values = exact.simulate(loop, dim, generations=6, seeds=30, n_ini=n_ini,
                            metrics=["trace", "w2_squared", "mean_error"])
    assert all(np.isfinite(value).all() for value in values.values())


@pytest.mark.parametrize("dim", [1, 2])
def test_log_det_stays_right_beyond_the_range_of_floating_point(dim):
    values = exact.simulate(Synthetic(100, 0.1), dim, generations=1000, seeds=50)
    last = {metric: value[0, :, -1] for metric, value in values.items()}
    assert last["trace"].max() == 0
    np.testing.assert_allclose(last["w2_squared"], last["mean_error"] + dim, rtol=1e-12)
    step = dim * np.log(0.1) + {1: -0.0101350188, 2: -0.0305261783}[dim]     # d log λ + c(100, d)
    check_mean(last["logdet"] - values["logdet"][0, :, 0], 999 * step)


def test_the_number_of_rows_costs_nothing():
    values = exact.simulate(Fresh(10**15) + Synthetic(10**15, memory=2), 3, generations=5, seeds=2)
    np.testing.assert_allclose(values["trace"], 3, rtol=1e-6)


# --- measures and tables --------------------------------------------------------------------------


def test_metrics_are_those_of_the_fit_against_the_truth():
    root = np.random.default_rng(0).standard_normal((5, 5))
    mean, cov = np.arange(5.0), root @ root.T
    values = exact.simulate(Fresh(9) + Synthetic(20, 0.7), 5, generations=3, seeds=2, mean=mean,
                            cov=cov, metrics=ALL)
    for s, t in itertools.product(range(2), range(3)):
        m, c = values["mean"][0, s, t], values["cov"][0, s, t]
        middle = sqrtm(sqrtm(cov) @ c @ sqrtm(cov)).real
        expected = {"mean_error": ((m - mean) ** 2).sum(), "trace": np.trace(c),
                    "logdet": np.linalg.slogdet(c)[1],
                    "w2_squared": ((m - mean) ** 2).sum() + np.trace(c + cov - 2 * middle),
                    "spectrum": np.linalg.eigvalsh(c)[::-1]}
        for metric, value in expected.items():
            np.testing.assert_allclose(values[metric][0, s, t], value, rtol=1e-8, err_msg=metric)


def test_the_truth_changes_coordinates_only():
    cov = torch.tensor([[2.0, 0.6], [0.6, 0.5]])
    plain, other = (exact.simulate(Real() + Synthetic(9), 2, n_ini=9, seeds=3, cov=c,
                                   metrics=["logdet"]) for c in (None, cov))
    np.testing.assert_allclose(other["logdet"], plain["logdet"] + np.log(np.linalg.det(cov)),
                               rtol=1e-6)


def test_run_is_the_same_numbers_as_a_record():
    loops = [Real() + Synthetic(30, lam) for lam in (0.8, 1)]
    run = exact.run(loops, 2, generations=4, seeds=[3, 8], n_ini=15, metrics=["trace", "spectrum"])
    values = exact.simulate(loops, 2, generations=4, seeds=[3, 8], n_ini=15,
                            metrics=["trace", "spectrum"])
    table = run.table.set_index(["loop", "seed", "metric", "generation"]).value.sort_index()
    assert len(table) == 2 * 2 * 3 * 4 and set(run.table.metric) == {"trace", "spectrum.1",
                                                                     "spectrum.2"}
    assert (table.loc[1, 8, "trace"] == values["trace"][1, 1]).all()
    assert (table.loc[0, 3, "spectrum.2"] == values["spectrum"][0, 0, :, 1]).all()
    assert set(run.theory.columns) == {"loop", "generation", "metric", "value",
                                       "kind"} and set(run.theory.metric) <= {"trace"}
    assert "Synthetic(n=30, lam=0.8, memory=1)" in run.spec["loop"] and run.spec["n_ini"] == [
        15,
        15,
    ]
    assert "loop" not in exact.run(loops[0], n_ini=15, seeds=1).table


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments, message", [
    ({"loop": lambda state: state.real}, "plain function"),
    ({"loop": Real() + (lambda state: state.real), "n_ini": 9}, "plain function"),
    ({"loop": mk.accumulate_subsample(9)}, "without replacement.*mk.run"),
    ({"loop": []}, "empty list"),
    ({"loop": Real()}, "n_ini"),
    ({"loop": Synthetic(1), "n_ini": 9}, "generation 2 has 1 rows"),
    ({"n_ini": 1}, "n_ini: expected a whole number ≥ 2, got 1"),
    ({"n_ini": [9, 9]}, "each of the 1 loops, got 2"),
    ({"dim": 0}, "dim: expected a whole number ≥ 1, got 0"),
    ({"generations": 0}, "generations"),
    ({"seeds": [1, 1]}, "seeds"),
    ({"ddof": 2}, "ddof: expected 1 .*got 2"),
    ({"metrics": ["recall"]}, "metrics: expected some of w2_squared.*'recall'"),
    ({"dim": 2, "mean": [0.0]}, r"mean: expected shape \(2,\), as dim=2, got \(1,\)"),
    ({"dim": 2, "mean": [0.0, float("nan")]}, r"mean: expected finite numbers, got \[0.0, nan\]"),
    ({"dim": 2, "cov": [[1, 2], [2, 1]]}, "without negative eigenvalues"),
    ({"dim": 2, "cov": [[1, 1], [0, 1]]}, "symmetric"),
])
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        exact.simulate(**{"loop": Synthetic(9), **arguments})


def test_a_covariance_in_words():
    with pytest.raises(TypeError, match=r"cov: expected numbers of shape \(2, 2\), as dim=2, got "
                                        r"'diag'"):
        exact.simulate(Synthetic(9), 2, cov="diag")
