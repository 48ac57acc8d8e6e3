"""Views of sweeps: `phase`, a map of what synthetic rows are worth;
`along`, numbers over an axis; `paths`, over generations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit.base.card import few, said
from madkit.base.gate import gate
from madkit.base.quantiles import quantiles
from madkit.metrics.values import value_of
from madkit.plot import language, layout
from madkit.plot.given import On
from madkit.plot.language import COLOURS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from madkit.plot.canvas import Panels

REACH = 2.0      # the map's colours end at n_e/n_r = 2^−REACH and 2^REACH
NAMES = {
    "n": "rows of a training set n", "n_r": "real rows a generation n_r",
    "n_s": "synthetic rows a generation n_s", "lam": "sampling bias λ (1 = none)",
    "p": "share of fresh rows p", "memory": "memory K: models that synthetic rows come from",
    "n_ini": "real rows of generation 1 n_ini", "ratio": "n_e/n_r (1: worth its real rows alone)",
    "w2_squared": f"limit of {value_of('w2_squared').label}",
}
SYMBOLS = {"lam": "λ", "memory": "K"}
DASHED, DOTTED = (0, (4, 3)), (0, (1.2, 1.8))


@gate
def phase(
    table: pd.DataFrame,              # x, y, ratio, ratio_theory, threshold: a row for each cell,
                                      # as records have it; without ratio the map is theory's
    x: str = "n_r",                   # the column along the horizontal axis
    y: str = "n_s",                   # the column along the vertical axis
    panels: str | None = "lam",       # the column that tells panels apart
    ax: On | None = None,
    title: str | None = None,         # the finding in words
    mark: tuple[float, float] | None = None,  # a ring around the cell nearest to this (x, y)
    bar: bool | None = None,          # the colour bar; None: on figures of its own
) -> Panels:
    """n_e/n_r of every cell: blue where synthetic rows help, red where they harm,
    white where they change nothing.

    The boundary n_e = n_r is drawn twice, solid black as simulated and dashed white as in theory,
    on top; dotted is theory's threshold n_s* for n_r → ∞.
    One panel for each value of `panels`: (1, panels).
    """
    _check_columns(table, x, y, *([panels] if panels else []))
    parts = dict(list(table.groupby(panels, sort=True))) if panels else {None: table}
    axes = layout.panels(ax, 1.6 + 4.0 * len(parts), 4.7, 1, len(parts))
    for panel, (value, part) in zip(axes.flat, parts.items(), strict=True):
        image = _map(panel, part, x, y)
        _boundaries(panel, part, x, y)
        _ring(panel, part, x, y, mark)
        _axis(panel, "x", part, x)
        _axis(panel, "y", part, y)
        if panels:
            name = f"{SYMBOLS.get(panels, panels)} = {value:,g}"
            panel.set_title(layout.brief(name), fontsize=layout.LABEL, loc="left", color=COLOURS["text"])
        if panel is not axes.flat[0] and ax is None:
            panel.set_ylabel("")
    if bar or (bar is None and ax is None):
        _bar(axes, image)
    lines = "black simulated, white dashes theory" if "ratio" in table else "dashes theory"
    dotted = "theory for n_r → ∞" if "ratio" in table else "n_r → ∞"
    layout.head(axes, title, f"boundary n_e = n_r: {lines}; dotted: {dotted}", own=ax is None)
    return axes


@gate
def along(
    table: pd.DataFrame,              # x, y, y_error, y_theory: a row for each cell
    x: str,                           # the column along the horizontal axis
    y: str = "ratio",                 # "ratio" (n_e/n_r) or "w2_squared"
    lines: str | None = None,         # the column that tells lines apart
    ax: On | None = None,
    title: str | None = None,         # the finding in words
) -> Panels:
    """A number over one axis of a sweep, ± 2 standard errors,
    with its theory (thin dashed): (1, 1).
    """
    axes = layout.panels(ax, 7.5, 4.8, 1, 1)
    panel, ends = axes.flat[0], []
    _check_columns(table, x, y, f"{y}_error", f"{y}_theory", *([lines] if lines else []))
    parts = list(table.groupby(lines, sort=True)) if lines else [(None, table)]
    colours = language.shades(COLOURS["fresh"], len(parts))
    for (value, part), colour in zip(parts, colours, strict=True):
        part = part.sort_values(x)
        name = f"{SYMBOLS.get(lines, lines)} = {value:g}" if lines else "simulated"
        at, found, error = (part[name].to_numpy(float) for name in (x, y, f"{y}_error"))
        panel.errorbar(at, found, 2 * error, color=colour, marker="^", markersize=5, linewidth=2,
                       capsize=2, label=name)
        panel.plot(at, part[f"{y}_theory"], color=COLOURS["theory"], linestyle=DASHED,
                   linewidth=1.2, label="_theory", zorder=3)
        ends.append((at[-1], found[-1], name, colour))
    _axis(panel, "x", table, x)
    if y == "ratio":
        panel.axhline(1, color=COLOURS["real"], linewidth=1)
        panel.set_ylim(bottom=0)
    else:
        panel.set_yscale("log")
        layout.plain_numbers(panel)
    label = NAMES[y] if y == "ratio" else language.on_log(NAMES[y])
    panel.set_ylabel(label, fontsize=layout.LABEL, color=COLOURS["text"])
    seen = table[f"{y}_theory"].notna().any()
    said = "bars: ± 2 standard errors" + (" · dashed: theory" if seen else "")
    layout.head(axes, title, said, own=ax is None)
    layout.name_ends(panel, ends if lines else [])
    return axes


@gate
def paths(
    rows: pd.DataFrame,               # the columns of `lines`, seed, generation, value, theory
    lines: Sequence[str],             # the columns that tell loops apart
    ax: On | None = None,
    title: str | None = None,         # the finding in words
) -> Panels:
    """W₂² over generations, a line for each loop: median and band from the 10th
    to the 90th percentile, theory dashed: (1, 1).
    """
    if not lines:
        raise ValueError("lines: expected at least one column that tells the lines apart, got none")
    _check_columns(rows, *lines, "seed", "generation", "value", "theory", argument="rows")
    axes = layout.panels(ax, 7.5, 4.8, 1, 1)
    panel, ends = axes.flat[0], []
    parts = list(rows.groupby(list(lines), sort=True))
    colours = language.shades(COLOURS["fresh"], len(parts))
    for (values, part), colour in zip(parts, colours, strict=True):
        name = ", ".join(f"{SYMBOLS.get(line, line)} = {value:,g}"
                         for line, value in zip(lines, values, strict=True))
        wide = part.pivot_table(index="seed", columns="generation", values="value")
        low, median, high = quantiles(wide.to_numpy(float))
        panel.fill_between(wide.columns, low, high, color=colour, alpha=0.2, linewidth=0)
        panel.plot(wide.columns, median, color=colour, marker="^", markersize=5, markevery=4,
                   linewidth=2.2, label=name)
        known = part.groupby("generation").theory.first()
        panel.plot(known.index, known, color=COLOURS["theory"], linestyle=DASHED, linewidth=1.2,
                   label="_theory", zorder=3)
        ends.append((wide.columns[-1], median[-1], name, colour))
    layout.generation_axis(panel, int(rows.generation.max()))
    panel.set_ylim(bottom=0)
    label = value_of("w2_squared").label
    panel.set_ylabel(label, fontsize=layout.LABEL, color=COLOURS["text"])
    seeds = rows.seed.nunique()
    said = f"line: median, band: 10–90 % of {seeds} seeds · dashed: theory (expectation)"
    layout.head(axes, title, said, own=ax is None)
    layout.name_ends(panel, ends)
    return axes


def _check_columns(table: pd.DataFrame, *names: str, argument: str = "table") -> None:
    if missing := [name for name in names if name not in table]:
        has = few([said(name) for name in table])
        raise ValueError(f"{argument}: expected a column {said(missing[0])!r} (x, y, panels, lines "
                         f"and metric name columns), got one with {has}")


# --- the map --------------------------------------------------------------------------------------


def _grid(
    part: pd.DataFrame, x: str, y: str, value: str,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    wide = part.pivot_table(index=y, columns=x, values=value, dropna=False)
    for name, size in zip((y, x), wide.shape, strict=True):
        if size < 2:
            raise ValueError(f"{name}: expected two values or more in every panel of a map, got "
                             f"{part[name].iloc[0]!r} alone")
    return wide.columns.to_numpy(float), wide.index.to_numpy(float), wide.to_numpy(float)


def _map(ax: Axes, part: pd.DataFrame, x: str, y: str) -> Any:
    at_x, at_y, ratio = _grid(part, x, y, "ratio" if "ratio" in part else "ratio_theory")
    with np.errstate(divide="ignore"):
        worth = np.log2(ratio).clip(-REACH, REACH)
    return ax.pcolormesh(_edges(at_x, x), _edges(at_y, y), worth, cmap="RdBu", vmin=-REACH,
                         vmax=REACH, rasterized=True)


def _boundaries(ax: Axes, part: pd.DataFrame, x: str, y: str) -> None:
    """n_e = n_r, where the map has both sides of it."""
    simulated = "ratio" in part
    lines = [("ratio", COLOURS["theory"], "solid", 3.4)] if simulated else []
    on_top = "white" if simulated else COLOURS["theory"]
    for value, colour, style, width in [*lines, ("ratio_theory", on_top, [DASHED], 1.4)]:
        at_x, at_y, ratio = _grid(part, x, y, value)
        worth = np.log2(np.clip(ratio, 1e-6, None))
        if np.nanmin(worth) < 0 < np.nanmax(worth):
            ax.contour(at_x, at_y, worth, levels=[0], colors=colour, linewidths=width,
                       linestyles=style)
    known = part.groupby(x).threshold.first().replace(np.inf, np.nan).dropna()
    if y == "n_s" and len(known) > 1:
        inside = known[known.between(part[y].min(), part[y].max())]
        ax.plot(inside.index, inside, color=COLOURS["theory"], linestyle=DOTTED, linewidth=2,
                label="_threshold")


def _ring(ax: Axes, part: pd.DataFrame, x: str, y: str, mark: tuple[float, float] | None) -> None:
    if mark is not None:
        ax.plot(*mark, "o", markersize=14, markerfacecolor="none", label="_mark", clip_on=False,
                markeredgecolor=COLOURS["theory"], markeredgewidth=2.2)


def _bar(axes: Panels, image: Any) -> None:
    ratios = 2.0 ** np.arange(-REACH, REACH + 1)
    bar = axes.figure.colorbar(image, ax=list(axes.flat), extend="both", pad=0.01, aspect=22)
    bar.set_ticks(np.log2(ratios), labels=["1/4", "1/2", "1", "2", "4"])
    bar.ax.tick_params(labelsize=layout.TEXT, length=0)
    bar.set_label("n_e/n_r     ← harmful | helpful →", fontsize=layout.LABEL, color=COLOURS["text"])
    bar.outline.set_visible(False)


def _edges(at: np.ndarray, name: str) -> np.ndarray:
    """Borders between cells, half-way on the axis' own scale."""
    at = np.log(at) if _log(name) else at
    middle = (at[1:] + at[:-1]) / 2
    edges = np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])
    return np.exp(edges) if _log(name) else edges


def _log(name: str) -> bool:
    return name != "lam"


def _axis(ax: Axes, which: str, table: pd.DataFrame, name: str) -> None:
    said = NAMES.get(name, name)
    if _log(name):
        getattr(ax, f"set_{which}scale")("log")
        layout.plain_numbers(ax, which)
    getattr(ax, f"set_{which}label")(said, fontsize=layout.LABEL, color=COLOURS["text"])
    ax.minorticks_off()
