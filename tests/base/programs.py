"""Programs for test_describe: each a cell of a notebook, and a change in it that changes numbers.

A cell makes `model`, and where it wants `loop`, `truth`, `metrics` or `features`.
"""

HEADER = """
import collections, contextlib, dataclasses, datetime, decimal, enum, fractions, functools, itertools
import math, operator, pathlib, random, re, sys, threading, types, typing, uuid
import numpy as np
import pandas as pd
import torch
from torch import nn
import madkit as mk
import helper
"""

HELPER = """
SCALE = 2.0
LOCK = __import__("threading").Lock()     # nobody reads it
def twice(x): return SCALE * x
class Tools:
    base = 3.0
    def __init__(self, by=1.0): self.by = by
"""

MODEL = """
class Mine:
    def fit(self, data):
        self.mean = data.x.mean(0) * float({use})
        return self
    def sample(self, n, lam=1):
        return mk.Samples(self.mean + lam * torch.randn(n, 2, dtype=torch.float64))
"""


def using(setup, use, held="", made="Mine()"):
    """A model whose fit uses an expression; held: what its class body says besides."""
    return f"{setup}{MODEL.format(use=use)}{held}\nmodel = {made}"


def own(init, use):
    """A model that holds something, and uses it."""
    return using("", use, f"    def __init__(self):\n        {init}\n")


MODELS = [                                                          # (cell, old, new)
    (using("", "self.RATE", "    RATE = 1.0"), "1.0", "0.5"),
    (using("RATE = 1.0", "RATE"), "1.0", "0.5"),
    (using("RATE = 1", "RATE"), "RATE = 1", "RATE = 1.0"),
    (using("RATE = 1", "RATE"), "RATE = 1", "RATE = True"),
    (using("def helps(): return 1.5", "helps()"), "1.5", "2.5"),
    (using("R = 1.5\ndef inner(): return R\ndef helps(): return inner()", "helps()"), "1.5", "2.5"),
    (using("def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n > 1 and even(n - 1)",
           "even(4)"), "n > 1", "n > 2"),
    (using("", '"alpha" in {"alpha", "a", "b", "c"}'), '"b"', '"d"'),
    (using("", "len((0.0, None, ...))"), "0.0", "-0.0"),
    (using("S = {'x', 'y', 'z', 7}", "len(S)"), "7", "8"),
    (using("S = frozenset({('x', 1), ('y', 2)})", "len(S)"), "2)", "3)"),
    (using("Q = collections.deque([1.0, 2.0], 3)", "Q[0]"), ", 3)", ", 4)"),
    (using("B = b'abc'", "B[0]"), "abc", "bbc"),
    (using("D = decimal.Decimal('1.5')", "D"), "1.5", "1.25"),
    (using("F = fractions.Fraction(1, 3)", "F"), "1, 3", "2, 3"),
    (using("D = datetime.date(2026, 1, 2)", "D.day"), "1, 2", "1, 3"),
    (using("D = datetime.timedelta(hours=1)", "D.seconds"), "hours=1", "hours=2"),
    (using("P = pathlib.Path('a.pt')", "len(P.name)"), "a.pt", "b.pt"),
    (using("P = re.compile('ab*')", "bool(P.match('abb'))"), "ab*", "ab+"),
    (using("R = range(1, 9, 2)", "R[1]"), "9, 2", "9, 3"),
    (using("class Kind(enum.Enum):\n    A = 1.0\n    B = 2.0", "Kind.A.value"), "1.0", "3.0"),
    (using("P = collections.namedtuple('P', 'a b')(1, 2)", "P.a"), "(1, 2)", "(2, 2)"),
    (using("N = types.SimpleNamespace(rate=1.0)", "N.rate"), "1.0", "2.0"),
    (using("T = pd.DataFrame({'a': [1.0, 2.0], 'b': ['x', None]})", "T.a[0]"), "'x'", "'y'"),
    (using("T = pd.Series([1, None], dtype='Int64', name='n')", "T[0]"), "None", "2"),
    (using("T = pd.Series(['u', 'v'], dtype='category')", "len(T)"), "'v'", "'u'"),
    (using("A = np.arange(3, dtype='>f8')", "A[1]"), ">f8", "<f8"),
    (using("A = np.array(['ab', 'cd'])", "len(A[0])"), "cd", "ce"),
    (using("A = np.array([(1, 2.0)], dtype=[('a', 'i1'), ('b', 'f8')])", "A['b'][0]"), "2.0", "3.0"),
    (own("self.rng = np.random.default_rng(3)", "self.rng.normal()"), "rng(3)", "rng(4)"),
    (own("self.rng = random.Random(3)", "self.rng.random()"), "(3)", "(4)"),
    (own("self.g = torch.Generator().manual_seed(3)", "torch.rand((), generator=self.g)"), "(3)",
     "(4)"),
    (own("self.net = nn.Sequential(nn.Linear(2, 2), nn.ReLU()).requires_grad_(False)\n"
         "        nn.init.constant_(self.net[0].weight, 0.5)\n"
         "        nn.init.constant_(self.net[0].bias, 0.5)", "self.net(torch.ones(2)).sum()"),
     "bias, 0.5", "bias, 0.25"),
    (own("self.w = nn.Parameter(torch.ones(2))", "self.w.detach()[0]"), "ones(2)", "zeros(2)"),
    (own("self.w = torch.ones(2, dtype=torch.bfloat16)", "self.w[0]"), "bfloat16", "float16"),
    (own("self.w = torch.eye(2).to_sparse()", "self.w.to_dense()[0, 0]"), "eye(2)", "eye(3)"),
    (own("self.tool = helper.Tools(1.0)", "self.tool.by"), "1.0", "2.0"),
    (using("f = functools.partial(math.pow, 2)", "f(3)"), "pow, 2", "pow, 3"),
    (using("def make(by):\n    def f(x): return by * x\n    return f\nf = make(2.0)", "f(1)"), "2.0",
     "3.0"),
    (using("def f(*, by=2.0): return by", "f()"), "2.0", "3.0"),
    (using("@functools.lru_cache\ndef f(x): return x + 1", "f(1)"), "+ 1", "+ 2"),
    (using("@torch.no_grad()\ndef f(x): return x + 1", "f(1)"), "+ 1", "+ 2"),
    (using("f = lambda x: x + 1", "f(1)"), "+ 1", "- 1"),
    (using("class Base:\n    def rate(self): return 1.5", "self.rate()").replace(
        "class Mine:", "class Mine(Base):"), "1.5", "2.5"),
    (using("", "self.rate", "    @property\n    def rate(self): return 1.5"), "1.5", "2.5"),
    (using("", "self.rate()", "    @staticmethod\n    def rate(): return 1.5"), "1.5", "2.5"),
    (using("", "self.rate()", "    @classmethod\n    def rate(cls): return 1.5"), "1.5", "2.5"),
    (using("class Slots:\n    __slots__ = ('rate',)\ns = Slots()\ns.rate = 1.5", "s.rate"), "1.5",
     "2.5"),
    (using("@dataclasses.dataclass(frozen=True)\nclass Set:\n    rate: float = 1.5", "Set().rate"),
     "1.5", "2.5"),
    (using("", "helper.twice(1.0)"), "twice(1.0)", "twice(2.0)"),
    (using("", "np.sqrt(2.0)"), "np.sqrt", "np.cbrt"),
    (using("@functools.singledispatch\ndef f(x): return 1.5\n@f.register\ndef _(x: int): return 2.5",
           "f(1)"), "2.5", "3.5"),
    (using("@contextlib.contextmanager\ndef f():\n    yield 1.5", "[*map(type, [f()])] == []"), "1.5",
     "2.5"),
    (using("def f():\n    from helper import SCALE as s\n    return s", "f()"), "SCALE", "twice"),
    (using("", "self.rate", "    @functools.cached_property\n    def rate(self): return 1.5"), "1.5",
     "2.5"),
    (using("from math import sqrt as f", "f(2.0)"), "sqrt as f", "exp as f"),
]

