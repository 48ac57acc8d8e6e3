"""The diffusion against what is known of it: exact samplers on a Gaussian, guidance, labels, and
the rules of a model."""

import math

import pytest
import torch
from streams import draw, fitted
from torch import nn

import madkit as mk
from madkit.base.rng import stream
from madkit.models.diffusion import Diffusion, signal_and_noise
from madkit.models.parts.form import Form
from madkit.models.parts.unet import MLP, UNet

QUICK = {"width": 8, "steps": 60, "batch": 32, "jumps": 4}
LABELLED = mk.data.array(mk.data.grid25().real(600).x,
                         (mk.data.grid25().real(600).x[:, 0] > 0).long())
STRIPES = torch.arange(400 * 3 * 36).mul(37).remainder(251).reshape(400, 3, 6, 6).to(torch.uint8)
TRUTHS = {
    "plane": mk.data.moons(), "line": mk.data.gaussian(1), "labelled": LABELLED,
    "digits": mk.data.digits(),
    "colour": mk.data.array(STRIPES, (STRIPES[:, 0, 0, 0] > 125).long()),
}


@pytest.fixture(scope="module")
def of_digits():
    return fitted(Diffusion(steps=300), mk.data.digits().real(1000))


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS.keys())
def test_keeps_the_rules(truth):
    mk.testing.check_model(Diffusion(**QUICK), truth)


# --- the sampler, with a network that knows the answer --------------------------------------------


class Exact(nn.Module):
    """F of x_0 ~ N(0, s²): E[ε | x_t] = σ x_t / (α² s² + σ²)."""

    def __init__(self, s):
        super().__init__()
        self.s = s

    def forward(self, x, t, y):
        alpha, sigma = (part[:, None] for part in signal_and_noise(t))
        return (sigma * x / (alpha**2 * self.s**2 + sigma**2) - sigma * x) / alpha


@pytest.mark.parametrize("eta, jumps", [(0.0, 60), (1.0, 500), (0.5, 100)])
@pytest.mark.parametrize("s", [1.0, 0.3])
def test_with_the_exact_network_samples_have_the_exact_variance(eta, jumps, s):
    model = Diffusion(jumps=jumps, eta=eta)
    model.form = Form(torch.empty(0, 1, dtype=torch.float64), torch.zeros(1), torch.ones(1),
                      torch.zeros(0, dtype=torch.long))
    model.net = Exact(s)
    x = draw(model, 4000).x
    error = s**2 * math.sqrt(2 / 4000)
    assert abs(float(x.var()) - s**2) < 4 * error + 0.02 * s**2  # 2 %: what the steps taken cost
    assert abs(float(x.mean())) < 4 * s / math.sqrt(4000)


def test_full_ancestral_noise_is_that_of_the_forward_process():
    """η_t² = β̃_t = β_t (1 − ᾱ_{t−1})/(1 − ᾱ_t), Ho et al. (2020), eq. 7."""
    t, s = torch.tensor(300 / 500), torch.tensor(299 / 500)
    (alpha, sigma), (alpha_s, sigma_s) = signal_and_noise(t), signal_and_noise(s)
    beta = 1 - (alpha / alpha_s) ** 2
    eta = sigma_s / sigma * (1 - (alpha / alpha_s) ** 2).sqrt()
    torch.testing.assert_close(eta**2, beta * (1 - alpha_s**2) / (1 - alpha**2))


def test_every_number_of_jumps_goes_from_noise_to_data():
    for jumps in (1, 2, 7, 500):
        times = Diffusion(jumps=jumps)._times()
        assert len(times) == jumps and float(times[0][0]) == 1 and float(times[-1][1]) == 0
        assert all(s < t for t, s in times)


# --- guidance and labels --------------------------------------------------------------------------


def test_guidance_of_zero_is_the_plain_model(of_digits):
    x, t, y = torch.randn(7, 1, 8, 8), torch.tensor(0.5), torch.arange(7)
    alpha, sigma = signal_and_noise(t)
    plain = sigma * x + alpha * of_digits.net(x, t.expand(7), y)
    # bf16 on some machines
    torch.testing.assert_close(of_digits.noise(x, t, y, w=0.0), plain, rtol=0, atol=0.05)
    torch.testing.assert_close(of_digits.noise(x, t, y, w=1e-6), of_digits.noise(x, t, y, w=0.0),
                               rtol=0, atol=1e-4)


