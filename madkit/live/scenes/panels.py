"""A scene: what one state of a picture shows, as plain values; pages draw it on canvases
(js/view/), `scenes.panels_still` with matplotlib.

A scene is {"text": in words, "left": panels of rows or images, "right": panels of numbers}. A panel
has a "kind", and a "title" in "colour":

    cloud     real, rows (n, 2), line (n, 2), rings, crosses (n, 2): thousandths of its square, from
              the lower left, int16
    sheet     images (rows, columns, h, w[, 3]) uint8, labels of its columns
    plot      lines of x, median, low, high, theory (T,) in the axes x and y: {"label", "range",
              "log", "ticks": [[value, text]]}; `at`: where the cursor stands; `level`: of the truth
    table     rows of words, each beside a small line of its own: y, band in [0, 1], verdict
    png       a picture that is there already, bytes

Arrays stay arrays, so that scenes that share one carry it once (`scenes.pack`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

UNITS = 1000                                     # to the side of a cloud
DRAWN = 1500                                     # rows of a cloud, at most
Panel = dict[str, Any]
Window = tuple[float, float, float, float]       # left, right, foot and head of a cloud


def window(real: np.ndarray, margin: float) -> Window:
    """A square around rows (n, 2), with a margin as a share of their width."""
    centre, half = (real.max(0) + real.min(0)) / 2, (0.5 + margin) * np.ptp(real, axis=0).max()
    (x, y), half = centre.tolist(), float(half)
    return x - half, x + half, y - half, y + half


def placed(points: Any, seen: Window) -> np.ndarray:
    """Points (n, 2) in thousandths of a window; far outside, a little outside."""
    low, size = np.array(seen[::2]), np.array([seen[1] - seen[0], seen[3] - seen[2]])
    points = np.asarray(points, float).reshape(-1, 2)[:DRAWN]
    at = (points - low) / size * UNITS
    return np.nan_to_num(at, nan=-UNITS).clip(-UNITS, 2 * UNITS).round().astype(np.int16)


def cloud(title: str, colour: str, real: np.ndarray, rows: np.ndarray, **own: Any) -> Panel:
    """Real rows and rows emitted, both as `placed` gives them."""
    return {"kind": "cloud", "title": title, "colour": colour, "real": real, "rows": rows} | own


def sheet(title: str, colour: str, tiles: np.ndarray, labels: Sequence[Any] | None,
          **own: Any) -> Panel:
    """Images (rows, columns, h, w[, 3]) in [0, 1]."""
    images = (255 * np.asarray(tiles)).clip(0, 255).round().astype(np.uint8)
    named = None if labels is None else [str(label) for label in labels]
    return {"kind": "sheet", "title": title, "colour": colour, "images": images,
            "labels": named} | own


def axis(label: str, low: float, high: float, log: bool = False,
         ticks: Mapping[float, str] | Sequence[float] | None = None) -> dict[str, Any]:
    """An axis; ticks: {value: text}, or values; None: round numbers."""
    if ticks is not None and not isinstance(ticks, Mapping):
        ticks = {value: f"{value:g}" for value in ticks}
    return {"label": label, "range": [float(low), float(high)], "log": log,
            "ticks": None if ticks is None else [[float(v), text] for v, text in ticks.items()]}


def generations(last: int) -> dict[str, Any]:
    """The axis of generations 1 … last."""
    return axis("generation", 1, max(last, 2))


def line(name: str, colour: str, x: Any, median: Any, *, dash: Any = "-", low: Any = None,
         high: Any = None, theory: Any = None, dot: float | None = None, marker: str = "",
         ring: int | None = None) -> dict[str, Any]:
    """A line over x, and what belongs to it: band, theory,
    a `dot` at the cursor's height, a ring around one of its points.
    """
    arrays = {"x": x, "median": median, "low": low, "high": high, "theory": theory}
    made = {key: None if part is None else np.asarray(part, np.float32)
            for key, part in arrays.items()}
    return made | {"name": name, "colour": colour, "dash": [] if dash == "-" else list(dash[1]),
                   "dot": None if dot is None or not np.isfinite(dot) else float(dot),
                   "marker": marker, "ring": ring}


def plot(title: str, x: dict[str, Any], y: dict[str, Any], lines: Sequence[dict[str, Any]],
         **own: Any) -> Panel:
    """Lines in axes; own: at, level, note, cross [x, y, name]."""
    return {"kind": "plot", "title": title, "x": x, "y": y, "lines": list(lines)} | own


def scene(text: str, left: Sequence[Panel], right: Sequence[Panel]) -> dict[str, Any]:
    """All panels of one state, and what they show in words."""
    return {"text": text, "left": list(left), "right": list(right)}


def refused(text: str) -> dict[str, Any]:
    """What stands in the place of a state that cannot be drawn: why, in words."""
    return scene("", [], []) | {"refused": text}


def cut(shown: dict[str, Any], rows: int, real: int) -> dict[str, Any]:
    """The scene with fewer rows in its clouds: for pages that are mailed."""
    def smaller(panel: Panel) -> Panel:
        if panel["kind"] != "cloud":
            return panel
        return panel | {"rows": panel["rows"][:rows], "real": panel["real"][:real]}

    return shown | {"left": [smaller(panel) for panel in shown["left"]]}
