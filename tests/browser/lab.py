"""A real JupyterLab on this machine, and a page of Debian's Chromium on one of its notebooks."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
PROBE = """(root) => {                      // from a key to the frame of the screen that shows another state of a view
    window.moves = []; window.frames = 0; let pressed = null, key = root.view.drawn.key;
    document.addEventListener('keydown', () => { pressed = performance.now(); }, true);
    const look = () => {
        requestAnimationFrame(look);
        if (root.view.drawn.key === key) return;
        key = root.view.drawn.key;
        window.frames += 1;
        if (pressed !== null) window.moves.push(performance.now() - pressed);
        pressed = null;
    };
    look();
}"""

REST = """(root) => new Promise((rested) => {      // until a view shows its state, and nothing moves any more
    let last = "", since = 0;
    const look = () => {
        const { state, drawn } = root.view, words = root.querySelector(".sentence").textContent;
        const now = [drawn.frame, words, Object.values(state).join() === drawn.key].join();
        if (now !== last) [last, since] = [now, performance.now()];
        if (words && now.endsWith("true") && performance.now() - since > 300) rested();
        else requestAnimationFrame(look);
    };
    look();
})"""

CONTRAST = """(root) => {                    // of every text that is shown, against what lies under it
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => {
        const [r, g, b] = colour.map((x) => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const over = ([r, g, b, a = 1], under) => [r, g, b].map((x, i) => a * x + (1 - a) * under[i]);
    const paper = (node) =>
        (node ? over(parts(getComputedStyle(node).backgroundColor), paper(node.parentElement)) : [255, 255, 255]);
    const own = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    return [root, ...root.querySelectorAll("*")].filter((node) => own(node) && node.checkVisibility() && !node.disabled)
        .map((node) => {
            const under = paper(node), pair = [light(over(parts(getComputedStyle(node).color), under)), light(under)];
            const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
            return [node.textContent.trim().slice(0, 40), Math.round(100 * ratio) / 100];
        });
}"""


@contextmanager
def server(folder: Path, theme: str = "JupyterLab Light") -> Iterator[str]:
    """JupyterLab on a free port of this machine, without a token; its settings and its files are in
    the folder."""
    settings = {
        "apputils-extension/themes": {"theme": theme},
        "notebook-extension/tracker": {"windowingMode": "none"},
    }
    for name, values in settings.items():
        _write(folder / f"settings/@jupyterlab/{name}.jupyterlab-settings", values)
    _write(folder / "config/labconfig/page_config.json",
           {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(folder / "config"),
                                "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
                                "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
                                "OMP_NUM_THREADS": "1"}
    environment.pop("MADKIT_RENDER", None)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
               "--expose-app-in-browser",
               "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
               "--IdentityProvider.token=",
               f"--ServerApp.root_dir={folder}"]
    with open(folder / "lab.log", "w") as log:
        lab = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/api", lab, folder / "lab.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            lab.terminate()
            try:
                lab.wait(30)
            # the kernels have ended; a thread that saved a notebook may linger
            except subprocess.TimeoutExpired:
                lab.kill()


def _write(path: Path, values: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


def _wait(url: str, lab: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    for _ in range(int(seconds / 0.2)):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
        if lab.poll() is not None:
            break
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@contextmanager
def chromium() -> Iterator:
    """A browser, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


class Notebook:
    """A notebook of the given cells, open in a page of its own."""

    def __init__(self, browser, url: str, folder: Path, *cells: str):
        name = f"notebook{len(list(folder.glob('*.ipynb')))}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3",
                                     "language": "python"}}), folder / name)
        self.page, self.cells = browser.new_page(viewport={"width": 1280,
                                                           "height": 1000}), len(cells)
        self.page.set_default_timeout(60_000)
        self.open(f"{url}/lab/workspaces/{name.partition('.')[0]}/tree/{name}")

    def open(self, url: str) -> None:
        """Show the notebook, or show it again: its kernel lives on."""
        self.page.goto(url)
        self.page.locator(".jp-CodeCell").nth(self.cells - 1).wait_for()
        self.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.ready")

    def reload(self) -> None:
        """Save the notebook and load its page anew."""
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        self.open(self.page.url)

    def cell(self, index: int):
        """A cell, to look for things in."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index)

    def run(self, index: int) -> str:
        """Run a cell to its end: what it printed."""
        self.start(index)
        return self.finish(index)

    def start(self, index: int) -> None:
        """Run a cell, and do not wait for it."""
        self.page.evaluate("i => { window.jupyterapp.shell.currentWidget.content.activeCellIndex "
                           "= i;window.running = "
                           "window.jupyterapp.commands.execute('notebook:run-cell'); }", index)

    def finish(self, index: int) -> str:
        """Wait for the cell that was started last: what it printed."""
        self.page.evaluate("""async () => {
            await window.running;
            for (let i = 0; i < 2; i += 1) await new Promise(requestAnimationFrame);
        }""")
        return self.printed(index)

    def close(self) -> None:
        """End the kernel and close the page: what is left of either takes from the next test."""
        self.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.close()

    def ask(self, code: str) -> str:
        """What the kernel prints for this code, which is in no cell."""
        return self.page.evaluate("""async (code) => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const future = kernel.requestExecute({ code });
            let text = "";
            future.onIOPub = ({ content, header }) => {
                if (header.msg_type === "stream") text += content.text;
                if (header.msg_type === "error") text += `${content.ename}: ${content.evalue}`;
            };
            await future.done;
            return text.trim();
        }""", code)

    def printed(self, index: int) -> str:
        """The text below a cell."""
        return "\n".join(self.cell(index).locator(".jp-OutputArea-output "
                                                  "pre").all_text_contents()).strip()

    def view(self, index: int):
        """A live view."""
        return self.cell(index).locator(".madkit-view").first

    def still(self, index: int):
        """A live view, once it shows its state and rests."""
        self.view(index).wait_for()
        self.view(index).evaluate(REST)
        return self.view(index)

    def handle(self, index: int, slider: int):
        """What one drags, or moves with the arrow keys."""
        return self.view(index).get_by_role("slider").nth(slider)

    def move(self, key: str, times: int, pause: float = 0.0) -> None:
        """Press a key, wait each time for the picture that it makes."""
        for _ in range(times):
            done = self.page.evaluate("window.moves.length")
            self.page.keyboard.press(key)
            self.page.wait_for_function("n => window.moves.length > n", arg=done, polling=20)
            self.page.wait_for_timeout(pause)


class Explorer:
    """The explorer that a page shows in the element `root`; `of` is its `Page`, as Python has it.
    """

    def __init__(self, root, of):
        self.root, self.of, self.page = root, of, root.page
        root.locator("canvas").first.wait_for()
        self.settle()

    @property
    def state(self) -> dict:
        return self.ask("root.explorer.state")

    @property
    def drawn(self) -> dict:
        """What the last frame drew: markers, curves and axes in pixels of their canvases."""
        return self.ask("root.explorer.drawn")

    @property
    def sentence(self) -> str:
        """What is said of the picture, once it rests."""
        self.wait("root.explorer.drawn.spoken")
        return self.root.locator(".sentence").text_content()

    def ask(self, expression: str, arg=None):
        """The value of a line of JavaScript about `root`."""
        return self.root.evaluate(f"(root, arg) => {expression}", arg)

    def slider(self, name: str):
        return self.root.get_by_role("slider", name=name, exact=True)

    def button(self, name: str):
        return self.root.get_by_role("button", name=name, exact=True)

    def set(self, **change) -> None:
        """Another state, once it is drawn."""
        assert self.ask("root.explorer.set(arg)",
                        change), self.root.get_by_role("alert").text_content()
        self.settle()

    def wait(self, condition: str, arg=None, seconds: float = 30) -> None:
        """Until a line of JavaScript about `root` is true."""
        end = time.monotonic() + seconds
        while not self.ask(condition, arg):
            assert time.monotonic() < end, (
                f"never came: {condition} ({arg}); the page says: {self.root.inner_text()}"
            )
            self.page.wait_for_timeout(20)

    def settle(self) -> dict:
        """The state, once what is drawn is the state."""
        state = self.state
        keys = [self.of.key(one, state[side], state) for side in ("A", "B") if state[side]
                for one in self.of.shown(state[side])]
        self.wait("root.explorer.drawn.t === arg.t && "
                  "JSON.stringify(root.explorer.drawn.panels.map(({ key }) => key)) === arg.keys",
                  {"t": state["t"], "keys": json.dumps(keys, separators=(",", ":"),
                                                       ensure_ascii=False)})
        return state

    def pixels(self) -> dict[str, str]:
        """What the canvases hold: cloud, composition and curves."""
        return self.ask("Object.fromEntries(Array.from(root.querySelectorAll('canvas'),"
                        "(canvas) => [canvas.dataset.panel, canvas.toDataURL()]))")

    def colours(self, points: list) -> list[list[int]]:
        """Red, green and blue at points of the cloud's canvas, given in its CSS pixels."""
        return self.ask("""((canvas) => {
            const [pen, ratio] = [canvas.getContext("2d"), devicePixelRatio];
            return arg.map((at) => at.map((x) => Math.round(x * ratio)))
                .map(([x, y]) => [...pen.getImageData(x, y, 1, 1).data].slice(0, 3));
        })(root.querySelector("[data-panel=cloud]"))""", points)
