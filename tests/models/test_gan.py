"""The GAN: its penalty is a slope's, λ draws styles to their mean, and the rules of a model."""

import math

import pytest
import torch
from streams import draw, fitted
from torch import nn

import madkit as mk
from madkit.base.rng import stream
from madkit.models.gan import GAN, PLANE, slope_penalty
from madkit.models.parts.styled import Critic, Synthesis, critic_features

QUICK = {"width": 8, "latent": 4, "steps": 20, "batch": 16}
digits = mk.data.digits()
GRID = mk.data.grid25().real(600).x
COLOUR = torch.arange(400 * 3 * 9 * 7).mul(37).remainder(251).reshape(400, 3, 9, 7).to(torch.uint8)
TRUTHS = {
    "plane": mk.data.moons(), "line": mk.data.gaussian(1),
    "labelled": mk.data.array(GRID, (GRID[:, 0] > 0).long()),
    "digits": mk.data.array(digits.x), "digits, labelled": digits,
    "colour": mk.data.array(COLOUR, torch.arange(400) % 3),
}


@pytest.fixture(scope="module")
def written():
    """A GAN of digits with their labels, trained for a few seconds."""
    return fitted(GAN(steps=250), digits.real(1300))


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS.keys())
def test_keeps_the_rules(truth):
    mk.testing.check_model(GAN(**QUICK), truth)


# --- the penalty ----------------------------------------------------------------------------------


@pytest.mark.parametrize("slope", [1.0, 0.0, 3.0])
def test_a_linear_critic_is_penalised_by_its_slope_alone(slope):
    direction = nn.functional.normalize(torch.randn(3, 8, 8, dtype=torch.float64).flatten(), dim=0)
    x, fake = torch.randn(2, 20, 3, 8, 8, dtype=torch.float64)
    penalty = slope_penalty(lambda x, y: slope * x.flatten(1) @ direction + 7, x, fake,
                            torch.zeros(20).long())
    assert float(penalty) == pytest.approx((slope - 1) ** 2, abs=1e-12)


def test_slopes_are_looked_at_between_the_rows_everywhere():
    seen = []
    x, fake = torch.zeros(4000, 2), torch.tensor([1.0, 3.0]).expand(4000, 2)
    slope_penalty(lambda x, y: seen.append(x.detach()) or x.sum(1), x, fake,
                  torch.zeros(4000).long())
    u = seen[0] / fake
    torch.testing.assert_close(u[:, 0], u[:, 1])
    assert 0 <= u.min() and u.max() <= 1
    assert abs(float(u[:, 0].mean()) - 1 / 2) < 4 * math.sqrt(1 / 12 / 4000)
    assert abs(float(u[:, 0].var()) - 1 / 12) < 4 * math.sqrt(1 / 180 / 4000)


@pytest.mark.parametrize("shape", [(3,), (1, 8, 8)], ids=["vectors", "images"])
def test_the_penalty_and_what_it_teaches_agree_with_finite_differences(shape):
    """Slopes of D by differences in x; then the penalty's own gradient by differences in the
    weights."""
    torch.manual_seed(0)
    judge = GAN(**QUICK)
    judge.form = mk.models.parts.form.Form.of(mk.Samples(torch.randn(9, *shape),
                                                         torch.arange(9) % 2), "it")
    D = judge._critic().double()
    x, y = torch.randn(5, *shape, dtype=torch.float64), torch.arange(5) % 2
    h, units = 1e-6, torch.eye(x[0].numel(), dtype=torch.float64).reshape(-1, *shape)
    with torch.no_grad():
        # (5, d)
        slopes = torch.stack([(D(x + h * e, y) - D(x - h * e, y)) / (2 * h) for e in units], 1)
    expected = float((slopes.norm(dim=1) - 1).square().mean())
    penalty = slope_penalty(D, x, x, y)  # between equal rows: there is but one place
    assert penalty.item() == pytest.approx(expected, rel=1e-5)
    penalty.backward()
    weight = D.score.weight
    ahead = torch.randn_like(weight)
    values = []
    for sign in (1, -1):
        with torch.no_grad():
            weight += sign * h * ahead
        values.append(float(slope_penalty(D, x, x, y)))
        with torch.no_grad():
            weight -= sign * h * ahead
    assert float((weight.grad * ahead).sum()) == pytest.approx((values[0] - values[1]) / (2 * h),
                                                               rel=1e-4)


