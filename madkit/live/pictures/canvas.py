"""Frames, and a figure that makes them fast."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit.base.gate import gate
from madkit.plot import DRAWING

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

DPI = 144                            # half as many again as a screen shows at 96: sharp on most


@gate
@dataclass(frozen=True)
class Frame:
    """One state of a picture: its pixels as a PNG file, and what it shows in words
    (caption and alternative text).
    """

    png: bytes
    text: str


MOVED: list[Canvas] = []  # the canvases drawn last, the newest at the end
HELD = 4                  # of them keep their pixels: a notebook holds all that it ever showed


class Canvas:
    """A figure that stays: `png()` draws only the moving artists, over a copy of all else.

    One that was not drawn for long lets go of its pixels, and draws all once more when it is.
    """

    def __init__(self, figure: Figure, moving: Sequence[Artist], dpi: float = DPI):
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        figure.set_dpi(dpi)
        self.agg, self.moving = FigureCanvasAgg(figure), list(moving)
        self._still: Any = None
        self._axes: Any = None
        for artist in self.moving:
            artist.set_animated(True)

    def png(self) -> bytes:
        """The figure as it is now.

        Axes whose limits or scale changed since the last call cost a whole drawing.
        """
        with DRAWING:
            axes = [(*ax.get_xlim(), *ax.get_ylim(), ax.get_yscale())
                    for ax in self.agg.figure.axes]
            if axes != self._axes:
                self.agg.draw()
                self._still, self._axes = self.agg.copy_from_bbox(self.agg.figure.bbox), axes
            self.agg.restore_region(self._still)
            for artist in self.moving:
                artist.draw(self.agg.get_renderer())
            self._hold()
            return png(np.asarray(self.agg.buffer_rgba())[..., :3])

    def _hold(self) -> None:
        """Be the one drawn last; the one drawn longest ago lets go."""
        from madkit.plot.canvas import release

        if self in MOVED:
            MOVED.remove(self)
        MOVED.append(self)
        if len(MOVED) > HELD:
            oldest = MOVED.pop(0)
            release(figure := oldest.agg.figure)
            oldest.agg, oldest._still, oldest._axes = figure.canvas, None, None


def png(pixels: np.ndarray) -> bytes:
    """Pixels (height, width, 3), uint8, as a PNG file: lightly compressed
    and without filters, for flat colours.

    Half the time, and no larger, than what general encoders make of such pictures.
    https://www.w3.org/TR/png-3/
    """
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # each row begins with its filter: 0, none
    rows[:, 1:] = pixels.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)         # 8 bits, red green blue
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
