"""The city of faces: the same everywhere, its frequencies, and that attributes are what is drawn."""

import hashlib

import numpy as np
import pytest
import torch

import madkit as mk
from madkit.data.faces import CHOICES

TRUTH = mk.data.faces()


@pytest.fixture(scope="module")
def attributes():
    return TRUTH.attributes(0, 20_000)


def test_the_same_bits_on_every_machine():
    rows = TRUTH.real(300, seed=3)
    assert rows.x.dtype == torch.uint8 and rows.x.shape == (300, 3, 32, 32)
    digest = hashlib.sha256(rows.x.numpy().tobytes() + rows.y.numpy().tobytes()).hexdigest()
    assert digest == "e24ddede90a174f459de423a85a7b9afe5a301c732e1c0d3a3db4c3701b77397"


def test_one_sequence_with_labels_however_it_is_read():
    whole, part = TRUTH.real(400, seed=1), TRUTH.fresh(250, 100, seed=1)
    assert torch.equal(whole.x[250:350], part.x) and torch.equal(whole.y[250:350], part.y)
    assert len(TRUTH.fresh(128, 0)) == 0
    assert not torch.equal(TRUTH.test(50).x, TRUTH.real(50).x)
    assert "4 amazed" in str(mk.data.faces()._repr_html_())


def test_every_attribute_is_as_frequent_as_is_said(attributes):
    n = len(attributes)
    for name, parts in CHOICES.items():
        seen = attributes[name].map({True: "yes", False: "no"}) \
            if attributes[name].dtype == bool else attributes[name]
        share = seen.value_counts(normalize=True)
        for choice, thousandths in parts.items():
            p = thousandths / 1000
            assert abs(share[choice] - p) < 4.5 * (p * (1 - p) / n) ** 0.5, (name, choice)
        assert sum(parts.values()) == 1000


def test_choices_are_independent(attributes):
    n = len(attributes)
    for a, b in (("glasses", "beard"), ("hat", "glasses"), ("beard", "hat")):
        both = (attributes[a] & attributes[b]).mean()
        p, q = attributes[a].mean(), attributes[b].mean()
        assert abs(both - p * q) < 4.5 * (p * q * (1 - p * q) / n) ** 0.5


def test_attributes_are_those_of_the_rows_and_paint_them_again():
    rows, of = TRUTH.fresh(100, 90, seed=2), TRUTH.attributes(100, 90, seed=2)
    assert of.index.tolist() == list(range(100, 190))
    again = TRUTH.paint(of)
    assert torch.equal(again.x, rows.x) and torch.equal(again.y, rows.y)
    test = TRUTH.attributes(0, 20, test=True)
    assert torch.equal(TRUTH.paint(test).x, TRUTH.test(20).x)


@pytest.mark.parametrize("name, value, lines", [
    ("hat", True, slice(0, 14)), ("beard", True, slice(15, 29)), ("glasses", True, slice(10, 22)),
    ("shirt", "red", slice(25, 32)), ("hair", "violet", slice(0, 14)), ("smile", 1.9, slice(18, 28)),
    ("open", 3.0, slice(18, 29))])
def test_one_attribute_changes_its_own_part_of_the_picture(name, value, lines):
    of = TRUTH.attributes(0, 200)
    of = of.assign(hat=False, beard=False, glasses=False, cut="crop", shirt="navy", hair="black",
                   tilt=np.float32(0), smile=np.float32(-1), open=np.float32(0))
    before, after = TRUTH.paint(of).x, TRUTH.paint(of.assign(**{name: value})).x
    moved = (before != after).any(1).any(2)                                  # (n, lines)
    assert moved[:, lines].any(1).all()
    outside = torch.ones(32, dtype=bool)
    outside[lines] = False
    assert not moved[:, outside].any() or name == "hair"                     # brows have its colour


def test_paint_refuses_what_no_face_has():
    of = TRUTH.attributes(0, 2)
    with pytest.raises(ValueError, match="hair expected one of black, .*, got 'green'"):
        TRUTH.paint(of.assign(hair="green"))
    with pytest.raises(ValueError, match="expected a table with a column 'smile'"):
        TRUTH.paint(of.drop(columns="smile"))
    with pytest.raises(ValueError, match="tilt expected finite numbers"):
        TRUTH.paint(of.assign(tilt=np.nan))
    with pytest.raises(TypeError, match="attributes: expected a pandas.DataFrame, got"):
        TRUTH.paint([1])


def test_a_loop_eats_faces():
    loop = mk.fully_synthetic(40)
    run = mk.run(mk.models.KDE(), loop, TRUTH, generations=2, n_ini=40, metrics=[], progress=False)
    assert run.samples[2].x.shape[1:] == (3, 32, 32)
