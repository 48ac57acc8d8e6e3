"""What theory says of a Gaussian run, as the table that a run carries and a plot draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from madkit.base import limits
from madkit.base.checks import Count, Ddof, Several
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.loops import Loop, parts
from madkit.theory.product import logdet, spectrum, w2_squared_1d
from madkit.theory.recursion import Array, moments
from madkit.theory.wasserstein import eigenvalues, w2_squared

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["generation", "metric", "value", "kind"]


@gate
@guarded
def table(
    loop: Loop,
    dim: Count,
    generations: Count,
    n_ini: Several,                # real rows of generation 1
    mean: Array | None = None,     # μ0: no value depends on it
    cov: Array | None = None,      # Σ0 (d, d); None: the identity
    ddof: Ddof = 1,
) -> pd.DataFrame:
    """One row per generation and metric: generation, metric, value, kind.

    trace, mean_error   kind "expectation": exact at any size, heavy-tailed where a loop collapses
    w2_squared          kind "expectation": exact for d = 1 and one source, else see `w2_squared`
    logdet              kind "exact", one source only: the mean is the typical path
    spectrum.1 … .d     kind "asymptote", one source and Σ0 = I only: the exact rate of decay, see
                        `spectrum`

    Empty for loops of one's own.
    """
    import pandas as pd

    wide = dim if cov is None and len(parts(loop)) == 1 else 1      # with a spectrum
    limits.memory("generations, dim", f"{limits.count(generations)} generations in {limits.count(dim)} "
                  "dimensions", 100 * generations + 8 * generations * wide)
    try:
        expected = moments(loop, dim, generations, n_ini, ddof)
    except NotImplementedError:
        return pd.DataFrame(columns=COLUMNS)
    eig = eigenvalues(dim, cov)
    values = {"w2_squared": w2_squared(expected, cov),
              "mean_error": expected.u * eig.sum(),
              "trace": expected.m * eig.sum()}
    try:
        with np.errstate(divide="ignore"):
            values["logdet"] = logdet(loop, dim, generations, n_ini, ddof) + np.log(eig).sum()
        if dim == 1:
            values["w2_squared"] = w2_squared_1d(loop, generations, n_ini, ddof) * eig[0]
        if np.allclose(eig, 1):
            lines = spectrum(loop, dim, generations, n_ini, ddof).T
            values |= {f"spectrum.{k}": line for k, line in enumerate(lines, 1)}
    except NotImplementedError:
        pass
    known = {"logdet": "exact", "spectrum": "asymptote"}
    kinds = [known.get(name.partition(".")[0], "expectation") for name in values]
    return pd.DataFrame({
        "generation": np.tile(np.arange(1, generations + 1), len(values)),
        "metric": np.repeat(np.array(list(values), object), generations),
        "value": np.concatenate(list(values.values())),
        "kind": np.repeat(np.array(kinds, object), generations),
    }, columns=COLUMNS)
