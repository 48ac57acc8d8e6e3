"""The explorer in a real JupyterLab with Debian's Chromium and in a page from disk, beside the
explorer of 0.2.0 (from git) and `interact` + pyplot with the same loops and numbers.

    move     an arrow key on a slider, to a setting never shown before: from the key to the first
             frame of the screen after the new picture (three loops, 200 seeds × 50 generations
             each; the plain notebook draws the same); the kernel idle, in the middle of a long
             cell, and without a kernel
    jump     the same to places far away
    drag     5 s with the mouse over p: frames that differ from the one before, a second, and
             whether the last is right; with a mouse that moves 60 times a second, as a mouse does,
             and with that of a test, which waits each time until the page has seen it and so moves
             some 30 times
    draw     a distribution of one's own: from the button to the first generation, and to all 50

`python tests/bench/explorer.py .1` makes a tenth of the moves.
"""

import io
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).parent.parent / "browser"))

from lab import CHROMIUM, Explorer, Notebook, chromium, server  # noqa: E402

import madkit as mk  # noqa: E402

ROOT = Path(__file__).parents[2]
BEFORE = "b72a076"                                     # the last commit of 0.2.0
SHARE = float(sys.argv[1]) if __name__ == "__main__" and sys.argv[1:] else 1.0
KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
EXPLORER = "explorer = mk.explore()\nexplorer"
PLAIN = """import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import interact

@interact(lam=(0.5, 1.0, 0.01), p=(0.0, 1.0, 0.01))
def show(lam=0.8, p=0.1, n=100, t=(1, 50)):
    loops = [mk.fully_synthetic(n, lam), mk.synthetic_augmentation(n, lam), mk.fresh_data(n, p, lam)]
    drawn = mk.exact.simulate(loops, 2, generations=50, seeds=range(200), n_ini=[n] * 3,
                              metrics=("trace", "w2_squared", "mean", "cov"))
    rng = np.random.default_rng(0)
    fig, axes = plt.subplots(1, 5, figsize=(14, 3))
    for i, ax in enumerate(axes[:3]):
        ax.plot(*rng.standard_normal((2, 300)), ".", color="grey")
        ax.plot(*rng.multivariate_normal(drawn["mean"][i, 0, t - 1], lam * drawn["cov"][i, 0, t - 1], 150).T, ".")
    for ax, name in zip(axes[3:], ("trace", "w2_squared")):
        for values in drawn[name]:
            low, median, high = np.quantile(values, (0.1, 0.5, 0.9), axis=0)
            ax.fill_between(range(1, 51), low, high, alpha=0.2)
            ax.plot(range(1, 51), median)
        ax.axvline(t)
    plt.show()""".replace("t=(1, 50)", "t=10").replace(
    "@interact(", "@interact(n=[20, 50, 100, 200], t=(1, 50), "
)
CLOCK = """(root) => {                     // from a key to the next frame of the screen after the picture that it makes
    window.moves = [];
    let pressed = null, before = "";
    const seen = () => JSON.stringify([root.explorer.drawn.t, root.explorer.drawn.panels.map(({ key }) => key)]);
    const frame = () => setTimeout(() => {         // after a frame has been made, whatever painted it, and when
        if (seen() === before) return requestAnimationFrame(frame);
        window.moves.push(performance.now() - pressed);
        pressed = null;
    });
    const start = () => {
        if (pressed !== null) return;
        pressed = performance.now();
        before = seen();
        requestAnimationFrame(frame);
    };
    for (const event of ["keydown", "input"]) document.addEventListener(event, start, true);
}"""
FRAMES = """(root) => {                    // how many frames differ from the one before
    let before = "";
    window.frames = 0;
    root.addEventListener("drawn", () => {
        const now = JSON.stringify(root.explorer.drawn.panels.map(({ key }) => key));
        if (now !== before) window.frames += 1;
        before = now;
        for (const key of window.forgets ? root.explorer.tracks.keys() : [])      // each frame is a new setting
            if (key.includes(",p") && !now.includes(key)) root.explorer.tracks.delete(key);
    });
}"""
LOADED = """(area) => {                    // the same clock where every move loads a new picture
    window.moves = [];
    window.loaded = 0;
    let pressed = null;
    document.addEventListener("keydown", () => { pressed = performance.now(); }, true);
    area.addEventListener("load", () => requestAnimationFrame(() => setTimeout(() => {
        window.loaded += 1;
        if (pressed !== null) window.moves.push(performance.now() - pressed);
        pressed = null;
    })), true);
}"""


def said(name: str, took: list[float]) -> None:
    print(f"{name:<42} {len(took):>4} {np.median(took):>7.1f} {np.quantile(took, 0.95):>7.1f} "
          f"{max(took):>7.1f}   ms", flush=True)


