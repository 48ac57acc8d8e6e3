"""Sheets of a state as one picture that stands still: the rows of `sheet`, every pixel as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from madkit.live.scenes import sheet
from madkit.live.scenes.pack import Track
from madkit.live.scenes.page import Page, Shown, State
from madkit.live.scenes.words import told
from madkit.plot import COLOURS, figure
from madkit.plot.language import ink
from madkit.plot.layout import LABEL, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.gridspec import SubplotSpec

    from madkit.plot.canvas import Figure

DPI = 110                  # at which a picture is made: what stands here is in these pixels
WIDTH, CURVES = 11, 3.7    # inches: of the picture; the height of the curves below
EDGE, NAME, LEAD, APART = 12, 28, 20, 10
TALL = 460                 # for all images

Line = tuple[str, Shown, Track]        # side, what it shows, its track


def sheets(page: Page, state: State, lines: list[Line]) -> tuple[Figure, SubplotSpec]:
    """A figure with a row of images for each run below real ones; and the room for curves."""
    labels, (_, m, h, w, *_) = page.truth["labels"], lines[0][2]["images"].shape
    wide, each = WIDTH * DPI - 2 * EDGE, sheet.EACH if labels else 1
    laid = sheet.layout(1 + len(lines), len(labels) or m, each, (h, w), wide, TALL)
    line, lead = h * laid.scale + 1, LEAD if labels else 0
    row = NAME + laid.lines * line + APART
    high = row * (1 + len(lines)) + laid.lines * lead + EDGE
    tall = high + round(CURVES * DPI)
    whole = figure(WIDTH, (tall + 0.01) / DPI)
    whole.delaxes(whole.panels.item())
    whole.get_layout_engine().set(rect=(0, 0, 1, CURVES * DPI / tall))
    ax = whole.add_axes((EDGE / WIDTH / DPI, 1 - high / tall, wide / WIDTH / DPI, high / tall))
    ax.set(xlim=(0, wide), ylim=(high, 0))
    ax.set_axis_off()
    paper = np.zeros((high, wide, 4), np.uint8)
    _row(ax, paper, laid, EDGE, labels, lines[0][2]["real"], lines[0][2]["there"][0])
    of = page.truth["of"]
    some = f"{len(labels)} of {of} labels, evenly spread" if of > len(labels) else ""
    _name(ax, EDGE, "real", COLOURS["text"], some)
    for i, (side, one, track) in enumerate(lines):
        at = max(0, sum(t <= state["t"] for t in track["kept"]) - 1)
        top = EDGE + laid.lines * lead + (i + 1) * row
        _name(ax, top, f"{side}: {one.label}" if state["B"] else one.label, ink(one.look.colour),
              f"generation {track['kept'][at]}{_first(page, state, track)}")
        _row(ax, paper, laid, top, [], track["images"][at], track["there"][at + 1])
    ax.imshow(paper, extent=(0, wide, high, 0), interpolation="nearest", aspect="auto")
    return whole, whole.add_gridspec(1, 1)[0]


def _row(ax: Axes, paper: np.ndarray, laid: sheet.Layout, top: int, labels: list[int],
         images: np.ndarray, counts: list[int]) -> None:
    """Images on the paper; of a label with too few, tiles that say so."""
    each = 1 if len(counts) == 1 and not labels else sheet.EACH
    lead, (h, w) = LEAD if labels else 0, images.shape[1:3]
    for i, image in enumerate(images[: len(counts) * each if each > 1 else laid.per * laid.lines]):
        x, y = sheet.spot(laid, i, each, (h, w), lead)
        y += top + NAME
        if labels and i % each == 0:
            ax.text(x, y - 4, str(labels[i // each]), fontsize=TEXT, color=COLOURS["faint"])
        high, wide = h * laid.scale, w * laid.scale
        if sheet.there(counts, i, each):
            large = image.repeat(laid.scale, 0).repeat(laid.scale, 1)
            paper[y : y + high, x : x + wide, :3] = large.reshape(high, wide, -1)
            paper[y : y + high, x : x + wide, 3] = 255
        else:
            _none(ax, x, y, wide, high)


def _first(page: Page, state: State, track: Track) -> str:
    """The first metric, of the generation asked for."""
    metric, at = page.metrics[0], max(0, sum(t <= state["t"] for t in track["t"]) - 1)
    median = track["curves"][metric.name]["median"]
    return f" · {metric.short} {told(metric, float(median[at]))}"


def _none(ax: Axes, x: int, y: int, wide: int, high: int) -> None:
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((x + 0.5, y + 0.5), wide - 1, high - 1, fill=False, edgecolor="#BBBBBB",
                           linewidth=0.7))
    ax.text(x + wide / 2, y + high / 2, "none" if wide > 45 else "–", fontsize=TEXT, ha="center",
            va="center", color=COLOURS["faint"])


def _name(ax: Axes, top: int, name: str, colour: str, more: str) -> None:
    bold = ax.text(0, top + NAME / 2, name, fontsize=LABEL, fontweight="bold", color=colour,
                   va="center")
    ax.annotate(more, (1, 0.5), (10, 0), xycoords=bold, textcoords="offset points", va="center",
                fontsize=TEXT, color=COLOURS["faint"])
