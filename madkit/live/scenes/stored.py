"""Tracks of runs that were made before: their own numbers, rows and images, nothing computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from madkit.base.quantiles import quantiles
from madkit.live.scenes import sheet
from madkit.live.scenes.pack import Track
from madkit.live.scenes.page import curve
from madkit.metrics.values import Value
from madkit.record import Run

CLOUD = 400                          # rows that are shown
FIRST = ("recall", "precision", "frechet", "w2_squared", "trace", "modes.alive", "sliced_w2",
         "tails.1")


def metrics(runs: list[Run], chosen: tuple[str, ...] | None, most: int = 2) -> tuple[Value, ...]:
    """The curves of these runs: those chosen, or the best known of those that all of them have."""
    have = [name for name in dict.fromkeys(runs[0].table.metric)
            if all(name in set(run.table.metric) for run in runs)]
    if chosen is None:
        known = [name for name in FIRST if name in have]
        chosen = (*known, *(name for name in have if name not in FIRST))[:most]
    if missing := [name for name in chosen if name not in have]:
        raise ValueError(f"metrics: expected some of {', '.join(have)}, which all runs have, got "
                         f"{missing[0]!r}")
    return tuple(curve(name) for name in chosen)


def track(run: Run, key: str, metrics: tuple[Value, ...], labels: Sequence[int] = ()) -> Track:
    """A Run as a track; `labels`: those whose images are shown.

    ValueError for a run with neither rows in the plane nor images.
    """
    generations = sorted(int(t) for t in run.table.generation.unique())
    return {"key": key, "label": key, "t": generations, "lam": run.spec.get("lam_emit", 1.0),
            "seeds": int(run.table.seed.nunique()),
            "curves": {metric.name: _curve(run, metric.name, generations) for metric in metrics},
            "composition": composition(run), **_rows(run, labels)}


def _curve(run: Run, name: str, generations: list[int]) -> dict[str, Any]:
    rows = run.table[run.table.metric == name]
    table = rows.pivot_table(index="seed", columns="generation", values="value", dropna=False)
    values = table.reindex(columns=generations).to_numpy(float)
    theory = run.theory[run.theory.metric == name].set_index("generation").value
    known = theory.reindex(generations).to_numpy(float)
    low, median, high = quantiles(values)
    several = len(values) > 1
    kinds = run.theory.kind[run.theory.metric == name]
    return {"low": low if several else None, "median": median, "high": high if several else None,
            "theory": known if np.isfinite(known).any() else None,
            "words": kinds.iloc[0] if len(kinds) else ""}


def composition(run: Run) -> list[list[Any]]:
    """[[t, [[source, born, rows], …]], …] from a run's own record; empty where it has none."""
    def rows(part: Any) -> list[list[Any]]:
        return [[source, int(born), int(rows)]
                for source, born, rows in zip(part.source, part.born, part.rows, strict=True)]

    return [[int(t), rows(part)] for t, part in run.composition.groupby("generation")]


def window(runs: list[Run]) -> dict[str, Any]:
    """How the cloud panel is drawn: rows in the plane with one window for all runs, or images."""
    shapes = {tuple(run.real.x.shape[1:]) if run.real is not None else None for run in runs}
    if len(shapes) > 1 or runs[0].real is None:
        raise ValueError("explore: expected runs of one kind, each with its real rows, got "
                         + ", ".join(repr(run.real) for run in runs))
    kind, shape = runs[0].real.x, runs[0].real.x.shape[1:]
    if len(shape) == 3:
        labels, of = sheet.labels_of(runs)
        return {"kind": "images", "labels": labels, "of": of}
    if len(shape) == 1 and shape[0] == 2:
        low, high = kind.min(0).values, kind.max(0).values
        centre, half = (low + high) / 2, 0.55 * (high - low).max()
        x, y = centre.tolist()
        r = half.item()
        return {"kind": "rows", "window": [x - r, x + r, y - r, y + r]}
    raise ValueError("explore: expected rows of two numbers, or images, got rows of shape "
                     f"{tuple(shape)}")


def _rows(run: Run, labels: Sequence[int]) -> dict[str, Any]:
    kept = sorted(run.samples)
    if run.real is None or not kept:
        raise ValueError(f"explore: expected a run that kept its rows, got {run!r}")
    if run.real.x.ndim != 4:
        return {"kept": kept, "rows": np.stack([cloud(run.samples[t].x) for t in kept]),
                "real": cloud(run.real.x)}
    many = min(sheet.MANY, max(len(run.samples[t]) for t in kept))
    real, *images = (sheet.arranged(rows, labels, many)
                     for rows in (run.real, *(run.samples[t] for t in kept)))
    return {"kept": kept, "images": np.stack([x for x, _ in images]), "real": real[0],
            "there": [real[1], *(counts for _, counts in images)]}


def cloud(x: torch.Tensor) -> np.ndarray:
    """The first rows (CLOUD, 2), NaN where there are fewer."""
    rows = np.full((CLOUD, 2), np.nan, np.float32)
    rows[: min(CLOUD, len(x))] = x[:CLOUD].numpy(force=True)
    return rows