# --- λ --------------------------------------------------------------------------------------------


def test_the_mean_style_is_the_mean_of_styles_and_the_same_in_every_call(written):
    mean = written.mean_style()
    assert torch.equal(mean, written.mean_style()) and mean.shape == (10, 64)
    w = written.net.mapping(torch.randn(40_000, 32), torch.full((40_000,), 3))
    error = w.std(0) * math.sqrt(1 / 1000 + 1 / 40_000)
    assert ((mean[3] - w.mean(0)).abs() < 5 * error).all() and (
        mean[3] - mean[4]
    ).abs().max() > 10 * error.max()


@pytest.mark.parametrize("lam", [0.0, 0.3, 1.0])
def test_styles_are_drawn_to_the_mean_by_lam(written, lam):
    """Undone by hand: what synthesis is given is w̄ + λ (w − w̄)."""
    given = []
    handle = written.net.synthesis.register_forward_pre_hook(
        lambda net, args: given.append(args[0])
    )
    y = torch.arange(40) % 10
    try:
        draw(written, 40, 1.0, y)
        draw(written, 40, lam, y)
    finally:
        handle.remove()
    mean = written.mean_style()[y]
    torch.testing.assert_close(given[1], mean + lam * (given[0] - mean))


def test_no_lam_is_one_row_for_each_label(written):
    x, y = (emitted := draw(written, 60, 0.0)).x, emitted.y
    first = torch.stack([x[y == k][0] for k in range(10)])
    torch.testing.assert_close(x, first[y], rtol=0, atol=1e-5)
    distance = torch.cdist(first.flatten(1), first.flatten(1)) + 9 * torch.eye(10)
    # labels are told apart; of real digits, rows of two labels are 1.6 apart or more
    assert distance.min() > 0.5
    plain = draw(fitted(GAN(**QUICK), mk.data.moons().real(100)), 30, 0.0).x
    torch.testing.assert_close(plain, plain[:1].expand(30, 2))


def within(samples):
    """Mean squared distance of rows from the mean of their label."""
    return sum(float((x - x.mean(0)).square().sum())
               for k in range(10) if len(x := samples.x[samples.y == k])) / len(samples)


def test_lower_lam_narrows_every_class(written):
    spreads = [within(draw(written, 500, lam)) for lam in (1, 0.8, 0.6, 0.4, 0.2, 0)]
    assert (
        spreads == sorted(spreads, reverse=True)
        and spreads[3] < 0.5 * spreads[0]
        and spreads[-1] < 1e-6
    )


# --- what it learns -------------------------------------------------------------------------------


def test_samples_are_of_the_label_asked_for(written):
    real = digits.real(1300)
    means = torch.stack([real.x[real.y == k].mean(0).flatten() for k in range(10)])
    emitted = draw(written, 300)
    nearest = torch.cdist(emitted.x.flatten(1), means).argmin(1)
    assert (nearest == emitted.y).double().mean() > 0.65  # of real digits .9; by chance .1
    assert (draw(written, 5, y=3).y == 3).all()
    assert ((draw(written, 500).y.bincount() - 500 * real.y.bincount() / 1300).abs() < 1).all()


def test_digits_of_a_label_differ(written):
    """A GAN that has collapsed emits one row for each label: spread 0. So short a training reaches
    a third of the real spread."""
    assert 0.2 < within(draw(written, 500)) / within(digits.real(1300)) < 1.5


