"""Explorers and maps inside a page of HTML: no network, no kernel.

Scripts and styles stand in the page once, the data of each where it is shown;
until its script runs, and on paper, its picture stands in its place.
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from madkit.live.join import join

CSS = Path(__file__).parent / "css"
# of live/js, joined into one module
SCRIPTS = {"explorer": "explorer/index.js", "phase_map": "map/index.js"}
STYLES = {"explorer": ("explorer.css",), "phase_map": ("explorer.css", "phase_map.css")}
START = """
for (const place of document.querySelectorAll(".madkit-place[data-script=NAME]")) {
  const { page, state } = JSON.parse(place.querySelector(".madkit-data").textContent);
  const packed = Uint8Array.from(atob(place.querySelector(".madkit-scene").textContent), (sign) => sign.charCodeAt(0));
  if (!packed.length) {                              // all is in its page
    mount(place.querySelector(".madkit-live"), page, state);
    continue;
  }
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  new Response(stream).arrayBuffer().then((bytes) => mount(place.querySelector(".madkit-live"), page, state, bytes));
}
"""
HIDE = """
@media screen { .madkit-place:has(.madkit-alive) .madkit-still { display: none; } }
@media print { .madkit-live { display: none; } }
"""


def fragment(data: dict[str, Any], picture: str) -> str:
    """One explorer or map, as HTML: `data` is that of `scenes.offline.embedded`,
    `picture` the HTML that stands in its place.
    """
    plain = json.dumps({"page": data["page"], "state": data["state"]}).replace("<", "\\u003c")
    name = data.get("script", "explorer")
    scene = html.escape(data["scene"])
    return (f'<div class="madkit-place" data-script="{name}">{picture}'
            '<div class="madkit-live"></div>'
            f'<script type="application/json" class="madkit-data">{plain}</script>'
            f'<script type="text/plain" class="madkit-scene">{scene}</script></div>')


def once(body: str) -> str:
    """What this body, an HTML page's, needs once, at its end."""
    names = [name for name in SCRIPTS if f'data-script="{name}"' in body]
    sheets = "".join(dict.fromkeys(style(sheet) for name in names for sheet in STYLES[name]))
    scripts = (f'<script type="module">\n{script(name)}{START.replace("NAME", name)}</script>'
               for name in names)
    return "\n".join([f"<style>\n{sheets}{HIDE}</style>", *scripts]) if names else ""


def script(name: str) -> str:
    """The ES module of SCRIPTS, for anywidget and for a page."""
    return join(SCRIPTS[name]).replace("</script", "<\\/script")


def style(sheet: str) -> str:
    """A style sheet of STYLES."""
    return (CSS / sheet).read_text(encoding="utf-8")
