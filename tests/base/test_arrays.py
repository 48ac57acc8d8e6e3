"""The gate for arrays: what holds numbers comes in with every one of them, all else is refused in
words."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch

import madkit as mk

ROWS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
array = np.array(ROWS)
tensor = torch.tensor(ROWS, dtype=torch.float64)
frame = pd.DataFrame(array, columns=["height", "weight"], index=[7, 8, 9])

SAME = {  # come in as ROWS
    "lists": ROWS, "tuples of tensors": tuple(tensor), "float16": array.astype(np.float16),
    "bfloat16": tensor.bfloat16(), "longdouble": array.astype(np.longdouble),
    "big-endian": array.astype(">f4"), "big-endian whole": array.astype(">i2"),
    "uint64": array.astype(np.uint64), "torch uint16": tensor.to(torch.uint16),
    "negative strides": np.array(ROWS[::-1])[::-1], "Fortran": np.asfortranarray(array),
    "read-only": np.frombuffer(array.tobytes()).reshape(3, 2), "frame": frame,
    "nullable": frame.astype({"height": "Int64", "weight": "Float64"}),
    "mixed": frame.astype({"height": "int8", "weight": "float32"}), "objects": frame.astype(object),
    "Decimal, Fraction": [[1, Decimal(2)], [3.0, Fraction(4)], [np.int8(5), np.float32(6)]],
    "no mask": np.ma.masked_array(array), "parameter": torch.nn.Parameter(tensor),
    "transposed": torch.tensor(array.T.copy()).T,
}


@pytest.mark.parametrize("x", SAME.values(), ids=SAME)
def test_numbers_come_in_as_they_are_and_in_memory_of_their_own(x):
    samples, truth = mk.Samples(x), mk.data.array(x)
    assert samples.x.tolist() == ROWS and not samples.x.requires_grad and truth.x.tolist() == ROWS


@pytest.mark.parametrize("x", [np.array(ROWS), torch.tensor(ROWS), pd.DataFrame(np.array(ROWS))],
                         ids=["array", "tensor", "frame"])
def test_what_is_changed_afterwards_changes_nothing(x):
    y = torch.arange(3)
    samples, truth = mk.Samples(x, y), mk.data.array(x, y)
    x[:], y[:] = 0, 0
    for rows in (samples, truth):
        assert rows.x.tolist() == ROWS and rows.y.tolist() == [0, 1, 2]


def pictures(*shape):
    return np.zeros(shape, np.uint8)


REFUSED = {
    "masked": (np.ma.masked_array(array, array > 5), "1 masked of 6"),
    "masked rows": ([np.ma.masked_array([1.0, 2.0], [True, True]), [1, 2]], "2 masked"),
    "complex": (array + 1j, "complex128; choose x.real"),
    "complex tensor": (tensor + 1j, "complex128; choose x.real"),
    "channels last": (pictures(5, 32, 32, 3), r"\(5, 32, 32, 3\), .* give x.permute\(0, 3, 1, 2\)"),
    "grey last": (pictures(5, 28, 30, 1), "channels last"),
    "transparent": (pictures(5, 8, 8, 4), r"x\[..., :3\]"),
    "sparse": (scipy.sparse.csr_array(array), "toarray"),
    "sparse tensor": (tensor.to_sparse(), "to_dense"),
    "float8": (tensor.to(torch.float8_e5m2), r"give x.float\(\)"),
    "meta": (tensor.to("meta"), "meta device"),
    "gaps": (frame.where(frame < 5).astype("Float64"), r"2 missing in 'height' \(1\), 'weight' \(1"),
    "NaN in a table": (frame.where(frame < 6), r"1 missing in 'weight' \(1\); frame.dropna\(\)"),
    "None": ([[1, None], [2, 3]], r"1 missing \(rows 0\)"),
    "text in a table": (frame.assign(kind="a"), r"others in 'kind'; .*frame\[\['height', 'weight'\]"),
    "categories": (frame.astype({"weight": "string"}), "others in 'weight'"),
    "text": (np.array(["1", "2"]), r"<U1; choose .* x.astype\(float\)"),
    "dates": (np.array(["2020-01-01"], "M8[D]"), "count from a day"),
    "fields": (np.array([(1, 2.0)], "i4,f8"), "structured_to_unstructured"),
    "beyond 2⁵³": (np.array([2**53, 2**53 + 1]), r"got 9007199254740993 \(entry 1\)"),
    "beyond 2⁵³, tensor": (torch.tensor([2**53 + 1]), "got 9007199254740993"),
    "beyond 2⁶⁴": ([2**70], "got 1180591620717411303424"),
    "too large": (np.array([np.longdouble(10) ** 400]), "1 too large"),
    "ragged": ([[1, 2], [3]], "rows of 1 and 2 numbers"),
    "one number": (torch.tensor(3.0), "one row per example, got 3.0"),
    "a generator": ((i for i in range(3)), "got a generator"), "a path": ("x.npy", "got a str"),
    "a dict": ({"a": [1]}, "stack its values"), "nothing": (None, "got None"),
    "samples": (mk.Samples(ROWS), "give samples.x"), "a function": (len, "got a builtin"),
}


@pytest.mark.parametrize("x, words", REFUSED.values(), ids=REFUSED)
def test_what_would_not_come_through_is_refused_in_words(x, words):
    for take in (mk.Samples, mk.data.array):
        with pytest.raises((TypeError, ValueError), match=f": x.* expected .*{words}"):
            take(x)


def test_pictures_without_channels_and_floats_with_channels_last_are_noticed():
    with pytest.raises(ValueError, match=r"give x\[:, None\] for grey pictures"):
        mk.data.array(pictures(5, 28, 28))
    with pytest.raises(ValueError, match="channels last"):
        mk.data.array(np.zeros((5, 32, 32, 3)))
    assert mk.data.array(pictures(5, 3, 32, 3)).shape == (3, 32, 3)
    assert mk.Samples(torch.zeros(5, 64, 7, 1)).shape == (64, 7, 1)  # features of a network


LABELS = [
    ([True, False, True], [1, 0, 1]), ([1.0, 2.0, 10.0], [1, 2, 10]),
    ([5_000_000_000, -1, 0], [5_000_000_000, -1, 0]), (np.array([1, 2, 3], ">i4"), [1, 2, 3]),
    (pd.Series([3, 4, 4], dtype="category"), [3, 4, 4]), ([Decimal(1), 2, 3.0], [1, 2, 3]),
    (pd.array([1, 2, 3], "Int64"), [1, 2, 3]), (torch.tensor([1.0, 2.0, 3.0]), [1, 2, 3]),
    (np.array([2**53 + 1, 0, 1]), [2**53 + 1, 0, 1]),
]


@pytest.mark.parametrize("y, expected", LABELS)
def test_labels_are_whole_numbers_of_any_type(y, expected):
    assert mk.Samples(ROWS, y).y.tolist() == expected
    assert mk.data.array(ROWS, y).y.tolist() == expected


@pytest.mark.parametrize("y, words", [
    ([0.7, 1.9, 1], "expected whole numbers, got 0.7 among 3; np.unique"),
    ([np.nan, 1, 2], r"got 1 missing \(NaN\) among 3; leave"), ([np.inf, 1, 2], "got inf"),
    (pd.array([1, None, 2], "Int64"), r"1 missing"), ([[1], [2], [3]], r"give y\[:, 0\]"),
    (np.eye(3), r"give y.argmax\(1\) of one-hot rows"), ([1, 2], r"expected \(3,\), got \(2,\)"),
    (np.array([2**64 - 1, 0, 0], np.uint64), "below 2⁶³"), (torch.ones(3) + 1j, "real numbers"),
    (np.ma.masked_array([1, 2, 3], [0, 1, 0]), "1 masked of 3"), (["a", 1.5, None], "y expected "),
])
def test_labels_that_would_become_others_are_refused(y, words):
    for take in (mk.Samples, mk.data.array):
        with pytest.raises((TypeError, ValueError), match=words):
            take(ROWS, y)


def test_labels_in_words_are_numbered_and_their_names_kept():
    for y in (["cat", "ape", "cat"], np.array(["cat", "ape", "cat"], object),
              pd.Series(["cat", "ape", "cat"], dtype="category"), [b"cat", b"ape", b"cat"]):
        truth = mk.data.array(frame, y)
        assert truth.y.tolist() == [1, 0, 1] and truth.classes == ("ape", "cat")
    assert truth.columns == ("height", "weight") and "0 ape (1), 1 cat (2)" in truth._repr_html_()
    with pytest.raises(ValueError, match=r"none for 1 of 3 \(rows 2\)"):
        mk.data.array(ROWS, ["cat", "ape", None])
    with pytest.raises(TypeError, match="np.unique"):
        mk.Samples(ROWS, ["cat", "ape", "cat"])


@pytest.mark.parametrize("arguments, words", [
    ({"born": -1}, "born expected whole numbers ≥ 0"), ({"born": 0.5}, "born expected whole"),
    ({"born": [0, 0.5, 1]}, "born expected whole"), ({"fresh": [0, 2, 1]}, "from 0 to 1"),
])
def test_births_are_whole_numbers(arguments, words):
    with pytest.raises(ValueError, match=words):
        mk.Samples(ROWS, **arguments)


def test_samples_go_out_as_an_array_and_as_a_table():
    samples = mk.Samples(ROWS, [1, 2, 3], born=2)
    assert np.array_equal(np.asarray(samples), ROWS) and np.array_equal(samples.numpy(), ROWS)
    assert np.asarray(samples, np.float32).dtype == np.float32
    samples.numpy()[:] = 0
    assert samples.x.tolist() == ROWS
    table = samples.frame(["height", "weight"])
    assert list(table) == ["height", "weight", "y", "born", "fresh"]
    assert table.weight.tolist() == [2, 4, 6] and table.y.tolist() == [1, 2, 3]
    assert list(mk.Samples(torch.zeros(2, 1, 1, 2)).frame()) == ["x1", "x2", "born", "fresh"]
    for columns in (["a"], ["a", "a"], ["a", "y"], "ab"):
        with pytest.raises((TypeError, ValueError), match="frame: columns:? expected"):
            samples.frame(columns)
