"""From a slider's move to new pixels, in a real JupyterLab with Debian's Chromium: milliseconds, 100 moves and more.

Each move is a press of an arrow key; the clock stops at the first frame of the screen after the new picture has loaded.
"""

import os
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "browser"))

from lab import CHROMIUM, PROBE, Notebook, chromium, server  # noqa: E402

VIEWS = {
    "fully synthetic": "mk.live.explore(mk.fully_synthetic, t=10, n=100, lam=0.9)",
    "augmentation": "mk.live.explore(mk.synthetic_augmentation, t=10, n_s=100, lam=0.8)",
    "fresh data": "mk.live.explore(mk.fresh_data, t=10, n=100, p=0.1, lam=0.8)",
}


def moves(book: Notebook, slider: int, count: int) -> np.ndarray:
    """Milliseconds of each of so many moves to and fro."""
    book.handle(1, slider).focus()
    book.move("ArrowLeft", 3)
    book.page.evaluate("window.moves.length = 0")
    for i in range(count // 10):
        book.move("ArrowLeft" if i % 2 else "ArrowRight", 10, pause=30)
    return np.array(book.page.evaluate("window.moves"))


def main(count: int = 120) -> None:
    if not Path(CHROMIUM).exists():
        return print(f"slider: no {CHROMIUM}, nothing measured")
    print(f"200 seeds × 50 generations, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'loop':<16} {'slider':<14} {'moves':>5} {'median':>7} {'95 %':>6}   ms")
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as url, chromium() as browser:
        for name, view in VIEWS.items():
            book = Notebook(browser, url, Path(folder), "import madkit as mk", view)
            book.run(0)
            book.run(1)
            book.picture(1).wait_for()
            book.picture(1).evaluate(PROBE)
            for label, slider in (("generation t", 0), ("λ (recomputes)", book.cell(1).locator(".noUi-handle").count() - 1)):
                took = moves(book, slider, count)
                print(f"{name:<16} {label:<14} {len(took):>5} {np.median(took):>7.0f} {np.quantile(took, 0.95):>6.0f}")
            book.page.close()


if __name__ == "__main__":
    main()
