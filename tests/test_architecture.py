"""The shape of the house: imports point one way, importing is cheap, every public name is
documented."""

import ast
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

import madkit as mk
from madkit.base.arguments import listed
from madkit.base.moved import MOVED

PACKAGE = Path(mk.__file__).parent
ORDER = ("base", "samples", "record", "loops", "steps", "data models metrics theory", "exact",
         "runs", "testing",
         "plot",
         # a file imports its own room, and rooms to its left
         "sweep", "recipes", "live", "lesson", "cli")
FLOOR = {room: floor for floor, rooms in enumerate(ORDER) for room in rooms.split()}
LEAVES = {"data", "models", "metrics"}                    # these know base and samples alone
HEART = ["samples.py", "loops.py", "steps.py", "record.py",
         "runs/job.py", "runs/judge.py", "runs/trajectory.py", "runs/run.py"]


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """All names that a file imports, as dotted paths."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE
               or path.stem not in ("__init__", "__main__"))
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))


@each_file
def test_imports_point_one_way(path):
    room = room_of(path)
    known = {name.split(".")[1]
             for name in imports(path) if name.startswith("madkit.")} & set(FLOOR) - {room}
    backward = {other for other in known if FLOOR[other] >= FLOOR[room]}
    assert not backward, f"{room} stands to the left of them, or beside"
    assert room not in LEAVES or known <= {"base", "samples"}, f"{room} is a leaf"


def test_every_entry_has_its_place():
    entries = {path.name.removesuffix(".py")
               for path in PACKAGE.iterdir() if path.name not in ("__pycache__", "shipped")}
    assert entries - {"__init__", "__main__", "py.typed"} == set(FLOOR)
    assert len(entries) <= 20


def test_lines_and_functions_are_short():
    """At most 1 % of the lines, tables and formulas, pass 100 characters; no function 60 lines."""
    root = Path(__file__).parents[1]
    texts = [path.read_text(encoding="utf-8") for folder in ("madkit", "tests", "data")
             for path in (root / folder).rglob("*.py")]
    lines = [line for text in texts for line in text.splitlines()]
    assert sum(len(line) > 100 for line in lines) <= 0.01 * len(lines)
    functions = [node for text in texts for node in ast.walk(ast.parse(text))
                 if isinstance(node, ast.FunctionDef)]
    assert max(node.end_lineno - node.lineno + 1 for node in functions) <= 60


def test_the_heart_is_read_in_one_sitting():
    assert sum(len((PACKAGE / name).read_text(encoding="utf-8").splitlines())
               for name in HEART) <= 1100


@each_file
def test_who_may_use_what(path):
    used = {name.partition(".")[0] for name in imports(path)} | {".".join(name.split(".")[:2])
                                                                 for name in imports(path)}
    assert "matplotlib.pyplot" not in used, "object-oriented figures only"
    assert room_of(path) == "live" or not used & {"ipywidgets",
                                                  "anywidget"}, "only live knows widgets"
    assert room_of(path) != "plot" or "torch" not in used, "plot never sees torch"
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
                if not inner.startswith("_") and getattr(value, "__module__",
                                                         "").startswith(thing.__name__):
                    yield f"mk.{name}.{inner}", value
        elif callable(thing):
            yield f"mk.{name}", thing


@pytest.mark.parametrize("name, thing", list(public()),
                         ids=lambda value: value if isinstance(value, str) else "")
def test_every_public_name_is_documented_and_typed(name, thing):
    assert inspect.getdoc(thing), f"{name} has no docstring"
    if inspect.isfunction(thing):
        hints = inspect.signature(thing)
        bare = [p.name for p in hints.parameters.values() if p.annotation is p.empty]
        assert not bare and hints.return_annotation is not hints.empty, (
            f"{name}: no type hints for {bare or 'its result'}"
        )


ROOMS = [mk, *(thing for name in mk.__all__ if inspect.ismodule(thing := getattr(mk, name)))]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_tab_offers_what_is_meant(room):
    assert dir(room) == sorted(room.__all__) and all(getattr(room, name) is not None
                                                     for name in room.__all__)


@patch.dict(os.environ)                                   # a kernel has all colour what they print
def test_tab_in_a_kernel():
    from ipykernel.inprocess import InProcessKernelManager


    manager = InProcessKernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.execute("import madkit as mk")
    for start, offered in {"mk.": mk.__all__, "mk.plot.": mk.plot.__all__,
                           "mk.metrics.prec": ["precision"]}.items():
        client.complete(start)
        matches = client.get_shell_msg(timeout=60)
        while matches["msg_type"] != "complete_reply":
            matches = client.get_shell_msg(timeout=60)
        found = {match.rpartition(".")[2] for match in matches["content"]["matches"]}
        assert found == set(offered), start


@pytest.mark.parametrize("old", MOVED)
def test_a_name_that_moved_says_where(old):
    thing, (*path, last) = mk, old.split(".")[1:]
    for part in path:
        thing = getattr(thing, part)
    with pytest.raises(AttributeError, match="has moved: write ") as told:
        getattr(thing, last)
    # and what it names is there
    for new in re.findall(r"mk\.([\w.]+)", str(told.value).partition("write")[2]):
        found = mk
        for part in new.split("."):
            found = getattr(found, part)


MADE = {"mk.live.Explorer", "mk.live.PhaseMap", "mk.live.View", "mk.live.Bet"}  # by functions, never by hand


def arguments():
    for room in ROOMS:
        for name in room.__all__:
            thing = getattr(room, name)
            methods = {f"{name}.{method}": f
                       for method, f in vars(thing).items() if not method.startswith("_")
                       } if inspect.isclass(thing) and thing.__module__.startswith("madkit") else {}
            for called, one in ({name: thing} | methods).items():
                path = (
                    f"mk.{called}"
                    if room is mk
                    else f"mk.{room.__name__.partition('.')[2]}.{called}"
                )
                if (inspect.isfunction(one) or inspect.isclass(one)
                    or hasattr(one, "__wrapped__")) and path not in MADE:
                    if (inspect.getmodule(one)
                        or mk).__name__.startswith("madkit") and path != "mk.lesson.ReportError":
                        yield path, one


@pytest.mark.parametrize("path, thing", list(arguments()),
                         ids=lambda value: value if isinstance(value, str) else "")
def test_help_says_what_every_argument_is(path, thing):
    names = [name for name in inspect.signature(thing).parameters if name != "self"]
    said = inspect.getdoc(thing) or ""
    assert not [name for name in names if not listed(name, said)], said


@each_file
def test_one_writer_of_files(path):
    """Whatever comes on a disk goes through base/files.py: whole, synced, never through a link."""
    found = set()
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            texts = {one.value for one in [*call.args, *(key.value for key in call.keywords)]
                     if isinstance(one, ast.Constant) and isinstance(one.value, str)}
            if (ast.unparse(call.func) in ("os.open", "os.rename", "os.replace", "os.link",
                                           "nbformat.write", "torch.save", "np.save")
                    or name in ("write_text", "write_bytes", "tofile", "savetxt", "touch")
                    or name == "to_csv" and call.args
                    or name in ("open", "fdopen") and any(text.strip("bt") in ("w", "a", "x", "r+",
                                                                               "w+")
                                                          for text in texts)):
                found.add(ast.unparse(call.func))
    own = {"files.py": {"os.open", "os.replace", "os.fdopen"}, "writers.py": {"os.link",
                                                                              "os.rename"}}
    assert found <= own.get(path.name, set())
