"""A user's program is checked against the real signatures, with madkit as it is installed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import madkit as mk

pytest.importorskip("mypy")
PACKAGE = Path(mk.__file__).parent
CONFIG = """[mypy]
cache_dir = cache
[mypy-numpy.*,torch.*,matplotlib.*,pandas.*,scipy.*,seaborn.*,ipywidgets.*,anywidget.*,traitlets.*,tqdm.*,\
zuko.*,safetensors.*,cloudpickle.*,pooch.*,PIL.*,nbformat.*,nbclient.*,nbconvert.*,papermill.*,IPython.*,distributed.*]
follow_imports = skip
follow_imports_for_stubs = True
ignore_missing_imports = True
"""

GOOD = """
from pathlib import Path

import torch

import madkit as mk


class Mean:
    '''A model of one's own: no base class.'''

    def fit(self, data: mk.Samples) -> "Mean":
        self.x = data.x
        return self

    def sample(self, n: int, lam: float = 1.0) -> mk.Samples:
        return mk.Samples(self.x[torch.randint(len(self.x), (n,))])


class Untyped:
    def fit(self, data):
        return self

    def sample(self, n, lam=1.0):
        return mk.Samples(torch.zeros(n, 2))


def half(state):
    return state.real + state.model.sample(50)


def more(state: mk.loops.State) -> mk.Samples:
    return state.real + state.fresh(3)


run: mk.Run = mk.run(Mean(), mk.fresh_data(100, 0.2), mk.data.gaussian(2), seeds=4, store="here")
mk.run(Untyped(), half, mk.data.ring(), seeds=[3, 4], store=Path("x"))
mk.run(mk.models.VAE(), half, mk.data.array([[1], [2]]), metrics=["trace", mk.metrics.recall])
for model in (mk.models.Mixture(3), mk.models.Flow(), mk.models.GAN(), mk.models.Diffusion()):
    mk.run(model, mk.accumulate(10), mk.data.gaussian(1))
mk.run(mk.models.Gaussian(), mk.Real() + more, mk.data.digits(), seeds=range(3), lam_emit=1)
folder: Path | None = run.folder
first: mk.Samples = run.samples[1]
for generation in mk.steps(mk.models.KDE(), mk.Fresh(10) + mk.Synthetic(10), mk.data.moons()):
    t: int = generation.t
mk.plot.curves({"a": run, "b": mk.load("x")}, metric="trace")
explorer = mk.explore(mk.fresh_data, t=10, n=100)
explorer.state
mk.phase_map()
bet = mk.predict("How far?", value=3, low=0, high=10)
placed: bool = bet.placed
mk.predict("Which?", choices={"a": "", "b": "why not"}, answer="a")
"""

START = "mk.run(mk.models.Gaussian(), "
BAD = {
    START + 'mk.fully_synthetic(100), mk.data.ring(), seeds="four")': 'Argument "seeds" to "run"',
    "run.tabel": '"Run" has no attribute "tabel"',
    "mk.fresh_data(100)": 'Missing positional argument "p"',
    "mk.plot.curves(3)": 'Argument 1 to "curves"',
    "mk.rnu(1)": 'Module has no attribute "rnu"',
    "mk.run(NoSample(), mk.Fresh(3), mk.data.ring())": 'Argument 1 to "run" has incompatible',
    START + "mk.Fresh(3), NoSample())": 'Argument 3 to "run" has incompatible type "NoSample"',
    "next(mk.steps(NoSample(), mk.Fresh(3), mk.data.ring()))": 'Argument 1 to "steps"',
    START + "3, mk.data.gaussian(2))": 'Argument 2 to "run"',
    "mk.explore(t=1).no_such": '"Explorer" has no attribute "no_such"',
    'mk.predict(3, value=1)': 'Argument 1 to "predict"',
    "mk.phase_map().no_such": '"PhaseMap" has no attribute "no_such"',
    "run.samples[1].z": '"Samples" has no attribute "z"',
    'mk.Samples("x") + 3': "Unsupported operand types for +",
    'mk.data.gaussian("two")': 'Argument 1 to "gaussian"',
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """{file: {line: error}} of a good and of a bad program."""
    folder = tmp_path_factory.mktemp("types")
    (folder / "site").mkdir()
    (folder / "site" / "madkit").symlink_to(PACKAGE)
    (folder / "mypy.ini").write_text(CONFIG)
    (folder / "good.py").write_text(GOOD, encoding="utf-8")
    head = ["import madkit as mk", "run = mk.load('x')",
            "class NoSample:", "    def fit(self, data): return self"]
    (folder / "bad.py").write_text("\n".join([*head, *BAD]), encoding="utf-8")
    env = {key: value for key, value in os.environ.items() if not key.startswith("MYPY")}
    env |= {"PYTHONPATH": str(folder / "site")}  # to mypy it is installed: py.typed counts
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "good.py", "bad.py"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode < 2, done.stdout + done.stderr
    errors = re.findall(r"^(.+?):(\d+): error: (.+)$", done.stdout, re.MULTILINE)
    files: dict[str, dict[int, list[str]]] = {"good.py": {}, "bad.py": {}}
    for file, line, words in errors:
        at = int(line) - len(head) * (file == "bad.py")
        files.setdefault(file, {}).setdefault(at, []).append(words)
    return files


def test_a_correct_program_is_accepted(found):
    assert found["good.py"] == {}


@pytest.mark.parametrize("line", range(len(BAD)), ids=list(BAD))
def test_a_mistake_is_found_at_its_line(found, line):
    assert [*BAD.values()][line] in " ".join(found["bad.py"].get(line + 1, []))


def test_no_other_line_is_blamed(found):
    assert set(found) == {"good.py", "bad.py"}
    assert set(found["bad.py"]) == set(range(1, len(BAD) + 1))


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").read_bytes() == b""
