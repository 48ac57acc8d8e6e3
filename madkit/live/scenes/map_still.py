"""The phase map as one picture that stands still: what is on the page where
scripts do not run, and on paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit import plot, theory
from madkit.live.scenes.offline import GIVES_WAY, WIDTH
from madkit.live.scenes.phases import State, axes, caption, theory_path
from madkit.plot import COLOURS, DRAWING
from madkit.plot.layout import TEXT
from madkit.plot.still import lighter, still

if TYPE_CHECKING:
    import pandas as pd

    from madkit.plot.canvas import Figure


def picture(state: State, track: Mapping[str, Any], simulated: Mapping[str, Any] | None,
            generations: int) -> dict[str, str]:
    """image/png, text/html with caption and text alternative, and text/plain."""
    png = lighter(drawn(state, track, simulated, generations).png(110))
    return still(png, caption(state, track, generations), WIDTH, kind=GIVES_WAY)


def drawn(state: State, track: Mapping[str, Any], simulated: Mapping[str, Any] | None,
          generations: int) -> Figure:
    """The map, and the loop of its cell beside it."""
    with DRAWING:
        whole = plot.figure(14, 5.6, 1, 2)
        left, right = whole.panels.flat
        asked = f"λ = {state['lam']:g}, d = {state['dim']}: what is the synthetic data worth?"
        plot.phase(table(state, simulated), panels=None, ax=left, title=asked, bar=True,
                   mark=(state["n_r"], state["n_s"]))
        plot.paths(rows(state, track, generations), ["n_r", "n_s"], ax=right,
                   title="The loop of the marked cell")
        alone = theory.real_only_w2(state["n_r"], state["dim"])
        right.axhline(alone, color=COLOURS["control"], linestyle=(0, (1.5, 1.5)), linewidth=2.2)
        right.annotate(f"{state['n_r']:,} real rows alone", (1, alone), (-4, 5),
                       xycoords=("axes fraction", "data"), textcoords="offset points", ha="right",
                       color=COLOURS["control"], fontsize=TEXT, fontweight="bold")
    return whole


def table(state: State, simulated: Mapping[str, Any] | None) -> pd.DataFrame:
    """The map of theory, as `plot.phase` reads it; the simulated one where
    this is chosen and recorded.
    """
    import pandas as pd

    dim, lam = state["dim"], state["lam"]
    n_r, n_s = axes(dim)
    taken = simulated if state["simulated"] else None
    if taken is not None and (dim != taken["dim"] or lam not in taken["lams"]):
        taken = None
    if taken is not None:
        n_r, n_s = taken["n_r"], taken["n_s"]
    r, s = (grid.ravel() for grid in np.meshgrid(n_r, n_s))
    made = {"n_r": r, "n_s": s, "ratio_theory": theory.worth(r, s, lam, dim) / r,
            "threshold": theory.admissible_threshold(dim, lam)}
    if taken is not None:
        made["ratio"] = 2.0 ** np.ravel(taken["worth"][taken["lams"].index(lam)])
    return pd.DataFrame(made)


def rows(state: State, track: Mapping[str, Any], generations: int) -> pd.DataFrame:
    """A track as `plot.paths` reads it."""
    import pandas as pd

    w2, known = np.array(track["w2"]), theory_path(state, generations)
    seed, place = (grid.ravel() for grid in np.indices(w2.shape))
    t = np.array(track["t"])[place]
    return pd.DataFrame({"n_r": state["n_r"], "n_s": state["n_s"], "seed": seed, "generation": t,
                         "value": w2.ravel(), "theory": known[t - 1]})


def rounded(track: Mapping[str, Any]) -> dict[str, Any]:
    """A track in four digits, for a page."""
    def four(value: float) -> float:
        return float(f"{value:.4g}")

    return {**track, "w2": [[four(value) for value in one] for one in track["w2"]],
            "rows": [four(value) for value in track["rows"]]}
