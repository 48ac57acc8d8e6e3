"""The two calls: `simulate` gives arrays, `run` the same numbers as a record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from madkit.base.checks import Count, Ddof, Seeds, rows, several_seeds, whole
from madkit.base.device import Device, resolve
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.exact import room
from madkit.exact.law import paths
from madkit.exact.measures import MEASURES, Truth
from madkit.exact.plan import Plan, check_known
from madkit.loops import Loop, initial_rows
from madkit.metrics.values import Metrics, keyed, metric_name

if TYPE_CHECKING:
    import pandas as pd

    from madkit.record import Run


@gate
@guarded
def run(
    loop: Loop | Sequence[Loop],               # sources, their sums; a list: tables say which
    dim: Count = 1,
    *,
    generations: Count = 50,
    seeds: Seeds = 100,                        # a count (0 … seeds−1) or the seeds themselves
    n_ini: int | Sequence[int] | None = None,  # real rows of generation 1; None: the loop's size
    mean: Any = None,                          # (d,) of the truth; None: 0
    cov: Any = None,                           # (d, d) of the truth; None: I
    ddof: Ddof = 1,                            # 1: unbiased covariance, 0: maximum likelihood
    metrics: Metrics = ("w2_squared", "mean_error", "trace", "logdet"),
    # names of moment metrics: these and "spectrum"
    device: Device = "auto",
    progress: bool = False,                    # a bar, once it takes over two seconds
) -> Run:
    """A Gaussian model in a frozen loop, by its exact law: no rows are drawn.

    The same law as `mk.run(mk.models.Gaussian(), loop, mk.data.gaussian(dim))`. A list of loops
    gives the tables a column `loop`; n_ini may then be one number for each.

    metrics  some of "w2_squared", "mean_error", "trace", "logdet" and "spectrum"

    They judge the fit (λ not applied) against the truth; "spectrum" gives rows "spectrum.1"
    (largest eigenvalue), "spectrum.2" … Raises ValueError, with the reason, for a loop whose law is
    not known (plain functions, accumulate_subsample), and for arguments out of range.
    """
    import pandas as pd

    from madkit import theory
    from madkit.base import describe as spec
    from madkit.base.provenance import provenance
    from madkit.record import Run

    many = isinstance(loop, list | tuple)
    loops, names, seeds = _loops(loop), _names(metrics, list(MEASURES)[:5]), several_seeds(seeds)
    values = simulate(loop, dim, generations=generations, seeds=seeds, n_ini=n_ini, mean=mean,
                      cov=cov, ddof=ddof, metrics=names, device=device, progress=progress)
    if "spectrum" in values:
        columns = np.moveaxis(values.pop("spectrum"), -1, 0)
        values |= {keyed("spectrum", k): column for k, column in enumerate(columns, 1)}
    initial = _n_ini(n_ini, loops)
    known = [theory.table(one, dim, generations, n, mean, cov, ddof)
             for one, n in zip(loops, initial, strict=True)]
    facts = {
        "model": f"Gaussian(ddof={ddof}, covariance='full')",
        "loop": spec.describe(loops if many else loop),
        "truth": f"gaussian(dim={dim}, cov={spec.describe(cov)})",
        "seeds": seeds,
        "n_ini": initial if many else initial[0],
        "metrics": list(names),
        "method": "exact law, no rows drawn",
    } | provenance(str(resolve(device))) | {"generations": generations}
    return Run(table=_table(values, seeds, many), theory=_theory(known, list(values), many),
               samples={}, real=None,
               composition=pd.DataFrame(columns=["generation", "source", "born", "rows"]),
               spec=facts)


@gate
@guarded
@torch.inference_mode()
def simulate(
    loop: Loop | Sequence[Loop],
    dim: Count = 1,
    *,
    generations: Count = 50,
    seeds: Seeds = 100,
    n_ini: int | Sequence[int] | None = None,
    mean: Any = None,
    cov: Any = None,
    ddof: Ddof = 1,
    metrics: Metrics = ("w2_squared", "mean_error", "trace", "logdet"),
    # names of moment metrics: these and "spectrum"; and "mean", "cov"
    at: Iterable[int] | None = None,  # the generations that are measured; None: all of them
    device: Device = "auto",
    progress: bool = False,
) -> dict[str, np.ndarray]:
    """The numbers of `run` as arrays (loops, seeds, generations, …), for live views.

    metrics  those of `run`; and "mean" and "cov", the fits themselves

    Other arguments and errors as there; with `at` only these generations are measured: (loops,
    seeds, len(at), …). The shape goes on with (d,) for "spectrum" (eigenvalues, largest first) and
    for "mean", and with (d, d) for "cov".
    """
    loops, names, seeds = _loops(loop), _names(metrics, MEASURES), several_seeds(seeds)
    dim, generations = whole("dim", dim, least=1), whole("generations", generations, least=1)
    if ddof not in (0, 1):
        raise ValueError("ddof: expected 1 (unbiased covariance) or 0 (maximum likelihood), got "
                         f"{ddof!r}")
    measured_at = range(1, generations + 1) if at is None else [whole("at", t, least=1) for t in at]
    room.check(loops, dim, generations, len(seeds), names, None if at is None else len(measured_at))
    truth = Truth.of(dim, mean, cov, resolve(device))
    size = len(truth.root)
    plans = [Plan.of(one, n, size, generations)
             for one, n in zip(loops, _n_ini(n_ini, loops), strict=True)]
    chosen = np.array(measured_at) - 1
    known = np.isin(chosen, np.arange(generations)).all()
    if not len(chosen) or not known or len(np.unique(chosen)) < len(chosen):
        raise ValueError(f"at: expected different generations from 1 to {generations}, got "
                         f"{[int(t) + 1 for t in chosen]}")
    values: dict[str, np.ndarray] = {}
    pieces = paths(plans, size, generations, seeds, ddof, resolve(device), progress)
    for which, span, fits in pieces:
        [places] = np.nonzero((span.start <= chosen) & (chosen < span.stop))
        fits = truth.see(fits.at(chosen[places] - span.start))
        for name in names:
            measured = MEASURES[name](fits, truth).movedim(0, 2).cpu().numpy()
            if name not in values:
                values[name] = np.empty((len(loops), len(seeds), len(chosen), *measured.shape[3:]))
            values[name][np.array(which)[:, None], :, places] = measured.swapaxes(1, 2)
    return values


# --- arguments and tables -------------------------------------------------------------------------


def _loops(loop: Loop | Sequence[Loop]) -> list[Loop]:
    loops: list[Any] = list(loop) if isinstance(loop, list | tuple) else [loop]
    if not loops:
        raise ValueError("loop: expected a loop or a list of loops, got an empty list")
    for one in loops:
        check_known(one)
    return loops


def _names(metrics: Metrics, known: Iterable[str]) -> list[str]:
    chosen = [metrics] if isinstance(metrics, str) or callable(metrics) else metrics
    names = [metric if isinstance(metric, str) else metric_name(metric) for metric in chosen]
    for name in names:
        if name not in known:
            raise ValueError(f"metrics: expected some of {', '.join(known)} (only the fit is "
                             f"known, no rows), got {name!r}")
    return names


def _n_ini(n_ini: int | Sequence[int] | None, loops: list[Loop]) -> list[int]:
    given = list(n_ini) if isinstance(n_ini, Iterable) else [n_ini] * len(loops)
    if len(given) != len(loops):
        raise ValueError(f"n_ini: expected one number, or one for each of the {len(loops)} loops, "
                         f"got {len(given)}")
    return [rows("n_ini", initial_rows(loop) if n is None else n, least=2)
            for n, loop in zip(given, loops, strict=True)]


def _table(values: dict[str, np.ndarray], seeds: list[int], many: bool) -> pd.DataFrame:
    """Tidy rows, ordered by loop, metric, seed, generation."""
    import pandas as pd

    value = np.stack(list(values.values()), 1) if values else np.empty((1, 0, len(seeds), 0))
    loop, metric, seed, t = np.indices(value.shape).reshape(4, -1)
    table = pd.DataFrame({
        "seed": np.array(seeds)[seed],
        "generation": t + 1,
        "metric": np.array(list(values), dtype=object)[metric],
        "value": value.ravel(),
    })
    return table.assign(loop=loop) if many else table


def _theory(known: list[pd.DataFrame], names: list[str], many: bool) -> pd.DataFrame:
    import pandas as pd

    table = pd.concat([one.assign(loop=i) for i, one in enumerate(known)], ignore_index=True)
    table = table[table.metric.isin(names)].reset_index(drop=True)
    return table if many else table.drop(columns="loop")
