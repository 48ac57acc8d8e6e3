"""A face from its attributes: flat shapes with soft edges, 32 × 32 pixels.

Each shape covers a pixel by the part that its signed distance says, ½ − d in [0, 1], and is laid
over what was there. The same bits on every machine: all is done one operation after the other in
float32, by +, −, ×, ÷, √, minimum and maximum alone, whose results IEEE 754 fixes; no sine, no
exponential, no sum over an axis, nothing that a library may reorder or fuse.

Lengths in pixels, from the middle of the picture: x to the right, y down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

SIZE = 32
SKIN = {"pale": (255, 226, 202), "light": (244, 200, 158), "tan": (222, 168, 118),
        "brown": (178, 118, 74), "dark": (130, 80, 50), "deep": (86, 54, 40)}
HAIR = {"black": (40, 34, 40), "brown": (96, 62, 44), "chestnut": (156, 92, 50),
        "blond": (236, 200, 112), "red": (198, 88, 44), "grey": (182, 184, 192),
        "violet": (146, 84, 206)}
BACKGROUND = {"sky": (190, 222, 244), "sand": (246, 228, 186), "mint": (196, 232, 208),
              "rose": (250, 208, 212), "lilac": (220, 208, 244)}
SHIRT = {"navy": (58, 78, 128), "teal": (42, 140, 140), "red": (206, 72, 70),
         "mustard": (222, 166, 56), "white": (240, 240, 238), "plum": (130, 74, 120)}
CUT = ("bald", "crop", "parted", "bob", "curls", "bun")

# circles of the curls around a head: x (its sign does not matter), y, radius
CURLS = ((0.0, -10.6, 4.2), (4.2, -9.6, 4.0), (7.8, -6.8, 3.7), (10.0, -2.6, 3.4), (10.4, 1.6, 2.9))

Array = np.ndarray
_at = np.arange(SIZE, dtype=np.float32) - np.float32(15.5)


def portraits(of: Mapping[str, Array]) -> Array:
    """Faces with these attributes, numbers as `faces` draws them: (n, 3, 32, 32) uint8."""
    canvas = _Canvas(len(of["skin"]))
    for part in (_back, _long, _body, _head, _features, _beard, _mouth, _hair, _hat, _glasses):
        part(canvas, of)
    return canvas.bytes()


class _Canvas:
    """Colours (3, n, 32, 32) in [0, 255], and where each pixel lies: `x`, `y` of the picture, `u`
    (no sign), `X` and `Y` of the head, which is tilted.
    """

    def __init__(self, n: int):
        self.colour = np.zeros((3, n, SIZE, SIZE), np.float32)
        self.x, self.y = _at[None, None, :], _at[None, :, None]
        self.X, self.Y, self.u, self.face = self.x, self.y, self.x, self.colour[0]

    def tilt(self, sine: Array) -> None:
        """The head's own axes: turned about the neck, (0, 7)."""
        s = _column(sine)
        c = np.sqrt(1 - s * s)
        self.X = self.x * c + (self.y - 7) * s
        self.Y = (self.y - 7) * c - self.x * s + 7
        self.u = np.abs(self.X)

    def lay(self, covered: Array, colour: Any, rows: Array | None = None) -> None:
        """A shape (n, 32, 32), by the part of a pixel that it covers, of one colour (n, 3) or of
        one for all; `rows`: the faces that have it.
        """
        colour = np.asarray(colour, np.float32)
        for c in range(3):
            ink = colour[c] if colour.ndim == 1 else _column(colour[:, c])
            if rows is None:
                self.colour[c] += (ink - self.colour[c]) * covered
            else:
                below = self.colour[c][rows]
                self.colour[c][rows] = below + (ink - below) * covered

    def bytes(self) -> Array:
        whole = np.floor(self.colour + np.float32(0.5)).astype(np.uint8)
        return np.ascontiguousarray(whole.swapaxes(0, 1))


def _column(values: Array) -> Array:
    return np.asarray(values, np.float32)[:, None, None]


def _soft(distance: Array) -> Array:
    """The part of a pixel inside, by the signed distance to an edge."""
    return np.minimum(np.maximum(np.float32(0.5) - distance, 0), 1)


def _ellipse(x: Array, y: Array, a: Array | float, b: Array | float) -> Array:
    """The signed distance to an ellipse about 0, nearly."""
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    p, q = x / a, y / b
    near = np.sqrt(p * p + q * q)
    p, q = p / a, q / b
    return near * (near - 1) / np.maximum(np.sqrt(p * p + q * q), np.float32(1e-3))


def _circle(x: Array, y: Array, r: Array | float) -> Array:
    return np.sqrt(x * x + y * y) - np.asarray(r, np.float32)