def test_a_ring_is_found():
    """Quality: many samples lie where real rows do; diversity: all sides of the ring are reached.
    """
    ring = mk.data.ring()
    x = draw(fitted(GAN(**PLANE | {"steps": 400}), ring.real(2000)), 1000).x
    real = ring.test(2000).x
    near = torch.cdist(x, real).amin(1) < 0.25
    sides = (
        torch.atan2(x[:, 1], x[:, 0])
        .mul(8 / math.pi)
        .floor()
        .add(8)
        .long()
        .clamp(0, 15)
        .bincount(minlength=16)
    )
    # of a Gaussian fitted to the ring, a fifth lie near
    assert near.double().mean() > 0.35 and sides.min() > 10


# --- edges ----------------------------------------------------------------------------------------


def test_weights_are_created_inside_fit():
    model = GAN(**QUICK)
    assert not any(isinstance(value, nn.Module | torch.Tensor) for value in vars(model).values())
    data = mk.data.moons().real(100)
    a, b = (draw(fitted(model, data, seed), 5).x for seed in (0, 1))
    assert not torch.equal(a, b) and torch.equal(draw(fitted(model, data, 0), 5).x, a)


def test_a_call_before_fit_and_labels_where_there_are_none_are_refused():
    with pytest.raises(RuntimeError, match="fit"):
        GAN().sample(3)
    plain = fitted(GAN(**QUICK), mk.data.moons().real(100))
    with pytest.raises(ValueError, match="without labels"):
        plain.sample(3, y=1)
    with pytest.raises(ValueError, match="lam"):
        plain.sample(3, 1.5)


@pytest.mark.parametrize("setting, words", [
    ({"width": 7}, "even number"), ({"critic": 0}, "critic"), ({"decay": 2}, "decay"),
    ({"steps": 0}, "steps"), ({"lr": 0}, "lr"),
    ({"penalty": 0}, "penalty"), ({"latent": 1.5}, "latent"),
])
def test_bad_settings_are_named(setting, words):
    with pytest.raises(ValueError, match=words):
        GAN(**setting)


def test_training_is_steps_and_the_model_can_sample_between_them():
    model, data = GAN(**QUICK), digits.real(100)
    with stream(0, "fit"):
        for step in model.training(data):
            rows = model.sample(4, 0.5)
            if step.i == 3:
                break
    assert (step.total, len(rows), math.isfinite(step.loss)) == (20, 4, True)


def test_the_critic_takes_all_its_steps():
    model, data, seen = GAN(**QUICK | {"critic": 3, "steps": 7}), mk.data.moons().real(100), []
    criticise = GAN._criticise
    model._criticise = lambda *args: seen.append(1) or criticise(model, *args)
    fitted(model, data)
    assert len(seen) == 21


def test_diverged_training_says_so_and_harms_nothing_before():
    data = mk.data.moons().real(100)
    good = fitted(GAN(**QUICK), data)
    before = draw(good, 5).x
    with pytest.raises(FloatingPointError, match="smaller lr"):
        fitted(GAN(**QUICK | {"lr": 1e30}), data)
    assert torch.equal(draw(good, 5).x, before)


@pytest.mark.parametrize("lam", [1.0, 0.5])
def test_a_saved_model_emits_the_same_rows(written, lam):
    again = GAN(steps=250).load_state_dict(written.state_dict())
    assert torch.equal(draw(again, 20, lam).x, draw(written, 20, lam).x)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 64, 64), (1, 9, 7),
                                   (2, 33, 20), (1, 3, 3)])
def test_images_up_to_64_are_made_and_judged(shape):
    x = Synthesis(shape, width=4, style=6)(torch.randn(2, 6))
    assert x.shape == (2, *shape) and 0.05 < x.std() and x.abs().max() <= 1
    D = Critic(*critic_features(shape, 2), classes=3)
    scores = D(x, torch.tensor([0, 2]))
    slopes, = torch.autograd.grad(scores.sum(), x)
    # every pixel counts
    assert scores.shape == (2,) and (slopes.flatten(1) != 0).double().mean() > 0.9
    assert not torch.equal(D(x, torch.tensor([0, 2])), D(x, torch.tensor([1, 1])))
