"""What networks remember of their data: rows there and back, labels that do not drift; and training
as steps."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import madkit as mk
from madkit.models.parts.form import Form, interleaved
from madkit.models.parts.training import Average, Step, batches, rate, watched


@pytest.mark.parametrize("x", [
    torch.randn(50, 3, dtype=torch.float64) * 1e-9 + 1,
    torch.rand(50, 1, 4, 4, dtype=torch.float64), torch.randn(50) * 100,
    torch.arange(50 * 12).remainder(256).to(torch.uint8).reshape(50, 3, 2, 2),
], ids=["a cloud far away", "images of numbers", "single numbers", "images of whole numbers"])
def test_rows_go_there_and_back(x):
    form = Form.of(mk.Samples(x), "it")
    u = form.inputs(x)
    back = form.outputs(u).x
    assert u.dtype == torch.float32 and u.abs().max() < 10
    assert back.shape == x.shape
    span = (x.double() - x.double().mean(0)).abs().max()
    torch.testing.assert_close(back.double(), x.double(), rtol=0, atol=1e-6 * float(span))


def test_a_coordinate_that_stands_still_comes_back():
    x = torch.randn(1000, 2, dtype=torch.float64)
    x[:, 1] = 0.1  # whose sum of a thousand is rounded
    form = Form.of(mk.Samples(x), "it")
    assert (form.outputs(torch.randn(9, 2)).x[:, 1] == 0.1).all()


def test_images_stay_in_their_range_and_vectors_do_not():
    wild = torch.full((4, 1, 1, 1), 9.0)
    images = mk.data.digits().real(20)
    brightest = Form.of(images, "it").outputs(wild.expand(4, 1, 8, 8)).x.max()
    torch.testing.assert_close(brightest, images.x.max())
    x = torch.randn(50, 2, dtype=torch.float64)
    assert Form.of(mk.Samples(x), "it").outputs(torch.full((1, 2), 9.0)).x.max() > x.max()


@given(counts=st.lists(st.integers(0, 60), min_size=1, max_size=12).filter(sum),
       n=st.integers(0, 300))
def test_labels_keep_their_frequencies_in_every_prefix(counts, n):
    counts = torch.tensor(counts)
    y = interleaved(counts, n)
    share = counts / counts.sum()
    assert len(y) == n
    assert ((y.bincount(minlength=len(counts)) - n * share).abs() < 1).all()
    for k in (n // 3, n // 2):  # within one row a label, where the total is within one row already
        assert ((y[:k].bincount(minlength=len(counts)) - k * share).abs() < 2).all()


@pytest.mark.parametrize("data, words", [
    (mk.Samples(torch.zeros(1, 2)), "at least 2 rows"),
    (mk.Samples(torch.tensor([[0.0], [math.nan], [1.0]])), "NaN or infinity in 1 of 3"),
])
def test_bad_rows_are_refused_in_words(data, words):
    with pytest.raises(ValueError, match=words):
        Form.of(data, "it")


@pytest.mark.parametrize("y, words", [([0, 1], "expected 3 labels"), (7, "in 0 … 2"),
                                      ([0, 1, -1], "in 0 … 2")])
def test_bad_labels_are_refused_in_words(y, words):
    form = Form.of(mk.Samples(torch.zeros(3, 2), torch.tensor([0, 1, 2])), "it")
    with pytest.raises(ValueError, match=words):
        form.labels(3, y, "it")


@given(n=st.integers(1, 40), size=st.integers(1, 50), steps=st.integers(0, 9))
def test_an_epoch_sees_every_row_once(n, size, steps):
    taken = list(batches(n, size, steps, torch.device("cpu")))
    assert [len(rows) for rows in taken] == [min(n, size)] * steps
    per_epoch = n // min(n, size)
    for e in range(0, steps, per_epoch):
        rows = torch.cat(taken[e : e + per_epoch])
        assert len(rows.unique()) == len(rows)


def test_the_rate_rises_and_falls():
    rates = [rate(i, 200) for i in range(200)]
    assert max(rates) == 1 and rates.index(1) == 9 and rates[-1] < 1e-3
    assert rates[:9] == sorted(rates[:9]) and rates[10:] == sorted(rates[10:], reverse=True)


def test_an_average_of_equal_weights_is_those_weights_and_of_a_jump_lags():
    net, mean = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    average = Average(net, mean, decay=0.9)
    for i in range(500):
        average.follow(i)
    torch.testing.assert_close(mean.weight, net.weight.detach())
    before = mean.weight.clone()
    with torch.no_grad():
        net.weight += 1
    average.follow(1000)
    torch.testing.assert_close(mean.weight - before, torch.full((1, 1), 0.1))


def test_a_loss_that_is_not_finite_stops_the_fit():
    steps = (Step(i, 100, torch.tensor(math.nan if i >= 30 else 1.0)) for i in range(1, 101))
    with pytest.raises(FloatingPointError, match="loss is nan at step 50 of 100"):
        watched(steps, "it")
