"""What is given: values that make sense, by the name of the argument, and hostile ones, as text.

All are Python expressions, so that a failure is printed as the call that one can type.
"""

from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

SENSE = {                                # a name means the same everywhere
    "n": "12", "lam": ".8", "p": ".5", "n_r": "20", "n_s": "30", "memory": "2",
    "loop": "mk.fully_synthetic(12, .8)", "truth": "mk.data.gaussian(2)",
    "model": "mk.models.Gaussian()", "generations": "3", "n_ini": "12", "seed": "0", "seeds": "2",
    "start": "20", "device": "'cpu'", "progress": "False", "generator": "torch.Generator()",
    "emit": "12", "executor": "None", "store": "'store'", "metrics": "['trace']",
    "real": "ROWS", "fake": "OTHER", "k": "3", "rows": "ROWS", "metric": "mk.metrics.trace",
    "dim": "2", "ddof": "1", "w2": ".1", "x": "ROWS.x", "y": "None", "t": "2", "w": ".5",
    "data": "ROWS", "projections": "8", "fault": "'noise'", "strength": ".5",
    "moments": "MOMENTS", "nu": "10.", "s": "1.", "share": ".1", "born": "1", "shown": "False",
    "values": "{}", "other": "ROWS", "biased": "BIASED", "preset": "'smoke'", "colour": "'#112233'", "place": ".5",
    "label": "'the value of options'", "value": "3", "low": "1", "high": "10", "step": "1", "options": "(3, 4)",
    "png": "PNG", "text": "'words'", "run": "RUN", "runs": "RUN", "folder": "'folder'",
    "file": "'page.html'", "path": "'rows.csv'", "out": "'out'", "work": "'work'",
    "notebook": "'lesson.ipynb'", "code": "False", "parameters": "{'n': 3}", "name": "'a'",
    "root": "'nowhere'", "answer": "1.", "expected": "1.", "within": ".01", "hint": "''",
    "cases": "[(1,), (2,)]", "title": "'A title'", "render": "'static'", "key": "''",
    "std": ".1", "noise": ".1", "test": ".25", "held_out": ".25", "size": "8", "columns": "3",
    "width": "4", "height": "3", "latent": "2", "hidden": "4", "layers": "1", "depth": "1",
    "steps": "2", "batch": "8", "critic": "1", "T": "8", "jumps": "2", "lr": ".001",
    "centres": "ROWS.x[:3]", "radius": ".5", "models": "{'a': mk.models.Gaussian()}",
    "lams": "[1., .8]", "setting": "'n = 3'", "controls": "{'t': mk.live.Slider('t', 3, 1, 10)}",
    "f": "task", "over": "{'n': [12, 13]}", "table": "RUN.table", "net": "None",
    "loops": "{'mine': mk.fully_synthetic}", "repeats": "2",
    "workers": "1", "per_row": "4", "most": "2", "dims": "(0, 1)", "presets": "{}",
    "force": "True", "retry": "False", "accumulate": "False", "delimiter": "','",
    "header": "None", "lam_emit": ".8", "tol": ".001", "penalty": "10.", "eta": ".5",
    "decay": ".9", "dropout": ".1", "bandwidth": "'scott'", "covariance": "'full'",
    "kind": "'coupling'", "features": "None", "mean": "None", "cov": "None", "at": "[1, 3]",
    "ax": "None", "log": "False", "ellipses": "True", "heading": "True", "own": "True",
    "state": "SELF.state_dict()", "panels": "None", "bar": "False", "mark": "(20, 30)", "lines": "['n_r']", "seen": "None",
}
CALL = {                                 # and where it does not
    "mk.Run": dict(table="RUN.table", theory="RUN.theory", samples="RUN.samples", real="RUN.real",
                   composition="RUN.composition", spec="RUN.spec"),
    "mk.load": dict(folder="STORE"), "mk.reopen": dict(folder="STORE"),
    "mk.again": dict(folder="STORE"),
    "mk.model": dict(given="None", fit="lambda x: x", sample="lambda fitted, n: fitted[:n]"),
    "mk.recorded": dict(name="'fig06_fully_synthetic'", folder="None"),
    "mk.Biased": dict(table="BIASED.table", samples="BIASED.samples", real="BIASED.real",
                      floor="BIASED.floor"),
    "mk.Biased.value": dict(model="'a'", lam=".8", metric="'precision'"),
    "mk.Samples": dict(y="ROWS.y", born="0", fresh="False"),
    "mk.Synthetic.used": dict(k="1", t="3"),
    "mk.steps": dict(state="None"), "mk.explore": dict(what="mk.fully_synthetic", model="None",
                                                       truth="None", metrics="'trace'", seeds="4",
                                                       settings={"n": "20"}, presets="None"),
    "mk.phase_map": dict(dim="10", presets="None"),
    **{name: dict(question="'How far?'", of="[1., .5, .2]", metric="'variance'", value="None",
                  choices="None", answer="None", why="'So it is.'", known="1", low="0.", high="2.",
                  log="False", unit="''") for name in ("mk.predict", "mk.live.predict")},
    "mk.live.Bet.place": dict(value="1.5"),
    "mk.live.phase_map": dict(dim="10", presets="None"), "mk.report": dict(out="'out'"),
    "mk.run": dict(executor="None", store="None"),
    "mk.sampling_bias": dict(n="40", emit="20"),
    "mk.data.Finite": dict(x="ROWS.x", y="ROWS.y", name="'mine'", columns="('a', 'b')"),
    "mk.Samples.frame": dict(columns="None"),
    "mk.judge": dict(features="None"),
    "mk.data.Finite.real": dict(n="4"), "mk.data.Finite.fresh": dict(start="4", n="3"),
    "mk.data.Finite.test": dict(n="3"),
    "mk.data.faces.attributes": dict(start="4", n="3", test="False"),
    "mk.data.faces.paint": dict(attributes="mk.data.faces().attributes(0, 2)"),
    "mk.exact.effective_sample_size": dict(loop="mk.fresh_data(24, .5)"),
    "mk.theory.diversity": dict(loop="mk.fully_synthetic(12)"),
    "mk.models.VAE.bound": dict(y="ROWS.y"), "mk.models.Flow.log_prob": dict(y="ROWS.y"),
    "mk.metrics.LeNet.map": dict(rows="DIGITS"), "mk.metrics.LeNet.predict": dict(rows="DIGITS"),
    "mk.metrics.LeNet.probabilities": dict(rows="DIGITS"),
    **{f"mk.metrics.Attributes.{name}": dict(rows="FACES") for name in ("read", "map")},
    "mk.metrics.Attributes.__call__": dict(images="FACES"),
    "mk.plot.clouds": dict(generations="[1, 3]"),
    "mk.data.csv": dict(label="'kind'", columns="['a', 'b']"), "mk.data.images": dict(folder="PICTURES", depth="None"),
    "mk.data.shipped": dict(name="'digits'"), "mk.data.array": dict(y="ROWS.y"),
    "mk.data.mnist": dict(root="ARCHIVE"), "mk.data.fashion_mnist": dict(root="ARCHIVE"),
    "mk.models.Mixture": dict(start="'k-means++'"),
    "mk.models.GAN": dict(width="4"),
    "mk.models.Diffusion": dict(width="4"), "mk.models.FlowMatching": dict(width="4"),
    "mk.models.VAE": dict(width="4", mean="False"),
    "mk.models.Diffusion.loss": dict(net="SELF.net", x="ROWS.x.float()", y="ROWS.y"),
    "mk.models.Diffusion.noise": dict(x="ROWS.x.float()", t="torch.ones(12).long()", y="ROWS.y"),
    "mk.metrics.LeNet": dict(name="'digits'"), "mk.metrics.Faults": dict(truth="mk.data.ring()"),
    "mk.theory.Moments": dict(m="MOMENTS.m", u="MOMENTS.u", f="MOMENTS.f", s="MOMENTS.s"),
    "mk.theory.floor": dict(lam=".8"),
    "mk.sweep.grid": dict(store="'sweep'"), "mk.sweep.processes": dict(n="1"),
    "mk.sweep.table": dict(store="SWEEP"), "mk.sweep.failures": dict(store="SWEEP"),
    "mk.sweep.recorded": dict(name="'fig11_fresh_data'", folder="None"),
    "mk.plot.filmstrip": dict(runs="IMAGES", generations="[1]", label="None", across="'generations'"),
    "mk.plot.sheet": dict(runs="IMAGES", generations="[1]"),
    "mk.plot.chart": dict(runs="RECORDED", generations="[1]"), "mk.plot.curves": dict(metric="'trace'"),
    "mk.plot.spectrum": dict(runs="SPECTRUM"), "mk.plot.emitted": dict(lams="None"),
    "mk.plot.tradeoff": dict(drawn="BIASED", lam=".8", generations="None"), "mk.plot.kept": dict(metric="'precision'"),
    "mk.plot.phase": dict(table="PHASES", x="'n_r'", y="'n_s'", panels="'lam'"),
    "mk.plot.along": dict(table="PHASES", x="'n_r'", y="'ratio'", lines="'lam'"),
    "mk.plot.paths": dict(rows="PATHS", lines="['n_s']"),
    "mk.plot.figure": dict(rows="1", columns="2"),
    "mk.plot.head": dict(axes="mk.plot.figure().panels"),
    "mk.plot.name_ends": dict(ax="mk.plot.figure().panels[0, 0]",
                              ends="[(0., .5, 'a', '#112233')]"),
    "mk.plot.family": dict(loop="'Fresh(n=3)'"), "mk.plot.shades": dict(n="3"),
    "mk.live.view": dict(picture="draw", start={"t": "4"}),
    "mk.live.View.set": dict(values={"t": "5"}),
    "mk.live.Comparison": dict(seeds="4"), "mk.live.Damage": dict(truth="mk.data.ring()", n="20"),
    "mk.live.Damage.names": dict(name="'trace'"), "mk.live.Damage.judge": dict(fake="OTHER"),
    "mk.live.Damage.seen": dict(values="SELF.judge(OTHER).to_dict()"),
    "mk.live.Perfect.update": dict(dim="2", k="3"),
    "mk.live.Playback": dict(run="RINGS", metrics="['trace']", truth="mk.data.grid25()"),
    "mk.live.Playback.update": dict(settings={}), "mk.live.Playback.play": dict(settings={}),
    "mk.live.SamplingBias": dict(biased="BIASED"),
    "mk.live.Sheets": dict(runs="mk.recorded('fig06_fully_synthetic')"),
    "mk.live.Sheets.update": dict(t="2", run="None", lam="None"),
    "mk.live.Tails": dict(runs="mk.recorded('fig17_fully_synthetic')"),
    "mk.live.Tails.update": dict(t="2", lam="1."),
    
    "mk.recipes.Recipe": dict(loops="{'a': mk.fully_synthetic(12)}", n_ini="{'a': 12}",
                              metrics="(mk.metrics.trace,)", features="None", place="None",
                              paper="'words'", kept="(1, 3)", rows="12"),
    "mk.recipes.CellsRecipe": dict(loop="lambda n_r, n_s: mk.Fresh(n_r) + mk.Synthetic(n_s)",
                                   over="{'n_r': (20,)}", beside="{'n_s': (30,)}", draw="lambda table: None",
                                   paper="'words'", follow="0"),
    "mk.recipes.CellsRecipe.summary": dict(rows="LIMITS"),
    "mk.recipes.recipe": dict(name="'fig11_fresh_data'"),
    "mk.recipes.record": dict(name="'fig11_fresh_data'"),
    "mk.lesson.same_function": dict(answer="abs", expected="abs"),
    "mk.lesson.same_loop": dict(answer="mk.fully_synthetic(12, .8)",
                                expected="mk.fully_synthetic(12, .8)"),
    "mk.lesson.results": dict(metrics="{'a': 1.}", figures="['words']"),
    "mk.testing.check_metric": dict(metric="mk.metrics.trace"),
    "mk.testing.check_model": dict(n="50"),
    "madkit.loops.State.emitted": dict(k="1"), "madkit.models.own.Own.sample": dict(lam="1.0"),
    **{f"{kind}.__call__": dict(state="STATE") for kind in (
        "mk.Real", "mk.Fresh", "mk.Synthetic", "mk.Previous", "madkit.loops.Sum",
        "madkit.loops.Source", "madkit.loops.Subsample")},
    **{f"{kind}.__add__": dict(other="mk.Fresh(3)") for kind in (
        "mk.Real", "mk.Fresh", "mk.Synthetic", "mk.Previous", "madkit.loops.Sum",
        "madkit.loops.Source", "madkit.loops.Subsample")},
    "madkit.loops.Sum.described": dict(describe="repr"),
    "mk.Samples.__getitem__": dict(rows="[0, 1]"), "mk.metrics.LeNet.__call__": dict(images="DIGITS"),
    "mk.live.Explorer.state =": dict(state="SELF.text"),
    "mk.live.View.state =": dict(state="{'t': 2}"),
    "mk.live.PhaseMap.state =": dict(state="SELF.text"), "mk.live.Bet.state =": dict(state="SELF.text"),
}
SELF = {                                 # of methods; else the class as its own call makes it
    "mk.live.Explorer": "mk.explore(mk.fully_synthetic, n=20, seeds=4, render='static')",
    "mk.live.PhaseMap": "mk.phase_map(dim=5, n_r=20, n_s=30, render='static')",
    "mk.live.Bet": "mk.predict('How far?', value=3, low=0, high=10, render='static')",
    "mk.Run": "mk.Run(**vars(RUN))", "mk.live.View": "mk.live.view(draw, {'t': mk.live.Slider('t', 3, 1, 10)}, render='static')",
    "mk.data.Endless": "dots()", "mk.recipes.CellsRecipe": "mk.recipes.recipe('fig11_fresh_data', 'smoke')",
}
HANDED = {                               # what public functions hand out, which has no public name
    "madkit.loops.State": "STATE", "madkit.loops.Emitter": "STATE.model",
    "madkit.loops.Sum": "mk.fresh_data(12, .5)", "madkit.loops.Source": "mk.fresh_data(12, .5)",
    "madkit.loops.Subsample": "mk.accumulate_subsample(12)",
    "madkit.models.own.Own": "mk.model(fit=lambda x: x, sample=lambda x, n: x[:n]).fit(ROWS)",
    "madkit.models.parts.training.Step": "next(mk.models.VAE(steps=2).training(ROWS))",
}
BY_OTHERS = {                            # made by a function of mk, never by hand
    "mk.data.Endless": "a subclass", "mk.data.Endless.draw": "a subclass", "mk.Run": "mk.run",
    "mk.live.Explorer": "mk.explore", "mk.live.PhaseMap": "mk.phase_map",
    "mk.live.Bet": "mk.predict", "mk.live.View": "mk.live.view",
}
SLOW = {"mk.report", "mk.recipes.record"}    # a kernel, or a whole experiment: seldom, and longer

