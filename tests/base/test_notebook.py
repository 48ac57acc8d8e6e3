"""What a session keeps of cells that are run again."""

import json

import pytest
from kernel import Kernel

SET_UP = """
import gc, json
import madkit as mk
runs = mk.exact.run(mk.fully_synthetic(20), dim=1, generations=5, seeds=5)
KINDS = ("madkit.live", "madkit.plot", "madkit.record", "madkit.data", "matplotlib", "ipywidgets")
table, picture = runs.table, mk.plot.figure().png()

def living():
    "Objects by kind, and the pictures that IPython has noted."
    gc.collect()
    homes = [str(type(one).__module__) for one in gc.get_objects()]
    noted = sum(get_ipython().history_manager.outputs.values(), [])
    return {kind: sum(home.startswith(kind) for home in homes) for kind in KINDS
            } | {"pictures": sum(one.output_type != "out_stream" for one in noted)}
"""
CELLS = {
    "explorer": 'mk.explore(seeds=5, generations=5, metrics="trace")',
    "map": "mk.phase_map(dim=5, n_r=20, n_s=50)",
    "view": 'mk.live.view(lambda t: mk.live.Frame(picture, f"{t}"), {"t": mk.live.Slider("t", 3, 1, 9)})',
    "curves": 'mk.plot.curves(runs, title="as the last line")',
    "panels": "mk.plot.figure(columns=2).panels",
    "displayed": "display(mk.plot.figure()); table",
    "truth": "mk.data.moons()",
    "run": "mk.run(mk.models.Gaussian(), mk.fully_synthetic(9), mk.data.gaussian(1), generations=2)",
}


@pytest.fixture(scope="module")
def kernel():
    started = Kernel()
    try:
        started.run(SET_UP)
        yield started
    finally:
        started.close()


@pytest.mark.parametrize("cell", CELLS)
def test_nothing_stays_of_a_cell_that_is_run_again(kernel, cell):
    seen = []
    for times in (4, 3):                             # three stay, as _, __ and ___
        for _ in range(times):
            kernel.run(CELLS[cell], cell)
        seen.append(json.loads(kernel.run("print(json.dumps(living()))")))
    assert seen[0] == seen[1]
