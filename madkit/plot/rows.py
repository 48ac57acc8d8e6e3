"""Views of rows: `clouds` of vectors, `composition` of training sets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit.base.gate import gate
from madkit.plot import language, layout
from madkit.plot.given import Generations, On, Runs
from madkit.plot.language import COLOURS, born

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from madkit.plot.canvas import Panels
    from madkit.record import Run


@gate
def clouds(
    runs: Runs,                                # one run, or runs by name: one row of panels each
    generations: Generations | None = None,    # one panel each; None: five,
                                               # evenly from the first to the last
    ax: On | None = None,                      # as many axes as panels; None: a new figure
    dims: tuple[int, int] = (0, 1),            # the two coordinates drawn
    ellipses: bool | None = None,              # None: where the model
                                               # is a Gaussian, which sees nothing else
    title: str | None = None,                  # the finding in words
) -> Panels:
    """Real rows (grey) and the rows that each generation
    emitted (vermilion, darker when born later): (runs, generations).

    Ellipses hold 95 % of the Gaussian with the same mean and covariance.
    All panels have the same limits. ValueError for rows that are not vectors of at least
    two numbers, and for generations that were not kept.
    """
    named = language.named(runs)
    chosen = [_chosen(run, generations, 5) for run in named.values()]
    columns = max(map(len, chosen))
    if ellipses is None:
        ellipses = all(str(run.spec.get("model")).startswith("Gaussian(") for run in named.values())
    width, height = max(6, 2.4 * columns), 1.2 + min(max(6 / columns, 2.3), 4) * len(named)
    axes = layout.panels(ax, width, height, len(named), columns)
    shown = []
    for row, (name, run), ts in zip(axes, named.items(), chosen, strict=True):
        real = _plane(run.real, dims)
        for panel, t in zip(row, ts, strict=False):
            emitted = _plane(run.samples[t], dims)
            _cloud(panel, real, COLOURS["real"], "real", ellipses)
            _cloud(panel, emitted, born(t, max(run.samples)), "emitted, darker when born later",
                   ellipses)
            panel.set_title(f"generation {t}", fontsize=layout.LABEL, color=COLOURS["text"])
            shown += [real, emitted]
        row[0].set_ylabel(layout.brief(name, 24) if len(named) > 1 else "", fontsize=layout.LABEL,
                          color=COLOURS["text"])
    _window(axes, shown)
    _legend(axes, own=ax is None)
    said = [language.setting(named, seeds=False), "ellipses hold 95 %" if ellipses else ""]
    layout.head(axes, title, " · ".join(filter(None, said)), own=ax is None)
    return axes


@gate
def composition(
    runs: Runs,                                    # one panel each
    ax: On | None = None,                          # one for each run; None: a new figure
    title: str | None = None,                      # the finding in words
) -> Panels:
    """What the training set of each generation is made of, as stacked bars,
    one panel per run: (1, runs).

    From the foot: the first real set (orange), fresh rows (green),
    synthetic rows (vermilion, darker when born later). ValueError for runs that did not keep it
    (`mk.exact.run` draws no rows).
    """
    named = language.named(runs)
    for name, run in named.items():
        if not len(run.composition):
            raise ValueError(f"composition: {name!r} has no record of its training sets; mk.run "
                             "keeps one, mk.exact.run draws no rows")
    axes = layout.panels(ax, 1.5 + 5.5 * len(named), 4.2, 1, len(named))
    for panel, (name, run) in zip(axes.flat, named.items(), strict=True):
        _bars(panel, run)
        panel.set_title(layout.brief(name) if len(named) > 1 else "", fontsize=layout.LABEL, loc="left",
                        color=COLOURS["text"])
    layout.head(axes, title, language.setting(named, seeds=False), own=ax is None)
    for panel, run in zip(axes.flat, named.values(), strict=True):
        layout.name_ends(panel, _named(run))
    return axes


# --- clouds ---------------------------------------------------------------------------------------


def _cloud(ax: Axes, x: np.ndarray, colour: str, label: str, ellipse: bool) -> None:
    """Points, and the ellipse of their mean and covariance."""
    ax.scatter(*x.T, s=7, color=colour, alpha=0.35, linewidths=0, label=label, rasterized=True)
    if ellipse and len(x) > 1:
        values, vectors = np.linalg.eigh(np.cov(x.T))
        # 5.991: 95 % of χ² with 2 degrees of freedom
        axes = vectors * np.sqrt(5.991 * values.clip(min=0))
        angle = np.linspace(0, 2 * np.pi, 100)
        ax.plot(*(x.mean(0)[:, None] + axes @ [np.cos(angle), np.sin(angle)]), color=colour,
                linewidth=1.8, label="_ellipse")


def _plane(samples: Any, dims: tuple[int, int]) -> np.ndarray:
    x = np.zeros((0, 2)) if samples is None else _array(samples.x)
    if x.ndim != 2 or x.shape[1] <= max(dims):
        raise ValueError(f"clouds: expected vectors with coordinates {dims}, got rows of shape "
                         f"{x.shape[1:]}{'; images are drawn by filmstrip' if x.ndim > 2 else ''}")
    return x[:, list(dims)]


def _window(axes: Panels, shown: list[np.ndarray]) -> None:
    """The same square everywhere: it holds all but the outermost rows of every cloud."""
    # (clouds, 2, 2)
    ends = np.array([np.quantile(x, (0.005, 0.995), axis=0) for x in shown if len(x)])
    low, high = ends[:, 0].min(0), ends[:, 1].max(0)
    (x, y), half = (low + high) / 2, 0.62 * (high - low).max() + 1e-12
    for panel in axes.flat:
        panel.set(xlim=(x - half, x + half), ylim=(y - half, y + half), aspect="equal", xticks=[],
                  yticks=[])
        panel.spines[:].set(visible=True, color="#BBBBBB")
        panel.grid(False)
        panel.set_visible(panel.has_data())


def _legend(axes: Panels, own: bool) -> None:
    handles, labels = axes.flat[0].get_legend_handles_labels()
    where = {"loc": "outside lower left"} if own else {"loc": "best"}
    legend = (axes.figure if own else axes.flat[0]).legend(
        handles, labels, ncols=2, frameon=False, fontsize=layout.TEXT, markerscale=3, **where)
    for handle, colour in zip(legend.legend_handles, (COLOURS["real"], COLOURS["synthetic"]),
                              strict=True):
        handle.set(alpha=1, facecolor=colour)


# --- training sets --------------------------------------------------------------------------------

SOURCES = {"real": COLOURS["real"], "fresh": COLOURS["fresh"]}


def _stack(run: Run) -> Any:
    """The composition from the foot up, with the bottom and top of each piece."""
    place = {"real": 0, "fresh": 1, "synthetic": 2}
    table = run.composition.assign(order=run.composition.source.map(place))
    table = table.sort_values(["generation", "order", "born"])
    top = table.groupby("generation")["rows"].cumsum()
    return table.assign(top=top, bottom=top - table["rows"])


def _bars(ax: Axes, run: Run) -> None:
    from matplotlib.collections import PolyCollection

    table, last = _stack(run), int(run.composition.generation.max())
    half = 0.4 if last <= 60 else 0.5
    corners = [[(t - half, low), (t + half, low), (t + half, high), (t - half, high)]
               for t, low, high in zip(table.generation, table.bottom, table.top, strict=True)]
    colours = [SOURCES.get(source) or born(b, last)
               for source, b in zip(table.source, table.born, strict=True)]
    ax.add_collection(PolyCollection(corners, facecolors=colours, edgecolors="white",
                                     linewidths=0.6 if last <= 60 else 0))
    layout.generation_axis(ax, last)
    ax.set_xlim(0.4, last + 0.6)
    ax.set_ylim(0, 1.02 * table.top.max())
    ax.set_ylabel("rows of the training set", fontsize=layout.LABEL, color=COLOURS["text"])


def _named(run: Run) -> list[tuple[float, float, str, str]]:
    """The names of what the last training set is made of,
    each at the middle of its part of the bar.
    """
    table = _stack(run)
    last = table[table.generation == table.generation.max()]
    said = {"real": "the first\nreal set", "fresh": "fresh",
            "synthetic": _born(last[last.source == "synthetic"].born)}
    middles = {source: (part.bottom.min() + part.top.max()) / 2
               for source, part in last.groupby("source")}
    return [(last.generation.max() + 0.4, y, said[s], SOURCES.get(s, COLOURS["synthetic"]))
            for s, y in middles.items()]


def _born(births: Any) -> str:
    if not len(births):
        return ""
    span = f"{births.min()}"
    if births.nunique() > 1:
        span += f" (light)\nto {births.max()} (dark)"
    return f"synthetic, born\nin generation {span}"


# --- small ----------------------------------------------------------------------------------------


def _chosen(run: Run, generations: Iterable[int] | None, count: int) -> list[int]:
    """The generations asked for, or some of those that were kept,
    evenly from the first to the last.
    """
    kept = sorted(run.samples)
    if not kept:
        raise ValueError("runs: no emitted rows were kept; mk.run keeps those of its first seed, "
                         "mk.exact.run draws none")
    if generations is None:
        places = np.linspace(0, len(kept) - 1, min(count, len(kept)))
        return sorted({kept[round(i)] for i in places})
    if not isinstance(generations, Iterable):
        raise TypeError(f"generations: expected a list of them, such as [{kept[0]}, {kept[-1]}], "
                        f"got {generations!r}")
    generations = list(generations)
    missing = [t for t in generations if t not in run.samples]
    if missing:
        raise ValueError(f"generations: expected some of {kept[0]} … {kept[-1]}, got "
                         f"{', '.join(map(str, missing))}")
    return generations


def _array(x: Any) -> np.ndarray:
    """Plain numbers, wherever they are kept."""
    return np.asarray(x.cpu() if hasattr(x, "cpu") else x)
