"""Views of recorded image runs: `sheet` of emitted images by label,
`chart` of all that a generation emitted in a fixed map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit.base.checks import Count
from madkit.base.gate import gate
from madkit.plot import language, layout
from madkit.plot.film import images_of
from madkit.plot.given import Generations, On, Runs
from madkit.plot.language import COLOURS
from madkit.plot.rows import _array, _chosen, clouds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from madkit.plot.canvas import Panels
    from madkit.record import Run


@gate
def sheet(
    runs: Runs,                                    # of images (n, 1 | 3, h, w),
                                                   # uint8 or in [0, 1]: one row of panels each
    generations: Generations | None = None,        # one panel each, beside one of real
                                                   # images; None: five, evenly spread
    columns: Count = 6,                            # images of each label, the first
                                                   # that were emitted, none chosen
    ax: On | None = None,                          # as many axes as panels; None: a new figure
    title: str | None = None,                      # the finding in words
) -> Panels:
    """Sheets of emitted images, one per generation beside one of real images,
    a row for each label: (runs, 1 + generations).

    Rows without labels stand in their order. A place stays white where a label has fewer images.
    All images share one scale of brightness. ValueError for rows that are not images, and for
    generations that were not kept.
    """
    named = language.named(runs)
    chosen = [_chosen(run, generations, 5) for run in named.values()]
    across, labels = 1 + max(map(len, chosen)), labels_of(named)
    size = min(3.0, 15 / across)
    height = 1 + size * len(labels) / columns * len(named)
    axes = layout.panels(ax, size * across, height, len(named), across)
    for row, (name, run), ts in zip(axes, named.items(), chosen, strict=True):
        shown = {"real": run.real} | {f"generation {t}": run.samples[t] for t in ts}
        for panel, (head, samples) in zip(row, shown.items(), strict=False):
            _tile(panel, samples, labels, columns)
            panel.set_title(head, fontsize=layout.LABEL, color=COLOURS["text"])
        for panel in row[len(shown):]:
            panel.set_visible(False)
        row[0].set_ylabel(layout.brief(name, 24) if len(named) > 1 else "", fontsize=layout.LABEL,
                          color=COLOURS["text"])
    layout.head(axes, title, language.setting(named, seeds=False), own=ax is None)
    return axes


@gate
def chart(
    runs: Runs,                                    # with places, as `madkit record`
                                                   # keeps them: one row of panels each
    generations: Generations | None = None,        # one panel each; None: five,
                                                   # evenly from the first to the last
    ax: On | None = None,                          # as many axes as panels; None: a new figure
    title: str | None = None,                      # the finding in words
) -> Panels:
    """Real images (grey) and those that each generation emitted (vermilion) as points
    of a fixed map: (runs, generations).

    Where classes merge or shrink to points it is seen here; all panels have the same limits.
    ValueError for runs without places, and for generations that were not kept.
    """
    named = language.named(runs)
    for name, run in named.items():
        if not run.places:
            raise ValueError(f"chart: {name!r} has no places in a map; recorded image runs have "
                             "(mk.recorded), vectors are drawn by clouds")
    mapped = {name: replace(run, real=run.places[0],
                            samples={t: at for t, at in run.places.items() if t})
              for name, run in named.items()}
    return clouds(mapped, generations, ax, ellipses=False, title=title)


def labels_of(named: Mapping[str, Run]) -> list[int | None]:
    """The labels that the real rows of these runs have; [None] × 10 stands for none."""
    real = [run.real.y for run in named.values() if run.real is not None and run.real.y is not None]
    return sorted(set(np.concatenate([_array(y) for y in real]).tolist())) if real else [None] * 10


def tiles(samples: Any, labels: Sequence[int | None], each: int) -> np.ndarray:
    """The first images of each label with a white rim, (labels, each, height, width[, 3])
    in [0, 1]; white where there are fewer.

    Rows without labels stand in their order.
    """
    if samples.y is None:
        rows = [samples[i * each : (i + 1) * each] for i in range(len(labels))]
    else:
        y = _array(samples.y)
        rows = [samples[np.flatnonzero(y == label)[:each]] for label in labels]
    return np.stack([images_of(row, each) for row in rows])


def mosaic(grid: np.ndarray) -> np.ndarray:
    """Images in rows and columns, (rows, columns, height, width[, 3]), as one image."""
    rows, columns, height, width, *colours = grid.shape
    return grid.swapaxes(1, 2).reshape(rows * height, columns * width, *colours)


def _tile(ax: Axes, samples: Any, labels: Sequence[int | None], columns: int) -> None:
    """One sheet: a row for each label."""
    ax.imshow(mosaic(tiles(samples, labels, columns)), cmap="gray", vmin=0, vmax=1,
              interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.grid(False)
