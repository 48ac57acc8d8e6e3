"""The flow keeps the laws of a change of variables: it inverts, its density integrates to 1, its
volume is the Jacobian's."""

import math

import pytest
import torch
from streams import draw, fitted
from torch.distributions import Normal

import madkit as mk
from madkit.models import flow
from madkit.models.flow import Flow

QUICK = {"hidden": 16, "steps": 40, "batch": 128}
KINDS = {"coupling": Flow("coupling", layers=4, **QUICK),
         "spline": Flow("spline", layers=2, **QUICK)}
both = pytest.mark.parametrize("kind", KINDS)
digits, moons = mk.data.digits(), mk.data.moons(noise=0.08)
TRUTHS = {
    "line": mk.data.gaussian(1),
    "moons": moons,
    "digits, labelled": digits,
    "digits": mk.data.array(digits.x),
    "float32": mk.data.array(moons.real(600).x.float()),
    "uint8": mk.data.array(
        torch.arange(600 * 12).mul(37).remainder(251).reshape(600, 3, 2, 2).to(torch.uint8)
    ),
    "numbers": mk.data.array(mk.data.gaussian(1).real(600).x[:, 0]),
}


def fresh(kind, **other):
    return Flow(kind, layers=4 if kind == "coupling" else 2, **QUICK | other)


def cloud(d, n=400):
    """n rows that are far from normal and differ in scale from coordinate to coordinate."""
    noise = torch.Generator().manual_seed(0)
    x = torch.randn(n, d, generator=noise, dtype=torch.float64)
    return torch.sinh(x @ torch.randn(d, d, generator=noise,
                                      dtype=torch.float64)) * 10.0 ** torch.arange(d) + 3


@pytest.mark.parametrize("kind, truth", [(kind, name) for kind in KINDS for name in TRUTHS
                                         if kind == "coupling"
                                         or name in ("line", "moons", "uint8")])
def test_keeps_the_rules(kind, truth):
    mk.testing.check_model(KINDS[kind], TRUTHS[truth])


# --- a change of variables ------------------------------------------------------------------------


@both
@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize("labelled", [False, True], ids=["", "labelled"])
def test_inverts(kind, d, labelled):
    x, y = cloud(d), torch.arange(400) % 3 if labelled else None
    model = fitted(fresh(kind), mk.Samples(x, y))
    f, u = model._law(y).transform, model._inputs(x)
    torch.testing.assert_close(f.inv(f(u)), u, rtol=1e-3, atol=1e-3)
    assert (f(u) - u).abs().mean() > 0.02  # not the identity


@both
@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_volume_is_that_of_the_jacobian(kind, d):
    x = cloud(d)
    model = fitted(fresh(kind), mk.Samples(x))
    law = model._law(None)
    for row in x[:5]:
        latent = law.transform(model._inputs(row[None]))[0]
        jacobian = torch.autograd.functional.jacobian(
            lambda row: law.transform(model._inputs(row[None]))[0], row
        )
        expected = (
            Normal(0.0, 1.0).log_prob(latent).sum() + torch.linalg.slogdet(jacobian).logabsdet
        )
        torch.testing.assert_close(model.log_prob(row[None])[0].float(), expected.float(),
                                   rtol=1e-3, atol=1e-3)


@both
def test_the_density_integrates_to_one(kind):
    data = moons.real(2000)
    units = torch.tensor([20.0, 0.1], dtype=torch.float64)
    model = fitted(fresh(kind, steps=150, lr=5e-3), mk.Samples(data.x * units))
    sides = [torch.linspace(-6, 7, 651, dtype=torch.float64),
             torch.linspace(-5, 5.5, 526, dtype=torch.float64)]
    total = (
        model.log_prob(torch.cartesian_prod(*sides) * units).exp().sum() * 0.02**2 * units.prod()
    )
    assert abs(total - 1) < 0.01


@both
def test_the_density_is_per_unit_of_the_data(kind):
    x = cloud(2)
    one, other = (
        fitted(fresh(kind), mk.Samples(x)).log_prob(x),
        fitted(fresh(kind), mk.Samples(1000 * x)).log_prob(1000 * x),
    )
    torch.testing.assert_close(other, one - 2 * math.log(1000), rtol=1e-4, atol=1e-3)


def test_one_affine_coordinate_is_the_normal_law():
    x = mk.data.gaussian(1).real(500).x * 7 + 100
    model = fitted(fresh("coupling", steps=300, lr=1e-2, batch=500), mk.Samples(x))
    normal = Normal(x.mean(), x.std(correction=0))
    torch.testing.assert_close(model.log_prob(x), normal.log_prob(x[:, 0]), rtol=0, atol=0.02)


