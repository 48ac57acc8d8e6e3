"""Every model keeps the rules; closed forms, libraries and scaling laws give its numbers, also
where clouds collapse."""

import re
from itertools import islice

import numpy as np
import pytest
import torch
from scipy.stats import gaussian_kde, multivariate_normal
from sklearn.mixture import GaussianMixture

import madkit as mk
from madkit.base.rng import stream

MODELS = {
    "gaussian": mk.models.Gaussian(),
    "gaussian ddof 0": mk.models.Gaussian(ddof=0),
    "gaussian diag": mk.models.Gaussian(covariance="diag"),
    "mixture": mk.models.Mixture(3),
    "kde": mk.models.KDE(),
    "kde 0.1": mk.models.KDE(bandwidth=0.1),
}
TRUTHS = {
    "line": mk.data.gaussian(1),
    "plane": mk.data.gaussian(2),
    "grid": mk.data.grid25(),
    "digits": mk.data.digits(),
    "float32": mk.data.array(mk.data.moons().real(600).x.float()),
    "uint8": mk.data.array(
        torch.arange(600 * 12).mul(37).remainder(251).reshape(600, 3, 2, 2).to(torch.uint8)
    ),
    "numbers": mk.data.array(mk.data.gaussian(1).real(600).x[:, 0]),
}
every = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
GRID = mk.data.grid25()


def cloud(n, d, seed=0):
    """n rows of a correlated Gaussian."""
    noise = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=noise,
                       dtype=torch.float64) @ torch.randn(d, d, generator=noise,
                                                          dtype=torch.float64)


def fit(model, x, seed=0):
    with stream(seed, "fit"):
        return model.fit(mk.Samples(x))


def draw(fitted, n, lam=1.0, seed=0):
    with stream(seed, "sample"):
        return fitted.sample(n, lam).x


def assert_moments(x, mean, cov):
    """Mean and covariance of normal rows, entry by entry within 5 standard errors and the rounding
    of a mean."""
    variance = cov.diagonal()
    assert ((x.mean(0) - mean).abs() <= 5 * (variance / len(x)).sqrt() + 1e-13).all()
    assert ((torch.cov(x.T) - cov).abs() <= 5 * ((variance[:, None] * variance
                                                  + cov**2) / len(x)).sqrt() + 1e-26).all()


# --- every model ----------------------------------------------------------------------------------


@every
@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS.keys())
def test_keeps_the_rules(model, truth):
    mk.testing.check_model(model, truth)


@every
def test_images_of_whole_numbers_come_back_unrounded(model):
    assert draw(fit(model, TRUTHS["uint8"].real(50).x), 5).dtype == torch.float64


# its bandwidth is in the units of the data
@pytest.mark.parametrize("name", sorted(MODELS.keys() - {"kde 0.1"}))
@pytest.mark.parametrize("scale", [1e-9, 1e-90, 1e9])
def test_is_free_of_scale(name, scale):
    model, x = MODELS[name], GRID.real(300).x
    torch.testing.assert_close(draw(fit(model, scale * x), 100, 0.7) / scale,
                               draw(fit(model, x), 100, 0.7), rtol=0, atol=1e-9)


@every
def test_nothing_can_be_asked_of_an_unfitted_model(model):
    with pytest.raises(RuntimeError, match="fit"):
        model.__class__(*([2] if "Mixture" in repr(model) else [])).sample(3)


@every
@pytest.mark.parametrize("bad, words", [
    (torch.zeros(1, 2), "expected at least 2 rows to fit, got 1"),
    (torch.tensor([[0.0, 1.0], [torch.nan, 0.0], [1.0, 1.0]]), "NaN or infinity in 1 of 3 rows"),
    (torch.tensor([[0.0, 1.0], [torch.inf, 0.0]]), "NaN or infinity"),
])
def test_rows_that_cannot_be_fitted_are_named(model, bad, words):
    with pytest.raises(ValueError, match=f"{type(model).__name__}: .*{words}"):
        fit(model, bad)


@every
@pytest.mark.parametrize("lam", [-0.1, 1.1, float("nan"), "1"])
def test_lam_is_checked(model, lam):
    with pytest.raises(ValueError, match=r"lam: expected a number in \[0, 1\], got "
                                         rf"{re.escape(repr(lam))}"):
        fit(model, cloud(20, 2)).sample(3, lam)


