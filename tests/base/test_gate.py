"""The gate: what a signature says of an argument is what is checked, of every public name."""

import inspect
import pickle
from decimal import Decimal
from typing import Literal

import numpy as np
import pytest
import torch
from fuzzing.walk import public

import madkit as mk
from madkit.base.checks import FREE, Count, Place, Rows, Seeds, Unit
from madkit.base.gate import checks_of, gate

UNCHECKED = {                                      # by name; or by path, where it is one's own
    "self": "no argument", "settings": "names of a loop's own settings", "y": "labels: base.arrays",
    "x": "rows: base.arrays", "cov": "base.arrays, or exact.measures, with its shape",
    "mean": "exact.measures, with its shape", "born": "base.arrays", "fresh": "base.arrays",
    "centres": "base.arrays, with its shape", "what": "runs, loops or labels of them: live.sources",
    "mk.metrics.modes: radius": "modes in the place of a metric says so itself",
    "mk.live.view: picture": "a picture or a function", "mk.live.view: start": "values of controls",
    "mk.live.View.set: values": "values of controls", "mk.live.Choice: value": "one of its options",
    "mk.live.Choice.check: value": "one of its options", "answer": "what a student wrote",
    "mk.predict: of": "a Run or numbers: live.scenes.questions", "mk.live.predict: of": "the same",
    "mk.live.Explorer: source": "made by mk.explore", "given": "any estimator: models.own",
    "model": "testing and exercises say it themselves", "truth": "as model",
    "mk.testing.check_model: features": "as model", "mk.testing.check_loop: loop": "as model",
    "mk.testing.check_metric: metric": "as model", "changed": "names of mk.run's arguments",
}
BY_OTHERS = {"mk.Samples": "base.arrays checks it", "mk.Run": "made by mk.run and mk.load"}


def function_of(one):
    thing = one.thing.__init__ if inspect.isclass(one.thing) else one.thing
    return getattr(thing, "__gated__", None)


@pytest.mark.parametrize("one", public(), ids=lambda one: one.path)
def test_every_public_argument_is_checked(one):
    if one.path in BY_OTHERS or not one.parameters:
        return
    assert function_of(one), "write @gate above it"
    free = [name for name, check in checks_of(function_of(one)).items() if check is FREE
            and name not in UNCHECKED and f"{one.path}: {name}" not in UNCHECKED]
    assert not free, "give them a type that says more, or a reason here"


@gate
def sized(n: Rows, p: Unit, kind: Literal["full", "diag"] = "full", *, seeds: Seeds = 1,
          where: Place | None = None, plain: bool = False, many: Count = 3):
    """Some rows."""
    return n, p, kind, seeds, where, plain, many


def test_values_are_handed_on_in_their_type():
    got = sized(np.int64(3), torch.tensor(0.5), seeds=(i for i in (4, 2)), plain=np.True_)
    assert got == (3, 0.5, "full", [4, 2], None, True, 3)
    assert [type(value) for value in got[:2]] == [int, float] and got[5] is True


@pytest.mark.parametrize("given, words", [
    ({"n": True}, "sized: n: expected a whole number ≥ 0, got True"),
    ({"n": 2.0}, "n: expected a whole number ≥ 0, got 2.0"),
    ({"n": "1"}, "n: .* got '1'"), ({"n": torch.tensor(True)}, "n: "),
    ({"n": 10**5000}, "got a whole number of very many digits"),
    ({"p": float("nan")}, r"p: expected a number in \[0, 1\], got nan"),
    ({"p": np.array("0.5")}, "p: "), ({"p": np.True_}, "p: "), ({"p": Decimal("2")}, "p: "),
    ({"p": "x" * 10**6}, r"got 'x{79}… \(1,000,000 letters\)"),
    ({"kind": "ful"}, "expected 'full' or 'diag', got 'ful'; did you mean 'full'?"),
    ({"seeds": [1, 1]}, "seeds: .*different"), ({"seeds": 0.9}, "seeds: "), ({"many": 0}, "≥ 1"),
])
def test_values_of_another_kind_are_refused_in_words(given, words):
    with pytest.raises(ValueError, match=words):
        sized(**{"n": 3, "p": 0.5} | given)


@pytest.mark.parametrize("given", [{"where": 3}, {"where": "a\0b"}, {"where": ""}, {"plain": 1}])
def test_types_of_another_kind_are_refused_in_words(given):
    with pytest.raises(TypeError, match=f"sized: {next(iter(given))}: expected "):
        sized(3, 0.5, **given)


def test_arguments_in_another_order_are_told_so():
    loop, model, truth = mk.fully_synthetic(9), mk.models.Gaussian(), mk.data.gaussian(2)
    with pytest.raises(TypeError, match=r"the order is run\(model, loop, truth, …\)"):
        mk.run(loop, model, truth)
    with pytest.raises(TypeError, match=r"got the class Gaussian: write Gaussian\(\)$"):
        mk.run(mk.models.Gaussian, loop, truth)


def test_a_gated_function_is_still_itself():
    assert mk.fresh_data.__doc__ and list(inspect.signature(mk.fresh_data).parameters) == ["n", "p", "lam"]
    assert "def fresh_data" in inspect.getsource(mk.fresh_data)
    assert pickle.loads(pickle.dumps(mk.fresh_data)) is mk.fresh_data
