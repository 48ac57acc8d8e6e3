"""The shape of the house: imports point one way, importing is cheap, every public name is documented."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import madkit as mk

PACKAGE = Path(mk.__file__).parent
LAYERS = {  # module: the madkit modules that it may know
    "samples": set(), "rng": set(), "checks": set(),
    "models": {"samples", "rng", "checks"}, "data": {"samples", "rng", "checks"}, "metrics": {"samples", "rng", "checks"},
    "features": {"samples", "data"},
    "loops": {"samples", "rng", "checks"},
    "theory": {"loops", "samples", "rng", "checks"},
    "spec": {"loops"}, "store": set(), "shelf": {"samples", "store"}, "record": {"samples", "store", "shelf", "data"},
    "resume": {"loops", "rng", "samples", "spec", "shelf", "store"},
    "workers": {"checks", "models"},
    "runs": {"checks", "record", "loops", "samples", "rng", "metrics", "models", "data", "theory", "spec", "store",
             "shelf", "resume", "workers"},
    "exact": {"loops", "rng", "checks", "theory", "record", "spec"},
    "sweep": {"exact", "theory", "loops", "checks", "data", "record", "rng", "spec", "store", "workers"},
    "damage": {"samples", "rng", "checks"},
    "bias": {"checks", "metrics", "rng", "samples"},
    "plot": {"record", "samples", "bias"},
    "testing": {"samples", "rng", "loops"}, "exercises": {"samples", "loops"},
    "pictures": {"plot", "exact", "theory", "record", "loops", "data", "samples", "rng", "checks", "metrics", "damage", "bias"},
    "scenes": {"exact", "theory", "loops", "plot", "record", "runs", "shelf", "samples", "rng", "checks", "data", "metrics",
               "sweep"},
    "inline": {"live"},
    "live": {"pictures", "plot", "loops", "scenes", "record", "exact", "models", "inline", "page"},
    "parameters": set(), "page": {"parameters", "inline"}, "environment": {"live"},
    "report": {"parameters", "page", "environment"}, 
    "recipes": {"loops", "samples", "models", "data", "features", "metrics", "exact", "theory", "sweep", "plot"},
    "card": {"recipes", "record"},
    "sweeping": {"card", "recipes", "runs", "record", "store", "spec", "loops", "sweep", "workers"},
    "recording": {"card", "recipes", "runs", "record", "store", "spec", "loops", "samples", "plot", "sweeping", "workers"},
    "cli": {"report", "parameters", "page", "recipes", "recording", "sweeping", "live", "record"},
}


def module_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """All names that a file imports, as dotted paths."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem not in ("__init__", "__main__"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path):
    module = module_of(path)
    known = {name.split(".")[1] for name in imports(path) if name.startswith("madkit.")}
    modules = {module_of(other) for other in FILES}
    own = {module} if path.parent != PACKAGE else set()
    assert known & modules <= LAYERS[module] | own, f"{module} may not know them"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_who_may_use_what(path):
    used = {name.partition(".")[0] for name in imports(path)} | {".".join(name.split(".")[:2]) for name in imports(path)}
    assert "matplotlib.pyplot" not in used, "object-oriented figures only"
    assert module_of(path) == "live" or not used & {"ipywidgets", "anywidget"}, "only live knows widgets"
    assert module_of(path) != "plot" or "torch" not in used, "plot never sees torch"
    assert not used & {"pickle", "dill", "shelve", "joblib"}, "nothing is unpickled from a file"


def test_importing_madkit_is_cheap_and_changes_nothing():
    script = """
import sys, time, torch, numpy
import random; state = (torch.get_rng_state().tolist(), numpy.random.get_state()[1].tolist(), random.getstate())
threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
import madkit
assert state == (torch.get_rng_state().tolist(), numpy.random.get_state()[1].tolist(), random.getstate())
assert (threads, dtype) == (torch.get_num_threads(), torch.get_default_dtype())
heavy = {"pandas", "scipy", "matplotlib", "seaborn", "ipywidgets", "anywidget", "IPython", "papermill", "nbconvert", "sklearn"}
print(*sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [], "heavy imports belong into the functions that use them"


def test_torchvision_is_absent():
    """From the main registry it installs and then breaks what builds on it."""
    import importlib.util

    assert importlib.util.find_spec("torchvision") is None


def public():
    for name, thing in vars(mk).items():
        if name.startswith("_"):
            continue
        if inspect.ismodule(thing):
            yield f"mk.{name}", thing
            for inner, value in vars(thing).items():
                if not inner.startswith("_") and getattr(value, "__module__", "").startswith(thing.__name__):
                    yield f"mk.{name}.{inner}", value
        elif callable(thing):
            yield f"mk.{name}", thing


@pytest.mark.parametrize("name, thing", list(public()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_public_name_is_documented_and_typed(name, thing):
    assert inspect.getdoc(thing), f"{name} has no docstring"
    if inspect.isfunction(thing):
        hints = inspect.signature(thing)
        bare = [p.name for p in hints.parameters.values() if p.annotation is p.empty]
        assert not bare and hints.return_annotation is not hints.empty, f"{name}: no type hints for {bare or 'its result'}"
