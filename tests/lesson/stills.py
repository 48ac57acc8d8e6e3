"""Pictures that a notebook shows before any of its cells is run.

    python tests/lesson/stills.py        draw those of all cells tagged `still` anew, into notebooks/

Such a cell shows one figure, and needs no cell above it. What was drawn (setting and values, three
digits each) is kept beside the picture, so that tests/lesson/test_stills.py knows a stale one,
though fonts and libraries differ.
"""

import ast
import os
from pathlib import Path

import nbformat

from madkit.base.files import write
from madkit.live.scenes.words import told

FOLDER = Path(__file__).parents[2] / "notebooks"
WIDE = 720                                               # pixels, so that it is in view as a whole
SEEN = (1, 10, 25, 50)                                   # generations whose values are kept


def cells(name):
    """(notebook, its cells tagged `still`)."""
    nb = nbformat.read(FOLDER / f"{name}.ipynb", 4)
    return nb, [cell for cell in nb.cells if "still" in cell.metadata.get("tags", [])]


def shown(cell):
    """The figure that a cell shows, standing still."""
    *lines, last = ast.parse(cell.source).body
    names = {}
    before, os.environ["MADKIT_RENDER"] = os.environ.get("MADKIT_RENDER"), "static"
    try:
        exec(compile(ast.Module(lines, []), "cell", "exec"), names)
        return eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    finally:
        del os.environ["MADKIT_RENDER"]
        if before is not None:
            os.environ["MADKIT_RENDER"] = before


def drawn(figure):
    """What its picture is of: the state, and the values of its curves."""
    metrics = {metric.name: metric for metric in figure.page.metrics}
    values = {f"{track['label']}: {name}": [told(metrics[name], float(curve["median"][t - 1]))
                                            for t in SEEN if t <= len(track["t"])]
              for track in figure._all() for name, curve in track["curves"].items()}
    return {"caption": figure.caption, "state": figure.text, "values": values}


def outputs(figure):
    """The picture, and its caption below."""
    still = figure._still()
    picture = nbformat.v4.new_output(
        "display_data", {"image/png": still["image/png"], "text/plain": still["text/plain"]},
        metadata={"image/png": {"width": WIDE}, "madkit": drawn(figure)})
    words = {"text/markdown": figure.caption, "text/plain": figure.caption}
    return [picture, nbformat.v4.new_output("display_data", words)]


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.ipynb")):
        nb, tagged = cells(path.stem)
        for cell in tagged:
            cell.outputs, cell.execution_count = outputs(shown(cell)), 1
            size = len(cell.outputs[0].data["image/png"]) * 3 // 4
            print(f"{path.stem}: {size // 1000} kB, {cell.outputs[1].data['text/plain']}")
        if tagged:
            write(path, (nbformat.writes(nb) + "\n").encode())
