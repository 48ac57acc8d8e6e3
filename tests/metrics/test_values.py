"""The one table of values: it holds what the public metrics say of themselves, and what they do."""

import functools
import inspect
import math

import pytest
import torch

import madkit as mk
from madkit.metrics.faults import FAULTS, Faults
from madkit.metrics.values import VALUES, Value, chosen, find, metric_name, named, value_of, words

GRID, CURVED = mk.data.grid25(), mk.data.rosenbrock()
MODES = mk.metrics.modes(GRID.centres, 4 * GRID.std)
PUBLIC = [MODES if name == "modes" else thing for name in mk.metrics.__all__
          if inspect.isfunction(thing := getattr(mk.metrics, name))]
GOOD = {"low": "small is good", "high": "high is good", "same": "good when equal"}
each_metric = pytest.mark.parametrize("metric", PUBLIC, ids=metric_name)


def cloud(seed, n=60, scale=1.0):
    noise = torch.Generator().manual_seed(seed)
    return mk.Samples(scale * torch.randn(n, 2, generator=noise, dtype=torch.float64))


@each_metric
def test_every_public_metric_has_entries_whose_ranges_it_obeys(metric):
    for seed in range(8):
        fake = cloud(seed, scale=10.0 ** (seed - 4))
        for name, value in named(metric, metric(cloud(99), fake)).items():
            low, high = value_of(name).range
            assert value_of(name).good, f"{name} has no entry"
            assert low <= value <= high or math.isnan(value), name


@pytest.mark.parametrize("metric", [one for one in PUBLIC if one is not MODES], ids=metric_name)
def test_entries_say_what_the_docstrings_say(metric):
    """Of each: its direction, its aspect, and its range where this is [0, 1] or ≥ 0."""
    entry, said = value_of(metric.__name__), " ".join(metric.__doc__.split())
    assert GOOD[entry.good] in said or (entry.name, entry.good) == ("density", "same"), (
        f"say so in the docstring: {GOOD[entry.good]}")
    assert ("in [0, 1]" in said) == (entry.range == (0, 1)), "say the range: in [0, 1]"
    assert ("≥ 0" in said) == (entry.range == (0, math.inf)), "say the range: ≥ 0"
    judge = said.partition(":")[0].lower()
    assert entry.aspect == (judge if judge in ("quality", "diversity") else None)


@pytest.fixture(scope="module")
def damaged():
    """Real rows, a perfect model's, and those of each fault at full strength or a tenth."""
    rows = Faults(GRID, 200)
    return rows.real, rows.perfect, [rows.emit(fault, s) for fault in FAULTS for s in (0.1, 1.0)]


@each_metric
def test_some_damage_moves_each_value_the_bad_way(metric, damaged):
    real, perfect, faults = damaged
    truth, best = (named(metric, metric(real, fake)) for fake in (real, perfect))
    worse = [named(metric, metric(real, fake)) for fake in faults]
    for name, start in best.items():
        ends = [one[name] for one in worse]
        away = [abs(end - truth[name]) > abs(start - truth[name]) for end in ends]
        bad = {"low": max(ends) > start, "high": min(ends) < start, "same": any(away)}
        assert bad[value_of(name).good], name


def test_values_of_classes_and_tails_have_entries():
    lenet, digits = mk.metrics.LeNet("digits"), mk.data.digits()
    seen = named(lenet.classes, lenet.classes(digits.test(50), digits.real(50)))
    seen |= named(CURVED.tails, CURVED.tails(CURVED.test(50), CURVED.real(50)))
    for name, value in seen.items():
        low, high = value_of(name).range
        assert value_of(name).good and low <= value <= high, name


def test_words_are_short_and_those_of_a_key_name_it():
    assert all(len(one.short) <= len(one.label) for one in VALUES.values())
    assert words("spectrum.12") == value_of("spectrum.12").label == "eigenvalue 12 of Σ"
    assert value_of("classes.share.3").short == "share of class 3"
    assert value_of("mine") == Value("mine", "mine", "mine") == value_of("mine")
    assert value_of("mine.part").short == "mine.part"


def test_a_share_has_fixed_limits_and_no_logarithm():
    for value in VALUES.values():
        assert (value.kind == "share") == (value.limits == (0, 1))
        assert not (value.log and value.kind == "share")


# --- metrics by name ------------------------------------------------------------------------------


def test_a_value_is_named_by_its_metric_and_its_key():
    assert named(functools.partial(mk.metrics.recall, k=3), 0.5) == {"recall": 0.5}
    assert named(MODES, {"alive": torch.tensor(3.0)}) == {"modes.alive": 3.0}
    assert metric_name(mk.metrics.LeNet("digits").classes) == "classes"
    assert metric_name(GRID) == "grid25"                                    # an object by its class
    for wrong in ("much", None, {"a": [1, 2]}, torch.ones(2)):
        with pytest.raises(TypeError, match="recall must return a number or a dict of numbers"):
            named(mk.metrics.recall, wrong)


def test_a_metric_is_found_by_its_name():
    assert find("recall") is mk.metrics.recall and find(cloud) is cloud
    with pytest.raises(ValueError, match="'FID' is unknown; .* or one of coverage, density"):
        find("FID")
    with pytest.raises(ValueError, match="3 is unknown"):
        find(3)


def test_several_metrics_have_different_names():
    assert chosen("recall") == (mk.metrics.recall,) == chosen(mk.metrics.recall)
    twice = ["recall", functools.partial(mk.metrics.recall, k=3)]
    for call in (lambda: chosen(twice), lambda: mk.sampling_bias({}, GRID, metrics=twice)):
        with pytest.raises(ValueError, match="expected different names, got recall, recall"):
            call()