OTHERS = [
    ("class Drying:\n    def __init__(self, n): self.n = n\n"
     "    def step(self, state): return state.real[:self.n]\n"
     "model, loop = mk.models.Gaussian(), Drying(15).step", "(15)", "(10)"),
    ("class Counting:\n    calls = 0\n    def __call__(self, state):\n"
     "        self.calls += 1\n        return state.real\n"
     "model, loop = mk.models.Gaussian(), Counting()", "calls = 0", "calls = 1"),
    ("SEEN = []\ndef loop(state):\n    SEEN.append(state.t)\n    return state.model.sample(20)\n"
     "model = mk.models.Gaussian()", "SEEN = []", "SEEN = [0]"),
    ("model, loop = mk.models.Gaussian(), mk.Fresh(9) + (lambda state: state.real[:5])", ":5", ":6"),
    ("@dataclasses.dataclass(frozen=True)\nclass square(mk.data.Endless):\n    shape = (2,)\n"
     "    def draw(self, n, generator):\n        return 2.0 * torch.rand(n, 2, generator=generator, "
     "dtype=torch.float64)\nmodel, truth = mk.models.Gaussian(), square()", "2.0 *", "3.0 *"),
    ("OFF = np.float32(0.5)\ndef far(real, fake): return float((fake.x - OFF).abs().mean())\n"
     "model, metrics = mk.models.Gaussian(), [far]", "0.5", "0.25"),
    ("net = nn.Linear(2, 3)\nwith torch.no_grad(): net.weight.fill_(0.5), net.bias.fill_(0.5)\n"
     "def features(rows): return net(rows.x.float()).detach()\n"
     "model = mk.models.Gaussian()", "weight.fill_(0.5)", "weight.fill_(0.25)"),
    ("model = mk.model(fit=lambda x: x.mean(0), sample=lambda m, n: m + np.random.randn(n, 2))",
     "x.mean(0)", "x.max(0)"),
]

PROGRAMS = MODELS + OTHERS