@pytest.mark.parametrize("make, words", [
    (lambda: mk.models.Gaussian(ddof=2), "ddof: expected 1 .* got 2"),
    (lambda: mk.models.Gaussian(covariance="tied"), "covariance: expected 'full' or 'diag', "
                                                    "got 'tied'"),
    (lambda: mk.models.KDE(bandwidth=-1), "bandwidth expected 'scott' or a finite number ≥ 0, got "
                                          "-1"),
    (lambda: mk.models.KDE(bandwidth="silverman"), "got 'silverman'"),
    (lambda: mk.models.Mixture(0), "k: expected a whole number ≥ 1, got 0"),
    (lambda: mk.models.Mixture(3, tol=float("nan")), "tol: expected a number, got nan"),
    (lambda: mk.models.Mixture(3, start="random"), "start: expected .*'k-means\\+\\+', "
                                                   "got 'random'"),
    (lambda: mk.models.Mixture(3, start=torch.zeros(2, 2)),
     r"start expected k = 3 finite centres .* got a tensor \(2, 2\)"),
    (lambda: fit(mk.models.Mixture(2, start=torch.zeros(2, 3)), cloud(20, 2)),
     "start has centres of 3 numbers, expected 2"),
])
def test_bad_settings_are_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()


# --- Gaussian -------------------------------------------------------------------------------------


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("d", [1, 2, 10])
def test_gaussian_is_numpys_mean_and_covariance(d, ddof):
    x = cloud(50, d)
    mean, cov = fit(mk.models.Gaussian(ddof), x).moments()
    expected = np.cov(x.numpy().T, ddof=ddof).reshape(d, d)
    np.testing.assert_allclose(mean, x.numpy().mean(0), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(cov, expected, rtol=1e-12, atol=1e-13)
    diag = fit(mk.models.Gaussian(ddof, covariance="diag"), x).moments()[1]
    np.testing.assert_allclose(diag, np.diag(np.diag(expected)), rtol=1e-12)


@pytest.mark.parametrize("covariance", ["full", "diag"])
@pytest.mark.parametrize("lam", [0.0, 0.3, 1.0])
def test_gaussian_samples_have_lam_times_the_covariance(lam, covariance):
    fitted = fit(mk.models.Gaussian(covariance=covariance), 5 + cloud(50, 3))
    mean, cov = fitted.moments()
    assert_moments(draw(fitted, 20_000, lam), mean, lam * cov)


@pytest.mark.parametrize("n, d", [(2, 2), (10, 10), (5, 64)])
def test_fewer_rows_than_dimensions_are_sampled_in_their_span(n, d):
    x = cloud(n, d)
    drawn = draw(fit(mk.models.Gaussian(), x), 200)
    spread = torch.linalg.svdvals(drawn - x.mean(0))
    assert spread[n - 2] > 1e-2 * spread[0] and (spread[n - 1 :] < 1e-13 * spread[0]).all()


def test_dark_pixels_stay_dark():
    x = mk.data.digits().real(500).x
    dark = (x == x[0]).all(0)
    assert dark.sum() > 2 and draw(fit(mk.models.Gaussian(), x), 100)[:, dark].abs().max() < 1e-13


def test_a_collapsed_cloud_far_from_the_origin_keeps_its_covariance():
    """At 1000, float64 places a row of spread 1e-9 to 1e-4 of its spread."""
    x = cloud(200, 2)
    cov = fit(mk.models.Gaussian(), 1000 + 1e-9 * x).moments()[1]
    torch.testing.assert_close(cov, 1e-18 * torch.cov(x.T), rtol=1e-3, atol=0)


# --- mixture --------------------------------------------------------------------------------------


def blobs(n=400, apart=2.5, seed=0):
    x = mk.data.gaussian(2).real(n, seed).x
    x[: n // 4] = 0.5 * x[: n // 4] + torch.tensor([apart, 0.0])
    return x


def log_p(fitted, x):
    parts = zip(fitted.weights, fitted.means, fitted.covs, strict=True)
    return np.log(sum(float(w) * multivariate_normal(m.numpy(), c.numpy()).pdf(x.numpy())
                      for w, m, c in parts))


def test_em_never_lowers_the_likelihood_it_reports():
    x = blobs()
    fits = [fit(mk.models.Mixture(3, tol=0, steps=steps), x) for steps in range(1, 16)]
    reported = [fitted.log_likelihood for fitted in fits]
    assert all(b > a for a, b in zip(reported, reported[1:], strict=False))
    assert reported[-1] == pytest.approx(log_p(fits[-1], x).mean(), rel=1e-12)


@pytest.mark.parametrize("d, k", [(1, 2), (2, 3), (5, 2)])
def test_em_ends_where_scikit_learn_ends(d, k):
    x = torch.cat([blobs(), cloud(400, 3, seed=4)], 1)[:, :d]
    start = x[:k]
    first = fit(mk.models.Mixture(k, start=start, steps=1), x)  # both go on from here
    ours = fit(mk.models.Mixture(k, start=start, tol=1e-12, steps=2000), x)
    theirs = GaussianMixture(k, tol=1e-12, max_iter=2000, reg_covar=0,
                             weights_init=first.weights.numpy(),
                             means_init=first.means.numpy(),
                             precisions_init=np.linalg.inv(first.covs.numpy())).fit(x.numpy())
    assert ours.log_likelihood == pytest.approx(theirs.score(x.numpy()), rel=1e-7)
    for name, other in (("weights", "weights_"), ("means", "means_"), ("covs", "covariances_")):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, other), rtol=1e-3,
                                   atol=1e-3)


