"""Explorers and maps inside a page of HTML: no network, no kernel.

Scripts and styles stand in the page once, the data of each where it is shown;
until its script runs, and on paper, its picture stands in its place.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

from madkit.live.join import join

CSS = Path(__file__).parent / "css"
# of live/js, joined into one module
SCRIPTS = {"explorer": "explorer/index.js", "phase_map": "map/index.js",
           "predict": "predict/index.js", "view": "view/index.js"}
STYLES = {"explorer": ("explorer.css",), "phase_map": ("explorer.css", "phase_map.css"),
          "predict": ("explorer.css", "predict.css", "cover.css"),
          "view": ("explorer.css", "view.css")}
START = """
const wake = async (place) => {                      // one that cannot be read stays a picture, and stops no other
  const { page, state } = JSON.parse(place.querySelector(".madkit-data").textContent);
  const packed = Uint8Array.from(atob(place.querySelector(".madkit-scene").textContent), (sign) => sign.charCodeAt(0));
  const live = place.querySelector(".madkit-live");
  if (!packed.length) return mount(live, page, state);                                 // all is in its page
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return mount(live, page, state, await new Response(stream).arrayBuffer());
};
for (const place of document.querySelectorAll(".madkit-place[data-script=NAME]")) wake(place);
"""
HIDE = """
@media screen { .madkit-place:has(.madkit-alive) .madkit-still { display: none; } }
@media print { .madkit-live { display: none; } }
"""


def is_whole(data: Any) -> bool:
    """Whether this, from whomever, is what `fragment` takes."""
    if not isinstance(data, dict) or data.get("script", "explorer") not in SCRIPTS:
        return False
    page, state, scene = (data.get(name) for name in ("page", "state", "scene"))
    return (isinstance(page, dict) and isinstance(state, dict) and isinstance(scene, str)
            and re.fullmatch(r"[\w+/=]*", scene) is not None)


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


def used(body: str) -> list[str]:
    """The scripts of SCRIPTS that this body, an HTML page's, needs."""
    return [name for name in SCRIPTS if f'class="madkit-place" data-script="{name}"' in body]


def styles(names: list[str]) -> str:
    """What a page of these scripts needs of CSS, once."""
    sheets = "".join(dict.fromkeys(style(sheet) for name in names for sheet in STYLES[name]))
    return sheets + HIDE if names else ""


def module(name: str) -> str:
    """The script that brings a page's fragments of this name to life."""
    return f'\n{script(name)}{START.replace("NAME", name)}'


def script(name: str) -> str:
    """The ES module of SCRIPTS, for anywidget and for a page."""
    return join(SCRIPTS[name]).replace("</script", "<\\/script")


def style(sheet: str) -> str:
    """A style sheet of STYLES."""
    return (CSS / sheet).read_text(encoding="utf-8")
