"""The README promises what works: its code runs as it stands, in a notebook, and its tables name
what exists."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import madkit as mk

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_code_runs_in_a_notebook_as_it_stands(tmp_path):
    last = "assert same.table.equals(run.table), 'processes change no number'"
    cells = [nbformat.v4.new_code_cell(block) for block in [*BLOCKS, last]]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=300, kernel_name="python3",
                   resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert any("image/png" in output.get("data", {})
               for output in notebook.cells[0].outputs), "the first block shows a picture"


def test_an_own_model_and_an_own_loop_take_under_15_lines_each():
    for start in ("class ", "def "):
        lines = next(block for block in BLOCKS
                     if re.search(f"^{start}", block, re.MULTILINE)).strip().splitlines()
        assert len(lines) < 15


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`mk\.([\w.]+)", README))))
def test_every_name_exists(name):
    thing = mk
    for part in name.split("."):
        thing = getattr(thing, part)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\((?!http)([^)#]+)\)", README))))
def test_every_link_leads_somewhere(path):
    assert (ROOT / path).exists()


def test_every_lesson_is_listed():
    listed = re.findall(r"\]\(notebooks/(\w+)\.ipynb\)", README)
    assert listed == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
