"""A picture as notebooks and pages show it: pixels, pixels with a text alternative, that text."""

from __future__ import annotations

import base64
import html


def still(
    png: bytes,
    text: str,               # what it shows in words: the alternative of the image, and its caption
    width: str,              # on the screen, such as "1000px"; less where there is less room
    caption: bool = True,
    kind: str = "",          # the figure's class in CSS
) -> dict[str, str]:
    """image/png, text/html and text/plain."""
    data, said = base64.b64encode(png).decode(), html.escape(text)
    size = f"width:100%; max-width:{width}" if caption else f"width:{width}; max-width:100%"
    image = f'<img alt="{said}" src="data:image/png;base64,{data}" style="{size}; height:auto">'
    named = f' class="{kind}"' if kind else ""
    look, below = ("0 0 1rem", f"<figcaption>{said}</figcaption>") if caption else ("0", "")
    figure = f'<figure{named} style="margin:{look}">{image}{below}</figure>'
    return {"image/png": data, "text/html": figure, "text/plain": text}
