"""Explorers inside a page of HTML: no network, no kernel. The script and the style stand in the page once, each explorer's data
where it is shown; until its script runs, and on paper, its picture stands in its place."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
START = """
for (const place of document.querySelectorAll(".madkit-place")) {
  const { page, state } = JSON.parse(place.querySelector(".madkit-data").textContent);
  const packed = Uint8Array.from(atob(place.querySelector(".madkit-scene").textContent), (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  new Response(stream).arrayBuffer().then((bytes) => mount(place.querySelector(".madkit-live"), page, state, bytes));
}
"""
HIDE = """
@media screen { .madkit-place:has(.madkit-alive) .madkit-still { display: none; } }
@media print { .madkit-live { display: none; } }
"""


def fragment(data: dict[str, Any], picture: str) -> str:
    """One explorer, as HTML: `data` is that of `scenes.offline.embedded`, `picture` the HTML that stands in its place."""
    plain = json.dumps({"page": data["page"], "state": data["state"]}).replace("<", "\\u003c")
    return (f'<div class="madkit-place">{picture}<div class="madkit-live"></div>'
            f'<script type="application/json" class="madkit-data">{plain}</script>'
            f'<script type="text/plain" class="madkit-scene">{html.escape(data["scene"])}</script></div>')


def once() -> str:
    """What a page with explorers needs once, at its end."""
    script = (STATIC / "explorer.js").read_text(encoding="utf-8").replace("</script", "<\\/script")
    style = (STATIC / "explorer.css").read_text(encoding="utf-8")
    return f'<style>\n{style}{HIDE}</style>\n<script type="module">\n{script}{START}</script>'
