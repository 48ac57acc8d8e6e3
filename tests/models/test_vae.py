"""The VAE: its likelihoods are laws, its bound is one, and it emits rows, not means."""

import math

import pytest
import torch
from streams import draw, fitted
from torch.distributions import MultivariateNormal, kl_divergence

import madkit as mk
from madkit.base.rng import stream
from madkit.models import vae
from madkit.models.vae import VAE, Codes

QUICK = {"latent": 4, "width": 32, "steps": 60}
digits = mk.data.digits()
TRUTHS = {
    "line": mk.data.gaussian(1),
    "grid": mk.data.grid25(),
    "digits, labelled": digits,
    "digits": mk.data.array(digits.x),
    "float32": mk.data.array(mk.data.moons().real(600).x.float()),
    "uint8": mk.data.array(
        torch.arange(600 * 12).mul(37).remainder(251).reshape(600, 3, 2, 2).to(torch.uint8)
    ),
    "numbers": mk.data.array(mk.data.gaussian(1).real(600).x[:, 0]),
}


def factor(rows):
    """One common factor and as much noise of each coordinate's own, covariance 25 (11ᵀ + I), of
    rows (n, 4) of N(0, I)."""
    return 5 * (rows.x[:, :1] + rows.x[:, 1:])


FACTOR = 25 * (torch.ones(3, 3, dtype=torch.float64) + torch.eye(3, dtype=torch.float64))
NORMAL = mk.data.gaussian(4)


@pytest.fixture(scope="module")
def normal():
    """A VAE with one latent number, of 4,000 rows of a factor model: by probabilistic PCA, the
    noise must become s² = 25."""
    return fitted(VAE(latent=1, width=64, steps=1500), mk.Samples(factor(NORMAL.real(4000))))


def noise(model):
    return (model.net.spread.detach().exp() * model.form.scale) ** 2


@pytest.fixture(scope="module")
def written():
    """A VAE of digits with their labels, and those."""
    data = digits.real(1300)
    return fitted(VAE(width=128, steps=600), data), data


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS.keys())
@pytest.mark.parametrize("mean", [False, True], ids=["rows", "means"])
def test_keeps_the_rules(truth, mean):
    if not mean or truth.shape == (2,):
        mk.testing.check_model(VAE(**QUICK, mean=mean), truth)


# --- p(x | z) -------------------------------------------------------------------------------------


@pytest.mark.parametrize("spread", [0.003, 0.05, 1.0])
@pytest.mark.parametrize("mean", [-1.5, -1.0, -0.3, 0.5, 1.2])
def test_grey_levels_have_probabilities_and_are_drawn_by_them(mean, spread):
    model = VAE(**QUICK | {"steps": 1})
    fitted(model, mk.Samples(torch.tensor([0, 255]).to(torch.uint8).reshape(2, 1, 1, 1)))
    levels = torch.arange(256) / 127.5 - 1
    p = model._likelihood(levels, torch.tensor(mean), torch.tensor(spread)).double().exp()
    assert abs(p.sum() - 1) < 1e-3
    model.net.decoder[-1].weight.data.zero_()
    model.net.decoder[-1].bias.data.fill_(mean)
    model.net.spread.data.fill_(math.log(spread))
    drawn = draw(model, 20_000).x.flatten().round().long().bincount(minlength=256) / 20_000
    # total variation; 256 levels of 20,000 rows have 0.04 by chance
    assert (drawn - p).abs().sum() / 2 < 0.06


def test_black_is_black(written):
    model, data = written
    share = (draw(model, 500).x == data.x.min()).double().mean()
    assert abs(share - (data.x == data.x.min()).double().mean()) < 0.05
    assert data.x.min() <= draw(model, 500).x.min() and draw(model, 500).x.max() <= data.x.max()


# --- the bound ------------------------------------------------------------------------------------


def test_the_bound_is_one_and_close_to_the_entropy(normal):
    with stream(0, "bound"):
        nats = -normal.bound(factor(NORMAL.test(20_000))).mean()
    entropy = torch.linalg.slogdet(2 * math.pi * math.e * FACTOR).logabsdet / 2
    assert -0.02 < nats - entropy < 0.1


def test_the_bound_of_an_image_is_a_log_probability(written):
    model, data = written
    with stream(0, "bound"):
        assert (model.bound(data.x, data.y) < 0).all()
        right, wrong = (model.bound(data.x, y).mean() for y in (data.y, (data.y + 1) % 10))
    assert right > wrong + 10


# --- rows, not means ------------------------------------------------------------------------------


def test_rows_have_the_covariance_of_the_data_and_means_lose_the_noise(normal):
    rows = draw(normal, 20_000).x
    normal.mean = True
    means = draw(normal, 20_000).x
    normal.mean = False
    torch.testing.assert_close(noise(normal), torch.full((3,), 25.0, dtype=torch.float64), rtol=0.1,
                               atol=0)
    torch.testing.assert_close(torch.cov(rows.T), FACTOR, rtol=0.1, atol=0)
    torch.testing.assert_close(torch.cov(means.T), torch.full_like(FACTOR, 25.0), rtol=0.15, atol=0)


