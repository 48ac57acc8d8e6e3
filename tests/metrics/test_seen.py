"""Metrics see what a network of one's own sees, and pixels with a warning."""

import warnings

import pytest
import torch
from torch import nn

import madkit as mk
from madkit.base.rng import generator
from madkit.metrics.seen import seen, warn_of_pixels
from madkit.samples import Samples

PICTURES = mk.data.array((torch.rand(60, 3, 8, 8, generator=generator(0, "p")) * 255).to(torch.uint8))


class Net(nn.Module):
    def __init__(self, kind=torch.float32):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)).to(kind)
        self.seen = []

    def forward(self, x):
        self.seen.append((x.dtype, float(x.max()), self.training, torch.is_grad_enabled()))
        return self.body(x)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16])
def test_a_network_is_asked_in_its_own_type_and_put_back(kind):
    net, rows = Net(kind), PICTURES.real(20)
    net.body[2].eval()
    found = seen(net, rows)
    assert found.shape == (4 * 36,) and not found.x.requires_grad and len(found) == 20
    dtype, most, training, grad = net.seen[0]
    assert dtype == kind and most <= 1 and not training and not grad
    assert net.training and net.body[1].training and not net.body[2].training, "as it was"
    assert torch.equal(seen(net, rows).x, found.x), "no dropout, no statistics of the batch"


def test_a_function_that_holds_a_network_is_detached():
    net = Net()
    found = seen(lambda rows: net(rows.x.float()), PICTURES.real(9))
    assert found.shape == (144,) and not found.x.requires_grad


def test_a_run_is_judged_through_a_network():
    run = mk.run(mk.models.Gaussian(), mk.fully_synthetic(20), PICTURES, generations=2, emit=15,
                 features=Net(), progress=False)
    assert set(run.table.metric) == {"sliced_w2", "precision", "recall"}


@pytest.mark.parametrize("features, words", [
    (lambda rows: rows.x[:3], r"features: expected one row for each of \d+ samples, got shape .3"),
    (lambda rows: None, "features expected an array of numbers"),
    (lambda rows: "ab", "features expected an array of numbers"),
])
def test_other_features_are_refused(features, words):
    with pytest.raises((ValueError, TypeError), match=words):
        seen(features, PICTURES.real(9))
    with pytest.raises(AssertionError, match=words):
        mk.testing.check_model(mk.models.Gaussian(), PICTURES, features=features)


def judged(truth, **settings):
    return mk.run(mk.models.Gaussian(), mk.fully_synthetic(20), truth, generations=1, emit=15,
                  progress=False, **settings)


def test_pixels_are_warned_of_once():
    warn_of_pixels.cache_clear()
    with pytest.warns(UserWarning, match="judged by their pixels.*any torch.nn.Module"):
        judged(PICTURES)
    with warnings.catch_warnings(action="error"):
        judged(PICTURES)
        warn_of_pixels.cache_clear()
        judged(PICTURES, features=Net())
        judged(PICTURES, metrics=[mk.metrics.trace, lambda real, fake: 1.0])
        judged(mk.data.gaussian(2), metrics="recall")
        judged(mk.data.digits(), metrics="recall")
    assert isinstance(seen(Net(), PICTURES.real(4)), Samples)
