"""However a call from outside ends, the error names what was given."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from types import FunctionType

import numpy as np
import pytest
import torch

import madkit as mk
from madkit.base.callers import is_own
from madkit.base.gate import gate

LOOP, TRUTH = mk.fully_synthetic(12), mk.data.gaussian(2)
RUN = mk.run(mk.models.Gaussian(), LOOP, TRUTH, generations=1, emit=40, progress=False)


def in_madkit(f):
    """The same function, as if it stood in a file of madkit's."""
    there = globals() | {"__name__": "madkit.made"}
    return gate(FunctionType(f.__code__, there, f.__name__, f.__defaults__))


def split(n, parts=1, how=""):
    """Ends in words of another library, of the interpreter, or in too many of its own."""
    if how == "long":
        raise ValueError("x" * 10**5)
    if how == "other":
        raise ValueError("Figure: expected at least one panel, got none")
    return [n][parts] if how == "index" else int(torch.ones(n).reshape(parts))


split = in_madkit(split)


@pytest.mark.parametrize("given, kind, words", [
    ({"n": 3, "parts": 2}, RuntimeError, r"^split: cannot go on with n = 3, parts = 2 \(RuntimeError"),
    ({"n": 3, "how": "index"}, IndexError, r"^split: cannot go on with n = 3, how = 'index' \(Ind"),
    ({"n": 3, "how": "long"}, ValueError, r"^x{1000} … x{190}"),
    ({"n": 3, "how": "other"}, ValueError, r"^Figure: expected at least one panel, got none\n"
                                           r"in split: n = 3, how = 'other'$"),
])
def test_what_no_check_foresaw_says_what_was_given(given, kind, words):
    with pytest.raises(kind, match=words):                      # notes are matched, too
        split(**given)


def test_python_says_itself_which_arguments_there_are():
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'm'$"):
        split(3, m=4)


class Mine(mk.models.Gaussian):
    def fit(self, data):
        return 1 / 0


def notes(error):
    return getattr(error.value, "__notes__", [])


@pytest.mark.parametrize("name, given", [
    ("model", lambda: mk.run(Mine(), LOOP, TRUTH, progress=False)),
    ("loop", lambda: [*zip(range(2), mk.steps(mk.models.Gaussian(), lambda now: 1 / 0, TRUTH, n_ini=9),
                           strict=False)]),
    ("features", lambda: mk.run(mk.models.Gaussian(), LOOP, TRUTH, features=lambda rows: 1 / 0,
                                progress=False)),
    ("metrics", lambda: mk.sampling_bias({"a": mk.models.Gaussian()}, TRUTH, n=40, emit=40,
                                         metrics=[lambda real, fake: 1 / 0])),
    ("picture", lambda: mk.live.view(lambda t: 1 / 0, {"t": mk.live.Slider("t", 1, 1, 3)})),
])
def test_an_error_of_ones_own_stays_it_and_says_whose(name, given):
    with pytest.raises(ZeroDivisionError, match="division by zero") as error:
        given()
    assert any(note.startswith(f"{name}: ") and " raised this, in " in note for note in notes(error))


def test_madkit_asks_itself_nothing():
    asked = []

    class Row:
        def __index__(self):
            asked.append(self)
            return 3

    assert type(mk.Fresh(Row()).n) is int and asked                # from outside
    frame = type("Frame", (), {})()
    for name, own in {"madkit.models.vae": True, "madkit.live.map": False, "madkit.base.gate": False,
                      "madkit.base.moved": False, "madkit.runs.again": False,
                      "numpy": False, "__main__": False}.items():
        frame.f_globals = {"__name__": name}
        assert is_own(frame) == own
    frame.f_globals = {"__name__": ["no text"]}
    assert not is_own(frame)
    with pytest.raises(TypeError, match="report: parameters: expected a dict"):
        mk.report("lesson.ipynb", parameters="x")                  # which answers by another module