@pytest.mark.parametrize("model", [mk.models.Mixture(25),
                                   mk.models.Mixture(25, start=GRID.centres)],
                         ids=["k-means++", "start"])
def test_the_25_modes_are_found(model):
    """In 20 draws; every mode's mean within 6 standard errors of its centre."""
    for seed in range(20):
        fitted = fit(model, GRID.real(1000, seed).x, seed)
        distance, own = torch.cdist(GRID.centres, fitted.means).min(1)
        assert (distance < 6 * 0.1 / (1000 * fitted.weights[own]).sqrt()).all() and len(
            set(own.tolist())
        ) == 25


@pytest.mark.parametrize("model", [mk.models.Mixture(4), mk.models.Mixture(4, steps=2),
                                   mk.models.Mixture(1)], ids=repr)
def test_a_mixture_has_the_moments_of_its_rows(model):
    """True of every M step: mean and covariance of the mixture are those of the data (divided by
    n)."""
    x = cloud(100, 3)
    mean, cov = fit(model, x).moments()
    torch.testing.assert_close(mean, x.mean(0))
    torch.testing.assert_close(cov, torch.cov(x.T, correction=0))


def test_lam_multiplies_the_covariance_of_each_component():
    fitted = fit(mk.models.Mixture(25, start=GRID.centres), GRID.real(1000).x)
    drawn = draw(fitted, 50_000, 0.3)
    own = torch.cdist(drawn, GRID.centres).argmin(1)
    for k in range(25):
        assert_moments(drawn[own == k], fitted.means[k], 0.3 * fitted.covs[k])
    error = (fitted.weights * (1 - fitted.weights) / len(drawn)).sqrt()
    assert ((own.bincount(minlength=25) / len(drawn) - fitted.weights).abs() < 5 * error).all()


def test_a_component_without_rows_is_dead():
    fitted = fit(mk.models.Mixture(3, start=torch.tensor([[0.0, 0.0], [2.5, 0.0], [99.0, 99.0]])),
                 blobs())
    assert fitted.weights[2] == 0 and fitted.weights.sum() == pytest.approx(1)
    assert draw(fitted, 1000).abs().max() < 10


def test_more_components_than_distinct_rows_leave_the_rest_dead():
    points = torch.tensor([[0.0, 1.0], [2.0, 3.0], [5.0, 4.0]], dtype=torch.float64)
    fitted = fit(mk.models.Mixture(5), points.repeat(10, 1))
    assert sorted(fitted.weights.tolist()) == pytest.approx([0, 0, 1 / 3, 1 / 3, 1 / 3])
    assert torch.cdist(draw(fitted, 100), points).amin(1).max() < 1e-14


