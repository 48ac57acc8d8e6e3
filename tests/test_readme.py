"""The README promises what works: its code runs as it stands, in a notebook, and its tables name
what exists."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

import madkit as mk

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_code_runs_in_a_notebook_as_it_stands(tmp_path):
    some_pictures(tmp_path / "my" / "pictures")
    last = "assert same.table.equals(run.table), 'processes change no number'"
    cells = [nbformat.v4.new_code_cell(block) for block in [*BLOCKS, last]]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=300, kernel_name="python3",
                   resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert any("image/png" in output.get("data", {})
               for output in notebook.cells[0].outputs), "the first block shows a picture"


def some_pictures(folder):
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0)
    for i in range(150):
        pixels = noise.integers(0, 256, (3, 3, 3), dtype=np.uint8).repeat(5, 0).repeat(5, 1)
        Image.fromarray(pixels).save(folder / f"{i}.png")


def test_own_models_and_processes_work_in_a_script(tmp_path):
    own = [block for block in BLOCKS if "Laplace" in block and "measured" not in block]
    script = tmp_path / "script.py"
    script.write_text("\n".join([*own, "    print(same.table.equals(run.table))"]))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.split() == ["True"], done.stderr


def test_each_way_takes_under_ten_lines():
    for way in ("torch.nn.Module)", "GaussianMixture", "features=net", "mk.steps"):
        block = next(block for block in BLOCKS if way in block)
        lines = [line for line in block.partition("\n\n\n")[0].splitlines() if line.strip()]
        assert len(lines) < 10, way


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
