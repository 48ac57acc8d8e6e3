"""Descriptions tell values apart that differ, are the same in every process, or are refused."""

import json
import os
import pickle
import re
import subprocess
import sys
import threading
from base64 import b64decode, b64encode
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from nbclient import NotebookClient

import madkit as mk
from madkit.base.describe import FORMAT, Undescribed, describe
from madkit.base.files import StoreError
from tests.base.programs import HEADER, HELPER, PROGRAMS

TRUTH = mk.data.gaussian(2)


def run(model, loop=None, store=None, **more):
    loop = loop or mk.fully_synthetic(20)
    return mk.run(model, loop, TRUTH, n_ini=20, generations=2, emit=20, store=store,
                  progress=False, **more)


# --- values ---------------------------------------------------------------------------------------

# on each line all values differ
LINES = """
1, True, 1.0, "1", 1 + 0j, np.int64(1), np.float32(1), np.float64(1), np.bool_(True), b"1", Decimal(1)
0.0, -0.0, 0, False, None, "None", "", (), [], {}, set(), frozenset(), ..., float("nan"), "nan"
[1, 2], (1, 2), {1, 2}, frozenset({1, 2}), [2, 1], [[1], 2], np.array([1, 2]), torch.tensor([1, 2])
{"a": 1}, {"a": 2}, {"b": 1}, collections.OrderedDict(a=1), collections.Counter(a=1), {("a",): 1}
{1: 0}, {"1": 0}, {1.0: 0}, {True: 0}, {None: 0}, {"None": 0}, {float("nan"): 0}, {"nan": 0}
collections.defaultdict(int), collections.defaultdict(list), types.MappingProxyType({})
bytearray(b"a"), b"a", "a", collections.deque("a"), collections.deque("a", 2), memoryview
datetime.date(2026, 1, 1), datetime.datetime(2026, 1, 1), datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
np.zeros(2), np.zeros(2, ">f8"), np.zeros(2, "f4"), np.zeros((1, 2)), np.array([0.0, -0.0]), np.zeros(3)
np.array(["a"]), np.array(["a"], object), np.array(["2026"], "M8[Y]"), np.array(1.0), np.array([1.0])
np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[1, 0]), np.matrix([1, 2]), np.array([[1, 2]])
torch.zeros(2), torch.zeros(2, requires_grad=True), nn.Parameter(torch.zeros(2)), torch.zeros(2).half()
torch.eye(2), torch.eye(2).to_sparse(), torch.tensor(1.0), torch.tensor([1.0]), torch.tensor([1j]).conj()
pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1.0]}), pd.DataFrame({"a": ["1"]}), pd.Series([1], name="a")
pd.Series(["a", None]), pd.Series(["a", "b"]), pd.Series(["a", "b"], dtype="category"), pd.Index(["a", "b"])
pd.RangeIndex(2), pd.Index([0, 1]), pd.Index([0, 1], name="a"), pd.MultiIndex.from_tuples([(0, 1)])
nn.ReLU(), nn.GELU(), nn.Dropout(0.1), nn.Dropout(0.2), nn.Dropout(0.1).eval(), nn.Sequential(nn.ReLU())
functools.partial(max, 1), functools.partial(max, 2), functools.partial(min, 1), max, min, torch.relu
"a".upper, "b".upper, str.upper, [1].append, np.random.default_rng(1).normal, np.random.default_rng(2).normal
np.random.RandomState(1), np.random.RandomState(2), random.Random(1), random.Random(2), random, np.random
uuid.UUID(int=1), uuid.UUID(int=2), range(3), range(0, 3, 2), slice(3), slice(0, 3), Fraction(1, 2)
pathlib.PurePosixPath("a"), pathlib.PurePosixPath("b"), re.compile("a"), re.compile("a", re.I), re.compile("b")
lambda x: x in {"a", 1}, lambda x: x in {"a", 1.0}, lambda x: x in ("a", 1), lambda x: x in {"a", True}
lambda: 0.0, lambda: -0.0, lambda: 0, lambda: False, lambda: (0,), lambda: [0], lambda *a: 0, lambda **a: 0
lambda a: (lambda: a), lambda a: (lambda: a + 1), lambda a, b=1: a, lambda a, b=2: a, lambda a, *, b=2: a
lambda x: dict(a=x), lambda x: dict(b=x), lambda x: x[::2], lambda x: x[::3], lambda x: f"{x:.2f}", lambda x: f"{x:.3f}"
lambda x: x < 1, lambda x: x <= 1, lambda x: 1 if x else 2, lambda x: 2 if x else 1, lambda x: [1 for _ in x]
operator.itemgetter(1), operator.itemgetter(2), itertools.count(1), itertools.count(2), iter([1]), iter([2])
nn.ModuleList([nn.ReLU(), nn.Tanh()]), nn.ModuleList([nn.Tanh(), nn.ReLU()]), torch.distributions.Normal(0.0, 1.0)
np.vectorize(lambda x: x + 1), np.vectorize(lambda x: x + 2), np.dtype("f4"), np.dtype("f8"), collections.ChainMap()
pd.date_range("2026", periods=3, freq="D"), pd.date_range("2026", periods=3, freq="h"), pd.interval_range(0, 3)
mk.models.Gaussian(), mk.models.Gaussian(ddof=0), mk.Fresh(3), mk.metrics.LeNet("mnist").map, mk.metrics.recall
""".strip().splitlines()