HOSTILE = """
None|True|np.True_|''|'x'|'1'|b'x'|-1|0|1|2|7|1.5|.9|.5|float('nan')|float('inf')|-float('inf')|1e300|1e-300
10**30|-10**30|10**9|2**63|1+2j|Decimal('.5')|Decimal('nan')|Fraction(1, 2)|np.float32(.3)|np.int64(3)
np.array('0.5')|np.array(2.)|np.array([1., 2.])|np.array([[1., float('nan')]])|np.zeros((0, 2))|np.zeros((3, 0))
np.zeros(12, dtype=np.uint8)|np.array([None, 'x'], dtype=object)|np.ma.masked_array([1., 2.], [True, False])
np.ones((2, 3, 4, 5))|np.eye(3)|np.array(['a', 'b'])|np.array([1+2j, 3])|np.datetime64('2020')
torch.tensor(True)|torch.tensor(2)|torch.tensor(.5)|torch.tensor([1., float('nan')])|torch.zeros(0)
torch.eye(2).to_sparse()|torch.ones(3, requires_grad=True)|torch.zeros(2, 2, dtype=torch.complex64)
torch.ones(12, 1, 8, 8, dtype=torch.uint8)|torch.ones(2, device='meta')
[]|()|{}|set()|[1, 2]|[[1, 2], [3]]|['a', 'b']|{'a': 1}|{1: 'a'}|{1, 2}|(i for i in range(3))|iter([])|[None]
range(3)|range(10**12)|itertools.count()|[0, 0]|[-1]|[.5]|['1']|[True]|(1, 2, 3)|{'a': None}|{'a': RUN}
'x' * 10**6|'a\\0b'|'../..'|'nowhere/at/all'|'{}%s\\n'|'é\\ud800'|'/dev/null'|'.'|Path('nowhere')|Path('/')
len|lambda: None|lambda *a, **k: None|print|int|object()|object|Exception('x')|NotImplemented|...|type
mk|mk.data.ring|mk.data.ring()|mk.models.Gaussian|mk.models.Gaussian()|mk.fully_synthetic|mk.fresh_data(12, .5)
mk.Samples|ROWS|ROWS[:0]|ROWS[:1]|IMAGES.real|UNLIKE|RUN|IMAGES|RINGS|EMPTY|BIASED|MOMENTS|mk.metrics.trace|'trace'
pd.DataFrame()|pd.DataFrame({'a': [1]})|pd.Series([1., None])|pd.NA|pd.Timestamp('2020')|RUN.table|PHASES|Rude()
mk.plot.figure()|mk.plot.figure().panels|mk.data.digits()|mk.live.Slider('t', 3, 1, 10)|threading.Lock()
lambda *a, **k: 1 / 0|lambda *a, **k: float('nan')|lambda *a, **k: 'x'|lambda *a, **k: torch.full((12, 2), float('nan'))
lambda *a, **k: (i for i in range(3))|lambda rows: rows.x[:1]|Mine()|Mine(None)|Mine(3.)|Mine(torch.zeros(5, 7))|Mine({'a': 1})
mk.theory|mk.recipes.recipe('fig11_fresh_data', 'smoke')|sys.stdin|10**5000|-0.0|5e-324|'cpu'|'cuda'|slice(3)
"""
HOSTILES = [text for line in HOSTILE.strip().splitlines() for text in line.split("|")]