def test_lambda_shrinks_the_codes_alone(normal):
    none, half = (torch.cov(draw(normal, 20_000, lam).x.T) for lam in (0.0, 0.5))
    torch.testing.assert_close(none, noise(normal).diag(), rtol=0.05, atol=1)
    torch.testing.assert_close(half, FACTOR - 12.5, rtol=0.15, atol=0)


def test_rows_are_of_their_label(written):
    model, data = written
    centre = torch.stack([data.x[data.y == k].mean(0) for k in range(10)])
    drawn = torch.stack([draw(model, 200, y=k).x.mean(0) for k in range(10)])
    assert torch.cdist(drawn.flatten(1), centre.flatten(1)).argmin(1).tolist() == list(range(10))


def test_a_label_is_heard(written):
    """By the eye of a classifier. With one law for the codes of all labels it is 84 %."""
    emitted = draw(written[0], 1000)
    assert (mk.metrics.LeNet("digits").predict(emitted) == emitted.y).double().mean() > 0.86


# --- the laws of codes ----------------------------------------------------------------------------


@pytest.fixture
def laws():
    """Two laws of three numbers, far from N(0, I)."""
    codes = Codes(3, 2)
    with stream(0, "laws"), torch.no_grad():
        codes.middle.copy_(torch.randn(2, 3) / 20)
        codes.white.copy_(torch.randn(2, 3, 3) / 20)
    return codes.double()


def normal_of(laws, y):
    a, W = (part.detach() for part in laws.law(y))
    return MultivariateNormal(a, precision_matrix=W.mT @ W)


def test_the_divergence_from_the_law_of_codes_is_that_of_normals(laws):
    y = torch.arange(40) % 2
    m, log_s = torch.randn(2, 40, 3, dtype=torch.float64)
    posterior = MultivariateNormal(m, scale_tril=log_s.exp().diag_embed())
    torch.testing.assert_close(laws.kl(m, log_s, y), kl_divergence(posterior, normal_of(laws, y)))
    plain = MultivariateNormal(torch.zeros(3, dtype=torch.float64),
                               torch.eye(3, dtype=torch.float64))
    torch.testing.assert_close(laws.kl(m, log_s, None), kl_divergence(posterior, plain))


def test_codes_are_placed_by_their_law(laws):
    y = torch.ones(50_000).long()
    with stream(0, "codes"):
        z = laws.placed(torch.randn(len(y), 3, dtype=torch.float64), y).detach()
    law = normal_of(laws, y[:1])
    assert ((z.mean(0) - law.mean[0]) / law.stddev[0]).abs().max() < 0.02
    torch.testing.assert_close(torch.cov(z.T), law.covariance_matrix[0], rtol=0.05, atol=0.02)


def test_the_law_of_a_label_is_that_of_its_codes(written):
    """Whitened by its law, codes of every label are near N(0, I); by the law of another they are
    far from it."""
    model, data = written
    with torch.no_grad(), stream(0, "codes"):
        m, log_s = model.net.encoder(model._with(model.form.inputs(data.x).flatten(1),
                                                 data.y)).chunk(2, 1)
        z = m + log_s.exp() * torch.randn_like(m)
        own, other = (model.net.codes.law((data.y + k) % 10) for k in (0, 1))
        white, wrong = ((W @ (z - a)[:, :, None])[:, :, 0] for a, W in (own, other))
    each = [white[data.y == k] for k in range(10)]
    assert max(x.mean(0).norm() for x in each) < 1 and all(0.7 < x.square().mean() < 1.3
                                                           for x in each)
    assert wrong.square().mean() > 3


def test_no_lam_is_one_code_for_each_label(written):
    model, _ = written
    model.mean = True
    x, y = (emitted := draw(model, 60, 0.0)).x.flatten(1), emitted.y
    model.mean = False
    first = torch.stack([x[y == k][0] for k in range(10)])
    torch.testing.assert_close(x, first[y], rtol=0, atol=1e-4)
    assert (torch.cdist(first, first) + 9 * torch.eye(10)).min() > 0.5


def test_a_code_is_no_longer_than_a_row():
    assert fitted(VAE(**QUICK | {"steps": 1}),
               mk.data.gaussian(2).real(9)).net.decoder[0].in_features == 2


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong, words", [
    ({"latent": 0}, "VAE: latent"), ({"width": 2.5}, "VAE: width"), ({"lr": -1}, "VAE: lr"),
])
def test_bad_settings_are_refused_in_words(wrong, words):
    with pytest.raises(ValueError, match=words):
        VAE(**wrong)


def test_a_flag_is_true_or_false():
    with pytest.raises(TypeError, match="VAE: mean: expected True or False, got 1"):
        VAE(mean=1)


def test_bad_calls_are_refused_in_words(written):
    with pytest.raises(RuntimeError, match=r"call fit\(data\) first"):
        VAE().sample(3)
    model, data = written
    with pytest.raises(ValueError, match="labels of the rows, got None"):
        model.bound(data.x)
    with pytest.raises(ValueError, match="in 0 … 9"):
        model.sample(3, y=10)
    with pytest.raises(ValueError, match="lam"):
        model.sample(3, -0.1)


@pytest.mark.parametrize("preset", [vae.TINY, vae.SMALL, vae.PAPER], ids=["tiny", "small", "paper"])
def test_sizes_are_settings(preset):
    assert vars(VAE(**preset)) == preset | {"mean": False}
    assert vars(VAE()) == vae.TINY | {"mean": False}
