"""The checks of the exercises accept right answers in any form, and say what is wrong with the
others."""

import pytest

import madkit as mk
from madkit.lesson import exercises

GAUSSIAN, TRUTH, AUGMENTED = (
    mk.models.Gaussian(),
    mk.data.gaussian(1),
    mk.synthetic_augmentation(20),
)


def test_right_answers():
    assert repr(exercises.same_number(0.501, 0.5)) == "Right: 0.501."
    assert "Right" in exercises.same_function(lambda lam, t: lam**t, lambda lam, t: pow(lam, t),
                                              [(0.5, 3), (1.0, 2)])
    mine = lambda state: state.model.sample(20, lam=0.8) + state.data  # noqa: E731
    assert "Right" in exercises.same_loop(mine, mk.accumulate(20, lam=0.8), GAUSSIAN, TRUTH)


@pytest.mark.parametrize("check, words", [
    (lambda: exercises.same_number(..., 0.5), "no answer yet"),
    (lambda: exercises.same_number("half", 0.5), "a number is expected"),
    (lambda: exercises.same_number(0.7, 0.5, hint="Think of λ."), "0.7 is too large. Think of λ."),
    (lambda: exercises.same_function(lambda t: None, lambda t: t, [(1,)]), "return"),
    (lambda: exercises.same_function(lambda t: t + 1, lambda t: t, [(1,)]), "for 1 your function "
                                                                            "gives 2"),
    (lambda: exercises.same_loop(lambda s: s.model.sample(20), AUGMENTED, GAUSSIAN, TRUTH),
     "has 20 rows, 70 are expected"),
    (lambda: exercises.same_loop(lambda s: s.real + s.model.sample(20, 0.5), AUGMENTED, GAUSSIAN,
                                 TRUTH), "other rows"),
    (lambda: exercises.same_loop(lambda s: s.fresh(50) + s.real[:20], AUGMENTED, GAUSSIAN, TRUTH),
     "were born"),
])
def test_wrong_answers_are_told_why(check, words):
    with pytest.raises(AssertionError, match=words):
        check()
