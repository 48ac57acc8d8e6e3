"""The reader of faces gives the numbers of the same network written out in SciPy, reads what the
truth knows, and counts it."""

import hashlib
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from scipy.signal import correlate2d
from scipy.stats import entropy

import madkit as mk
from madkit.base.describe import describe
from madkit.base.rng import generator
from madkit.data.faces import CHOICES as DRAWN
from madkit.data.faces import MEASURES as LENGTHS
from madkit.data.faces import MOUTHS
from madkit.metrics import attributes
from madkit.metrics.attributes import CHOICES, MEASURES, Attributes
from madkit.metrics.values import value_of
from madkit.runs.again import FEATURES, remade

TRUTH, READER = mk.data.faces(), Attributes()
PATH = Path(mk.data.shipped("features/faces.safetensors"))
SAID = PATH.with_name("README.md").read_text(encoding="utf-8")
STATED = {name: float(share) for name, share in re.findall(r"^\| `(\w+)` \| (\.\d+|1\.0+) \|", SAID,
                                                           re.M)}


@pytest.fixture(scope="module")
def held():
    """Test rows of a seed that nothing was told of, and what they are."""
    return TRUTH.test(3000, seed=5), TRUTH.attributes(0, 3000, seed=5, test=True)


def test_it_knows_the_attributes_of_the_truth():
    assert {name: tuple(parts) for name, parts in DRAWN.items()} == CHOICES
    assert (*LENGTHS, *MOUTHS) == MEASURES


@pytest.mark.parametrize("name", CHOICES)
def test_each_choice_is_read_as_often_as_is_stated(name, held):
    rows, of = held
    share, n = (READER.read(rows)[name] == of[name]).mean(), len(rows)
    stated = STATED[name]                          # of 10,000 rows, so that both counts are random
    error = math.sqrt((stated * (1 - stated) + 0.001) * (1 / n + 1 / 10_000))
    assert share > stated - 4 * error - 0.0005, (share, stated)


@pytest.mark.parametrize("name", MEASURES)
def test_of_each_measure_as_much_is_read_as_is_stated(name, held):
    rows, of = held
    left = (READER.read(rows)[name] - of[name]).var() / of[name].var()
    assert left < (1 - STATED[name]) * 1.15 + 0.001              # 4 standard errors of a variance


def by_hand(image):
    """One face (3, h, w) in [0, 1] through the shipped weights, without torch."""
    w, maps = load_file(PATH), list(image)
    for layer, stride in (("body.0", 2), ("body.2", 1), ("body.4", 2), ("body.6", 2)):
        padded = [np.pad(m, 1) for m in maps]
        maps = [np.maximum(0, sum(correlate2d(m, k, "valid") for m, k in
                                  zip(padded, kernels, strict=True))[::stride, ::stride] + bias)
                for kernels, bias in zip(w[f"{layer}.weight"], w[f"{layer}.bias"], strict=True)]
    h = np.concatenate([m.ravel() for m in maps])
    return np.maximum(0, w["body.9.weight"] @ h + w["body.9.bias"])


def test_features_are_those_of_the_network_written_out():
    rows = TRUTH.real(3)
    h = READER(rows)
    assert h.shape == (64,) and h.x.dtype == torch.float32 and torch.equal(h.y, rows.y)
    hands = np.array([by_hand(x.numpy() / 255) for x in rows.x])
    assert h.x.numpy() == pytest.approx(hands, rel=1e-4, abs=1e-4)


def test_the_census_counts_what_is_read(held):
    rows = held[0][:800]
    seen, got = READER.read(rows), READER.census(None, READER(rows))
    assert got["hat"] == pytest.approx(seen.hat.mean())
    assert got["hair.violet"] == pytest.approx((seen.hair == "violet").mean())
    assert got["own"] == pytest.approx((seen.expression == np.array(TRUTH.classes)[rows.y]).mean())
    parts = [seen[name].value_counts(normalize=True) for name in CHOICES]
    assert got["entropy"] == pytest.approx(sum(entropy(part) for part in parts))
    for name in CHOICES:
        shares = [value for key, value in got.items() if key.startswith(f"{name}.")]
        assert not shares or sum(shares) == pytest.approx(1)
    assert all(value_of(f"census.{key}").good for key in got), "each has words of its own"


