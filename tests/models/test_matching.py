"""Flow matching against what is known of it: exact velocities of a Gaussian, straight paths,
guidance, labels, and the rules of a model."""

import math

import pytest
import torch
from streams import draw, fitted
from test_diffusion import TRUTHS, within
from torch import nn

import madkit as mk
from madkit.models.matching import FlowMatching
from madkit.models.parts.form import Form
from madkit.models.parts.lean import LeanUNet

QUICK = {"width": 8, "steps": 60, "batch": 32, "jumps": 4}


@pytest.fixture(scope="module")
def of_digits():
    return fitted(FlowMatching(steps=300), mk.data.digits().real(1000))


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS.keys())
def test_keeps_the_rules(truth):
    mk.testing.check_model(FlowMatching(**QUICK), truth)


class Exact(nn.Module):
    """v of x_0 ~ N(m, s²): E[ε − x_0 | x_t]."""

    def __init__(self, s, m=0.0):
        super().__init__()
        self.s, self.m = s, m

    def forward(self, x, t, y):
        t = t[:, None]
        away = (x - (1 - t) * self.m) / ((1 - t) ** 2 * self.s**2 + t**2)
        return t * away - (self.m + (1 - t) * self.s**2 * away)


def of_line(net, jumps):
    model = FlowMatching(jumps=jumps)
    model.form = Form(torch.empty(0, 1, dtype=torch.float64), torch.zeros(1), torch.ones(1),
                      torch.zeros(0, dtype=torch.long))
    model.net = net
    return model


@pytest.mark.parametrize("s", [1.0, 0.3])
def test_with_the_exact_network_samples_have_the_exact_variance(s):
    x = draw(of_line(Exact(s), 100), 4000).x
    assert abs(float(x.var()) - s**2) < 4 * s**2 * math.sqrt(2 / 4000) + 0.02 * s**2  # Euler's 2 %
    assert abs(float(x.mean())) < 4 * s / math.sqrt(4000)


def test_towards_one_row_every_path_is_straight_and_one_step_arrives():
    for jumps in (1, 2, 10):
        x = draw(of_line(Exact(0.0, m=3.0), jumps), 50).x
        assert torch.allclose(x, torch.full_like(x, 3.0), atol=1e-5)


def test_the_loss_is_least_where_the_velocity_is_right():
    model, x = of_line(Exact(0.5), 1), 0.5 * torch.randn(4000, 1)
    y = torch.zeros(4000, dtype=torch.long)
    with torch.random.fork_rng():
        losses = {}
        for s in (0.3, 0.5, 0.8):
            torch.manual_seed(0)
            losses[s] = float(model._loss(Exact(s), x, y))
    assert min(losses, key=losses.get) == 0.5


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


def test_infinite_guidance_and_guidance_without_labels_are_refused(of_digits):
    with pytest.raises(ValueError, match=r"FlowMatching.sample: lam expected in \(0, 1\], got 0"):
        of_digits.sample(3, 0.0)
    with pytest.raises(ValueError, match="drowns the rest"):
        of_digits.sample(3, 1e-7)
    plain = fitted(FlowMatching(**QUICK), mk.data.moons().real(100))
    with pytest.raises(ValueError, match="lam = 0.5 needs labels"):
        plain.sample(3, 0.5)


@pytest.mark.parametrize("setting, words", [
    ({"width": 6}, "multiple of 4"), ({"jumps": 0}, "jumps"), ({"steps": 0}, "steps"),
    ({"lr": 0}, "lr"), ({"dropout": 2}, "dropout"),
])
def test_bad_settings_are_named(setting, words):
    with pytest.raises(ValueError, match=words):
        FlowMatching(**setting)


def test_training_is_steps_and_diverged_training_says_so():
    model = FlowMatching(steps=120)
    with torch.random.fork_rng():
        losses = [step.loss for step in model.training(mk.data.digits().real(300))]
    assert sum(losses[-20:]) < 0.6 * sum(losses[:20])
    with pytest.raises(FloatingPointError, match="FlowMatching: .*smaller lr"):
        fitted(FlowMatching(**QUICK | {"lr": 1e30}), mk.data.moons().real(100))


def test_a_saved_model_emits_the_same_rows(of_digits):
    again = FlowMatching(steps=300).load_state_dict(of_digits.state_dict())
    assert torch.equal(draw(again, 300, 0.5).x, draw(of_digits, 300, 0.5).x)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 64, 64), (2, 33, 20)])
def test_the_unet_takes_images_looks_at_time_and_label_and_begins_at_zero(shape):
    net, x = LeanUNet(shape, width=8, depth=2, classes=3), torch.randn(1, *shape)
    assert net(x, torch.ones(1), torch.zeros(1).long()).abs().max() == 0
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.3)
    out = {(t, y): net(x, torch.tensor([t]), torch.tensor([y])) for t in (0.1, 0.2) for y in (0, 3)}
    assert all(v.shape == x.shape for v in out.values())
    assert len({float(v.detach().double().sum()) for v in out.values()}) == 4