def _palette(names: Mapping[str, tuple[int, int, int]], which: Array) -> Array:
    return np.array(list(names.values()), np.float32)[which]


def _ink(of: Mapping[str, Array]) -> Array:
    return _palette(HAIR, of["hair"])


# --- from the back to the front -------------------------------------------------------------------


def _back(canvas: _Canvas, of: Mapping[str, Array]) -> None:
    base = _palette(BACKGROUND, of["background"])
    light = (np.float32(1.04) - canvas.y * np.float32(0.005))          # brighter above
    for c in range(3):
        canvas.colour[c] = np.minimum(_column(base[:, c]) * light, 255)
    canvas.tilt(of["tilt"])


def _long(canvas: _Canvas, of: Mapping[str, Array]) -> None:
    """Hair behind the head: bob, curls, bun."""
    ink = _ink(of)
    rows = np.flatnonzero(of["cut"] == 3)
    u, Y, wide, tall = canvas.u[rows], canvas.Y[rows], of["wide"][rows], of["tall"][rows]
    bob = np.maximum(_ellipse(u, Y + 0.5, _column(wide + 2.3), _column(tall + 2.6)), Y - 9)
    canvas.lay(_soft(bob), ink[rows] * np.float32(0.88), rows)
    rows = np.flatnonzero(of["cut"] == 4)
    u, Y = canvas.u[rows], canvas.Y[rows]
    curls = _circle(u - CURLS[0][0], Y - CURLS[0][1], CURLS[0][2])
    for x, y, r in CURLS[1:]:
        curls = np.minimum(curls, _circle(u - np.float32(x), Y - np.float32(y), r))
    canvas.lay(_soft(curls), ink[rows], rows)
    rows = np.flatnonzero((of["cut"] == 5) & (of["hat"] == 0))
    bun = _circle(canvas.u[rows], canvas.Y[rows] + np.float32(12), 3.3)
    canvas.lay(_soft(bun), ink[rows] * np.float32(0.94), rows)


def _body(canvas: _Canvas, of: Mapping[str, Array]) -> None:
    skin, shirt = _palette(SKIN, of["skin"]), _palette(SHIRT, of["shirt"])
    u = np.abs(canvas.x)
    body = _ellipse(u, canvas.y - 17, _column(of["shoulders"]), 6.8)
    canvas.lay(_soft(body), shirt)
    neck = np.maximum(u - np.float32(3.1), np.float32(6) - canvas.y)
    neck = np.maximum(neck, _ellipse(u, canvas.y - 9, 5.2, 4.4))
    canvas.lay(_soft(neck), skin * np.float32(0.84))


def _head(canvas: _Canvas, of: Mapping[str, Array]) -> None:
    skin = _palette(SKIN, of["skin"])
    ear = _ellipse(canvas.u - _column(of["wide"]), canvas.Y - 1, 1.7, 2.3)
    canvas.lay(_soft(ear), skin * np.float32(0.92))
    canvas.face = _soft(_ellipse(canvas.u, canvas.Y, _column(of["wide"]), _column(of["tall"])))
    canvas.lay(canvas.face, skin)
    away = _circle(canvas.u - np.float32(5.7), canvas.Y - np.float32(4.4), 0)
    blush = np.maximum(1 - away / 3, 0)
    rose = skin * np.float32(0.66) + np.array([82, 26, 30], np.float32)
    canvas.lay(np.minimum(blush, np.float32(0.55)) * canvas.face, rose)


def _features(canvas: _Canvas, of: Mapping[str, Array]) -> None:
    skin = _palette(SKIN, of["skin"])
    u, Y, apart, size = canvas.u, canvas.Y, _column(of["apart"]), _column(of["eyes"])
    white = _ellipse(u - apart, Y - np.float32(0.4), size, size * np.float32(1.14))
    canvas.lay(_soft(white), (252, 252, 252))
    side = np.abs(canvas.X - _column(of["gaze"])) - apart
    pupil = _circle(side, Y - np.float32(0.7), size * np.float32(0.7))
    canvas.lay(_soft(pupil), (44, 34, 38))
    left = np.abs(canvas.X - _column(of["gaze"]) + np.float32(0.6)) - apart
    shine = _circle(left, Y, 0.55)
    canvas.lay(_soft(shine), (255, 255, 255))
    height = np.float32(-3.9) - (size - 2) - (u - apart) * _column(of["brows"])
    brow = np.maximum(np.abs(Y - height) - np.float32(0.62), np.abs(u - apart) - np.float32(2.0))
    dark = np.where((of["cut"] == 0)[:, None], skin * np.float32(0.5), _ink(of) * np.float32(0.8))
    canvas.lay(_soft(brow), dark)
    nose = _ellipse(u, Y - np.float32(3.3), 1.15, 0.85)
    canvas.lay(_soft(nose), skin * np.float32(0.82))


