"""The golden cases are what Python says now; tests/live/js asks JavaScript the same."""

import json

import golden
import pytest


def alike(a, b):
    """Whether two values are the same, floats to nine digits."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[name], b[name]) for name in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(alike(*pair) for pair in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float | int):
        return a == pytest.approx(b, rel=1e-9, abs=1e-12)
    return a == b and isinstance(a, bool) == isinstance(b, bool)


@pytest.mark.parametrize("name", golden.CASES)
def test_golden_cases_are_what_python_says(name):
    kept = json.loads((golden.FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    now = json.loads(golden.text(name))
    assert alike(now, kept), f"write {name}.json anew: python tests/live/golden.py"


def test_no_golden_file_is_left_over():
    assert {path.stem for path in golden.FOLDER.iterdir()} == set(golden.CASES)