def test_a_loop_of_ones_own_is_outside():
    run = mk.steps(mk.models.Gaussian(), lambda state: state.emitted(1, "3"), TRUTH, n_ini=9)
    next(run)
    with pytest.raises(ValueError, match="emitted: n: expected a whole number ≥ 0, got '3'"):
        next(run)


@pytest.mark.parametrize("rows", ["x", 1.5, [0.5], None, np.ones((2, 2), int), torch.ones(2)])
def test_rows_are_chosen_by_numbers(rows):
    with pytest.raises(TypeError, match="rows: expected rows by a slice, a mask"):
        mk.Samples(torch.ones(3, 2))[rows]
    assert len(list(mk.Samples(torch.ones(3, 2)))) == 3         # an IndexError ends it


@pytest.mark.parametrize("source", [mk.Real(), mk.Previous(), mk.Fresh(3), mk.Synthetic(3),
                                    mk.fresh_data(9, 0.5), mk.accumulate_subsample(4)])
def test_a_loop_is_called_with_a_state(source):
    with pytest.raises(TypeError, match="state: expected mk.State|state: expected .*State"):
        source(3)


@dataclass
class Third(mk.models.Gaussian):
    more: int = 3


@pytest.mark.parametrize("given, words", [
    (lambda: Third(ddof="x"), "Third: ddof: expected 1"),
    (lambda: replace(Third(), covariance="flat"), "Third: covariance: expected 'full' or 'diag'"),
    (lambda: ThreadPoolExecutor().submit(mk.Fresh, "x").result(), "Fresh: n: expected a whole"),
    (lambda: mk.judge(RUN, [partial(mk.metrics.precision, k="x")]), "precision: k: expected"),
    (lambda: mk.run(Asking(), LOOP, TRUTH, progress=False), "Fresh: n: expected a whole"),
    (lambda: mk.sampling_bias({"a": mk.models.Gaussian()}, TRUTH, n=40, emit=40,
                              metrics=[lambda real, fake: mk.Fresh("x")]), "Fresh: n: expected a wh"),
])
def test_nobody_asks_unchecked(given, words):
    with pytest.raises((TypeError, ValueError), match=words):
        given()


class Asking(mk.models.Gaussian):
    def fit(self, data):
        mk.Fresh("x")


def test_want_of_memory_names_what_asks_for_the_most():
    def hold(n, rows):
        return np.ones(10**9 * max(n, 10**9))

    with pytest.raises(MemoryError, match=r"^n: 1,000,000,000 would take more memory than there is "
                                          r"\(6.94 EiB at once\); ask for less$"):
        in_madkit(hold)(n=10**9, rows=3)
    with pytest.raises(MemoryError, match="hold: n = 2, rows = 3 would take more memory"):
        in_madkit(hold)(n=2, rows=3)                            # who knows which


@pytest.mark.parametrize("call, words", [
    (lambda: mk.live.view(mk.fully_synthetic, t=mk.live.Slider("t", 3, 1, 10)), "picture: .*'n'"),
    (lambda: mk.explore(mk.fully_synthetic, render="static"), "what: .*'n'"),
    (lambda: mk.lesson.same_loop(LOOP, mk.metrics.trace, 1, TRUTH), "expected: .*'fake'"),
    (lambda: mk.testing.check_metric(int), "metric.*the class int"),
])
def test_functions_of_other_arguments_are_refused_at_once(call, words):
    with pytest.raises((TypeError, AssertionError), match=words):
        call()


class Text(mk.data.Finite):
    def real(self, n, seed=0):
        return "rows"


def test_a_truth_gives_samples():
    truth = Text(torch.randn(30, 2))
    for ask in (lambda: next(mk.steps(mk.models.Gaussian(), LOOP, truth)),
                lambda: mk.sampling_bias({"a": mk.models.Gaussian()}, truth)):
        with pytest.raises(TypeError, match=r"^truth: Text.real\(n, seed\) must return mk.Samples"):
            ask()
