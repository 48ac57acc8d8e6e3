"""The LeNets give the numbers of the same network written out in SciPy, know their classes, and
place them in the map."""

import copy
import hashlib
import math
import os
import re
from pathlib import Path

import cloudpickle
import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from scipy.linalg import sqrtm
from scipy.signal import correlate2d
from scipy.special import softmax
from scipy.stats import entropy

import madkit as mk
from madkit.base.describe import describe
from madkit.base.rng import generator
from madkit.metrics import features
from madkit.metrics.features import LeNet

NAMES = list(features.SIDES)


def noise(name, n=7, seed=0):
    """Images of the right kind that are no digits."""
    x = torch.rand(n, 1, features.SIDES[name], features.SIDES[name], dtype=torch.float64,
                   generator=generator(seed, "noise"))
    return mk.Samples(x if name == "digits" else (255 * x).round().byte(), y=torch.arange(n) % 10,
                      born=torch.arange(n))


def digits(split="test"):
    truth = mk.data.digits()
    return truth.test(truth.held) if split == "test" else truth.real(truth.rows)


def archive(name):
    """The rows of MNIST or Fashion-MNIST, where they are."""
    if not os.environ.get("MADKIT_DATA"):
        pytest.skip("no copy of the data set: MADKIT_DATA is not set")
    return getattr(mk.data, features.TRUTHS[name])()


# --- oracles


def by_hand(name, image):
    """One image (h, w) through the shipped weights, without torch: features, logits."""
    w = load_file(mk.data.shipped(f"features/{name}.safetensors"))
    maps = [image]
    for layer, pad in (("body.0", 1 if name == "digits" else 2),
                       ("body.3", 1 if name == "digits" else 0)):
        padded = [np.pad(m, pad) for m in maps]
        maps = [sum(correlate2d(m, k, "valid") for m, k in zip(padded, kernels, strict=True)) + bias
                for kernels, bias in zip(w[f"{layer}.weight"], w[f"{layer}.bias"], strict=True)]
        side = len(maps[0]) // 2
        maps = [np.maximum(m, 0).reshape(side, 2, side, 2).max((1, 3)) for m in maps]
    h = np.concatenate([m.ravel() for m in maps])
    for layer in ("body.7", "body.9"):
        h = np.maximum(w[f"{layer}.weight"] @ h + w[f"{layer}.bias"], 0)
    return h, w["head.weight"] @ h + w["head.bias"]


@pytest.mark.parametrize("name", NAMES)
def test_features_and_probabilities_are_those_of_the_network_written_out(name):
    lenet, images = LeNet(name), noise(name, 3)
    hands = [by_hand(name, x[0].numpy() / (1 if name == "digits" else 255)) for x in images.x]
    h = lenet(images)
    assert h.shape == (84,) and h.x.dtype == torch.float32
    assert h.x.numpy() == pytest.approx(np.array([hand[0] for hand in hands]), rel=1e-4, abs=1e-4)
    assert lenet.probabilities(h).numpy() == pytest.approx(np.array([softmax(hand[1])
                                                                     for hand in hands]), rel=1e-3,
                                                           abs=1e-5)
    assert lenet.predict(h).tolist() == [hand[1].argmax() for hand in hands]


@pytest.mark.filterwarnings("ignore:Matrix is singular")  # some of the 84 never light up
def test_frechet_of_features_is_the_formula_by_sqrtm():
    lenet = LeNet("digits")
    real, fake = lenet(digits("real")[:600]), lenet(digits())
    a, b = (side.x.double().numpy() for side in (real, fake))
    between = sqrtm(np.cov(a.T).astype(complex) @ np.cov(b.T))
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(
        np.cov(a.T) + np.cov(b.T) - 2 * between.real
    )
    assert mk.metrics.frechet(real, fake) == pytest.approx(expected, rel=1e-4)


def test_classes_are_counted_as_scipy_would():
    lenet, rows = LeNet("digits"), digits()
    got = lenet.classes(None, lenet(rows))
    seen = lenet.predict(rows).numpy()
    shares = np.bincount(seen, minlength=10) / len(seen)
    assert [got[f"share.{y}"] for y in range(10)] == pytest.approx(shares)
    assert got["entropy"] == pytest.approx(entropy(shares))
    assert got["own"] == pytest.approx((seen == rows.y.numpy()).mean())
    assert set(got) == {"entropy", "own", *(f"share.{y}" for y in range(10))}


