"""Debian's Firefox without a window, spoken to in WebDriver BiDi (the W3C's protocol), which it
understands by itself: https://www.w3.org/TR/webdriver-bidi/."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FIREFOX = "/usr/bin/firefox-esr"
COMMAND = [FIREFOX, "--headless", "--no-remote", "--remote-debugging-port", "0"]
QUIET = {                                       # nothing of its own asks the network for anything
    "app.update.enabled": False, "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False, "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False, "services.settings.server": "data:,",
    "network.connectivity-service.enabled": False, "browser.aboutConfig.showWarning": False,
    "browser.download.folderList": 2, "browser.download.useDownloadDir": True,
    "browser.download.alwaysOpenPanel": False, "toolkit.telemetry.enabled": False,
    "layout.css.prefers-color-scheme.content-override": 1,                     # light
}


class Firefox:
    """One page of a browser: what it asked the network for and what it complained of."""

    def __init__(self, socket):
        self.socket, self.number, self.asked, self.said = socket, 0, [], []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self.tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **params) -> dict:
        """The answer to a command; what happens meanwhile is noted."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv())
            if told.get("id") == self.number:
                if told["type"] == "error":
                    raise RuntimeError(f"{method}: {told['error']}: {told['message']}")
                return told["result"]
            self.note(told)

    def note(self, told: dict) -> None:
        if told["method"] == "network.beforeRequestSent":
            url = told["params"]["request"]["url"]
            if not url.startswith(("data:", "blob:", "file:")):
                self.asked.append(url)
        elif told["params"]["level"] in ("warn", "error"):
            self.said.append(told["params"]["text"])

    def open(self, file: Path, width: int = 1366, height: int = 768) -> None:
        """Show a page from disk; there is no network."""
        offline = {"type": "offline"}
        self.ask("emulation.setNetworkConditions", networkConditions=offline, contexts=[self.tab])
        self.ask("browsingContext.setViewport", context=self.tab,
                 viewport={"width": width, "height": height})
        self.go("about:blank")
        self.go(file.as_uri())

    def go(self, url: str) -> None:
        """Show a page, and wait until it is loaded."""
        self.ask("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def run(self, script: str, *given):
        """What a function of JavaScript returns, here as JSON, for these arguments."""
        code = f"async (given) => JSON.stringify(await ({script})(...JSON.parse(given)) ?? null)"
        got = self.ask("script.callFunction", functionDeclaration=code, awaitPromise=True,
                       arguments=[{"type": "string", "value": json.dumps(given)}],
                       target={"context": self.tab}, userActivation=True)
        if got["type"] == "exception":
            raise RuntimeError(got["exceptionDetails"]["text"])
        return json.loads(got["result"]["value"])

    def wait(self, script: str, *given, seconds: float = 30):
        """What a function of JavaScript returns, as soon as it is true."""
        end = time.monotonic() + seconds
        while not (got := self.run(script, *given)):
            words = "() => document.body.innerText"
            assert time.monotonic() < end, f"never came: {script}; it says: {self.run(words)}"
            time.sleep(0.05)
        return got

    def press(self, *keys: str) -> None:
        """Keys, one after another, where the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.ask("input.performActions", context=self.tab,
                 actions=[{"type": "key", "id": "keys", "actions": actions}])

    def screenshot(self, path: Path) -> None:
        data = self.ask("browsingContext.captureScreenshot", context=self.tab)["data"]
        path.write_bytes(base64.b64decode(data))


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """A Firefox of its own: profile, downloads and log are in the folder."""
    from websocket import create_connection

    quiet = QUIET | {"browser.download.dir": str(folder)}
    profile = folder / "profile"
    profile.mkdir()
    (profile / "user.js").write_text("".join(
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in quiet.items()))
    with open(folder / "firefox.log", "w") as log:
        process = subprocess.Popen([*COMMAND, "--profile", profile], stdout=log, stderr=log)
    try:
        address = _address(folder / "firefox.log", process)
        socket = create_connection(f"{address}/session", timeout=60, suppress_origin=True)
        yield Firefox(socket)
        socket.close()
    finally:
        process.terminate()
        process.wait(30)


def _address(log: Path, process: subprocess.Popen, seconds: float = 60) -> str:
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        if "BiDi listening on " in (said := log.read_text()) and said.endswith("\n"):
            return said.partition("BiDi listening on ")[2].split()[0]
        time.sleep(0.1)
    raise RuntimeError(f"Firefox did not start:\n{log.read_text()[-2000:]}")