def test_one_person_is_no_city_and_without_labels_nobody_is_asked():
    one = mk.Samples(TRUTH.real(1).x.expand(50, -1, -1, -1))
    got = READER.census(one, one)
    assert got["entropy"] == 0 and math.isnan(got["own"])
    with pytest.raises(ValueError, match="at least 1 emitted row"):
        READER.census(one, one[:0])
    with pytest.raises(TypeError, match="expected mk.Samples, got int"):
        READER.census(None, 3)


def test_who_is_missing_is_missed():
    """Of a city without hats and glasses, the truth's others as they were."""
    of = TRUTH.attributes(0, 1000)
    got = READER.census(None, TRUTH.paint(of.assign(hat=False, glasses=False)))
    assert got["hat"] < 0.01 and got["glasses"] < 0.01
    assert abs(got["skin.tan"] - (of.skin == "tan").mean()) < 0.01


def test_what_is_read_can_be_painted_again(held):
    rows = held[0][:200]
    again = TRUTH.paint(READER.read(rows))
    gap, other = ((rows.x.float() - x.float()).abs().mean() for x in (again.x, rows.x.roll(1, 0)))
    assert gap < other / 3


def test_noise_and_blur_are_seen_and_so_is_what_a_classifier_would_pass_over(held):
    rows, noise = held[0][:1000], generator(0, "noise")
    def over(strength):
        x = rows.x + 255 * strength * torch.randn(rows.x.shape, generator=noise)
        return mk.Samples(x.round().clamp(0, 255).to(torch.uint8), rows.y)
    seen = [READER.census(rows, over(strength))["noise"] for strength in (0, 0.05, 0.15)]
    assert seen[0] + 0.005 < seen[1] < seen[2] - 0.02
    soft = torch.nn.functional.avg_pool2d(rows.x.float(), 3, 1, 1).round().to(torch.uint8)
    blur = READER.census(rows, mk.Samples(soft, rows.y))["blur"]
    assert blur > READER.census(rows, rows)["blur"] + 0.15
    floor = mk.metrics.frechet(READER(rows), READER(held[0][1000:2000]))
    assert mk.metrics.frechet(READER(rows), READER(over(0.15))) > 5 * floor


def test_features_and_faces_say_the_same_and_a_reader_is_remade():
    rows = TRUTH.real(20)
    h = READER(rows)
    assert READER.map(rows).equal(READER.map(h)) and READER.map(h).shape == (20, 2)
    assert READER.read(h).equals(READER.read(rows))
    assert Attributes() == READER and describe(READER) == "Attributes()"
    assert remade("features", "Attributes()", FEATURES) == READER


@pytest.mark.parametrize("x", [torch.zeros(2, 3, 32, 32), torch.zeros(2, 1, 28, 28).byte(),
                               torch.zeros(2, 63)])
def test_other_images_are_refused(x):
    with pytest.raises(ValueError, match=r"\(n, 3, 32, 32\) of uint8, got .*mk.data.faces\(\)"):
        READER.read(mk.Samples(x))
    with pytest.raises(TypeError, match="Samples"):
        READER(x)
    with pytest.raises(ValueError, match="finite"):
        READER.map(mk.Samples(torch.full((2, 64), math.inf)))


def test_weights_are_those_that_the_readme_describes_and_damage_is_noticed(tmp_path, monkeypatch):
    content = PATH.read_bytes()
    assert len(content) < 450_000
    assert f"{hashlib.sha256(content).hexdigest()}  faces.safetensors" in SAID
    (tmp_path / PATH.name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    monkeypatch.setattr(attributes, "shipped", lambda name: tmp_path / Path(name).name)
    with pytest.raises(ValueError, match="faces.safetensors is damaged"):
        Attributes()(TRUTH.real(1))