# --- laws


def test_one_class_has_no_entropy_and_ten_have_log_10():
    lenet, rows = LeNet("digits"), digits()
    seen = lenet.predict(rows)
    one = lenet.classes(rows, rows[seen == 3])
    assert one["entropy"] == 0 and one["share.3"] == 1 and one["share.4"] == 0
    each = torch.cat([(seen == y).nonzero()[:20, 0] for y in range(10)])
    assert lenet.classes(rows, rows[each])["entropy"] == pytest.approx(math.log(10))


def test_own_is_of_the_labels_and_nan_without():
    lenet, rows = LeNet("digits"), digits()
    wrong = mk.Samples(rows.x, (rows.y + 1) % 10)
    assert lenet.classes(rows, rows)["own"] > 0.95
    assert lenet.classes(rows, wrong)["own"] < 0.05
    assert math.isnan(lenet.classes(rows, mk.Samples(rows.x))["own"])


@pytest.mark.parametrize("name", NAMES)
def test_labels_and_births_stay_and_images_are_as_good_as_their_features(name):
    lenet, images = LeNet(name), noise(name)
    before = images.x.clone()
    h = lenet(images)
    assert h.y.equal(images.y) and h.born.equal(images.born) and images.x.equal(before)
    for seen in (lenet.probabilities, lenet.predict, lenet.map):
        assert seen(images).equal(seen(h))
    assert lenet.map(h).shape == (7, 2) and lenet.map(h).dtype == torch.float32
    assert lenet.classes(images, images) == lenet.classes(h, h)


def test_rows_go_through_in_bounded_chunks_each_on_its_own(monkeypatch):
    lenet, images, sizes = LeNet("mnist"), noise("mnist", 50), []
    whole = lenet(images).x
    lenet.network.body.register_forward_hook(lambda body, args, h: sizes.append(len(h)))
    monkeypatch.setattr(features, "CHUNK", 16)
    assert torch.allclose(lenet(images).x, whole, rtol=1e-5, atol=1e-5)
    assert sizes == [16, 16, 16, 2]
    assert torch.allclose(lenet(images[[5]]).x, whole[[5]], rtol=1e-5, atol=1e-5)


def test_nothing_random_and_nothing_to_differentiate():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first = LeNet("mnist")(noise("mnist")).x
    assert torch.get_rng_state().equal(state), (
        "the network's first weights were drawn from the global stream"
    )
    assert LeNet("mnist")(noise("mnist")).x.equal(first) and not first.requires_grad
    assert not LeNet("mnist").network.training


# --- identity


def test_a_lenet_is_its_name_also_after_use():
    used, fresh = LeNet("mnist"), LeNet("mnist")
    h = used(noise("mnist")).x
    assert (
        used == fresh
        and hash(used) == hash(fresh)
        and describe(used) == describe(fresh) == "LeNet(name='mnist')"
    )
    for other in (copy.deepcopy(used), cloudpickle.loads(cloudpickle.dumps(used)),
                  copy.deepcopy(fresh)):
        assert other == used and other(noise("mnist")).x.equal(h)
    assert repr(used) == "LeNet(name='mnist')"


def test_the_metric_names_its_lenet():
    assert (
        describe(LeNet("mnist").classes)
        == describe(LeNet("mnist").classes)
        != describe(LeNet("fashion").classes)
    )
    assert LeNet("mnist").classes == LeNet("mnist").classes != LeNet("fashion").classes


def test_a_run_is_judged_on_features():
    lenet = LeNet("digits")
    judged = [mk.metrics.frechet, mk.metrics.precision, lenet.classes]
    run = mk.run(mk.models.Gaussian(), mk.fully_synthetic(300), mk.data.digits(), generations=2,
                 metrics=judged, features=lenet,
                 emit=200, progress=False)
    names = ["frechet", "precision", "classes.entropy", "classes.own",
             *(f"classes.share.{y}" for y in range(10))]
    assert set(run.table.metric) == set(names)
    shares = (
        run.table[run.table.metric.str.startswith("classes.share")]
        .groupby("generation")
        .value.sum()
    )
    assert shares.to_numpy() == pytest.approx(1)
    expected = mk.metrics.frechet(lenet(run.real), lenet(run.samples[1]))
    assert run.table.query("generation == 1 and metric == "
                           "'frechet'").value.item() == pytest.approx(expected)
    assert run.spec["features"] == "LeNet(name='digits')"