def evaluated():
    names = {"Fraction": Fraction, "Decimal": Decimal}
    exec(HEADER.replace("import helper", ""), names)
    return [[*map(describe, eval(f"[{line}]", names))] for line in LINES]


def test_values_that_differ_are_told_apart():
    for line, told in zip(LINES, evaluated(), strict=True):
        assert len(set(told)) == len(told), (line, told)


def test_the_description_is_the_same_in_another_process():
    code = "import json, tests.base.test_describe as t; print(json.dumps(t.evaluated()))"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True,
                          text=True, env=os.environ | {"PYTHONHASHSEED": "7"},
                          cwd=Path(__file__).parents[2])
    assert json.loads(done.stdout) == evaluated(), done.stderr


SERVER = """
import base64, pickle, sys
from madkit.base.describe import describe
for line in sys.stdin:
    print(base64.b64encode(describe(pickle.loads(base64.b64decode(line))).encode()).decode(), flush=True)
"""


@pytest.fixture(scope="module")
def elsewhere():
    """describe in another process, with another hash seed."""
    other = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, text=True,
                             stdout=subprocess.PIPE, env=os.environ | {"PYTHONHASHSEED": "3"})

    def call(value):
        other.stdin.write(b64encode(pickle.dumps(value)).decode() + "\n")
        other.stdin.flush()
        return b64decode(other.stdout.readline()).decode()

    yield call
    other.stdin.close()
    other.wait()


plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
                  st.decimals(allow_nan=False), st.fractions(), st.dates(), st.timedeltas(),
                  nps.arrays(st.sampled_from(["f8", "i4", "?", "U3"]), st.integers(1, 2)))
keys = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(),
                 st.tuples(st.integers(), st.text()))
values = st.recursive(plain, lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.lists(inner, max_size=3).map(tuple), st.sets(keys, max_size=4),
    st.frozensets(keys, max_size=4), st.dictionaries(keys, inner, max_size=3),
    inner.map(lambda x: SimpleNamespace(held=x))), max_leaves=6)


def content(value):
    """What a value is, told apart by other means: types, and every part of it."""
    kind = type(value).__name__
    if isinstance(value, np.ndarray):
        return kind, value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return kind, [(content(k), content(v)) for k, v in value.items()]
    if isinstance(value, set | frozenset):
        return kind, frozenset(repr(content(one)) for one in value)
    if isinstance(value, list | tuple):
        return kind, [*map(content, value)]
    if isinstance(value, SimpleNamespace):
        return kind, content(value.held)
    return kind, repr(value)


@given(values, values)
@settings(max_examples=150, deadline=None)
def test_descriptions_are_equal_exactly_when_the_values_are(elsewhere, one, two):
    assert (describe(one) == describe(two)) == (content(one) == content(two))
    assert describe(one) == elsewhere(one)


# --- programs -------------------------------------------------------------------------------------