def moves(book: Notebook, key: str, count: int, pause: int = 40) -> list[float]:
    """Milliseconds of each of so many moves of what has the focus."""
    book.page.evaluate("window.moves.length = 0; 0")
    book.move(key, count, pause)
    return book.page.evaluate("window.moves")


def jumps(book: Notebook, shown: Explorer, moves: int) -> list[float]:
    """The same for jumps of λ and p in turn, to places that nobody could know."""
    places = np.random.default_rng(0)
    book.page.evaluate("window.moves.length = 0; 0")
    for i in range(moves):
        name, count = ("sampling bias λ", 51) if i % 2 else ("fresh data p", 101)
        slider = shown.slider(name)
        slider.fill(str((int(slider.input_value()) + places.integers(5, count - 5)) % count))
        book.page.wait_for_function("n => window.moves.length > n", arg=i, polling=20)
        book.page.wait_for_timeout(400)
    return book.page.evaluate("window.moves")


class Disk:
    """A page from disk, moved as a notebook is."""

    def __init__(self, page: Page):
        self.page = page

    move = Notebook.move


class Earlier(Explorer):
    """The explorer of 0.2.0, whose tracks have other names."""

    def settle(self) -> dict:
        self.page.wait_for_timeout(1500)
        return self.state


def keys(book: Notebook | Disk, shown: Explorer, name: str, first: int, rows: str = "") -> None:
    """All sliders by arrow keys, at numbers of rows where no setting is known."""
    down, n = [], []
    for place in (first, first + 1):
        shown.set(A={"n": place, "lam": 50, "p": 13})
        shown.slider("sampling bias λ").focus()
        down += moves(book, "ArrowLeft", round(50 * SHARE))
    said(f"{name}: λ", down)
    shown.set(A={"n": first + 2, "lam": 30, "p": 0})
    shown.slider("fresh data p").focus()
    said(f"{name}: p", moves(book, "ArrowRight", round(100 * SHARE)))
    for lam in range(11, 11 + round(10 * SHARE) * bool(rows)):
        shown.set(A={"n": 0, "lam": lam, "p": 40 + first})
        shown.slider(rows).focus()
        n += moves(book, "ArrowRight", 9)
    if n:
        said(f"{name}: n", n)
    shown.set(t=1)
    shown.slider("generation").focus()
    count = round(49 * SHARE)
    said(f"{name}: t", moves(book, "ArrowRight", count) + moves(book, "ArrowLeft", count))


def busy(notebook: Notebook, measure: Callable) -> None:
    """The same while the kernel is in the middle of a long cell."""
    notebook.page.evaluate("window.busy = " + KERNEL
                           + ".requestExecute({ code: 'while True: pass' }).done.catch(() => {}); 0")
    measure()
    notebook.page.evaluate(KERNEL + ".interrupt()")


ROWS = "real rows at the start n"


def explorer(notebook: Notebook) -> None:
    shown = Explorer(notebook.cell(1).locator(".madkit-explorer"), mk.explore(render="static").page)
    shown.root.evaluate(CLOCK)
    keys(notebook, shown, "explorer, kernel idle", 2, ROWS)
    said("explorer, kernel idle: λ and p, jumps", jumps(notebook, shown, round(50 * SHARE)))
    busy(notebook, lambda: keys(notebook, shown, "explorer, kernel in a long cell", 6, ROWS))
    shown.root.evaluate(FRAMES)
    notebook.page.evaluate("window.forgets = true; 0")
    drag(notebook, shown, 5, restless, "explorer")
    drag(notebook, shown, 7, patient, "explorer")
    draw(shown)


def offline(page: Page, folder: Path) -> None:
    made = mk.explore(render="static")
    page.goto(made.write(folder / "explorer.html").as_uri())
    shown = Explorer(page.locator(".madkit-explorer"), made.page)
    shown.root.evaluate(CLOCK)
    keys(Disk(page), shown, "explorer, page from disk", 4, ROWS)
    draw(shown, "page from disk")


def earlier(notebook: Notebook) -> None:
    shown = Earlier(notebook.cell(1).locator(".madkit-explorer"), None)
    shown.root.evaluate(CLOCK)
    keys(notebook, shown, "explorer of 0.2.0, kernel idle", 2)
    shown.root.evaluate(FRAMES)
    drag(notebook, shown, 5, restless, "explorer of 0.2.0")


