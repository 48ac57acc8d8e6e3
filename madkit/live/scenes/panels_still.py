"""A scene standing still: its panels drawn with matplotlib, as pages draw them on canvases."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit.live.scenes.panels import UNITS, Panel
from madkit.plot.language import COLOURS, ink
from madkit.plot.layout import DRAWING, LABEL, TEXT, apart, figure, plain, points
from madkit.plot.sheets import mosaic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from madkit.plot.canvas import Figure

WIDE, TALL = 11.0, 4.3                            # inches
Box = tuple[float, float, float, float]           # left, foot, width and height, as shares
MARKERS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "": ""}


def png(scene: dict[str, Any]) -> bytes:
    """The scene as a PNG file."""
    with DRAWING:
        return drawn(scene).png(120)


def drawn(scene: dict[str, Any]) -> Figure:
    """The scene as a figure."""
    left, right = scene["left"], scene["right"]
    pictures = [panel for panel in left if panel["kind"] != "plot"]
    across = _across(pictures)
    rows = math.ceil(len(pictures) / across)
    share = 0.5 if left else 0.0                  # of the width, for what stands left
    tall = max(TALL, WIDE * share / across * _aspect(pictures) * rows + 0.5 * rows)
    whole = figure(WIDE, tall)
    whole.set_layout_engine("none")
    whole.panels.item().remove()
    for i, panel in enumerate(pictures):
        row, column = divmod(i, across)
        width, height = share / across, 1 / rows
        box: Box = (0.008 + column * width, 1 - (row + 1) * height + 0.3 / tall,
                    0.94 * width, height - 0.66 / tall)
        (_cloud if panel["kind"] == "cloud" else _sheet)(_axes(whole, box), panel)
    plots = [panel for panel in left if panel["kind"] == "plot"]
    for i, panel in enumerate(plots):
        _plot(_axes(whole, _box(i, len(plots), 0.055, 0.31, tall)), panel)
    for i, panel in enumerate(right):
        box = _box(i, len(right), share + 0.065, 0.775 - share, tall)
        (_table if panel["kind"] == "table" else _plot)(_axes(whole, box), panel)
    return whole


def _across(pictures: list[Panel]) -> int:
    """Columns of panels."""
    if len(pictures) < 4:
        return max(1, len(pictures))
    return math.ceil(len(pictures) / 2)


def _aspect(pictures: list[Panel]) -> float:
    """Height over width of the tallest."""
    sheets = [panel["images"].shape for panel in pictures if panel["kind"] == "sheet"]
    return max([1.0 if len(sheets) < len(pictures) else 0.0,
                *(shape[0] * shape[2] / (shape[1] * shape[3]) for shape in sheets)], default=1.0)


def _box(i: int, many: int, left: float, width: float, tall: float) -> Box:
    """One of several boxes that stand above each other, with room for titles and numbers."""
    height = 1 / many
    head, foot = 0.38 / tall, (0.68 if i == many - 1 else 0.36) / tall
    return left, 1 - (i + 1) * height + foot, width, height - head - foot


def _axes(whole: Figure, box: Box) -> Axes:
    from madkit.plot.canvas import Axes

    ax = whole.add_axes(box, axes_class=Axes)
    plain(ax)
    return ax


def _head(ax: Axes, panel: Panel) -> None:
    colour = ink(panel["colour"]) if "colour" in panel else COLOURS["text"]
    ax.set_title(panel["title"], loc="left", fontsize=LABEL, color=colour,
                 fontweight="bold" if "colour" in panel else "normal")
    if note := panel.get("note"):
        ax.annotate(note, (0, 0), (0, -5), xycoords="axes fraction", textcoords="offset points",
                    va="top", fontsize=TEXT, color=COLOURS["faint"])


def _cloud(ax: Axes, panel: Panel) -> None:
    ax.grid(False)
    ax.set(xlim=(0, UNITS), ylim=(0, UNITS), xticks=[], yticks=[], box_aspect=1, anchor="W")
    ax.spines[:].set(visible=True, color="#BBBBBB")
    dots = {"linestyle": "", "marker": ".", "markersize": 4, "markeredgewidth": 0}
    ax.plot(*panel["real"].T, color=COLOURS["real"], alpha=0.35, **dots)
    if panel.get("line") is not None:
        ax.plot(*panel["line"].T, color=COLOURS["real"], linewidth=1.2)
    ax.plot(*panel["rows"].T, color=panel["colour"], alpha=0.7, **dots)
    for name, sign in (("rings", "o"), ("crosses", "x")):
        if panel.get(name) is not None:
            ax.plot(*panel[name].T, sign, markersize=15 if sign == "o" else 9, color=COLOURS["text"],
                    markerfacecolor="none", markeredgewidth=1.2)
    _head(ax, panel)


def _sheet(ax: Axes, panel: Panel) -> None:
    images, labels = panel["images"], panel["labels"]
    ax.imshow(mosaic(images), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    ax.set_anchor("NW")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.set(xticks=[], yticks=[])
    if labels:
        wide = images.shape[3]
        ax.set_xticks([(i + 0.5) * wide - 0.5 for i in range(len(labels))], labels)
    _head(ax, panel)
    if labels and panel.get("note"):
        ax.texts[-1].set_position((0, -20))


def _scaled(ax: Axes, which: str, axis: dict[str, Any]) -> None:
    say = {"x": (ax.set_xscale, ax.set_xlim, ax.set_xticks, ax.set_xlabel),
           "y": (ax.set_yscale, ax.set_ylim, ax.set_yticks, ax.set_ylabel)}[which]
    scale, limits, ticks, label = say
    scale("log" if axis["log"] else "linear")
    low, high = axis["range"]
    room = 0.02 * (high - low) if which == "x" and not axis["log"] else 0
    limits(low - room, high + room)
    if axis["ticks"] is not None:
        ticks([value for value, _ in axis["ticks"]], [text for _, text in axis["ticks"]])
        ticks([], minor=True)
    label(axis["label"], fontsize=LABEL, color=COLOURS["text"])


def _plot(ax: Axes, panel: Panel) -> None:
    from madkit.plot.layout import generation_axis

    _head(ax, panel | {"note": ""})
    for which in "xy":
        _scaled(ax, which, panel[which])
    if panel["x"]["label"] == "generation":
        generation_axis(ax, int(panel["x"]["range"][1]))
    if "level" in panel:
        ax.axhline(panel["level"], color=COLOURS["real"], linewidth=0.8, zorder=0)
    if panel.get("at") is not None:
        ax.axvline(panel["at"], color=COLOURS["faint"], linewidth=1)
    for line in panel["lines"]:
        _line(ax, line, panel.get("at"))
    if note := panel.get("note"):
        low = any(len(line["median"]) and _height(panel["y"], line["median"][0]) < 0.25
                  for line in panel["lines"])
        ax.text(0.02, 0.97 if low else 0.04, note, transform=ax.transAxes, fontsize=10,
                color=COLOURS["faint"], va="top" if low else "bottom")
    ends = [(_height(panel["y"], _end(line)), line["name"], line["colour"])
            for line in panel["lines"] if line["name"]]
    if "cross" in panel:
        x, y, name = panel["cross"]
        ax.plot([x], [y], "P", markersize=10, color=COLOURS["real"], zorder=4)
        ends.append((_height(panel["y"], y), name, COLOURS["real"]))
    _names(ax, ends)


def _line(ax: Axes, line: dict[str, Any], at: float | None) -> None:
    x, colour = line["x"], line["colour"]
    if line["low"] is not None:
        ax.fill_between(x, line["low"], line["high"], color=colour, alpha=0.18, linewidth=0)
    style = (0, tuple(line["dash"])) if line["dash"] else "-"
    ax.plot(x, line["median"], color=colour, linewidth=2.2, linestyle=style,
            marker=MARKERS[line["marker"]], markersize=6)
    if line["theory"] is not None:
        ax.plot(x, line["theory"], color=COLOURS["theory"], linewidth=1.2, dashes=(4, 3))
    if line["dot"] is not None:
        ax.plot([at], [line["dot"]], "o", color=colour, markersize=7, clip_on=False)
    if line["ring"] is not None:
        ax.plot([x[line["ring"]]], [line["median"][line["ring"]]], "o", markersize=13,
                markerfacecolor="none", color=COLOURS["text"], clip_on=False)


def _end(line: dict[str, Any]) -> float:
    """Where a line is named: at its right end, or where a path begins."""
    seen = line["median"][np.isfinite(line["median"])]
    return float("nan") if not len(seen) else float(seen[0 if line["marker"] else -1])


def _height(axis: dict[str, Any], value: float) -> float:
    """A value as a share of the axis' length, at its ends where it lies outside."""
    low, high = axis["range"]
    if axis["log"]:
        low, high, value = np.log(low), np.log(high), np.log(max(value, 1e-300))
    return float(np.clip(np.nan_to_num((value - low) / (high - low)), 0.03, 1))