GO = """
def go(name, model, loop=None, truth=None, metrics=None, features=None, **_):
    run = mk.run(model, loop or mk.fully_synthetic(20), truth or mk.data.gaussian(2), n_ini=20,
                 generations={generations}, emit=20, metrics=metrics, features=features,
                 store=f"{stores}/{{name}}", progress=False)
    assert run.complete
"""
CALL = """
go("{name}", **{{part: globals().pop(part) for part in
    ("model", "loop", "truth", "metrics", "features") if part in globals()}})
"""


def cells(folder, generations):
    go = GO.format(generations=generations, stores=(folder / "stores").as_posix())
    yield f"import sys\nsys.path.insert(0, {str(folder)!r})\n{HEADER}{go}"
    yield from (program + CALL.format(name=i) for i, (program, _, _) in enumerate(PROGRAMS))


def test_unchanged_programs_go_on_as_script_and_as_notebook(tmp_path, monkeypatch):
    """A script begins the runs; a notebook goes on, in another folder, under another hash seed."""
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "script.py").write_text("".join(cells(tmp_path, 1)))
    root = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True,
                          cwd=tmp_path, env=os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": root})
    assert done.returncode == 0, done.stderr
    monkeypatch.setenv("PYTHONHASHSEED", "2")
    monkeypatch.setenv("PYTHONPATH", root)
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells(tmp_path, 2)]
    NotebookClient(notebook, kernel_name="python3").execute()       # raises what a cell raises
    longer = list((tmp_path / "stores").glob("*/seed-0/generation-00002.npz"))
    assert len(longer) == len(PROGRAMS) >= 40
    assert all("resumed" not in path.read_text() for path in tmp_path.glob("stores/*/spec.json"))


def told(program):
    names = {"__name__": "__main__"}
    exec(HEADER + program, names)
    return [describe(names[part]) if part != "metrics" else [*map(describe, names[part])]
            for part in ("model", "loop", "truth", "metrics", "features") if part in names]


