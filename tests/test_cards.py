"""Cards: they say the sizes, escape all text and never fail, in a notebook and in a console."""

import html
import json
import sys
import time
from dataclasses import dataclass, replace
from functools import partial
from html.parser import HTMLParser

import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nbclient import NotebookClient
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity

import madkit as mk
from madkit.base.card import Carded, Table, as_html, as_text, number, said, told
from madkit.base.describe import describe
from madkit.base.makers import maker
from madkit.base.sources import call
from madkit.loops import Sum

EVIL = '<script>alert("1")</script>&amp;</td>'
SETTINGS = {"generations": 3, "seeds": 2, "progress": False, "emit": 50}


class Page(HTMLParser):
    """What a browser makes of a card: its tags, whether they are closed in order, and its text."""

    def __init__(self, card):
        super().__init__()
        self.tags, self.open, self.styles, self.words = set(), [], [], ""
        self.feed(card)
        assert not self.open, f"{self.open} are not closed"

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.open.append(tag)
        assert {name for name, _ in attrs} <= {"style", "scope"}
        self.styles += [value for name, value in attrs if name == "style"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data + " "


def page(thing):
    """The card of a thing, which must be well formed and bring nothing of its own."""
    card = Page(thing._repr_html_())
    assert card.tags <= {"div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    for style in card.styles:
        assert "url" not in style and "background" not in style.replace("background:none", "")
        assert "color:" not in style.replace("color:inherit", ""), "colours are the page's"
    return card.words


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no")

    def __call__(self, state):
        raise RuntimeError("nor a loop")


@dataclass(frozen=True)
class square(mk.data.Endless):
    """Uniform on <b>the</b> unit square."""

    shape = (2,)

    def draw(self, n, generator):
        return torch.rand(n, 2, generator=generator, dtype=torch.float64)


class Broken(square):
    def moments(self):
        raise RuntimeError("no")


def mine(state):
    return state.real


@pytest.fixture(scope="module")
def run():
    loop = mk.fresh_data(1000, 0.2, 0.8)
    return mk.run(mk.models.Gaussian(), loop, mk.data.gaussian(2), **SETTINGS)


# --- every card ----------------------------------------------------------------------------------


LOOPS = {
    "fully synthetic": mk.fully_synthetic(1234, 0.5),
    "augmentation": mk.synthetic_augmentation(1234),
    "growing": mk.synthetic_augmentation(1234, 0.9, accumulate=True),
    "fresh": mk.fresh_data(1234, 1 / 3, 1e-5),
    "no fresh": mk.fresh_data(1234, 0.0),
    "subsample": mk.accumulate_subsample(1234),
    "control": mk.Fresh(1234),
    "memory": mk.Synthetic(1234, memory=3),
    "three": mk.Real() + mk.Fresh(234) + mk.Synthetic(1000, 0.5, memory=2),
}
OWN = {
    "real": mk.Real(), "own": mk.Real() + mine, "lambda": mk.Fresh(3) + (lambda state: state.real),
    "partial": mk.Fresh(3) + partial(mine), "odd": Sum((Unprintable(),)), "none": Sum(()),
}
TRUTHS = {
    "gaussian": (mk.data.gaussian(2), "2 numbers"), "large": (mk.data.gaussian(1234), "1,234"),
    "ring": (mk.data.ring(), "2 numbers"), "grid25": (mk.data.grid25(), "2 numbers"),
    "moons": (mk.data.moons(), "2 numbers"), "swissroll": (mk.data.swissroll(), "2 numbers"),
    "rosenbrock": (mk.data.rosenbrock(), "2 numbers"), "own": (square(), "2 numbers"),
    "broken": (Broken(), "2 numbers"), "digits": (mk.data.digits(), "1,348"),
    "array": (mk.data.array(np.zeros((2000, 3)), np.arange(2000) % 7), "1,500"),
    "images": (mk.data.array(np.zeros((8, 3, 4, 5), np.uint8)), "4 × 5 pixels"),
}
NAMED = ["fully synthetic", "augmentation", "fresh", "no fresh", "subsample", "control"]
SHAPES = [(), (1,), (2, 3), (1, 2, 2), (3, 2, 2), (7, 1, 1, 1)]


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_a_loop_says_its_size_and_its_default_start(loop):
    words = page(loop)
    assert "1,234 real rows, unless you give n_ini" in words
    assert words.startswith("Loop: ")


@pytest.mark.parametrize("loop", OWN.values(), ids=OWN)
def test_odd_loops_have_a_card(loop):
    assert "Loop" in page(loop)


@pytest.mark.parametrize("truth, size", TRUTHS.values(), ids=TRUTHS)
def test_a_truth_says_its_sizes(truth, size):
    words = page(truth)
    assert size in words and "rows" in words and "labels" in words


@given(st.integers(0, 40), st.sampled_from(SHAPES),
       st.sampled_from([torch.float64, torch.float32, torch.uint8]), st.booleans(),
       st.integers(0, 9))
def test_samples_say_their_sizes(n, shape, dtype, labelled, born):
    y = torch.arange(n) - 3 if labelled else None
    samples = mk.Samples(torch.zeros(n, *shape, dtype=dtype), y, born)
    for words in (page(samples), repr(samples)):
        for part in (f"{n} row", str(dtype).partition(".")[2], "cpu"):
            assert part in words
        assert ("none" in words) != labelled
    assert "\n" not in repr(samples)


def test_counts_of_labels_and_births():
    y, born = torch.tensor([7] * 3 + [-1] * 2), torch.tensor([0, 0, 0, 2, 2])
    words = page(mk.Samples(torch.zeros(5, 2), y, born))
    assert "2 classes: -1 (2), 7 (3)" in words
    assert "3 real, 2 of generation 2" in words
    assert "from -5 to 1000000000000" in page(mk.Samples(torch.zeros(2, 1), [-5, 10**12]))
    many = page(mk.Samples(torch.zeros(50, 1), torch.arange(50)))
    assert "50 classes: 0 (1)" in many and "49 (1)" in many and "20 (1)" not in many


# --- loops in words ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMED)
def test_the_named_call_makes_the_same_sizes(name):
    """What the card calls a loop makes that loop, but for digits of λ that nobody reads."""
    again = eval(call(repr(LOOPS[name])), {"mk": mk})
    assert again == LOOPS[name]


@given(st.integers(0, 300), st.floats(0, 1), st.sampled_from([0, 0.25, 0.9, 1]))
def test_every_fresh_data_loop_is_called_by_its_call(n, p, lam):
    loop = mk.fresh_data(n, p, lam)
    said = call(repr(loop))
    assert eval(said, {"mk": mk}) == loop if n else said == ""


@pytest.mark.parametrize("loop, words", [
    (mk.fresh_data(100, 0.2, 0.9), [
        "Loop: fresh data", "mk.fresh_data(100, p=0.2, lam=0.9)", "p = 0.2", "0.9: rows",
        "20 fresh real rows and 80 synthetic rows of generation t − 1"]),
    (mk.synthetic_augmentation(100), [
        "the first real set and 100 synthetic rows", "0.5 with n_ini = 100", "honest"]),
    (mk.accumulate(100), ["mk.accumulate(100)", "nothing is ever thrown away", "falls"]),
    (LOOPS["memory"], ["spread evenly over the last 3 generations", "the last 3 generations"]),
    (LOOPS["three"], ["the first real set, 234 fresh real rows and 1,000 synthetic rows"]),
    (mk.Real() + mine, ["Loop: your own loop", "what mine returns", "a number that you must give"]),
])
def test_a_loop_says_what_the_next_generation_is_trained_on(loop, words):
    for part in words:
        assert part in page(loop)


def test_truths_say_what_they_know():
    ring, digits = " ".join(page(mk.data.ring()).split()), page(mk.data.digits())
    for part in ("on a circle of radius 2", "endless", "mean (0, 0)", "(2.01, 0), (0, 2.01)"):
        assert part in ring
    for part in ("449 more to test on", "10 classes: 0 (178)", "8 × 8 pixels", "not known"):
        assert part in digits
    assert "mean (1,234,), covariance (1,234, 1,234)" in page(mk.data.gaussian(1234))
    assert "mean" not in page(Broken()) and "RuntimeError" in page(Broken())


# --- a run ---------------------------------------------------------------------------------------


def test_a_run_says_its_sizes_and_both_ends_beside_theory(run):
    median = run.table.groupby(["metric", "generation"]).value.median()
    theory = run.theory.set_index(["metric", "generation"]).value
    for words in (page(run), repr(run)):
        for part in ("3 generations × 2 seeds", "fresh data", "gaussian(dim=2)",
                     "1,000 real rows", "200 fresh real rows and 800 synthetic rows", "λ = 0.8",
                     "Medians over 2 seeds", "expectation"):
            assert part in words
        numbers = words.split()
        for t in (1, 3):
            assert number(median["trace", t]) in numbers
        assert number(theory["trace", 3]) in numbers


def test_a_run_knows_its_folder_which_is_no_part_of_it(run, tmp_path):
    assert run.folder is None and "not yet" in page(run)
    stored = mk.run(mk.models.Gaussian(), mk.fully_synthetic(20), mk.data.gaussian(1),
                    store=tmp_path / "a", **SETTINGS)
    loaded = mk.load(tmp_path / "a")
    assert stored.folder == loaded.folder == tmp_path / "a" and str(tmp_path / "a") in page(loaded)
    assert "folder" not in loaded.spec
    assert describe(loaded) == describe(replace(loaded, folder=None)), "nor of what names it"
    for name in ("b", "c"):
        replace(loaded, folder=None if name == "b" else loaded.folder).save(tmp_path / name)
    for path in (tmp_path / "b").iterdir():
        a, b, c = ((tmp_path / name / path.name).read_bytes() for name in "abc")
        if path.name == "spec.json":                     # a store's also names its generations
            a = b if without(a, "of") == without(b) else a
        assert a == b == c


def without(spec, *names):
    """A spec as it was written, without these and its digest."""
    return {name: value for name, value in json.loads(spec).items() if name not in (*names, "digest")}


def test_seeds_cut_short_and_several_loops_are_said(run):
    there = (run.table.seed == 0) | (run.table.generation == 1)
    short = replace(run, table=run.table[there], complete=False)
    assert "of which 1 reached generation 3" in page(short) and "incomplete" in page(short)
    loops = [mk.fully_synthetic(10), mk.fresh_data(20, 0.5)]
    words = page(mk.exact.run(loops, generations=4, seeds=3))
    for part in ("2 loops, 4 generations × 3 seeds", "loop 1: trace", "10, 20 real rows"):
        assert part in words


EMPTY = pd.DataFrame(columns=["seed", "generation", "metric", "value"])
ODD = {
    "empty": {"table": EMPTY}, "no columns": {"table": pd.DataFrame()}, "no table": {"table": None},
    "NaN": {"table": pd.DataFrame({"seed": 0, "generation": [1, 2], "metric": "a",
                                   "value": [np.nan, -np.inf]})},
    "no spec": {"spec": {}},
    "odd spec": {"spec": {"model": Unprintable(), "loop": 3, "seeds": "x", "n_ini": "many"}},
    "no samples": {"samples": None}, "odd samples": {"samples": {1: None}},
    "no theory": {"theory": None},
    "odd folder": {"folder": "\udc80/" + EVIL},
}


@pytest.mark.parametrize("changes", ODD.values(), ids=ODD)
def test_an_odd_run_still_has_a_card(run, changes):
    odd = replace(run, **changes)
    assert "Run" in page(odd) and "Run" in repr(odd)
    page(odd).encode()


def test_values_that_are_no_numbers_are_called_so(run):
    words = page(replace(run, **ODD["NaN"]))
    assert " NaN " in words and "−∞" in words
    assert "a Unprintable that cannot be printed" in page(replace(run, **ODD["odd spec"]))


# --- laws of the helper --------------------------------------------------------------------------


def evil():
    table = pd.DataFrame({"seed": 0, "generation": [1, 2], "metric": EVIL, "value": 1.0})
    theory = pd.DataFrame({"generation": [2], "metric": EVIL, "value": 1.0, "kind": EVIL})
    spec = dict.fromkeys(("model", "loop", "data", "features", "label"), EVIL)
    yield mk.Run(table, theory, {}, None, pd.DataFrame(), spec, folder=EVIL)
    yield mk.data.Finite(torch.zeros(5, 2), name=EVIL)
    yield square()
    named = type(EVIL, (), {"__call__": lambda self, state: state.real})
    yield mk.Real() + named()


@pytest.mark.parametrize("thing", list(evil()), ids=lambda thing: type(thing).__name__)
def test_what_users_name_is_escaped(thing):
    page(thing)  # its tags are those of a card
    assert "<script" not in thing._repr_html_() and "<b>" not in thing._repr_html_()


@given(st.text(), st.text(), st.text())
def test_any_text_comes_through(title, name, value):
    lines = [title, (name, value), Table(title, [name, value], [[value, name]])]
    card = Page(as_html(lines))
    assert card.tags <= {"div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert html.escape(said(value)) in as_html(lines)
    as_text(lines).encode()


def test_what_was_told_before_a_failure_stays():
    class Half(Carded):
        def _told(self):
            yield "Half"
            yield "first", 1
            raise KeyError("no")

    assert told(Half()) == ["Half", ("first", 1), ("the rest", "cannot be told (KeyError)")]


@pytest.mark.parametrize("value, text", [
    (12000, "12,000"), (12000.4, "12,000"), (-0.5, "−0.5"), (0.0123456, "0.0123"),
    (float("nan"), "NaN"), (-float("inf"), "−∞"), (2.0, "2"), (1e-9, "1e−09"), (0, "0"),
])
def test_numbers_are_written_for_reading(value, text):
    assert number(value) == text


def test_a_million_rows_take_no_time_and_no_picture():
    n = 10**6
    samples = mk.Samples(torch.zeros(n, 2), torch.arange(n) % 100, torch.arange(n) % 50)
    seed, t = np.divmod(np.arange(n), 50)
    table = pd.DataFrame({"seed": seed, "generation": t + 1, "metric": "trace", "value": 1.0})
    spec = {"loop": "Fresh(n=3)", "seeds": list(range(n // 50))}
    run = mk.Run(table, EMPTY, {}, None, pd.DataFrame(), spec)
    before = set(sys.modules)
    for thing in (samples, run):
        for show in (thing._repr_html_, thing.__repr__):
            assert min(_time(show) for _ in range(5)) < 0.02
    assert not any(name.startswith("matplotlib") for name in set(sys.modules) - before)


def _time(f):
    start = time.process_time()
    f()
    return time.process_time() - start


def test_a_notebook_shows_the_cards(tmp_path):
    code = """import madkit as mk
loop = mk.fresh_data(100, 0.2)
run = mk.run(mk.models.Gaussian(), loop, mk.data.gaussian(2), generations=3, progress=False)
run"""
    cells = [code, "run.samples[3]", "loop", "mk.data.moons()", "mk.plot.curves(run)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    place = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=place).execute()
    shown = [cell.outputs[-1].data for cell in notebook.cells]
    expected = ["3 generations", "1,000 rows", "20 fresh real rows", "half circles"]
    for data, words in zip(shown, expected, strict=False):
        assert words in data["text/html"] and "text/plain" in data
    assert "3 generations × 1 seed\n" in shown[0]["text/plain"]
    assert "image/png" in shown[4], "a picture stays a picture"


# --- models as a person would call them ----------------------------------------------------------


def draws(fitted, n):
    return fitted + np.random.standard_normal((n, 2))


@pytest.mark.parametrize("made, words", [
    (lambda: mk.model(fit=lambda x: x.mean(0), sample=draws),
     "a pair of functions, a lambda and draws"),
    (lambda: mk.model(GaussianMixture(10, random_state=0)),
     "GaussianMixture(n_components=10, random_state=0)"),
    (lambda: mk.model(KernelDensity(bandwidth=0.2), sample=lambda kde, n: kde.sample(n)),
     "KernelDensity(bandwidth=0.2), sampled by a lambda"),
    (lambda: torch.nn.Sequential(torch.nn.Linear(2, 30), torch.nn.Linear(30, 2)),
     "Sequential, a network of 152 numbers"),
    (lambda: mk.models.Mixture(3), "Mixture(k=3, start='k-means++', tol=0.001, steps=100)"),
])
def test_a_model_is_called_as_a_person_would(made, words):
    assert maker(describe(made())) == words


@pytest.mark.parametrize("line", ["", "(", "Own(", "Own(given=f(", "a.b@1[(", ")", "Own(x)", "@", "a.b(c=)"])
def test_a_line_of_any_kind_is_told(line):
    assert isinstance(maker(line), str)


def test_a_model_of_ones_own_has_a_card():
    model = mk.model(GaussianMixture(2))
    assert "nothing yet" in page(model) and repr(model) == "mk.model: GaussianMixture(n_components=2)"
    run = mk.run(model, mk.fully_synthetic(50), mk.data.gaussian(2), **SETTINGS)
    assert "GaussianMixture(n_components=2)" in page(run) and "tol" not in page(run)
    assert "rows of 2 numbers" in page(model.fit(run.real)) and "@" not in page(run)