class Mine:
    """A model, truth and picture of one's own that raises, or gives what it should not."""

    def __init__(self, *gives: Any) -> None:
        self.gives = gives

    def _given(self, *_: Any, **__: Any) -> Any:
        return self.gives[0] if self.gives else 1 / 0

    sample = moments = real = fresh = test = update = state_dict = _given

    def fit(self, data: Any) -> Any:
        return self if self.gives else 1 / 0

    def __repr__(self) -> str:
        return "Mine()"


class Rude:
    """Raises whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise OSError("rude")

    def __repr__(self) -> str:
        raise OSError("rude")

    __len__ = __iter__ = __float__ = __index__ = __bool__ = __eq__ = __hash__ = __repr__


def task(seed: int, n: int) -> Any:
    """What a sweep may call."""
    import madkit as mk

    return mk.run(mk.models.Gaussian(), mk.fully_synthetic(n), mk.data.gaussian(1), generations=2,
                  seeds=[seed], emit=10, progress=False)


def draw(**values: Any) -> Any:
    """What a view may show."""
    import madkit as mk

    return mk.live.Frame(_png(), str(values))


def _png() -> bytes:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "PNG")
    return file.getvalue()


def dots() -> Any:
    """An endless truth of one's own."""
    import torch

    import madkit as mk

    class Dots(mk.data.Endless):
        shape = (2,)

        def draw(self, n: int, generator: torch.Generator) -> torch.Tensor:
            return torch.randn(n, 2, generator=generator)

    return Dots()


