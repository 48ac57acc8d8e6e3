"""A picture as notebooks and pages show it: pixels, pixels with a text alternative, that text."""

from __future__ import annotations

import base64
import html
import io
import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

COLOURS = (48, 96, 256)            # of a palette: as few as do
SQUARE, NEAR = 16, 4               # pixels; levels of 255 by which a square may change
LARGEST = 30_000_000               # pixels of a picture that is made lighter
LONGEST = 16_383                   # pixels of a side of a picture in WebP

# of JupyterLab's dark theme alone, which sets 32: white paper does not glare there
DIM = "filter:brightness(calc(1 - var(--jp-shadow-base-lightness, 0) / 180))"


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
    image = f'<img alt="{said}" src="data:image/png;base64,{data}" style="{size}; height:auto; {DIM}">'
    named = f' class="{kind}"' if kind else ""
    look, below = ("0 0 1rem", f"<figcaption>{said}</figcaption>") if caption else ("0", "")
    figure = f'<figure{named} style="margin:{look}">{image}{below}</figure>'
    return {"image/png": data, "text/html": figure, "text/plain": text}


def lighter(png: bytes) -> bytes:
    """The same picture in fewer bytes: with a palette, where no eye tells.

    Each colour becomes one of 48, else of 96 or 256, where no square of SQUARE pixels changes by
    more than NEAR of 255 in the mean; up to 256 colours all stay. Photographs, whose colours are
    all over, keep theirs. A picture with transparent pixels, a large one, or what is none, is
    returned as it came.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(png)) as given:
            if given.mode not in ("RGB", "RGBA") or given.width * given.height > LARGEST:
                return png
            if given.mode == "RGBA" and min(given.getchannel("A").tobytes()) < 255:
                return png
            whole = given.convert("RGB")
        all_there = whole.getcolors(max(COLOURS)) is not None
        fewer = (whole.quantize(many, way, 1, dither=Image.Dither.NONE)
                 for many in (COLOURS[-1:] if all_there else COLOURS)
                 for way in (Image.Quantize.MAXCOVERAGE, Image.Quantize.MEDIANCUT))
        near = (few for few in fewer if _near(whole, few.convert("RGB")))
        file = io.BytesIO()
        next(near, whole).save(file, "PNG", optimize=True)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return png
    return min(png, file.getvalue(), key=len)


def webp(png: bytes) -> bytes:
    """The same pixels as WebP, which takes a fifth less, for pages; as it came where it is no PNG,
    is large or would take more.
    """
    from PIL import Image

    file = io.BytesIO()
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(png)) as given:
            if given.width * given.height > LARGEST or max(given.size) > LONGEST:
                return png
            clear = given.mode in ("RGBA", "LA", "PA") or "transparency" in given.info
            plain = given.convert("RGBA" if clear else "RGB")
            plain.save(file, "WEBP", lossless=True, exact=True, method=4)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return png
    return min(png, file.getvalue(), key=len)


def _near(one: Image.Image, other: Image.Image) -> bool:
    """Whether no square of the pictures differs by more than NEAR in the mean, in any colour."""
    from PIL import ImageChops

    squares = np.asarray(ImageChops.difference(one, other).reduce(SQUARE))
    return bool(squares.max() <= NEAR)
