"""Views of sampling bias: what models emit at every λ (`emitted`),
quality against diversity (`tradeoff`), variance (`kept`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit.base.checks import Count, Unit
from madkit.base.gate import gate
from madkit.metrics.values import value_of
from madkit.plot import language, layout
from madkit.plot.given import Generations, On
from madkit.plot.language import COLOURS
from madkit.plot.rows import _array
from madkit.plot.sheets import mosaic, tiles

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from madkit.metrics.bias import Biased
    from madkit.plot.canvas import Panels
    from madkit.record import Run

MARKERS = "osD^vPX<>"
Path = tuple[str, np.ndarray]  # a name, and rows of (λ, recall, precision), λ falling


@gate
def emitted(
    biased: Biased,                                # of images, or of vectors of two numbers or more
    lams: Iterable[float] | None = None,           # one row of panels each; None: all of them
    columns: Count = 6,                            # images of each label, the first
                                                   # that were emitted, none chosen
    title: str | None = None,                      # the finding in words
) -> Panels:
    """What every model emits: a row of panels per λ, a column per model (λ, models);
    real rows in grey below, of images in a first column. ValueError for other rows,
    and for λ that were not sampled.
    """
    chosen = list(lams) if lams is not None else list(next(iter(biased.samples.values())))
    if not chosen:
        raise ValueError("lams: expected at least one λ, got none")
    names, shape = names_of(biased), aspect(biased, columns)
    size = min(3.0, 11 / len(names))
    width, height = max(6, size * len(names)), 1.2 + size * shape * len(chosen)
    axes = layout.figure(width, height, len(chosen), len(names)).panels
    for row, lam in zip(axes, chosen, strict=True):
        draw(row, biased, lam, columns)
        row[0].set_ylabel(f"λ = {lam:g}", fontsize=layout.LABEL, color=COLOURS["text"])
    for panel, name in zip(axes[0], names, strict=True):
        panel.set_title(layout.brief(name), fontsize=layout.LABEL, color=COLOURS["text"])
    said = "grey: real test rows, vermilion: emitted"
    if _images(biased):
        said = "first images of every label"
    layout.head(axes, title, f"{said} · one fit per model, the same noise at every λ")
    return axes


@gate
def tradeoff(
    drawn: Biased | Mapping[str, Run],             # of sampling_bias: a path per model;
                                                   # runs, of one λ each: per generation
    generations: Generations | None = None,        # of runs; None: the first and the last
    lam: Unit | None = None,                       # a ring around this λ
    ax: On | None = None,                          # None: a new figure
    title: str | None = None,                      # the finding in words
    heading: bool = True,                          # say the setting above
) -> Axes:
    """Precision over recall, from the highest λ to the lowest along every path;
    points say their λ where there is room.

    A grey cross, for models: real training rows judged as if they were emitted,
    the best to be hoped for. ValueError for a table without precision and recall,
    and for generations that were not judged.
    """
    if not drawn:
        raise ValueError("drawn: expected at least one run, got none")
    if isinstance(drawn, Mapping):
        paths, floor = _of_runs(drawn, generations), None
        said = language.setting(drawn).replace(", band: 10–90 %", "")
    else:
        paths, floor, said = paths_of(drawn), drawn.floor, "one fit each, no band"
    axes = layout.panels(ax, 7.5, 5.2, 1, 1)
    panel = axes.flat[0]
    colours = language.shades(COLOURS["synthetic"], len(paths))
    for (name, points), colour, marker in zip(paths, colours, MARKERS * len(paths), strict=False):
        panel.plot(points[:, 1], points[:, 2], color=colour, marker=marker, markersize=6,
                   linewidth=1.8, label=name)
    every = np.concatenate([points for _, points in paths])
    chosen = every[every[:, 0] == lam]
    panel.plot(chosen[:, 1], chosen[:, 2], "o", markersize=13, markerfacecolor="none",
               color=COLOURS["text"], label="_ring")
    ends = [(*points[0, 1:], name, colour)
            for (name, points), colour in zip(paths, colours, strict=True)]
    if floor:
        best = floor["recall"], floor["precision"]
        panel.plot(*best, "P", markersize=10, color=COLOURS["real"], label="real against real",
                   zorder=4)
        ends.append((*best, "real against real", COLOURS["real"]))
    for name, say in (("recall", panel.set_xlabel), ("precision", panel.set_ylabel)):
        say(value_of(name).label, fontsize=layout.LABEL, color=COLOURS["text"])
    panel.margins(0.08, 0.1)
    # small differences look small
    panel.set_ylim(min(panel.get_ylim()[0], 0.8), max(panel.get_ylim()[1], 1.02))
    layout.head(axes, title, f"small numbers: λ · {said}" if heading else "", own=ax is None)
    layout.name_ends(panel, ends)
    _numbers(panel, [points for _, points in paths])
    return panel


@gate
def kept(
    biased: Biased,
    metric: str = "trace",     # of its table, and of moments: tr Σ, the total variance
    ax: On | None = None,      # None: a new figure
    title: str | None = None,  # the finding in words
) -> Axes:
    """A metric over λ, as a share of what it is at the highest λ, a line per model;
    dashed: λ itself, the Gaussian's law.
    """
    axes = layout.panels(ax, 7.5, 4.8, 1, 1)
    panel, ends = axes.flat[0], []
    table = biased.table[biased.table.metric == metric]
    if table.empty:
        raise ValueError(f"metric: {metric!r} is not in the table, which has: "
                         f"{', '.join(biased.table.metric.unique())}")
    colours = language.shades(COLOURS["synthetic"], len(biased.samples))
    for (name, path), colour, marker in zip(table.groupby("model", sort=False), colours,
                                            MARKERS * len(colours), strict=False):
        path = path.sort_values("lam", ascending=False)
        share = path.value.to_numpy() / path.value.iloc[0]
        panel.plot(path.lam, share, color=colour, marker=marker, markersize=6, linewidth=1.8,
                   label=name)
        ends.append((path.lam.iloc[-1], share[-1], name, colour))
    line = np.array(sorted(table.lam.unique(), reverse=True))
    panel.plot(line, line / line[0], color=COLOURS["theory"], linestyle=(0, (4, 3)), linewidth=1.2,
               label="λ", zorder=3)
    panel.invert_xaxis()
    panel.set_ylim(bottom=0)
    panel.set_xlabel("sampling bias λ (1 = none)", fontsize=layout.LABEL, color=COLOURS["text"])
    panel.set_ylabel(f"{value_of(metric).label},\nas a share of that at λ = {line[0]:g}",
                     fontsize=layout.LABEL, color=COLOURS["text"])
    layout.head(axes, title, "dashed: λ itself · one fit each, no band", own=ax is None)
    layout.name_ends(panel, ends)
    return panel


# --- panels ---------------------------------------------------------------------------------------


def names_of(biased: Biased) -> list[str]:
    """What the panels of one λ show."""
    return ["real", *biased.samples] if _images(biased) else list(biased.samples)


def aspect(biased: Biased, columns: int) -> float:
    """Height of a panel over its width."""
    return len(labels_of(biased)) / columns if _images(biased) else 1.0


def draw(panels: Sequence[Axes], biased: Biased, lam: float, columns: int = 6) -> None:
    """One λ into as many axes as there are names."""
    for panel, name in zip(panels, names_of(biased), strict=True):
        rows = biased.real if name == "real" else at(biased.samples[name], lam)
        if _images(biased):
            panel.imshow(mosaic(tiles(rows, labels_of(biased), columns)), cmap="gray", vmin=0, vmax=1,
                         interpolation="nearest")
            panel.spines[:].set_visible(False)
        else:
            _cloud(panel, biased, rows)
        panel.set(xticks=[], yticks=[])
        panel.grid(False)


def _cloud(ax: Axes, biased: Biased, rows: Any) -> None:
    real, fake = plane(biased.real), plane(rows)
    centre, half = (real.max(0) + real.min(0)) / 2, 0.6 * np.ptp(real, axis=0).max()
    ax.scatter(*real.T, s=4, color=COLOURS["real"], alpha=0.3, linewidths=0, rasterized=True)
    ax.scatter(*fake.T, s=4, color=COLOURS["synthetic"], alpha=0.5, linewidths=0, rasterized=True)
    ax.set(xlim=centre[0] + [-half, half], ylim=centre[1] + [-half, half], aspect="equal")
    ax.spines[:].set(visible=True, color="#BBBBBB")


def plane(rows: Any) -> np.ndarray:
    if len(rows.shape) != 1 or rows.shape[0] < 2:
        raise ValueError("emitted: expected images or vectors of two numbers or more, got rows "
                         f"of shape {rows.shape}")
    return _array(rows.x)[:, :2]


def _images(biased: Biased) -> bool:
    return len(biased.real.shape) == 3


def labels_of(biased: Biased) -> list[int | None]:
    """The labels that real rows have; [None] × 10 stands for none."""
    return [None] * 10 if biased.real.y is None else sorted(set(_array(biased.real.y).tolist()))


def at(each: Mapping[float, Any], lam: float) -> Any:
    if lam not in each:
        raise ValueError(f"lam: expected one of {', '.join(f'{one:g}' for one in each)}, got {lam}")
    return each[lam]


# --- paths ----------------------------------------------------------------------------------------


def paths_of(biased: Biased) -> list[Path]:
    return [(str(name), _points(rows)) for name, rows in biased.table.groupby("model", sort=False)]


def _of_runs(runs: Mapping[str, Run], generations: Iterable[int] | None) -> list[Path]:
    """Runs, each of the λ in its spec, as one path per generation."""
    import pandas as pd

    table = pd.concat([run.table.assign(lam=float(run.spec["lam_emit"])) for run in runs.values()])
    judged = sorted(set.intersection(*(set(run.table.generation) for run in runs.values())))
    chosen = [judged[0], judged[-1]] if generations is None else list(generations)
    if not set(chosen) <= set(judged):
        raise ValueError(
            f"generations: expected some of {', '.join(map(str, judged))}, got {chosen}")
    return [(f"generation {t}", _points(table[table.generation == t])) for t in chosen]


def _points(rows: pd.DataFrame) -> np.ndarray:
    """(λ, recall, precision), λ falling; the median of several seeds."""
    wide = rows.pivot_table(index="lam", columns="metric", values="value", aggfunc="median")
    wide = wide.sort_index(ascending=False)
    if not {"recall", "precision"} <= set(wide):
        raise ValueError("tradeoff: expected precision and recall in the table, got "
                         f"{', '.join(map(str, wide))}")
    return np.column_stack([wide.index, wide.recall, wide.precision])


def _numbers(ax: Axes, paths: list[np.ndarray]) -> None:
    """λ beside the points, where no other number, point or line is in the way."""
    ax.figure.draw_without_rendering()
    # (points, 2), points of print
    place = [ax.transData.transform(points[:, 1:]) / ax.figure.dpi * 72 for points in paths]
    steps = np.linspace(0, 1, 25)[:, None]
    taken = [spot for spots in place for a, b in itertools.pairwise(spots)
             for spot in a + steps * (b - a)]
    for points, spots in zip(paths, place, strict=True):
        inner = [lam not in points[[0, -1], 0] for lam in points[:, 0]]  # ends say theirs first
        for i in np.argsort(inner, kind="stable"):
            (lam, *xy), spot = points[i], spots[i]
            for offset in ((0, 11), (0, -12), (17, 0), (-17, 0)):
                at = spot + offset
                if all(abs(at[0] - x) > 15 or abs(at[1] - y) > 8 for x, y in taken):
                    ax.annotate(f"{lam:g}", xy, offset, textcoords="offset points",
                                ha="center", va="center", fontsize=10, color=COLOURS["faint"],
                                gid="lam")
                    taken += [at, at + (-10, 0), at + (10, 0)]
                    break
