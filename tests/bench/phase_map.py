"""The phase map in a real JupyterLab with Debian's Chromium: from a click to the simulated loop of
that cell, and from a move of λ to the map redrawn; milliseconds to the next frame of the screen,
beside what a cell of a notebook takes for the same picture.

    python tests/bench/phase_map.py [clicks]
"""

import os
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "browser"))

from lab import CHROMIUM, Notebook, chromium, server  # noqa: E402

PROBE = """(root) => {                  // from an event to the frame after the one that shows what it asked for
    window.took = []; window.frames = []; let begun = null, before = null, count = 0, wanted = null;
    const now = () => JSON.stringify(root.map.state);
    const start = (done) => () => { begun = performance.now(); count = 0; before = now(); wanted = done; };
    const clicked = () => root.map.drawn.loop.key === keyOf(root.map.state);
    const moved = () => root.map.drawn.lam === root.map.state.lam;
    const keyOf = ({ dim, lam, n_r, n_s }) => `${dim},${lam.toFixed(2)},${n_r},${n_s}`;
    root.querySelector("[data-panel=map]").addEventListener("pointerdown", start(clicked), true);
    root.querySelector("input[type=range]").addEventListener("keydown", start(moved), true);
    const look = () => {
        count += 1;
        if (begun !== null && now() !== before && wanted()) {
            const [from, frames] = [begun, count];
            begun = null;
            setTimeout(() => { window.took.push(performance.now() - from); window.frames.push(frames); });
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
PLAIN = """import time
from madkit.plot import figure
took = []
for n_s in (700, 1500, 3000, 900, 2000, 5000, 1200):
    begun = time.perf_counter()
    mk.plot.curves(mk.exact.run(mk.Fresh(250) + mk.Synthetic(n_s, 0.85), 100, generations=40, seeds=SEEDS)).figure.png(100)
    took.append(1000 * (time.perf_counter() - begun))
print(sorted(took)[3])"""


def clicks(book: Notebook, root, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Milliseconds and frames of each of so many clicks, half a second apart, all over the map."""
    rng, canvas = np.random.default_rng(0), root.locator("[data-panel=map]")
    canvas.scroll_into_view_if_needed()
    box, (x, y, w, h) = canvas.bounding_box(), root.evaluate("(root) => root.map.drawn.map.box")
    book.page.evaluate("window.took.length = window.frames.length = 0")
    for a, b in rng.uniform(0.02, 0.98, (count, 2)):
        done = book.page.evaluate("window.took.length")
        book.page.mouse.click(box["x"] + x + a * w, box["y"] + y + b * h)
        book.page.wait_for_function("n => window.took.length > n", arg=done, polling=20)
        book.page.wait_for_timeout(500)
    return np.array(book.page.evaluate("window.took")), np.array(
        book.page.evaluate("window.frames")
    )


def moves(book: Notebook, root, count: int, pause: float) -> tuple[np.ndarray, np.ndarray]:
    """The same of moves of λ by an arrow key."""
    root.locator("input[type=range]").first.focus()
    book.page.evaluate("window.took.length = window.frames.length = 0")
    for i in range(count):
        done = book.page.evaluate("window.took.length")
        book.page.keyboard.press("ArrowLeft" if i // 15 % 2 == 0 else "ArrowRight")
        book.page.wait_for_function("n => window.took.length > n", arg=done, polling=20)
        book.page.wait_for_timeout(pause)
    return np.array(book.page.evaluate("window.took")), np.array(
        book.page.evaluate("window.frames")
    )


def told(name: str, took: np.ndarray, frames: np.ndarray) -> None:
    print(f"{name:<44} {len(took):>5} {np.median(took):>7.0f} {np.quantile(took, 0.95):>6.0f} "
          f"{np.quantile(frames, 0.95):>10.0f}")


def main(count: int = 80) -> None:
    if not Path(CHROMIUM).exists():
        return print(f"phase map: no {CHROMIUM}, nothing measured")
    print(f"d = 100, 40 generations, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':<44} {'times':>5} {'median':>7} {'95 %':>6} {'frames 95 %':>10}   ms")
    with (
        tempfile.TemporaryDirectory() as folder,
        server(Path(folder)) as url,
        chromium() as browser,
    ):
        book = Notebook(browser, url, Path(folder), "import madkit as "
                                                    "mk", "chart = mk.phase_map()\nchart")
        book.run(0)
        book.run(1)
        root = book.cell(1).locator(".madkit-map")
        root.wait_for()
        root.evaluate(PROBE)
        book.page.wait_for_timeout(500)
        told("λ to the map, right after the cell has run", *moves(book, root, 30, 30))
        book.page.wait_for_timeout(4000)
        told("λ to the map", *moves(book, root, count, 100))
        book.page.wait_for_timeout(1000)
        told("click to the loop, first seeds", *clicks(book, root, count))
        for seeds in (2, 12):
            plain = float(book.ask(PLAIN.replace("SEEDS", str(seeds))))
            print(f"a cell: mk.exact.run, {seeds} seeds, and mk.plot.curves {plain:>12.0f}")
        print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