def _names(ax: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Names beside the axes, apart where they would touch."""
    ends = sorted(ends)
    texts = [_broken(name) for _, name, _ in ends]
    lines = np.array([text.count("\n") + 1 for text in texts])
    if not ends:
        return
    places = apart(np.array([at for at, *_ in ends]), 1.3 * TEXT * lines / points(ax))
    for place, text, (*_, colour) in zip(places, texts, ends, strict=True):
        ax.text(1.03, place, text, transform=ax.transAxes, va="center", fontsize=TEXT,
                fontweight="bold", color=ink(colour))


def _broken(name: str) -> str:
    """A long name in two lines."""
    return name.replace(" ", "\n", 1) if len(name) > 16 else name


def _table(ax: Axes, panel: Panel) -> None:
    """A row for each metric."""
    rows, colour = panel["rows"], panel["colour"]
    ax.set(xlim=(0, 1), ylim=(len(rows), 0), xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    title = f"{panel['title']}; {panel['note']}"
    ax.set_title(title, loc="left", fontsize=TEXT, color=COLOURS["faint"])
    for i, row in enumerate(rows):
        foot, size = i + 0.88, 0.76
        x = np.linspace(0.42, 0.7, len(row["y"]))
        low, high = (np.clip(end, -0.1, 1.1) for end in row["band"])
        ax.fill_between([0.4, 0.72], foot - size * (low - 0.02), foot - size * (high + 0.02),
                        color="#D8D8D8", linewidth=0)
        ax.plot(x, foot - size * row["y"], color=colour, linewidth=2)
        ax.plot([x[row["at"]]], [foot - size * row["y"][row["at"]]], "o", color=colour, markersize=7)
        ax.text(0.38, i + 0.5, row["name"], ha="right", va="center", fontsize=TEXT,
                color=COLOURS["text"])
        ax.text(0.75, i + 0.5, f"{row['verdict']}  {row['value']} ({row['perfect']})", va="center",
                fontsize=TEXT, fontweight="bold" if row["bold"] else "normal",
                color=ink(colour) if row["bold"] else COLOURS["faint"])
