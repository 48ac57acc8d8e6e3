"""Columns in other units: the same model, rows and all, in these units."""

import copy
import warnings

import pytest
import torch
from streams import draw, fitted

import madkit as mk

ROWS = mk.data.moons().real(300).x @ torch.tensor([[1.0, 0.3], [0.0, 1.0]], dtype=torch.float64)
NETWORKS = {
    "flow": mk.models.Flow(steps=4), "vae": mk.models.VAE(steps=4),
    "gan": mk.models.GAN(steps=2), "diffusion": mk.models.Diffusion(steps=4, jumps=4),
    "flow matching": mk.models.FlowMatching(steps=4, jumps=4),
}
CLOSED = {"gaussian": mk.models.Gaussian(), "diag": mk.models.Gaussian(covariance="diag"),
          "kde": mk.models.KDE()}
FAR_APART = [(40, -40), (-40, 0), (0, 24), (30, 8)]


def scaled(model, powers):
    """Rows of the model, fitted in other units, back in those of ROWS; and the fit."""
    unit = torch.tensor([2.0**power for power in powers], dtype=torch.float64)
    fit = fitted(copy.deepcopy(model), mk.Samples(ROWS * unit))
    return draw(fit, 400).x / unit, fit, unit


@pytest.mark.parametrize("powers", [*FAR_APART, (3, -5)])
@pytest.mark.parametrize("model", NETWORKS.values(), ids=NETWORKS)
def test_networks_emit_the_very_same_rows(model, powers):
    torch.testing.assert_close(scaled(model, powers)[0], scaled(model, (0, 0))[0], rtol=1e-12,
                               atol=1e-12)


@pytest.mark.parametrize("model", CLOSED.values(), ids=CLOSED)
def test_closed_forms_emit_the_very_same_rows_in_all_units_far_apart(model):
    first, *others = (scaled(model, powers)[0] for powers in FAR_APART)
    for other in others:
        assert torch.equal(other, first)


@pytest.mark.parametrize("powers", [*FAR_APART, (15, 0), (-17, 0), (0, 10)])
@pytest.mark.parametrize("name", sorted(CLOSED))
def test_closed_forms_have_the_same_law_in_all_units(name, powers):
    rows, fit, unit = scaled(CLOSED[name], powers)
    mean, cov = (part.double() for part in fit.moments())
    _, plain, _ = scaled(CLOSED[name], (0, 0))
    expected = plain.moments()
    torch.testing.assert_close(mean / unit, expected[0], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(cov / unit / unit[:, None], expected[1], rtol=1e-6, atol=1e-6)
    if hasattr(fit, "_root") and name != "diag":
        spread, known = (one._root @ one._root.T for one in (fit, plain))
        torch.testing.assert_close(spread / unit / unit[:, None], known, rtol=1e-6, atol=1e-6)


def test_a_mixture_warns_of_a_column_that_it_loses():
    """In emitted rows it cannot: their rounding spreads as little."""
    far, model = mk.Samples(ROWS * torch.tensor([1.0, 1e-9])), mk.models.Mixture(2)
    with pytest.warns(UserWarning, match=r"column 1 spreads .* times less than column 0"):
        fitted(model, far)
    for quiet in (far.stamped(1), mk.Samples(ROWS), mk.data.digits().real(200)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fitted(model, quiet)


@pytest.mark.parametrize("model", [mk.models.Gaussian(), mk.models.KDE()])
def test_a_small_column_lives_on_in_a_loop(model):
    """The columns of a report: N(5e4, 2e4) and N(.03, .001), whose second was emitted 300 times
    too narrow."""
    x = mk.data.gaussian(2).real(4000).x * torch.tensor([2e4, 1e-3]) + torch.tensor([5e4, 0.03])
    run = mk.run(model, mk.fully_synthetic(2000), mk.data.array(x), generations=3, metrics=[],
                 progress=False)
    for t in (1, 2, 3):
        assert float(run.samples[t].x[:, 1].std()) == pytest.approx(1e-3, rel=0.2)


def test_a_direction_that_is_flat_in_any_units_stays_flat():
    line = ROWS[:, :1] @ torch.tensor([[1.0, 2.0]], dtype=torch.float64) * torch.tensor([1e9, 1e-9])
    x = draw(fitted(mk.models.Gaussian(), mk.Samples(line)), 50).x / torch.tensor([1e9, 2e-9])
    torch.testing.assert_close(x[:, 0], x[:, 1], rtol=1e-7, atol=1e-7)
    still = torch.cat([1e9 * ROWS, torch.full((len(ROWS), 1), 0.1, dtype=torch.float64)], 1)
    far = still * torch.tensor([1.0, 1e-12, 1.0])
    assert (draw(fitted(mk.models.Gaussian(), mk.Samples(far)), 50).x[:, 2] == 0.1).all()


def test_a_mixture_has_the_same_law_in_all_units():
    """Where columns spread 2²² to 2²⁸ times apart; nearer ones stay in the units they came in."""
    known = torch.cov(ROWS.T, correction=0)
    first, *others = (scaled(mk.models.Mixture(3), powers) for powers in ((25, 0), (-20, 6), (0, 24)))
    for rows, fit, unit in (first, *others):
        assert torch.equal(rows, first[0])
        torch.testing.assert_close(fit.moments()[1] / unit / unit[:, None], known, rtol=1e-9, atol=0)
        offset = float(unit.log().sum() - first[2].log().sum())
        assert fit.log_likelihood == pytest.approx(first[1].log_likelihood - offset, abs=1e-9)
    near = fitted(mk.models.Mixture(3), mk.Samples(ROWS * torch.tensor([1.0, 2.0**-21])))
    assert not torch.equal(draw(near, 400).x / torch.tensor([1.0, 2.0**-21]), first[0])


def test_a_mixture_keeps_a_far_column_through_generations():
    truth = mk.data.array(mk.data.gaussian(2).real(800).x * torch.tensor([2e4, 1e-3])
                          + torch.tensor([5e4, 0.03]))
    run = mk.run(mk.models.Mixture(2), mk.fully_synthetic(500), truth, generations=4, seeds=1,
                 n_ini=500, emit=500, metrics=["trace"], progress=False)
    assert run.samples[4].x.std(0) / torch.tensor([2e4, 1e-3]) == pytest.approx([1, 1], abs=0.3)


def test_a_mixture_takes_centres_in_the_units_of_the_data():
    """And says its means in them."""
    (one, first), (other, second) = (
        (mk.models.Mixture(2, start=ROWS[:2] * unit).fit(mk.Samples(ROWS * unit)), unit)
        for unit in (torch.tensor([2.0**25, 1.0]), torch.tensor([1.0, 2.0**24])))
    assert torch.equal(one.means / first, other.means / second)
    assert one.means.mean(0) / first == pytest.approx(ROWS.mean(0), abs=1.5)
