"""Views of numbers over generations: `curves` of a metric, `spectrum` of the eigenvalues."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit.base.checks import Count
from madkit.base.gate import gate
from madkit.base.quantiles import quantiles
from madkit.metrics.values import metric_name, value_of
from madkit.plot import language, layout
from madkit.plot.given import On, Runs
from madkit.plot.language import COLOURS, Family

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from madkit.plot.canvas import Panels
    from madkit.record import Run

DIRECT = 3          # lines that are named at their ends; more get a list beside the axes
Line = tuple[np.ndarray, np.ndarray]


@gate
def curves(
    runs: Runs,                                       # one run, or runs by name
    metric: str | Callable | Sequence | None = None,  # None: the first that all have;
                                                      # several, for one run only
    ax: On | None = None,                             # None: a new figure
    log: bool | None = None,                          # log y axis; None: where a median
                                                      # decays to a tenth, shares apart
    title: str | None = None,                         # the finding in words
) -> Axes:
    """A metric over generations: the median of the seeds, a band from the 10th
    to the 90th percentile, theory on top.

    Theory is a thin dashed black line, called "expectation"
    (heavy-tailed where loops collapse: it may lie far above every path) or "exact".
    A log det of −∞ is said in words. Raises ValueError for a metric that the table does not have,
    with those that it has, and for several metrics of several runs.
    """
    named = language.named(runs)
    looks, metrics = language.styles(named), _metrics(metric, named)
    if len(metrics) > 1 < len(named):
        raise ValueError(f"metric: expected one metric for {len(named)} runs, got {len(metrics)}; "
                         "draw one view for each, with ax=")
    if len(metrics) > 1:
        [(name, run)] = named.items()
        plain = [one for one in metrics if not value_of(one).aspect]
        colours = [looks[name].colour]
        if len(plain) > 1:
            colours = language.shades(looks[name].colour, len(plain))
        shades = dict(zip(plain, colours, strict=False))
        own = {one: replace(looks[name], colour=shades.get(one, "")) for one in metrics}
        paths = [_path(run, one, one, _aspect(own[one], one)) for one in metrics]
    else:
        paths = [_path(run, metrics[0], name, looks[name]) for name, run in named.items()]
    axes = layout.panels(ax, 7.5, 4.5, 1, 1)
    drawn = [value_of(one) for one in metrics]
    log = _decays(paths) and all(value.log for value in drawn) if log is None else log
    _draw(axes.flat[0], paths, log, ", ".join(metrics) if len(metrics) > 1 else drawn[0].label)
    layout.head(axes, title, language.setting(named), own=ax is None)
    _names(axes.flat[0], paths)
    return axes.flat[0]


@gate
def spectrum(
    runs: Runs,                                       # with metric "spectrum": rows
                                                      # spectrum.1 (largest), spectrum.2, …
    ax: On | None = None,                             # one for each run; None: a new figure
    most: Count = 5,                                  # eigenvalues drawn: the largest,
                                                      # the smallest, and some between
    title: str | None = None,                         # the finding in words
) -> Panels:
    """The eigenvalues of the fitted covariance over generations, log scale,
    one panel per run: (1, runs).

    The largest is light, the smallest dark; theory on top where the run has it. Eigenvalues that
    are zero throughout (data of lower rank) have no place on this scale: the smallest is the
    smallest of the others. ValueError for a run without a spectrum.
    """
    named = language.named(runs)
    axes = layout.panels(ax, 1 + 6 * len(named), 4.8, 1, len(named))
    paths = [_spectrum(run, most) for run in named.values()]
    for panel, name, drawn in zip(axes.flat, named, paths, strict=True):
        _draw(panel, drawn, True, value_of("spectrum").label)
        if len(named) > 1:
            panel.set_title(layout.brief(name), fontsize=layout.LABEL, loc="left", color=COLOURS["text"])
    if ax is None and len(named) > 1:
        _same_limits(axes)
    layout.head(axes, title, language.setting(named), own=ax is None)
    for panel, drawn in zip(axes.flat, paths, strict=True):
        layout.name_ends(panel, _ends(drawn))
    return axes


# --- what is drawn --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Path:
    """One metric of one run: quantiles over seeds, and the theory lines by kind."""

    name: str
    look: Family
    t: np.ndarray              # (T,) generations
    low: np.ndarray            # (T,) 10th percentile
    median: np.ndarray
    high: np.ndarray
    seeds: int
    theory: dict[str, Line]    # {"expectation" | "exact": (generations, values)}


def _path(run: Run, metric: str, name: str, look: Family) -> _Path:
    rows = run.table[run.table.metric == metric]
    if rows.empty:
        present = ", ".join(map(str, dict.fromkeys(run.table.metric))) or "none, the table is empty"
        raise ValueError(
            f"metric: {metric!r} is not in the table of {name!r}, which has: {present}; "
            f"mk.run(…, metrics=[…]) says what is measured")
    table = rows.pivot_table(index="seed", columns="generation", values="value", dropna=False)
    low, median, high = quantiles(table.to_numpy(float))
    known = run.theory
    if len(known):
        known = known[known.metric == metric].sort_values("generation")
    theory = {kind: (part.generation.to_numpy(), part.value.to_numpy(float))
              for kind, part in known.groupby("kind")}
    return _Path(name, look, table.columns.to_numpy(), low, median, high, len(table), theory)


def _spectrum(run: Run, most: int) -> list[_Path]:
    rows = run.table[run.table.metric.astype(str).str.startswith("spectrum.")]
    largest = rows.groupby("metric").value.max()
    if largest.empty:
        raise ValueError('spectrum: the run has no eigenvalues; run it with metrics=["spectrum"]')
    ks = sorted(int(name.split(".")[1]) for name, value in largest.items() if value > 0) or [1]
    chosen = sorted({ks[round(i)] for i in np.linspace(0, len(ks) - 1, min(most, len(ks)))})
    look = language.family(str(run.spec.get("loop")))
    colours = language.shades(look.colour, len(chosen))
    names = {ks[-1]: f"k = {ks[-1]}, smallest", ks[0]: f"k = {ks[0]}, largest"}
    return [_path(run, f"spectrum.{k}", names.get(k, f"k = {k}"), replace(look, colour=colour))
            for k, colour in zip(chosen, colours, strict=True)]


def _draw(ax: Axes, paths: list[_Path], log: bool, label: str) -> None:
    """Bands, medians and theory on axes of whole generations."""
    floor = min(path.median[np.isfinite(path.median)].min(initial=np.inf) for path in paths)
    for path in paths:
        ax.plot(path.t, _finite(path.median), color=path.look.colour, linestyle=path.look.line,
                linewidth=2.4, marker=path.look.marker, markersize=6,
                markevery=-(-len(path.t) // 12), label=path.name)
        if path.seeds > 1:
            low = np.where(np.isneginf(path.low), floor, path.low)
            ax.fill_between(path.t, low, path.high, color=path.look.colour, alpha=0.18, linewidth=0,
                            zorder=1.5)
        for kind, (t, value) in path.theory.items():
            ax.plot(t, _finite(value), color=COLOURS["theory"], linestyle=(0, (4, 3)),
                    linewidth=1.2, label=kind, zorder=3)
    _value_axis(ax, paths, log, label)
    layout.generation_axis(ax, max(int(path.t[-1]) for path in paths))
    _singular(ax, paths)


def _value_axis(ax: Axes, paths: list[_Path], log: bool, label: str) -> None:
    if log:
        ax.set_yscale("log")
        layout.plain_numbers(ax)
        label = language.on_log(label)
    elif all((_finite(path.low)[np.isfinite(path.low)] >= 0).all() for path in paths):
        ax.update_datalim([(paths[0].t[0], 0)])          # the margin is one of the whole axis
        ax.autoscale_view()
        ax.set_ylim(bottom=0)
    ax.set_ylabel(label, fontsize=layout.LABEL, color=COLOURS["text"])


def _singular(ax: Axes, paths: list[_Path]) -> None:
    """Where a median is −∞: a mark at the foot, and words below the axis."""
    said = []
    for path in paths:
        gone = path.t[np.isneginf(path.median)]
        if len(gone):
            ax.plot(gone, np.zeros(len(gone)), transform=ax.get_xaxis_transform(),
                    color=path.look.colour, linestyle="", marker="v", markersize=7,
                    clip_on=False, markevery=-(-len(gone) // 12))
            always = len(gone) == len(path.t)
            when = "in every generation" if always else f"from generation {gone[0]} on"
            said.append(f"{path.name}: −∞ {when} (singular covariance)")
    if said:
        ax.set_xlabel("\n".join(["generation", *(f"▼ {line}" for line in said)]))
    if not any(np.isfinite(path.median).any() for path in paths):
        ax.set_yticks([])


# --- names ----------------------------------------------------------------------------------------


def _names(ax: Axes, paths: list[_Path]) -> None:
    """Up to three lines are named at their ends; more in a list beside
    the axes, in the order of their ends.
    """
    ends = _ends(paths)
    if len(paths) <= DIRECT:
        layout.name_ends(ax, ends)
        return
    ends.sort(key=lambda end: (end[3] == COLOURS["theory"], -end[1]))
    order = [name for _, _, name, _ in ends]
    handles = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    ax.legend([handles[name] for name in order], order, loc="upper left",
              bbox_to_anchor=(1.01, 1), frameon=False, fontsize=layout.TEXT, handlelength=3)


def _ends(paths: list[_Path]) -> list[tuple[float, float, str, str]]:
    """(generation, value, name, colour) of the last finite point of each line,
    and of one theory line of each kind.
    """
    ends = [(*_end(path.t, path.median), path.name, path.look.colour)
            for path in paths if np.isfinite(path.median).any()]
    theory = {kind: (*_end(*line), kind, COLOURS["theory"])
              for path in reversed(paths) for kind, line in path.theory.items()
              if np.isfinite(line[1]).any()}
    return ends + list(theory.values())


def _end(t: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    last = np.flatnonzero(np.isfinite(y))[-1]
    return float(t[last]), float(y[last])


def _finite(values: np.ndarray) -> np.ndarray:
    """The values, with gaps where they are infinite."""
    return np.where(np.isfinite(values), values, np.nan)


def _metrics(metric: Any, named: Mapping[str, Run]) -> list[str]:
    """The names of the metrics to draw."""
    if metric is None:
        return [_common({name: [*map(str, dict.fromkeys(run.table.metric))]
                         for name, run in named.items()})]
    chosen = metric if isinstance(metric, list | tuple) else [metric]
    if not chosen:
        raise ValueError("metric: expected at least one, got none")
    return [metric_name(one) if callable(one) else str(one) for one in chosen]


def _common(tables: Mapping[str, Sequence[str]]) -> str:
    """The first metric that all tables have."""
    if not all(tables.values()):
        raise ValueError(
            "runs: the table is empty: run with metrics=, and at least one generation")
    first = next(iter(tables.values()))
    shared = [one for one in first if all(one in names for names in tables.values())]
    if not shared:
        has = "; ".join(f"{name!r} has {', '.join(names)}" for name, names in tables.items())
        raise ValueError("metric: expected one that all runs have, and there is none: "
                         f"{has}; run them with the same mk.run(…, metrics=[…])")
    return shared[0]


def _aspect(look: Family, metric: str) -> Family:
    """How a metric looks beside others: quality and diversity have colours of their own."""
    aspect = value_of(metric).aspect
    if not aspect:
        return look
    return replace(look, colour=COLOURS[aspect],
                   line="-" if aspect == "quality" else (0, (8, 3)))


def _decays(paths: list[_Path]) -> bool:
    """Whether a log axis is due: every median positive, and one of them below
    a tenth of its start at its end.
    """
    medians = [path.median for path in paths if np.isfinite(path.median).any()]
    positive = all((y[np.isfinite(y)] > 0).all() for y in medians)
    return positive and any(y[-1] < 0.1 * y[0] for y in medians)


def _same_limits(axes: Panels) -> None:
    limits = np.array([ax.get_ylim() for ax in axes.flat])
    for ax in axes.flat:
        ax.set_ylim(limits[:, 0].min(), limits[:, 1].max())
        layout.plain_numbers(ax)