class Names(dict):
    """What expressions may name; large things are made when first asked for."""

    def __init__(self, **more: Any) -> None:
        import itertools
        import os
        import sys
        import threading

        import numpy as np
        import pandas as pd
        import torch

        import madkit as mk

        super().__init__(mk=mk, np=np, pd=pd, torch=torch, Path=Path, Decimal=Decimal, sys=sys,
                         Fraction=Fraction, Rude=Rude, Mine=Mine, task=task, draw=draw, dots=dots, threading=threading,
                         itertools=itertools, os=os, **more)

    def __missing__(self, name: str) -> Any:
        if name not in THINGS:
            raise KeyError(name)
        return thing(name)


THINGS = {
    "ROWS": "mk.Samples(torch.randn(12, 2, dtype=torch.float64, generator=torch.Generator()"
            ".manual_seed(1)), torch.arange(12) % 3)",
    "OTHER": "mk.Samples(torch.randn(12, 2, dtype=torch.float64, generator=torch.Generator()"
             ".manual_seed(2)), torch.arange(12) % 3)",
    "UNLIKE": "mk.Samples(torch.ones(12, 5))",
    "RUN": "mk.run(mk.models.Gaussian(), mk.fresh_data(12, .5), mk.data.gaussian(2), "
           "generations=3, emit=12, seeds=2, progress=False)",
    "RINGS": "mk.run(mk.models.Gaussian(), mk.fully_synthetic(12), mk.data.ring(), "
             "generations=3, emit=12, progress=False)",
    "SPECTRUM": "mk.run(mk.models.Gaussian(), mk.fresh_data(12, .5), mk.data.gaussian(2), "
                "generations=3, emit=12, metrics=['spectrum'], progress=False)",
    "IMAGES": "mk.run(mk.models.Gaussian(), mk.fully_synthetic(12), mk.data.digits(), "
              "generations=2, emit=12, progress=False)",
    "EMPTY": "mk.Run(RUN.table[:0], RUN.theory[:0], {}, None, RUN.composition[:0], {})",
    "BIASED": "mk.sampling_bias({'a': mk.models.Gaussian()}, mk.data.gaussian(2), [1., .8], 40, 20)",
    "MOMENTS": "mk.theory.moments(mk.fully_synthetic(12, .8), 2, 3, 12)",
    "STATE": "STEP.state", "STEP": "next(mk.steps(mk.models.Gaussian(), mk.fresh_data(12, .5), mk.data.gaussian(2)))",
    "DIGITS": "mk.data.digits().test(12, 0)", "FACES": "mk.data.faces().test(4)",
    "RECORDED": "mk.recorded('fig06_fully_synthetic')",
    "LIMITS": "PHASES[:9].assign(value=PHASES.w2_squared, seed=0)",
    "PHASES": "mk.sweep.recorded('fig11_fresh_data')",
    "PATHS": "mk.sweep.recorded('fig10_gaussian_fresh_data')",
    "PNG": "draw().png", "ARCHIVE": "os.environ['MADKIT_FUZZ_DATA']",
    "STORE": "made('store')", "SWEEP": "made('sweep')", "PICTURES": "made('pictures')",
}


@cache
def thing(name: str) -> Any:
    """A large value, made once."""
    if name in ("STORE", "SWEEP", "PICTURES"):
        return _FOLDERS[name](Path("..", name.lower()).resolve())
    return eval(THINGS[name], {}, Names())


def _store(path: Path) -> str:
    import madkit as mk

    mk.run(mk.models.Gaussian(), mk.fully_synthetic(12), mk.data.gaussian(2), generations=2,
           emit=12, seeds=2, store=path, progress=False)
    return str(path)


def _sweep(path: Path) -> str:
    import madkit as mk

    list(mk.sweep.grid(task, {"n": [12, 13]}, 2, store=path, progress=False))
    return str(path)


def _pictures(path: Path) -> str:
    path.mkdir(exist_ok=True)
    for i in range(12):
        (path / f"{i}.png").write_bytes(_png())
    return str(path)


_FOLDERS = {"STORE": _store, "SWEEP": _sweep, "PICTURES": _pictures}
