"""Images over generations: `filmstrip`, many small ones of every run, or one class, large."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from madkit.base import limits
from madkit.base.checks import Count
from madkit.base.gate import gate
from madkit.plot import language, layout
from madkit.plot.given import Generations, On, Runs
from madkit.plot.language import COLOURS
from madkit.plot.rows import _array, _chosen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from madkit.plot.canvas import Panels
    from madkit.record import Run

DPI, LARGE, RIM = 150, 157, 6      # of a PNG; pixels of a large image at least (100 of a screen
                                   # that has 96 an inch), and between two
NAME = 1.25                        # inches beside the images, for the name of a run


@gate
def filmstrip(
    runs: Runs,                                    # of images (n, 1 | 3, h, w),
                                                   # uint8 or in [0, 1]: one panel each
    generations: Generations | None = None,        # None: five, or six large ones, evenly from
                                                   # the first to the last
    per_row: Count | None = None,                  # images in a row: the first that were emitted,
                                                   # none chosen; None: 12. Across generations:
                                                   # rows of a run; None: 1
    ax: On | None = None,                          # one for each run; None: a new figure
    title: str | None = None,                      # the finding in words
    label: int | None = None,                      # images of this label alone
    across: Literal["images", "generations"] = "images",   # what stands side by side
) -> Panels:
    """Emitted images, one row per generation below a row of real ones, one panel per run:
    (1, runs).

    across="generations": large images, at least 100 pixels on a screen, each pixel of an image a
    whole number of theirs, so that artefacts are seen; a row per run, real images first, then
    generations that all runs kept: (runs, 1). Give it a control, to tell the loop's damage from
    the model's:

        mk.plot.filmstrip({"λ = 0.5": run, "real only": control}, label=8, across="generations")

    All images share one scale of brightness, so fading is seen.
    ValueError for rows that are not images, for a label that no row has, and for generations that
    were not kept.
    """
    named = language.named(runs)
    if label is not None:
        for name, run in named.items():
            _check_label(name, run, label)
    if across == "generations":
        return _large(named, generations, per_row or 1, ax, title, label)
    strips = {name: _strip(run, _chosen(run, generations, 5), per_row or 12, label)
              for name, run in named.items()}
    height, width = np.max([mosaic.shape[:2] for mosaic, _ in strips.values()], axis=0)
    wide = min(7.5, 14 / len(named))
    axes = layout.panels(ax, wide * len(named), 1 + (wide - 1) * height / width, 1, len(named))
    for panel, (name, (mosaic, labels)) in zip(axes.flat, strips.items(), strict=True):
        _show(panel, mosaic)
        tall = len(mosaic) / len(labels)
        panel.set_yticks([(i + 0.5) * tall - 0.5 for i in range(len(labels))], labels)
        panel.set_ylabel("emitted by generation", fontsize=layout.LABEL, color=COLOURS["text"])
        panel.set_title(layout.brief(name) if len(named) > 1 else "", fontsize=layout.LABEL,
                        loc="left", color=COLOURS["text"])
    layout.head(axes, title, _setting(named, label), own=ax is None)
    return axes


def images_of(samples: Any, n: int) -> np.ndarray:
    """The first n images with a white rim, (n, h, w[, 3]) in [0, 1]; white where too few."""
    x = _pixels(samples, n)
    limits.memory("per_row, columns", f"{limits.count(n)} images in a row",
                  8 * n * math.prod(x.shape[1:]))
    rim = max(1, x.shape[2] // 16)
    pad = ((0, n - len(x)), (rim, rim), (rim, rim), *[(0, 0)] * (x.ndim - 3))
    return np.pad(x, pad, constant_values=1)


def _pixels(samples: Any, n: int) -> np.ndarray:
    """At most n images (n, h, w[, 3]) in [0, 1]."""
    x = _array(samples.x[:n])
    if x.ndim != 4 or x.shape[1] not in (1, 3):
        raise ValueError("filmstrip: expected images of shape (1 or 3, height, width), got rows "
                         f"of shape {x.shape[1:]}; vectors are drawn by clouds")
    x = (x / 255.0 if x.dtype == np.uint8 else x.astype(float)).clip(0, 1)
    return x[:, 0] if x.shape[1] == 1 else x.transpose(0, 2, 3, 1)


def _check_label(name: str, run: Run, label: int) -> None:
    every = [rows.y for rows in (run.real, *run.samples.values()) if rows is not None]
    known = {int(one) for y in every if y is not None for one in _array(y)}
    if label not in known:
        there = f"one of {', '.join(map(str, sorted(known)))}" if known else "None: there are none"
        raise ValueError(f"filmstrip: label expected {there} in {name!r}, got {label}")


def _of(samples: Any, label: int | None) -> Any:
    """Its rows of this label."""
    if label is None or samples is None:
        return samples
    return samples[np.flatnonzero(_array(samples.y) == label)] if samples.y is not None else samples[:0]


def _strip(run: Run, chosen: list[int], per_row: int,
           label: int | None) -> tuple[np.ndarray, list[str]]:
    """The mosaic (rows × height, columns × width[, 3]) in [0, 1],
    and the label of each row of images.
    """
    rows = {"real": run.real} | {str(t): run.samples[t] for t in chosen}
    images = {name: images_of(_of(samples, label), per_row)
              for name, samples in rows.items() if samples is not None}
    strips = [np.concatenate(list(row), axis=1) for row in images.values()]
    return np.concatenate(strips), list(images)


def _setting(named: dict[str, Run], label: int | None) -> str:
    said = ["" if label is None else f"label {label}", language.setting(named, seeds=False)]
    return " · ".join(filter(None, said))


def _show(panel: Axes, mosaic: np.ndarray) -> None:
    panel.imshow(mosaic, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    panel.set(xticks=[], yticks=[])
    panel.spines[:].set_visible(False)
    panel.grid(False)


# --- large ----------------------------------------------------------------------------------------


def _large(named: dict[str, Run], generations: Any, down: int, ax: Any, title: str | None,
           label: int | None) -> Panels:
    """A panel for each run: real images, then one of each generation, side by side."""
    ts = _shared(named, generations)
    colours = [look.colour for look in language.looks([run.spec["loop"] for run in named.values()])]
    films = [_film(run, ts, down, label) for run in named.values()]
    axes = _frames(films) if ax is None else layout.panels(ax, 1, 1, len(named), 1)
    for panel, name, colour, film in zip(axes.flat, named, colours, films, strict=True):
        _show(panel, film)
        wrapped = "\n".join(textwrap.wrap(layout.brief(name), 11)) or name
        panel.text(-0.012, 0.5, wrapped, transform=panel.transAxes, ha="right", va="center",
                   fontsize=layout.TEXT, fontweight="bold", color=language.ink(colour))
    first, wide = axes.flat[0], films[0].shape[1]
    heads = ["real", *(f"generation {t}" if t == ts[0] else str(t) for t in ts)]
    for i, text in enumerate(heads):
        first.annotate(text, ((i + 0.5) / len(heads), 1), (0, 4), xycoords="axes fraction",
                       textcoords="offset points", ha="center", fontsize=layout.TEXT,
                       color=COLOURS["text"])
    first.set_title(" ", loc="left", fontsize=layout.TEXT)          # room for these
    layout.head(axes, title, _setting(named, label), own=False)
    if ax is None:
        _fit(axes, [film.shape[0] for film in films], wide)
        said = [title, _setting(named, label), f"Images of {', '.join(named)}", ", ".join(heads)]
        axes.figure.alt = ". ".join(filter(None, said)) + "."
    return axes


def _shared(named: dict[str, Run], generations: Any) -> list[int]:
    """Generations that all runs kept: those asked for, or six."""
    if generations is not None:
        return [_chosen(run, generations, 6) for run in named.values()][0]
    kept = sorted(set.intersection(*(set(run.samples) for run in named.values())))
    if not kept:
        raise ValueError("runs: expected runs that kept a generation in common, got "
                         + "; ".join(f"{name!r} with {', '.join(map(str, run.samples)) or 'none'}"
                                     for name, run in named.items()))
    return sorted({kept[round(i)] for i in np.linspace(0, len(kept) - 1, min(6, len(kept)))})


def _film(run: Run, ts: list[int], down: int, label: int | None) -> np.ndarray:
    """(rows, columns[, 3]) in [0, 1]: large images in columns; a grey cross where there is none."""
    limits.time("per_row", f"{limits.count(down)} rows of images", down, 1000)
    columns = [_pixels(_of(rows, label), down) for rows in (run.real, *(run.samples[t] for t in ts))
               if rows is not None]
    h, w, *deep = columns[-1].shape[1:]
    scale = -(-LARGE // min(h, w))
    none = np.full((h * scale, w * scale, *deep), 0.93)
    none[np.eye(h * scale, w * scale, dtype=bool)] = 0.6
    if run.real is None:
        columns.insert(0, columns[0][:0])
    tiles = [[x[i].repeat(scale, 0).repeat(scale, 1) if i < len(x) else none for x in columns]
             for i in range(down)]
    pad = ((0, RIM), (0, RIM), *[(0, 0)] * len(deep))
    rows = [np.concatenate([np.pad(tile, pad, constant_values=1) for tile in row], 1)
            for row in tiles]
    return np.concatenate(rows)[:-RIM, :-RIM]


def _frames(films: list[np.ndarray]) -> Panels:
    """A panel for each film, in a figure whose size `_fit` sets."""
    wide = films[0].shape[1] / DPI + NAME + 0.1
    return layout.figure(wide, sum(len(film) for film in films) / DPI + 1, len(films), 1).panels


def _fit(axes: Panels, heights: list[int], wide: int) -> None:
    """Panels where one pixel of a film is one of the PNG, below the titles."""
    drawn = axes.figure
    drawn.set_layout_engine("none")
    lines = [text for text in axes.flat[0].texts if text.get_gid() == "title"]
    top = 0.4 + sum((text.get_text().count("\n") + 1) * layout.LINE * text.get_fontsize() + 4
                    for text in lines) / 72
    full = wide / DPI + NAME + 0.1, top + sum(h + 2 * RIM for h in heights) / DPI + 0.1
    drawn.set_size_inches(*full)
    y = full[1] - top
    for panel, high in zip(axes.flat, heights, strict=True):
        y -= high / DPI
        place = (round(NAME * DPI) / DPI / full[0], y / full[1], wide / DPI / full[0],
                 high / DPI / full[1])
        panel.set_position(place)
        y -= 2 * RIM / DPI