def test_guidance_is_linear_from_without_labels_to_beyond_them(of_digits):
    x, t, y = torch.randn(7, 1, 8, 8), torch.tensor(0.5), torch.arange(7)
    without, with_ = of_digits.noise(x, t), of_digits.noise(x, t, y)
    torch.testing.assert_close(of_digits.noise(x, t, y, w=2.0), 3 * with_ - 2 * without, rtol=1e-4,
                               atol=1e-4)


def within(samples):
    """Mean squared distance of rows from the mean of their label."""
    return sum(float((x - x.mean(0)).square().sum())
               for k in range(10) if len(x := samples.x[samples.y == k])) / len(samples)


def test_lower_lam_narrows_every_class(of_digits):
    spreads = [within(draw(of_digits, 300, lam)) for lam in (1, 0.66, 0.33)]
    assert spreads == sorted(spreads, reverse=True) and spreads[2] < 0.9 * spreads[0]


def test_samples_are_of_the_label_asked_for(of_digits):
    real = mk.data.digits().real(1000)
    means = torch.stack([real.x[real.y == k].mean(0).flatten() for k in range(10)])
    emitted = draw(of_digits, 300)
    nearest = torch.cdist(emitted.x.flatten(1), means).argmin(1)
    assert (nearest == emitted.y).double().mean() > 0.7  # of real digits .9; by chance .1
    assert (draw(of_digits, 5, y=3).y == 3).all()


def test_digits_come_in_the_frequencies_of_the_data(of_digits):
    share = mk.data.digits().real(1000).y.bincount() / 1000
    assert ((draw(of_digits, 500).y.bincount() - 500 * share).abs() < 1).all()


# --- edges ----------------------------------------------------------------------------------------


def test_infinite_guidance_and_guidance_without_labels_are_refused(of_digits):
    with pytest.raises(ValueError, match=r"lam expected in \(0, 1\]"):
        of_digits.sample(3, 0.0)
    plain = fitted(Diffusion(**QUICK), mk.data.moons().real(100))
    with pytest.raises(ValueError, match="lam = 0.5 needs labels"):
        plain.sample(3, 0.5)
    with pytest.raises(ValueError, match="without labels"):
        plain.sample(3, y=1)


@pytest.mark.parametrize("setting, words", [
    ({"width": 6}, "multiple of 4"), ({"jumps": 600}, "at most T"), ({"eta": 2}, "eta"),
    ({"steps": 0}, "steps"),
    ({"lr": 0}, "lr"),
])
def test_bad_settings_are_named(setting, words):
    with pytest.raises(ValueError, match=words):
        Diffusion(**setting)


def test_training_is_steps_and_may_stop_early():
    data = mk.data.digits().real(300)
    model = Diffusion(steps=120)
    with stream(0, "fit"):
        losses = []
        for step in model.training(data):
            losses.append(step.loss)
            if step.i == 80:
                break
    assert step.total == 120 and sum(losses[-20:]) < 0.6 * sum(losses[:20])
    assert len(draw(model, 4)) == 4


def test_diverged_training_says_so():
    with pytest.raises(FloatingPointError, match="smaller lr"):
        fitted(Diffusion(**QUICK | {"lr": 1e30}), mk.data.moons().real(100))


def test_a_saved_model_emits_the_same_rows(of_digits):
    again = Diffusion(steps=300).load_state_dict(of_digits.state_dict())
    assert torch.equal(draw(again, 20, 0.5).x, draw(of_digits, 20, 0.5).x)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 64, 64), (1, 9, 7),
                                   (2, 33, 20)])
def test_the_unet_takes_images_up_to_64(shape):
    net = UNet(shape, width=8, depth=2, classes=3)
    x = torch.randn(2, *shape)
    nn.init.normal_(net.last.weight)
    out = net(x, torch.rand(2), torch.tensor([0, 3]))
    assert out.shape == x.shape and out.abs().sum() > 0


@pytest.mark.parametrize("net", [MLP(2, 32, 2, 3), UNet((1, 8, 8), 8, 1, 3)],
                         ids=["vectors", "images"])
def test_networks_look_at_time_and_label_and_begin_at_zero(net):
    x = torch.randn(1, 2) if isinstance(net, MLP) else torch.randn(1, 1, 8, 8)
    assert net(x, torch.ones(1), torch.zeros(1).long()).abs().max() == 0
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.3)
    out = {(t, y): net(x, torch.tensor([t]), torch.tensor([y])) for t in (0.1, 0.11)
           for y in (0, 3)}
    assert len({float(v.detach().sum()) for v in out.values()}) == 4
