"""Every lesson runs under bare papermill with other parameters, keeps its anatomy, and finds the
numbers it teaches."""

import json
from pathlib import Path

import nbformat
import pytest

papermill = pytest.importorskip("papermill")

FOLDER = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def cells(name, kind=None, tag=None):
    return [cell for cell in nbformat.read(FOLDER / f"{name}.ipynb", 4).cells
            if kind in (None, cell.cell_type)
            and (tag is None or tag in cell.metadata.get("tags", []))]


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_its_anatomy(name):
    assert (
        cells(name, "markdown")[0].source.startswith("# ")
        and "?" in cells(name, "markdown")[0].source.splitlines()[0]
    )
    assert len(cells(name, tag="parameters")) == 1
    assert "check_parameters()" in "".join(cell.source for cell in cells(name, "code"))
    assert "lesson.results(" in cells(name, "code")[-1].source
    long = [cell.source for cell in cells(name, "code") if len(cell.source.splitlines()) > 12]
    assert not long, "code cells are short"
    assert not any("\ndef " in f"\n{cell.source}" for cell in cells(name, "code")
                   if not cell.metadata.get("nbgrader") and "state" not in cell.source
                   and "(seed, " not in cell.source), (
        "helpers live in the package; a loop (of state) or a task (of seed) is the lesson")


@pytest.mark.parametrize("name", LESSONS)
def test_only_checked_cells_keep_their_output(name):
    for cell in cells(name, "code"):
        checked = cell.source.startswith("# NBVAL_CHECK_OUTPUT")
        assert checked == ("keep_output" in cell.metadata.get("tags", []))
        assert bool(cell.outputs) == (checked or "still" in cell.metadata.get("tags", []))
    assert any(cell.outputs for cell in cells(name, "code")), "one cell at least is checked"


@pytest.mark.parametrize("name", LESSONS)
def test_exercises_are_cells_of_nbgrader(name):
    grading = [cell.metadata.nbgrader
               for cell in cells(name, "code") if "nbgrader" in cell.metadata]
    assert any(part.solution for part in grading) and any(part.grade and part.points
                                                          for part in grading)
    assert len({part.grade_id for part in grading}) == len(grading)
    for cell in cells(name, "code"):
        if cell.metadata.get("nbgrader", {}).get("grade"):
            assert "mk.lesson.same_" in cell.source
        if cell.metadata.get("nbgrader", {}).get("solution"):
            assert "### BEGIN SOLUTION" in cell.source and "### END SOLUTION" in cell.source


# made by `python tests/lesson/test_lessons.py`; says with which versions
EXPECTED = Path(__file__).with_name("lessons.json")


def numbers(value, path=""):
    """Every number of a results.json by its path, text and lists opened."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in ("date", "versions", "seconds"):
                yield from numbers(part, f"{path}/{key}")
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from numbers(part, f"{path}/{i}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, float(value)


# after all cells: what a figure shows must not hang on names that a later cell gave other meanings
PRESS = """import gc
from madkit.live.views import View
for view in [one for one in gc.get_objects() if isinstance(one, View)]:
    for preset in view.presets.values():
        view.state = view.state | preset"""


def run(name, out, **parameters):
    lesson = nbformat.read(FOLDER / f"{name}.ipynb", 4)
    lesson.cells.append(nbformat.v4.new_code_cell(PRESS))
    papermill.execute_notebook(lesson, out / f"{name}.ipynb",
                               parameters | {"out": str(out)}, cwd=FOLDER,
                               kernel_name="python3", progress_bar=False)
    return json.loads((out / "results.json").read_text())


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_finds_the_numbers_it_teaches(name, tmp_path):
    """Same seed, same numbers: within 2 % (or 0.02) of those recorded, the room that another
    processor's rounding may take."""
    found, expected = (
        dict(numbers(run(name, tmp_path))),
        dict(numbers(json.loads(EXPECTED.read_text())[name])),
    )
    assert found.keys() == expected.keys() and found
    assert found == pytest.approx(expected, rel=0.02, abs=0.02)


if __name__ == "__main__":
    import sys
    import tempfile

    recorded = json.loads(EXPECTED.read_text())
    # python tests/lesson/test_lessons.py 09_phase_transition
    for lesson in sys.argv[1:] or LESSONS:
        with tempfile.TemporaryDirectory() as folder:
            recorded[lesson] = run(lesson, Path(folder))
    recorded = {lesson: recorded[lesson] for lesson in LESSONS}
    print(f"wrote {', '.join(sys.argv[1:] or LESSONS)} into {EXPECTED}")
    EXPECTED.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
