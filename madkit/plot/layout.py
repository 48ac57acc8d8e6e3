"""What all views share: figures, titles, the generation axis, names at the ends of lines.

Nothing overlaps: names stand beside the axes and are moved apart,
with a thin line to what they name.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit.base.checks import Amount, Count, shown
from madkit.base.gate import gate
from madkit.base.locks import lock
from madkit.plot.given import One
from madkit.plot.language import COLOURS, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from madkit.plot.canvas import Figure, Panels

# matplotlib draws on one thread at a time; slider callbacks come on another
DRAWING = lock()
TITLE, LABEL, TEXT = 16, 13, 11.5    # points
LETTERS = 48                         # of a name, in a line
LONGEST = 500        # letters of a title: more is no finding in words
LINE = 1.3                           # height of a line of text, in its size


@gate
def figure(
    width: Amount = 7.5,  # inches
    height: Amount = 4.5, # inches
    rows: Count = 1,        # panels, from top to bottom
    columns: Count = 1,     # panels, from left to right
) -> Figure:
    """A figure that shows itself in a notebook; `figure.panels` (rows, columns) are
    its axes, `figure.alt` its text.
    """
    from madkit.plot.canvas import Axes, Figure

    new = Figure((width, height), layout="constrained")
    new.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    new.grid = new.subplots(rows, columns, squeeze=False, subplot_kw={"axes_class": Axes}).tolist()
    for ax in new.panels.flat:
        plain(ax)
    return new


def panels(ax: Any, width: float, height: float, rows: int, columns: int) -> Panels:
    """The axes given as `ax`, as many as needed,
    or those of a new figure: an array (rows, columns).
    """
    from madkit.plot.canvas import Panels

    if ax is None:
        return figure(width, height, rows, columns).panels
    given = np.atleast_1d(np.array(ax, dtype=object)).ravel()
    if len(given) != rows * columns:
        raise ValueError(f"ax: expected {rows * columns} axes ({rows} rows × {columns} columns), "
                         f"got {len(given)}")
    for one in given:
        if not hasattr(one, "spines"):
            raise TypeError("ax: expected matplotlib axes, such as those of "
                            f"mk.plot.figure().panels, got {shown(one)}")
        plain(one)
    return given.reshape(rows, columns).view(Panels)


def plain(ax: Axes) -> None:
    """Axes with nothing on them that is not data."""
    for text in (ax.title, ax._left_title, ax._right_title, ax.xaxis.label, ax.yaxis.label):
        text.set_parse_math(False)       # names are shown as they are, "$" and all
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#999999")
    ax.tick_params(which="both", labelsize=TEXT, length=0, labelcolor=COLOURS["text"])
    ax.grid(axis="y", color="#E6E6E6", linewidth=0.8)
    ax.set_axisbelow(True)


@gate
def head(axes: Panels, title: str | None, setting: str, own: bool = True) -> None:
    """The finding in bold and the setting below it, over the first panel, as wide as all together.

    axes     panels of one figure, such as `mk.plot.figure(columns=2).panels`
    title    the finding in words; None: only the setting
    setting  what was run, its parts joined by " · ": long ones are broken there; "": only the title
    own      whether these panels are all of the figure: room is then made above them
    """
    first, columns = axes.flat[0], first_columns(axes)
    title = title if title is None or len(title) <= LONGEST else f"{title[:LONGEST]}…"
    width = axes.figure.get_figwidth() * 72 * axes.shape[1] / columns - 70
    size = LINE * TEXT
    below = titled = 1.7 * size if first.get_title("left") or first.get_title("center") else 0
    below += 0.5 * size
    for text, points, weight, colour in ((setting, TEXT, "normal", COLOURS["faint"]),
                                         (title, TITLE, "bold", COLOURS["text"])):
        if not text:
            continue
        wrapped = wrap(text, int(width / (points * (0.58 if weight == "bold" else 0.54))))
        note = first.annotate(wrapped, (0, 1), (0, below), xycoords="axes fraction",
                              textcoords="offset points", fontsize=points, fontweight=weight,
                              color=colour, va="bottom", gid="title", annotation_clip=False,
                              parse_math=False)
        note.set_in_layout(not own)
        below += (wrapped.count("\n") + 1) * LINE * points + 3
    if own:
        room = (below - titled + titled / 4) / 72 / axes.figure.get_figheight()
        axes.figure.get_layout_engine().set(rect=(0, 0, 1, 1 - room))


def brief(name: str, most: int = LETTERS) -> str:
    """A name, however long: of so many letters a line that it leaves room for what it names."""
    lines = [line if len(line) <= most else line[: most - 1].rstrip() + "…"
             for line in "".join(c for c in name if c.isprintable() or c == "\n").split("\n")]
    return "\n".join(lines[:3])


def wrap(text: str, most: int) -> str:
    """Lines of at most so many letters and of about equal length;
    a setting is broken between its parts, at " · ".
    """
    text = "".join(c if c.isprintable() else " " for c in text)
    parts = [line for part in text.split(" · ") for line in textwrap.wrap(part, max(most, 20))]
    if not parts:
        return ""
    if " · " not in text:
        widths = range(len(text) // len(parts), len(text) + 1)
        trials = (textwrap.wrap(text, width) for width in widths)
        return "\n".join(next(lines for lines in trials if len(lines) == len(parts)))
    lines = parts[:1]
    for part in parts[1:]:
        fits = len(lines[-1]) + 3 + len(part) <= most
        lines = [*lines[:-1], f"{lines[-1]} · {part}"] if fits else [*lines, part]
    return "\n".join(lines)


def first_columns(axes: Panels) -> int:
    """Columns of the grid in which the panels stand."""
    spec = axes.flat[0].get_subplotspec()
    return max(spec.get_gridspec().ncols, axes.shape[1]) if spec else axes.shape[1]


def generation_axis(ax: Axes, last: int) -> None:
    """Whole generations from 1 to the last, with a tick at 1."""
    steps = (step for power in range(9) for step in (5 * 10**power, 10 * 10**power, 20 * 10**power))
    step = 1 if last <= 10 else next(step for step in steps if last <= 8 * step)
    ticks = [1, *range(max(step, 2), last + 1, step)]
    margin = max(0.02 * (last - 1), 0.5 if last == 1 else 0)
    ax.set_xlim(1 - margin, last + margin)
    ax.set_xticks(ticks)
    ax.set_xlabel("generation", fontsize=LABEL, color=COLOURS["text"])


def plain_numbers(ax: Axes, which: str = "y") -> None:
    """Ticks of a log axis as 0.01, 0.1, 1 where that is short, else as powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogFormatterSciNotation, NullFormatter

    axis, (low, high) = (ax.yaxis, ax.get_ylim()) if which == "y" else (ax.xaxis, ax.get_xlim())
    short = FuncFormatter(lambda value, _: f"{value:,g}") if low >= 5e-5 and high <= 5e4 else None
    axis.set_major_formatter(short or LogFormatterSciNotation())
    wide = high / low >= 20
    axis.set_minor_formatter(NullFormatter() if wide else short or LogFormatterSciNotation())