@both
def test_lambda_is_the_variance_of_the_latent_cloud(kind):
    model = fitted(fresh(kind), moons.real(400))
    f = model._law(None).transform
    wide, narrow = (f(model._inputs(draw(model, 500, lam).x)) for lam in (1.0, 0.25))
    torch.testing.assert_close(narrow, wide / 2, rtol=1e-3, atol=2e-3)
    assert abs(wide.var() - 1) < 0.2
    assert draw(model, 50, 0.0).x.var(0).max() < 1e-10


def test_learns_two_moons():
    """A normal law has 1.9 nats there, the truth 0.79."""
    model = fitted(Flow(**flow.TINY), moons.real(4000))
    nats = -model.log_prob(moons.test(4000).x).mean()
    assert 0.75 < nats < 0.9


# --- labels, images, what stands still ------------------------------------------------------------


def test_labels_part_the_density():
    y = torch.arange(900) % 3 == 2  # 2 of 3 rows have label 0
    x = torch.where(y, 5.0, -5.0)[:, None] + mk.data.gaussian(2).real(900).x
    model = fitted(fresh("coupling", steps=150, lr=5e-3), mk.Samples(x, y.long()))
    given = torch.stack([model.log_prob(x, k) for k in (0, 1)])
    assert (given.argmax(0) == y).all()
    mixture = (given + torch.tensor([2 / 3, 1 / 3], dtype=given.dtype).log()[:, None]).logsumexp(0)
    torch.testing.assert_close(model.log_prob(x), mixture)
    drawn = draw(model, 200, y=1)
    assert (drawn.y == 1).all() and abs(drawn.x.mean() - 5) < 0.5


@both
def test_what_stands_still_comes_back_and_has_no_density(kind):
    # the mean of 1,000 such numbers is not 0.1 to the last digit
    x = torch.full((1000, 1, 2, 2), 0.1, dtype=torch.float64)
    x[:, 0, 0] = cloud(2, 1000)
    model = fitted(fresh(kind), mk.Samples(x))
    assert (draw(model, 50).x[:, 0, 1] == 0.1).all()
    alone = fitted(fresh(kind), mk.Samples(x[:, 0, 0]))
    torch.testing.assert_close(model.log_prob(x), alone.log_prob(x[:, 0, 0]))


@both
def test_rows_that_are_all_the_same_come_back(kind):
    model = fitted(fresh(kind), mk.Samples(torch.full((9, 2), 0.1)))
    assert (draw(model, 5).x == 0.1).all()


def test_grey_levels_are_spread_over_their_bins():
    """Few levels, seen as numbers, would have a density without bound; the mean log-probability of
    a level is at most 0."""
    x = (
        (torch.arange(600 * 2).mul(7).remainder(5) > 2)
        .to(torch.uint8)
        .add(100)
        .reshape(600, 1, 1, 2)
    )
    model = fitted(fresh("spline", steps=300, lr=1e-2), mk.Samples(x))
    assert model.log_prob(x).mean() < 0.5
    assert draw(model, 3).x.shape == (3, 1, 1, 2)


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong, words", [
    ({"kind": "affine"}, "kind: expected 'coupling' or 'spline', got "
                         "'affine'"), ({"layers": 0}, "Flow: layers"),
    ({"hidden": 1.5}, "Flow: hidden"), ({"lr": 0}, "Flow: lr"),
])
def test_bad_settings_are_refused_in_words(wrong, words):
    with pytest.raises(ValueError, match=words):
        Flow(**wrong)


def test_bad_calls_are_refused_in_words():
    with pytest.raises(RuntimeError, match=r"call fit\(data\) first"):
        Flow().sample(3)
    model = fitted(fresh("coupling", steps=1), moons.real(20))
    with pytest.raises(ValueError, match=r"rows of shape \(2,\), got \(3,\)"):
        model.log_prob(torch.zeros(4, 3))
    with pytest.raises(ValueError, match="without labels"):
        model.log_prob(torch.zeros(4, 2), y=1)
    with pytest.raises(ValueError, match="lam"):
        model.sample(3, 1.5)


@pytest.mark.parametrize("preset", [flow.TINY, flow.SMALL, flow.PAPER],
                         ids=["tiny", "small", "paper"])
def test_sizes_are_settings(preset):
    assert vars(Flow(**preset)) == preset
    assert vars(Flow()) == flow.TINY
