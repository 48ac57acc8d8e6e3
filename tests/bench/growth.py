"""What a session keeps of cells that are run again: resident memory after 10 and 50 runs.

    python tests/bench/growth.py 01_fully_synthetic 03_fresh_data      # every cell of these lessons
    python tests/bench/growth.py 00_start_here --runs 20               # a quick look

Each lesson runs in a kernel that believes in a Jupyter server, so that figures are live, with small
parameters; then each of its cells runs again so many times. A cell that keeps nothing is flat after
the tenth run.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).parents[1] / "base"))
from kernel import Kernel  # noqa: E402

LESSONS = Path(__file__).parents[2] / "notebooks"
SMALL = {"seeds": 5, "generations": 6, "steps": 20, "repeats": 3, "workers": 1, "settled": 2}
SET_UP = """
import gc, os
def resident():
    gc.collect()
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
def living():
    import ipywidgets
    return len(ipywidgets.Widget._instances if hasattr(ipywidgets.Widget, "_instances") else
               ipywidgets.widgets.widget._instances)
"""


def small(source: str) -> str:
    """The parameters, with small numbers."""
    return source + "".join(f"\n{name} = {value}" for name, value in SMALL.items()
                            if f"\n{name} =" in f"\n{source}") + "\nout = '/tmp'"


def measure(lesson: str, runs: int) -> None:
    """Run a lesson, then each cell again and again; print what grew."""
    cells = [cell for cell in nbformat.read(LESSONS / f"{lesson}.ipynb", 4).cells
             if cell.cell_type == "code"]
    sources = [small(cell.source) if "parameters" in cell.metadata.get("tags", []) else cell.source
               for cell in cells]
    kernel = Kernel(LESSONS)
    kernel.run(SET_UP)

    def size() -> float:
        return float(kernel.run("print(resident())"))

    try:
        for i, source in enumerate(sources):
            kernel.run(source, f"cell-{i}")
        print(f"{lesson}: {size():.0f} MB after one run; "
              f"MB after 10 and {runs} of each:")
        for i, source in enumerate(sources):
            if "same_" in source or "results(" in source:
                continue
            sizes = []
            for n in range(1, runs + 1):
                kernel.run(source, f"cell-{i}")
                if n in (10, runs):
                    sizes.append(size())
            grown = sizes[-1] - sizes[0]
            first = source.strip().splitlines()[0][:60]
            print(f"  {sizes[0]:7.0f} {sizes[-1]:7.0f} {grown:+6.1f}  "
                  f"{kernel.run('print(living())').strip():>4} widgets  {first}", flush=True)
    finally:
        kernel.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("lessons", nargs="*", default=["01_fully_synthetic", "03_fresh_data"])
    parser.add_argument("--runs", type=int, default=50)
    given = parser.parse_args()
    for name in given.lessons:
        measure(name, given.runs)
