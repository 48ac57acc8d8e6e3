"""The modules of live/js: types, their own tests in node, and how long they may be.

What needs node or tsc (Debian: nodejs, node-typescript) is skipped where these are not there.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from madkit.live import inline
from madkit.live.join import JS

TESTS = Path(__file__).parent / "js"
MODULES = sorted(JS.rglob("*.js"))
METHOD = r"( *)(?:export )?(?:async |static |get |set )*(?:function\*? )?(#?[\w$]+) ?\(.*\{"
ARROW = r"( *)(?:export )?const ([\w$]+) = .*=>.*[{(]"
KEYWORDS = {"if", "for", "while", "switch", "catch", "return"}


def needs(program):
    missing = shutil.which(program) is None
    return pytest.mark.skipif(missing, reason=f"{program} is not installed on this machine")


def said(*command):
    """What a program says; the test fails with it where the program does."""
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


@needs("tsc")
def test_types_agree():
    said("tsc", "-p", str(JS))


@needs("node")
def test_nodes_own_tests_pass():
    report = said("node", "--test", *map(str, sorted(TESTS.glob("*.test.mjs"))))
    assert int(re.search(r"(?:#|ℹ) pass (\d+)", report)[1]) >= 50


@needs("node")
@pytest.mark.parametrize("name", inline.SCRIPTS)
def test_what_a_page_takes_is_a_module(name, tmp_path):
    """No name is declared twice, whatever the join overlooks."""
    file = tmp_path / "page.mjs"
    file.write_text(inline.script(name), encoding="utf-8")
    said("node", "--check", str(file))


def lengths(text):
    """(name, lines) of functions and methods: each ends where its indent comes back."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        found = re.fullmatch(METHOD, line) or re.fullmatch(ARROW, line)
        if found and found[2] not in KEYWORDS:
            last = re.compile(rf"{found[1]}[}})]")
            yield found[2], 2 + next(j for j, one in enumerate(lines[i + 1 :]) if last.match(one))


def test_functions_are_measured():
    text = ("export function a(b) {\n  c;\n}\n"
            "class D {\n  #e() {\n    if (f) {\n      g;\n    }\n  }\n}\n"
            "const h = (i) => ({\n  j,\n});\n")
    assert list(lengths(text)) == [("a", 3), ("#e", 5), ("h", 3)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(JS)))
def test_modules_are_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200, "a module has 200 lines at most"
    assert max(map(len, text.splitlines())) <= 100, "a line has 100 characters at most"
    assert [found for found in lengths(text) if found[1] > 60] == [], "a function has 60 at most"


def test_there_are_functions_to_measure():
    texts = [path.read_text(encoding="utf-8") for path in MODULES]
    found = [length for text in texts for _, length in lengths(text)]
    assert len(found) > 150 and max(found) > 25