def _beard(canvas: _Canvas, of: Mapping[str, Array]) -> None:
    rows = np.flatnonzero(of["beard"])
    u, Y, face = canvas.u[rows], canvas.Y[rows], canvas.face[rows]
    edge = np.float32(4.7) - u * u * np.float32(0.055)
    canvas.lay(_soft(edge - Y) * face, _ink(of)[rows] * np.float32(0.92), rows)
    lips = _ellipse(u, Y - np.float32(6.7), 3.0, 1.5)
    canvas.lay(_soft(lips), _palette(SKIN, of["skin"])[rows], rows)


def _mouth(canvas: _Canvas, of: Mapping[str, Array]) -> None:
    wide, smile, open_ = (_column(of[name]) for name in ("mouth", "smile", "open"))
    along = canvas.u / wide
    bend = np.float32(0.45) - np.minimum(along * along, np.float32(1.4))
    middle = np.float32(6.6) + smile * bend
    half = np.float32(0.5) + open_ * np.maximum(1 - along * along, 0)
    away = np.abs(canvas.Y - middle - open_ * np.float32(0.3))
    lips = np.maximum(away - half, canvas.u - wide)
    canvas.lay(_soft(lips), (142, 46, 52))
    rows = np.flatnonzero((of["open"] > 0.9) & (of["smile"] > 0))
    upper = canvas.Y - middle + half - open_ * np.float32(0.3) - 1
    teeth = np.maximum(lips[rows] + np.float32(0.35), upper[rows])
    canvas.lay(_soft(teeth), (250, 248, 244), rows)


def _hair(canvas: _Canvas, of: Mapping[str, Array]) -> None:
    """Hair over the forehead; a hairline for each cut."""
    ink = _ink(of)
    for cut, up, low, bend, slant in ((1, 0.9, -5.4, 0.062, 0.0), (2, 1.8, -4.6, 0.02, 0.32),
                                      (3, 1.6, -4.1, 0.05, 0.0), (4, 1.2, -5.6, 0.06, 0.0),
                                      (5, 1.0, -6.2, 0.085, 0.0)):
        rows = np.flatnonzero(of["cut"] == cut)
        u, X, Y = canvas.u[rows], canvas.X[rows], canvas.Y[rows]
        cap = _ellipse(u, Y + np.float32(up / 2), _column(of["wide"][rows] + np.float32(0.6)),
                       _column(of["tall"][rows] + np.float32(up / 2 + 0.3)))
        line = Y - np.float32(low) - u * u * np.float32(bend) + X * np.float32(slant)
        canvas.lay(_soft(np.maximum(cap, line)), ink[rows], rows)


def _hat(canvas: _Canvas, of: Mapping[str, Array]) -> None:
    """A woollen hat with a bobble."""
    rows = np.flatnonzero(of["hat"])
    u, Y, wide = canvas.u[rows], canvas.Y[rows], _column(of["wide"][rows])
    cap = _ellipse(u, Y + 2, wide + 1, _column(of["tall"][rows]))
    canvas.lay(_soft(np.maximum(cap, Y + np.float32(4.5))), (208, 62, 62), rows)
    band = np.maximum(np.abs(Y + np.float32(5.2)) - np.float32(1.5), u - wide - np.float32(0.4))
    canvas.lay(_soft(band), (250, 238, 220), rows)
    canvas.lay(_soft(_circle(u, Y + np.float32(12.6), 2.5)), (250, 238, 220), rows)


def _glasses(canvas: _Canvas, of: Mapping[str, Array]) -> None:
    rows = np.flatnonzero(of["glasses"])
    u, Y, apart = canvas.u[rows], canvas.Y[rows], _column(of["apart"][rows])
    ring = _circle(u - apart - np.float32(0.1), Y - np.float32(0.5), 3.25)
    canvas.lay(_soft(ring) * np.float32(0.16), (255, 255, 255), rows)
    rim = np.abs(ring) - np.float32(0.5)
    bridge = np.maximum(np.abs(Y - np.float32(0.1)) - np.float32(0.5), u - np.float32(0.9))
    arm = np.maximum(np.abs(Y) - np.float32(0.45), apart + np.float32(3.2) - u)
    arm = np.maximum(arm, u - _column(of["wide"][rows]) - np.float32(0.3))
    canvas.lay(_soft(np.minimum(np.minimum(rim, bridge), arm)), (48, 46, 66), rows)