def test_a_mode_of_two_rows_stays_a_line_of_two_rows():
    two = torch.tensor([[9.0, 9.0], [9.1, 9.2]], dtype=torch.float64)
    start = torch.tensor([[0.0, 0.0], [2.5, 0.0], [9.0, 9.0]])
    fitted = fit(mk.models.Mixture(3, start=start), torch.cat([blobs(), two]))
    k = (fitted.means - two.mean(0)).norm(dim=1).argmin()
    assert fitted.weights[k] * 402 == pytest.approx(2)
    torch.testing.assert_close(fitted.covs[k], torch.cov(two.T, correction=0))
    drawn = draw(fitted, 5000)
    offsets = drawn[drawn.amin(1) > 7.5] - two.mean(0)
    assert len(offsets) and (offsets @ torch.tensor([0.2, -0.1],
                                                    dtype=torch.float64)).abs().max() < 1e-13


def test_modes_are_lost_like_words():
    """Rows stay in their mode, so weights are resampled: E H_t = H_0 (1 − 1/n)^t, H = 1 − Σ w²;
    within 4 standard errors."""
    n, t = 100, 15
    model, loop = mk.models.Mixture(25, start=GRID.centres), mk.fully_synthetic(n)
    last = [list(islice(mk.steps(model, loop, GRID, seed=seed, emit=0), t))[-1].model.weights
            for seed in range(30)]
    H = 1 - torch.stack(last).square().sum(1)
    assert abs(H.mean() - (1 - 1 / 25) * (1 - 1 / n) ** t) < 4 * H.std() / 30**0.5


@pytest.mark.parametrize("truth", [GRID, mk.data.moons(), mk.data.digits()], ids=repr)
def test_a_mixture_collapses_to_the_end_without_a_floor(truth):
    """150 generations at λ = 0.8 multiply variances by less than 0.8^149 = 4e-15; rounding of the
    rows remains."""
    *_, last = islice(mk.steps(mk.models.Mixture(4), mk.fully_synthetic(60, lam=0.8), truth,
                               emit=0), 150)
    assert last.model.weights.sum() == pytest.approx(1)
    within = (last.model.weights * last.model.covs.diagonal(dim1=1, dim2=2).sum(1)).sum()
    assert 0 <= within < 1e-13


# --- KDE ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2, 5])
def test_scotts_kernel_is_scipys_and_adds_to_the_rows(d):
    x = cloud(40, d)
    mean, cov = fit(mk.models.KDE(), x).moments()
    expected = np.cov(x.numpy().T, ddof=0).reshape(d, d) + gaussian_kde(x.numpy().T,
                                                                        "scott").covariance
    np.testing.assert_allclose(cov, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("lam", [0.0, 0.4, 1.0])
def test_lam_multiplies_the_kernel(lam):
    """Of widely spaced rows every blur is seen alone."""
    centres = torch.tensor([[0.0, 0.0], [50.0, 0.0], [0.0, 50.0]], dtype=torch.float64)
    drawn = draw(fit(mk.models.KDE(bandwidth=0.5), centres), 30_000, lam)
    own = torch.cdist(drawn, centres).argmin(1)
    assert_moments(drawn - centres[own], torch.zeros(2),
                   lam * 0.25 * torch.eye(2, dtype=torch.float64))
    assert (own.bincount() / 30_000 - 1 / 3).abs().max() < 5 * (2 / 9 / 30_000) ** 0.5


def test_a_kde_loop_spreads_by_its_law():
    """E trace of a training set grows by 1 − 1/n + h² a generation; 200 seeds, within 4 standard
    errors."""
    n, h2 = 100, 100 ** (-2 / 6)
    traces = []
    for seed in range(200):
        first, second = islice(mk.steps(mk.models.KDE(), mk.fully_synthetic(n), mk.data.gaussian(2),
                                        seed=seed, emit=0), 2)
        traces.append([torch.cov(g.data.x.T).trace() for g in (first, second)])
    a, b = torch.tensor(traces).T
    difference = b - (1 - 1 / n + h2) * a
    assert abs(difference.mean()) < 4 * difference.std() / len(a) ** 0.5
