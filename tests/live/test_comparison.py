"""The picture that compares loops: its numbers are those of exact runs and theory, and nothing but
the values decides."""

import numpy as np
import pytest

import madkit as mk
from madkit.live.pictures import scene_of

LOOPS = {"alone": mk.fully_synthetic, "kept": mk.synthetic_augmentation, "pool": mk.accumulate}


def picture():
    return mk.live.Comparison(LOOPS, generations=12, seeds=20)


def test_lines_are_medians_and_expectations():
    (plot,) = scene_of(picture().update(50, 0.7))["right"]
    for line, (name, loop) in zip(plot["lines"], LOOPS.items(), strict=True):
        assert line["name"] == name
        run = mk.exact.run(loop(50, 0.7), 2, generations=12, seeds=20, n_ini=50, metrics=["trace"])
        assert np.allclose(line["median"], run.table.groupby("generation").value.median() / 2)
        assert np.allclose(line["theory"], run.theory.value / 2)


def test_a_frame_is_a_function_of_the_values():
    one, other = picture(), picture()
    other.update(200, 1.0)
    assert one.update(50, 0.7) == other.update(50, 0.7) != other.update(50, 0.8)


def test_loops_of_one_family_differ_in_colour():
    assert len({look.colour for look in picture().looks}) == 3


def test_a_value_out_of_range_is_refused():
    with pytest.raises(ValueError, match="lam"):
        picture().update(50, 1.5)
