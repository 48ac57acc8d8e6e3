"""A state as one picture that stands still: what is on the page where
scripts do not run, and on paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from madkit.live.scenes.pack import Track
from madkit.live.scenes.page import Page, Shown, State
from madkit.live.scenes.sheet_still import Line, sheets
from madkit.live.scenes.words import settings
from madkit.metrics.values import Value
from madkit.plot import COLOURS, DRAWING, figure
from madkit.plot.language import ink
from madkit.plot.layout import LABEL, TEXT, generation_axis, move_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.gridspec import SubplotSpec

    from madkit.plot.canvas import Figure

HELD = 5.991**0.5  # radius in standard deviations of the outline that holds 95 % in the plane


def drawn(page: Page, state: State, tracks: Mapping[str, Track]) -> Figure:
    """Clouds or sheets of generation t above, curves below, of the tracks there are, by key."""
    lines = [(name, one, tracks[key])
             for name in ("A", "B") if state[name] for one in page.shown(state[name])
             if (key := page.key(one, state[name], state)) in tracks]
    with DRAWING:
        above = sheets if page.truth["kind"] == "images" else _clouds
        whole, room = above(page, state, lines)
        judged = [metric for metric in page.metrics
                  if any(metric.name in track["curves"] for _, _, track in lines)]
        below = room.subgridspec(1, max(len(judged), 1))
        for i, metric in enumerate(judged):
            _curves(whole.add_subplot(below[i]), page, state, metric, lines)
    return whole


def _clouds(page: Page, state: State, lines: list[Line]) -> tuple[Figure, SubplotSpec]:
    """A figure with a square for each loop; and the room below."""
    whole = figure(11, 8.0 if len(lines) > 2 else 8.6)
    whole.delaxes(whole.panels.item())
    rows = whole.add_gridspec(2, 1, height_ratios=(1.15, 1))
    above = rows[0].subgridspec(1, max(len(lines), 1))
    for i, (name, one, track) in enumerate(lines):
        side = f"{name}: " if state["B"] else ""
        _cloud(whole.add_subplot(above[i]), page, state, one, track, side)
    return whole, rows[1]


def _cloud(ax: Axes, page: Page, state: State, one: Shown, track: Track, side: str) -> None:
    t, kind = state["t"], page.truth["kind"]
    ax.set_title(f"{side}{one.label}", fontsize=LABEL, fontweight="bold",
                 color=ink(one.look.colour), loc="left")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="#999999")
    place = min(t, len(track["t"])) - 1
    if kind == "gaussian" and page.truth["dim"] == 1:
        return _density(ax, page, one, track, place)
    half = page.truth.get("half", 4.0)
    x0, x1, y0, y1 = page.truth.get("window", [-half, half, -half, half])
    ax.set(xlim=(x0, x1), ylim=(y0, y1), aspect="equal")
    real = track["real"]
    ax.plot(real[:, 0], real[:, 1], ".", color=COLOURS["real"], markersize=4, alpha=0.4,
            markeredgewidth=0)
    if "mean" in track:
        z = track["lam"] ** 0.5 * track["emitted"]
        rows = track["mean"][0, place] + z @ track["root"][0, place].T
        for s in range(len(track["mean"])):
            ax.plot(*_outline(track, s, place), color=one.look.colour, linewidth=0.8 if s else 2.2,
                    alpha=0.4 if s else 1)
    else:
        rows = track["rows"][max(0, sum(g <= t for g in track["kept"]) - 1)]
    ax.plot(rows[:, 0], rows[:, 1], one.look.marker, color=one.look.colour, markersize=3,
            alpha=0.75, markeredgewidth=0)
    return None


def _outline(track: Track, s: int, place: int) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 100)
    circle = np.array([np.cos(angle), np.sin(angle)])
    return track["mean"][s, place][:, None] + HELD * track["root"][s, place] @ circle


def _density(ax: Axes, page: Page, one: Shown, track: Track, place: int) -> None:
    """Densities as multiples of the truth's peak."""
    half = page.truth["half"]
    x = np.linspace(-half, half, 400)
    ax.set(xlim=(-half, half), ylim=(0, 2.2))
    ax.fill_between(x, np.exp(-x * x / 2), color=COLOURS["real"], alpha=0.35, linewidth=0)
    for s in reversed(range(len(track["mean"]))):
        sd = max(float(track["root"][s, place, 0, 0]), half / 400)
        density = np.exp(-((x - track["mean"][s, place, 0]) ** 2) / (2 * sd * sd)) / sd
        ax.plot(x, density, color=one.look.colour, linewidth=2.4 if s == 0 else 0.8,
                alpha=1 if s == 0 else 0.4)


def _curves(ax: Axes, page: Page, state: State, metric: Value,
            lines: list[Line]) -> None:
    from madkit.plot.layout import plain

    plain(ax)
    generation_axis(ax, page.generations)
    ax.set_title(metric.label, fontsize=LABEL, fontweight="bold", color=COLOURS["text"], loc="left")
    if metric.log:
        ax.set_yscale("log")
    ends: list[tuple[float, str, str]] = []
    for name, one, track in lines:
        curve = track["curves"].get(metric.name)
        if curve is None:
            continue
        t, second = track["t"], name == "B"
        if curve["low"] is not None:
            ax.fill_between(t, curve["low"], curve["high"], color=one.look.colour, alpha=0.18,
                            linewidth=0)
        ax.plot(t, curve["median"], color=one.look.colour, linewidth=1.6 if second else 2.4,
                linestyle=(0, (2, 2)) if second else one.look.line)
        if curve["theory"] is not None:
            ax.plot(t, curve["theory"], color=COLOURS["theory"], linewidth=1.1, dashes=(4, 3))
        finite = curve["median"][np.isfinite(curve["median"])]
        label = (f"{name} " if state["B"] else "") + one.label
        ends.append((float(finite[-1]) if len(finite) else 0.0, label, ink(one.look.colour)))
    ax.axvline(state["t"], color=COLOURS["faint"], linewidth=1)
    _range(ax, metric)
    _name(ax, ends)


def _range(ax: Axes, metric: Value) -> None:
    if metric.limits:
        ax.set_ylim(*metric.limits)
    elif not metric.log:
        ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))
    if metric.kind == "share":
        low, high = ax.get_ylim()
        ticks = [tick for tick in ax.get_yticks() if low <= tick <= high + 1e-9]
        ax.set_yticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks])


def _name(ax: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Names beside the ends of the lines, moved apart; axes know their height only when drawn."""
    data = ax.transData.transform
    places = [ax.transAxes.inverted().transform(data((1, y)))[1] for y, _, _ in ends]
    names = [ax.text(1.02, 0, text, transform=ax.transAxes, va="center", fontsize=TEXT,
                     fontweight="bold", color=colour) for _, text, colour in ends]
    move_names(names, np.clip(places, 0, 1), room=1.15, tall=3.0 * 72)


def alternative(page: Page, state: State) -> str:
    """What the settings are, for a picture without tracks."""
    return f"{page.title or 'A loop'}, {settings(page, state['A'])}: nothing has been run yet."

