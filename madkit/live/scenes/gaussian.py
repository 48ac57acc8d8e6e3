"""Tracks of a Gaussian that eats its own output, by the exact law:
every setting at once, in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from madkit import exact, theory
from madkit.base.quantiles import quantiles
from madkit.live.scenes.pack import Track
from madkit.live.scenes.page import curve
from madkit.loops import Loop, emitted_lam, initial_rows, parts

ROWS, REAL = 150, 300                # emitted and held-out rows that are shown
METRICS = {metric.name: metric for metric in (
    curve("trace", label="variance left (truth = 100 %)", short="variance left",
          kind="share", range=(0.0, 1.5)),                            # as a share of the truth's
    replace(curve("w2_squared"), log=True),                            # from 2 down to 0.02
    curve("mean_error"), curve("logdet"))}
# of fits μ (…, d), Σ^½ (…, d, d), the truth N(0, I)
SEEN: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "trace": lambda mean, root: (root**2).sum((-2, -1)),
    "mean_error": lambda mean, root: (mean**2).sum(-1),
    "w2_squared": lambda mean, root: (
        (mean**2).sum(-1) + ((root - np.eye(root.shape[-1])) ** 2).sum((-2, -1))),
}


def tracks(
    loops: Sequence[Loop],
    n_ini: Sequence[int | None],         # real rows of generation 1; None: the loop's
    keys: Sequence[tuple[str, str]],     # (key, label) of each
    *,
    dim: int,
    generations: int,
    seeds: Sequence[int],                # the first is the one whose rows are shown
    metrics: Sequence[str],
    outlined: int = 8,                   # seeds whose fits are shown
) -> list[Track]:
    """One track for each loop: curves (10 %, median, 90 % of the seeds, theory),
    fits μ and Σ^½ of the first seeds, composition.

    Row i of generation t that the first seed emits is μ_t + √λ Σ_t^½ z_i,
    with the same z for all generations and loops. The numbers are those of `mk.exact.run`
    with these seeds. Raises what that raises.
    """
    initial = [initial_rows(loop) if n is None else n for loop, n in zip(loops, n_ini, strict=True)]
    drawn = exact.simulate(list(loops), dim, generations=generations, seeds=seeds, n_ini=initial,
                           metrics=("mean", "cov", *(name for name in metrics if name not in SEEN)),
                           device="cpu")
    z, real = _normals(dim)
    root = _root(drawn["cov"])
    drawn |= {name: SEEN[name](drawn["mean"], root) for name in metrics if name in SEEN}
    return [{
        "key": key, "label": label, "t": list(range(1, generations + 1)),
        "lam": emitted_lam(loop), "seeds": len(seeds),
        "curves": _curves(drawn, i, metrics, loop, n),
        "mean": drawn["mean"][i, :outlined], "root": root[i, :outlined], "emitted": z, "real": real,
        "composition": composition(loop, generations, n),
    } for i, ((key, label), loop, n) in enumerate(zip(keys, loops, initial, strict=True))]


def _normals(dim: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2307_01850)
    return rng.standard_normal((ROWS, dim)), rng.standard_normal((REAL, dim))


def _root(cov: np.ndarray) -> np.ndarray:
    """Symmetric roots of matrices (…, d, d), d = 1 or 2: Σ^½ = (Σ + √det I)/√(tr + 2 √det)."""
    if cov.shape[-1] == 1:
        return np.sqrt(cov.clip(min=0))
    s = np.sqrt((cov[..., 0, 0] * cov[..., 1, 1] - cov[..., 0, 1] ** 2).clip(min=0))
    t = np.sqrt(cov[..., 0, 0] + cov[..., 1, 1] + 2 * s).clip(min=1e-300)
    return (cov + s[..., None, None] * np.eye(2)) / t[..., None, None]


def _curves(drawn: dict[str, np.ndarray], i: int, metrics: Sequence[str], loop: Loop,
            n_ini: int) -> dict[str, Any]:
    """Quantiles of loop i's (S, T) and the expectation; the trace as a share of the truth's."""
    dim, generations = drawn["mean"].shape[3], drawn["mean"].shape[2]
    known, curves = _expected(loop, dim, generations, n_ini, metrics), {}
    for name in metrics:
        scale = 1 / dim if name == "trace" else 1.0
        low, median, high = quantiles(drawn[name][i]) * scale
        theory = known[name] * scale if name in known else None
        curves[name] = {"low": low, "median": median, "high": high, "theory": theory,
                        "words": "expectation"}
    return curves


def _expected(loop: Loop, dim: int, generations: int, n_ini: int,
              metrics: Sequence[str]) -> dict[str, np.ndarray]:
    # what `theory.table` would say, without its other rows
    if dim > 1 and set(metrics) <= {"trace", "w2_squared"}:
        expected = theory.moments(loop, dim, generations, n_ini)
        return {"trace": np.asarray(expected.trace),
                "w2_squared": np.asarray(theory.w2_squared(expected))}
    table = theory.table(loop, dim, generations, n_ini)
    return {name: rows.to_numpy(float) for name, rows in table.groupby("metric").value}


def composition(loop: Loop, generations: int, n_ini: int) -> list[list[Any]]:
    """[[t, [[source, born, rows], …]], …]: what every training set is made of."""
    now = [["real", 0, n_ini]]
    found: list[list[Any]] = [[1, now]]
    for t in range(2, generations + 1):
        now = [rows for source in parts(loop) for rows in _rows(source, t, n_ini, now) if rows[2]]
        found.append([t, now])
    return found


def _rows(source: Any, t: int, n_ini: int, before: list[list[Any]]) -> list[list[Any]]:
    """[[source, born, rows], …] that a source adds; `before`: those of the generation before."""
    kind = type(source).__name__
    if kind == "Previous":
        return [list(rows) for rows in before]
    if kind == "Synthetic":
        return [["synthetic", born, rows] for born, rows in sorted(source.shares(t).items())]
    return [["real", 0, n_ini]] if kind == "Real" else [["fresh", 0, source.n]]
