"""Explorers and maps inside a page of HTML: no network, no kernel.

What takes room stands in the page once, compressed, whoever uses it (`Pieces`): scripts, and what
figures show, in parts, so that figures that show the same images carry them once. The rest of a
figure stands where it is shown; until its script runs, and on paper, its picture stands in its
place.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from pathlib import Path
from typing import Any

from madkit.live.join import join
from madkit.live.scenes.pack import cut

CSS = Path(__file__).parent / "css"
LARGEST = 2**26                       # bytes of a scene that is looked into, unpacked
# of live/js, joined into one module
SCRIPTS = {"explorer": "explorer/index.js", "phase_map": "map/index.js",
           "predict": "predict/index.js", "view": "view/index.js"}
STYLES = {"explorer": ("explorer.css",), "phase_map": ("explorer.css", "phase_map.css"),
          "predict": ("explorer.css", "predict.css", "cover.css"),
          "view": ("explorer.css", "view.css")}
AT_ONCE = ("predict",)                # what it covers is never drawn
UNPACK = """{
const unpacked = async (place) => {
  const bytes = Uint8Array.from(atob(place.textContent), (sign) => sign.charCodeAt(0));
  return new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
};
const pieces = [...document.querySelectorAll(".madkit-piece")], opened = [];
const piece = (i) => (opened[i] ??= unpacked(pieces[i]).then((one) => new Response(one).blob()));
"""
# of the numbers of the pieces that hold scripts
LOAD = """
for (const i of NUMBERS) {
  const script = document.createElement("script");
  script.type = "module";
  piece(i).then((one) => one.text()).then((text) => {
    script.textContent = text;
    document.head.append(script);
  });
}}
"""
# below a script of SCRIPTS: one that cannot be read stays a picture, and stops no other
START = """
const wake = async (place) => {
  const { page, state } = JSON.parse(place.querySelector(".madkit-data").textContent);
  const numbers = place.querySelector(".madkit-scene").textContent.match(/\\d+/g);
  const live = place.querySelector(".madkit-live");
  if (!numbers) return mount(live, page, state);
  const scene = await new Blob(await Promise.all(numbers.map(piece))).arrayBuffer();
  return mount(live, page, state, scene);
};
for (const place of document.querySelectorAll(".madkit-place[data-script=NAME]")) wake(place);
}"""
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


class Pieces:
    """Bytes that a page carries, each once, by number."""

    def __init__(self) -> None:
        self.numbers: dict[bytes, int] = {}             # by what stands in the page: compressed

    def add(self, content: bytes) -> int:
        """The number of these bytes."""
        return self._packed(gzip.compress(content, 9, mtime=0))

    def scene(self, packed: str) -> list[int]:
        """The pieces of what a figure shows, in their order."""
        if not packed:
            return []
        given = packed.encode()
        try:
            given, unpacker = base64.b64decode(given), zlib.decompressobj(31)
            parts = cut(unpacker.decompress(given, LARGEST))
            if unpacker.eof:
                return [*map(self.add, parts)]
        except Exception:                               # a stranger's: its page will find out
            pass
        return [self._packed(given)]

    def _packed(self, compressed: bytes) -> int:
        return self.numbers.setdefault(compressed, len(self.numbers))

    @property
    def html(self) -> str:
        """All of them."""
        return "".join('<script type="text/plain" class="madkit-piece">'
                       f"{base64.b64encode(piece).decode()}</script>\n" for piece in self.numbers)


def fragment(data: dict[str, Any], picture: str, pieces: Pieces) -> str:
    """One explorer or map, as HTML: `data` is that of `scenes.offline.embedded`,
    `picture` the HTML that stands in its place, `pieces` those of its page.
    """
    plain = json.dumps({"page": data["page"], "state": data["state"]}).replace("<", "\\u003c")
    name = data.get("script", "explorer")
    scene = " ".join(map(str, pieces.scene(data["scene"])))
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


def modules(names: list[str], pieces: Pieces) -> tuple[list[str], list[str]]:
    """The scripts that bring a page's fragments of these names to life: those that stand in the
    page, and those among its pieces, which the last of the others unpacks.
    """
    texts = {name: f'\n{script(name)}{UNPACK}{START.replace("NAME", name)}' for name in names}
    plain = [text for name, text in texts.items() if name in AT_ONCE]
    packed = [text for name, text in texts.items() if name not in AT_ONCE]
    numbers = json.dumps([pieces.add(text.encode()) for text in packed])
    return [*plain, *[UNPACK + LOAD.replace("NUMBERS", numbers)] * bool(packed)], packed


def script(name: str) -> str:
    """The ES module of SCRIPTS, for anywidget and for a page."""
    return join(SCRIPTS[name]).replace("</script", "<\\/script")


def style(sheet: str) -> str:
    """A style sheet of STYLES."""
    return (CSS / sheet).read_text(encoding="utf-8")