def drag(notebook: Notebook, shown: Explorer, n: int, mouse: Callable, who: str,
         seconds: float = 5.0) -> None:
    """p from 0 to 100 % and back, 75 settings a second."""
    shown.set(A={"n": n, "lam": 30, "p": 0})
    slider = shown.slider("fresh data p")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()

    def at(share):
        return box["x"] + 8 + share * (box["width"] - 16), box["y"] + box["height"] / 2

    notebook.page.mouse.move(*at(0))
    notebook.page.mouse.down()
    notebook.page.evaluate("window.frames = 0; 0")
    start, moves, move = time.monotonic(), 0, mouse(notebook.page)
    while (passed := time.monotonic() - start) < seconds:
        move(*at(abs((0.75 * passed + 1) % 2 - 1)))
        moves += 1
    frames, took = notebook.page.evaluate("window.frames"), time.monotonic() - start
    notebook.page.mouse.move(*at(0.37))
    notebook.page.mouse.up()
    shown.settle()
    right = [shown.state["A"]["p"], int(notebook.ask("import time; time.sleep(1); "
                                                     "print(explorer.state['A']['p'])"))]
    name = f"{who}: p dragged, {moves / took:.0f} moves a second"
    print(f"{name:<42} {frames:>4} {frames / took:>7.1f} distinct frames a second; at the end the "
          f"slider, the page and the kernel say p = {slider.input_value()}, {right[0]}, "
          f"{right[1]} %", flush=True)


def patient(page: Page) -> Callable:
    """A mouse that waits after every move until the page has seen it."""
    return page.mouse.move


def restless(page: Page) -> Callable:
    """A mouse that moves 60 times a second, whatever the page does; the public call of Playwright
    waits for the page."""
    browser = page.context.new_cdp_session(page)

    def move(x: float, y: float) -> None:
        event = {"type": "mouseMoved", "x": x, "y": y, "button": "left", "buttons": 1}
        page._loop.create_task(browser._impl_obj.send("Input.dispatchMouseEvent", event, None))
        page.wait_for_timeout(1000 / 60 - 1)           # the rest of a millisecond goes to sending

    return move


def draw(shown: Explorer, where: str = "explorer") -> None:
    """A shape's button is pressed, each time with another seed; the curves that a frame drew say
    how far the loops are."""
    first, whole = [], []
    shown.button("reset").click()                      # n = 100
    shown.button("draw your own").click()
    for seed in range(1, 1 + max(1, round(3 * SHARE))):
        for stamp in ("two moons", "ring", "three blobs"):
            shown.ask("root.explorer.set(arg)", {"seed": 10 * seed + len(stamp), "drawn": None})
            shown.page.wait_for_timeout(500)
            came = shown.ask(
                """new Promise((done) => {
                const start = performance.now(), times = [];
                [...root.querySelectorAll("button")].find((one) => one.textContent === arg.stamp).click();
                const watch = () => requestAnimationFrame(() => setTimeout(() => {
                    const drawn = root.explorer.drawn.curves.filter(({ key }) => key.includes(arg.seed + ";"));
                    const least = Math.min(...drawn.map(({ values }) => values.length));
                    if (drawn.length && least >= 1 && !times.length) times.push(performance.now() - start);
                    if (drawn.length && least === 50) done([...times, performance.now() - start]);
                    else watch();
                }));
                watch();
            })""",
                {"stamp": stamp, "seed": f";s{10 * seed + len(stamp)}"},
            )
            first.append(came[0])
            whole.append(came[1])
    said(f"{where}: drawn by hand, first generation", first)
    said(f"{where}: drawn by hand, all 50 of 3 loops", whole)


def plain(notebook: Notebook, count: int) -> None:
    notebook.cell(1).locator("img").first.wait_for()
    notebook.page.wait_for_timeout(500)
    notebook.cell(1).locator(".jp-OutputArea").first.evaluate(LOADED)
    for name in ("λ", "p", "t"):
        handle = (
            notebook.cell(1).locator(".widget-slider").filter(has_text={"λ": "lam"}.get(name, name))
        )
        handle.locator(".noUi-handle").first.focus()
        said("interact + pyplot: "
             f"{name}", moves(notebook, "ArrowRight", 10)
             + moves(notebook, "ArrowLeft", count - 10))


def unpacked(folder: str) -> str:
    """The package of 0.2.0, beside the notebooks."""
    archive = subprocess.run(["git", "-C", ROOT, "archive", BEFORE, "madkit"], check=True,
                             capture_output=True).stdout
    tarfile.open(fileobj=io.BytesIO(archive)).extractall(to := f"{folder}/before", filter="data")
    return to


def main(count: int = 25) -> None:
    if not Path(CHROMIUM).exists():
        return print(f"explorer: no {CHROMIUM}, nothing measured")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    print(f"{'':<42} {'':>4} {'median':>7} {'95 %':>7} {'most':>7}")
    with (
        tempfile.TemporaryDirectory() as folder,
        server(Path(folder)) as url,
        chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        offline(page, Path(folder))
        page.close()
        for start, cell, measure in (
                ("", EXPLORER, explorer),
                (f"import sys; sys.path.insert(0, {unpacked(folder)!r})\n", EXPLORER, earlier),
                ("", PLAIN, lambda notebook: plain(notebook, count))):
            notebook = Notebook(browser, url, Path(folder), f"{start}import madkit as mk", cell)
            notebook.run(0)
            notebook.run(1)
            measure(notebook)
            notebook.page.close()
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