@pytest.fixture
def helper(tmp_path, monkeypatch):
    """A module of the user's own, beside the notebook."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "helper.py").write_text(HELPER)
    yield tmp_path / "helper.py"
    sys.modules.pop("helper", None)


def test_changed_programs_are_told_apart(helper):
    for program, old, new in PROGRAMS:
        assert old in program
        assert told(program) != told(program.replace(old, new)), program
        assert not any(" at 0x" in str(line) for line in told(program))


@pytest.mark.parametrize("old, new", [("2.0", "3.0"), ("* x", "+ x")])
def test_a_module_of_the_users_own_is_told_by_what_is_read_of_it(helper, old, new):
    program = next(program for program, _, _ in PROGRAMS if "helper.twice" in program)
    before = told(program)
    helper.write_text(HELPER.replace("base = 3.0", "base = 4.0"))   # which nobody reads
    sys.modules.pop("helper")
    assert told(program) == before
    helper.write_text(HELPER.replace(old, new) + "\n")
    sys.modules.pop("helper")
    assert told(program) != before


def test_lines_comments_and_docstrings_do_not_count():
    def made(text):
        names = {"__name__": "__main__"}
        exec(text, names)
        return describe(names["f"])

    bare = made("def f(x):\n    return x + 1")
    assert made('# said\n\ndef f(x):\n    """Adds one."""\n    return (x   # more\n    + 1)') == bare


# --- refused --------------------------------------------------------------------------------------

class Holder(mk.models.Gaussian):
    """A model that holds something."""

    def __init__(self, held):
        super().__init__()
        self.net = SimpleNamespace(hook=held)

    def __deepcopy__(self, memo):
        return mk.models.Gaussian()


class Said(Holder):
    def __repr__(self):
        return "Said(3)"


UNTOLD = [threading.Lock, lambda: open(os.devnull), lambda: (i for i in range(3)),
          lambda: torch.empty(2, device="meta"), lambda: np.array([threading.Lock()]),
          lambda: memoryview(b"a"), threading.local]


@pytest.mark.parametrize("make", UNTOLD)
def test_what_has_no_content_is_refused_with_its_path_before_anything_is_done(make, tmp_path):
    model = Holder(make())
    with pytest.raises(Undescribed, match=r"^model\.net\.hook.*cannot be described.*__repr__.*"
                                          "frozen dataclass"):
        run(model, store=tmp_path / "a")

    def f(seed, n):
        return run(model)

    with pytest.raises(Undescribed, match=r"^f reads model\.net\.hook"):
        mk.sweep.grid(f, {"n": [1]}, store=tmp_path / "a")
    assert not (tmp_path / "a").exists()
    kept = run(model)
    assert kept.complete and kept.spec["model"].startswith("Holder[not described: model.net.hook")
    kept.save(tmp_path / "b")
    with pytest.raises(StoreError, match="not described"):
        kept.save(tmp_path / "b")


def test_a_repr_of_its_own_is_the_content(tmp_path):
    run(Said(threading.Lock()), store=tmp_path / "a")
    assert run(Said(threading.Lock()), store=tmp_path / "a").complete
    assert describe(Said(threading.Lock())).endswith("('Said(3)')")


@pytest.mark.parametrize("deep", [100_000])
def test_what_is_nested_too_deeply_is_refused(deep):
    value = []
    for _ in range(deep):
        value = [value]
    with pytest.raises(Undescribed, match="nested too deeply"):
        describe(value)


@pytest.mark.parametrize("way, code", [
    ("import_module", "importlib.import_module('m').RATE"), ("import_module", "load('m').RATE"),
    ("modules", "sys.modules['m'].RATE"), ("modules", "modules['m'].RATE"),
    ("__import__", "__import__('m').RATE"), ("globals", "globals()['RATE']"),
    ("eval", "eval('RATE')"), ("currentframe", "inspect.currentframe().f_back"),
])
@pytest.mark.parametrize("inside", [False, True])
def test_what_no_name_in_the_code_leads_to_is_refused(way, code, inside):
    """A module that is fetched by its text could be another one, and nothing here would tell."""
    brought = {"importlib": "import importlib", "inspect": "import inspect", "sys": "import sys",
               "load": "from importlib import import_module as load",
               "modules": "from sys import modules"}
    line = brought.get(re.split(r"\W", code)[0], "")
    names: dict = {"__name__": "__main__"}
    exec(f"{line}\ndef f(x):\n    {line * inside}\n    return {code}", names)
    with pytest.raises(Undescribed, match=rf"by {way} cannot be followed"):
        describe(names["f"])


def test_what_else_is_read_of_such_modules_is_described():
    names: dict = {"__name__": "__main__"}
    exec("import sys, inspect\ndef f(x):\n    return sys.maxsize, inspect.signature(f)", names)
    assert describe(names["f"]).startswith("f@")



# --- going on -------------------------------------------------------------------------------------

class Counting:
    def __init__(self):
        self.calls = 0

    def __call__(self, state):
        self.calls += 1
        return state.real


def test_what_counts_while_it_runs_goes_on(tmp_path):
    counting = Counting()
    first = run(mk.models.Gaussian(), counting, tmp_path / "a")
    assert counting.calls and "calls=0" in first.spec["loop"]
    for same in (counting, Counting()):
        assert run(mk.models.Gaussian(), same, tmp_path / "a").table.equals(first.table)
    other = Counting()
    other.calls = counting.calls                             # as the run left it, but another
    with pytest.raises(StoreError, match="loop: stored .*calls=0.*asked .*calls=1"):
        run(mk.models.Gaussian(), other, tmp_path / "a")


@pytest.mark.parametrize("change, words", [
    ({"format": None}, "in format 1, by .* which described code of your own in another way"),
    ({"versions": "madkit 0.4.0, Python 3.9.1"}, r"under Python 3\.9, this is 3\."),
])
def test_what_cannot_be_compared_is_said_and_may_be_vouched_for(change, words, tmp_path):
    asked = run(mk.models.Gaussian(), Counting(), tmp_path / "a").spec
    path = tmp_path / "a/spec.json"
    held = json.loads(path.read_text())
    path.write_text(json.dumps({
        name: value for name, value in (held | {"loop": "Counting@0123456789ab(calls=0)"}
                                        | change).items()
        if value is not None and name not in ("hash", "digest")}))
    with pytest.raises(StoreError, match=f"may hold another run.*Whether loop did not change cannot be told: .*{words}"):
        run(mk.models.Gaussian(), Counting(), tmp_path / "a")
    held = json.loads(path.read_text()) | {"loop": asked["loop"], "format": FORMAT,
                                           "versions": asked["versions"]}
    path.write_text(json.dumps(held))
    assert run(mk.models.Gaussian(), Counting(), tmp_path / "a").complete