@gate
def name_ends(ax: One, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Names beside the axes, each at the height of its line's end, moved apart where they touch.

    ax    matplotlib axes, their limits and scales already set
    ends  (x, y, text, colour) of each: where in the data the line ends, its name, "#RRGGBB"

    A name that had to move is joined to its end by a thin line.
    """
    from matplotlib.transforms import ScaledTranslation

    if not ends:
        return
    ax.figure.draw_without_rendering()
    data = ax.transData + ax.transAxes.inverted()
    ends = sorted(ends, key=lambda end: data.transform((end[0], end[1]))[1])
    at = np.array([data.transform(end[:2])[1] for end in ends])          # in parts of the axes
    places = heights(ax, at.clip(0, 1), [brief(text) for *_, text, _ in ends])
    beside = ax.transAxes + ScaledTranslation(0.2, 0, ax.figure.dpi_scale_trans)
    for (x, y, text, colour), place, wanted in zip(ends, places, at, strict=True):
        far = abs(place - wanted) * points(ax) > 4
        arrow = {"arrowstyle": "-", "color": colour, "linewidth": 0.8,
                 "shrinkA": 1, "shrinkB": 3, "relpos": (0, 0.5)}
        ax.annotate(brief(text), (x, y), (1, place), xycoords="data", textcoords=beside,
                    fontsize=TEXT, parse_math=False,
                    color=ink(colour), fontweight="bold", va="center",
                    arrowprops=arrow if far else None, annotation_clip=False, gid="end")


def move_names(
    names: Sequence[Text],        # beside the same axes, y in parts of these
    ends: np.ndarray,             # where their lines end, in parts of the axes
    room: float = 1.0,            # lines of text that one line takes
    tall: float | None = None,    # height of the axes in points; None: as they are now
) -> None:
    """Names that are already there, to the heights of their lines' ends, apart where they touch."""
    if not names:
        return
    places = heights(names[0].axes, ends, [name.get_text() for name in names], room, tall)
    for name, place in zip(names, places, strict=True):
        name.set_y(place)


def heights(ax: Axes, wanted: np.ndarray, texts: Sequence[str], room: float = 1.0,
            tall: float | None = None) -> np.ndarray:
    """Where names stand, in parts of the axes and in any order: as near to `wanted` as can be."""
    lines = np.array([text.count("\n") + 1 for text in texts])
    rank, places = np.argsort(wanted, kind="stable"), np.empty(len(wanted))
    places[rank] = apart(wanted[rank], room * LINE * TEXT * lines[rank] / (tall or points(ax)))
    return places


def points(ax: Axes) -> float:
    """The height of axes, in points."""
    return ax.bbox.height / ax.figure.dpi * 72


def apart(wanted: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Places as near as possible to the wanted ones (rising),
    at which labels of these heights do not touch.

    Least squares: neighbours that would touch form a block, which stands where
    its members wish on average.
    """
    offsets = np.concatenate([[0], np.cumsum((heights[:-1] + heights[1:]) / 2)])
    blocks: list[list[float]] = []  # [mean wish, members]
    for wish in wanted - offsets:
        blocks.append([wish, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, m), (b, n) = blocks[-2:]
            blocks[-2:] = [[(a * m + b * n) / (m + n), m + n]]
    return np.repeat([place for place, _ in blocks], [int(n) for _, n in blocks]) + offsets
