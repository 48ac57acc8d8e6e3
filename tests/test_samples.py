"""Laws of the value that flows."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import madkit as mk


def labelled(n, born=0, y=True):
    return mk.Samples(torch.arange(2.0 * n).reshape(n, 2), torch.arange(n) if y else None, born)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.booleans()), min_size=3,
                max_size=3))
def test_concatenation_is_associative_and_keeps_every_row(sizes):
    a, b, c = (labelled(*size) for size in sizes)
    left, right = (a + b) + c, a + (b + c)
    assert torch.equal(left.x, right.x) and torch.equal(left.born, right.born)
    assert len(left) == len(a) + len(b) + len(c)
    assert left.born.tolist() == a.born.tolist() + b.born.tolist() + c.born.tolist()


def test_labels_survive_only_when_both_sides_have_them():
    assert (labelled(2) + labelled(3)).y.tolist() == [0, 1, 0, 1, 2]
    assert (labelled(2) + labelled(3, y=False)).y is None
    assert (labelled(2) + labelled(0, y=False)).y.tolist() == [0, 1], (
        "an empty part leaves no trace"
    )


def test_selecting_rows_selects_labels_and_births():
    rows = (labelled(2, born=0) + labelled(2, born=3))[[3, 0]]
    assert rows.y.tolist() == [1, 0] and rows.born.tolist() == [3, 0]
    assert rows[rows.born == 3].x.tolist() == [[2.0, 3.0]]
    assert len(rows[0]) == 1


def test_values_are_kept_as_they_are_and_integers_become_real_numbers():
    assert mk.Samples(np.zeros((2, 3), dtype=np.float32)).x.dtype == torch.float32
    assert mk.Samples(torch.zeros(2, 1, 8, 8, dtype=torch.uint8)).x.dtype == torch.uint8
    assert mk.Samples([[1, 2], [3, 4]]).x.dtype == torch.float64


@pytest.mark.parametrize("arguments, words", [
    ((1.0,), "one row per example, got 1.0"),
    (([[1.0], [2.0]], [0]), r"y needs one entry per row, expected \(2,\), got \(1,\)"),
    (([[1.0], [2.0]], None, torch.zeros(3)), "born needs one entry per row"),
])
def test_bad_input_is_named(arguments, words):
    with pytest.raises((TypeError, ValueError), match=words):
        mk.Samples(*arguments)


def test_rows_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        mk.Samples(torch.zeros(1, 2)) + mk.Samples(torch.zeros(1, 3))


def test_samples_cannot_be_changed():
    with pytest.raises(AttributeError):
        labelled(2).x = torch.zeros(2, 2)


def test_fresh_rows_stay_fresh_until_a_model_makes_them():
    new = mk.Samples(torch.zeros(3, 2)).renewed()
    both = mk.Samples(torch.ones(2, 2)) + new
    assert both.fresh.tolist() == [False, False, True, True, True] and both.born.tolist() == [0] * 5
    assert (
        both[[1, 3]].fresh.tolist() == [False, True]
        and both.to("cpu").fresh.tolist() == both.fresh.tolist()
    )
    assert not both.stamped(4).fresh.any()
    with pytest.raises(ValueError, match="fresh needs one entry per row"):
        mk.Samples(torch.ones(2, 2), fresh=torch.ones(3))