# --- errors


@pytest.mark.parametrize("name, x, said", [
    ("mnist", torch.zeros(2, 1, 28, 28), r"uint8, got \(2, 1, 28, 28\) of torch.float32"),
    ("mnist", torch.zeros(2, 28, 28, dtype=torch.uint8), r"\(n, 1, 28, 28\) of uint8, got \(2, "
                                                         r"28, 28\)"),
    ("mnist", torch.zeros(2, 3, 28, 28, dtype=torch.uint8), r"mk.data.mnist\(\)"),
    ("fashion", torch.zeros(2, 83), r"mk.data.fashion_mnist\(\)"),
    ("digits", torch.zeros(2, 1, 8, 8, dtype=torch.uint8), r"\[0, 1\], got \(2, 1, 8, 8\) of "
                                                           r"torch.uint8"),
    ("digits", torch.full((2, 1, 8, 8), math.nan), "finite"),
])
def test_other_images_are_refused(name, x, said):
    for seen in (LeNet(name), LeNet(name).predict, LeNet(name).map):
        with pytest.raises(ValueError, match=said):
            seen(mk.Samples(x))


def test_other_mistakes_are_named():
    with pytest.raises(ValueError, match="'mnist', 'fashion' or 'digits', got 'cifar'"):
        LeNet("cifar")
    with pytest.raises(TypeError, match="expected mk.Samples, got Tensor"):
        LeNet("mnist")(noise("mnist").x)
    with pytest.raises(ValueError, match="finite"):
        LeNet("mnist").predict(mk.Samples(torch.full((2, 84), math.inf)))
    with pytest.raises(ValueError, match="at least 1 emitted row"):
        LeNet("mnist").classes(noise("mnist"), noise("mnist")[:0])
    with pytest.raises(TypeError, match="expected mk.Samples, got int"):
        LeNet("mnist").classes(None, 3)


# --- what is shipped


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_those_that_the_readme_describes(name):
    path = Path(mk.data.shipped(f"features/{name}.safetensors"))
    assert path.stat().st_size <= 300_000
    said = re.search(rf"([0-9a-f]{{64}})  "
                     rf"{path.name}", path.with_name("README.md").read_text(encoding="utf-8"))
    assert said and said[1] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_damaged_weights_are_noticed(tmp_path, monkeypatch):
    content = bytearray(Path(mk.data.shipped("features/digits.safetensors")).read_bytes())
    content[-1] ^= 1
    (tmp_path / "digits.safetensors").write_bytes(content)
    monkeypatch.setattr(features, "shipped", lambda name: tmp_path / Path(name).name)
    with pytest.raises(ValueError, match="digits.safetensors is damaged"):
        LeNet("digits").classes(noise("digits"), noise("digits"))


def known(lenet, rows):
    return (lenet.predict(rows) == rows.y).double().mean().item()


def neighbours(lenet, real, rows, k=10):
    """The share of rows whose nearest real rows in the map mostly have their label."""
    near = torch.cdist(lenet.map(rows), lenet.map(real)).topk(k, largest=False).indices
    return (real.y[near].mode(1).values == rows.y).double().mean().item()


def test_digits_that_were_held_out_are_known_and_find_their_island():
    lenet = LeNet("digits")
    assert known(lenet, digits()) > 0.98
    assert neighbours(lenet, digits("real"), digits()) > 0.97


@pytest.mark.parametrize("name, least, placed", [("mnist", 0.99, 0.98), ("fashion", 0.90, 0.85)])
def test_test_images_are_known_and_find_their_island(name, least, placed):
    truth, lenet = archive(name), LeNet(name)
    test = truth.test(10_000)
    assert known(lenet, test) >= least
    assert neighbours(lenet, truth.real(2000), test[:2000]) > placed
