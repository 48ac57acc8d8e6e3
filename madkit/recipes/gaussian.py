"""The paper's Gaussian figures: many fresh data loops, each followed to its limit
by the exact law (`mk.exact`).

The truth is N(0, I) in d = 100 dimensions. A CellsRecipe says which loops, `mk.sweep.grid` runs
them cell by cell, in processes or on a cluster, and `summary` makes the table of the figure: what
the synthetic rows of every cell are worth, beside theory.

    over      axes of the grid: one task for each combination and seed
    beside    axes inside a task: their loops go side by side in one tensor, and so share a seed's
              chance. What is a task is said here, never by the number of workers: the numbers are
              the same to the bit anywhere
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit import exact, plot, theory
from madkit.base.checks import Count
from madkit.base.gate import gate
from madkit.exact.worth import limit, worth
from madkit.loops import Fresh, Loop, Synthetic, parts
from madkit.recipes.presets import Preset

if TYPE_CHECKING:
    import pandas as pd

    from madkit.plot.canvas import Panels

DIM: dict[Preset, int] = {"smoke": 10, "laptop": 100, "paper": 100}
CELLS: dict[Preset, int] = {"smoke": 3, "laptop": 20, "paper": 100}  # along an axis of a map
# of a cell of a map; Figure 31 twice as many
SEEDS: dict[Preset, int] = {"smoke": 2, "laptop": 4, "paper": 16}
MANY: dict[Preset, int] = {"smoke": 2, "laptop": 9, "paper": 21}             # n of Figure 31
Axes = Mapping[str, list[Any]]


@gate
@dataclass(frozen=True)
class CellsRecipe:
    """An experiment of many cells: `mk.sweep.grid(f, over, seeds)`,
    then `summary` of its rows, then `draw` of the summary.

    loop     cell -> Loop: n_r, n_s, lam, … as keywords
    over     {name: values}: a task for each combination
    beside   {name: values}: side by side inside a task
    dim      of the truth N(0, I)
    seeds    0 … seeds−1
    draw     summary -> picture
    paper    what the paper did, for the reader who compares
    follow   generations of a path that is shown; 0: only the limit
    """

    loop: Callable[..., Loop]
    over: Axes
    beside: Axes
    dim: Count
    seeds: int
    draw: Callable[[pd.DataFrame], Panels]
    paper: str
    follow: int = 0

    @property
    def f(self) -> Callable[..., pd.DataFrame]:
        """(seed, **cell) -> rows of one task."""
        if self.follow:
            return partial(path, loop=self.loop, dim=self.dim, generations=self.follow)
        return partial(limits, loop=self.loop, beside=self.beside, dim=self.dim)

    def summary(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The table of the figure from the rows of the grid:
        what each cell is worth; paths stay as they are.
        """
        needed = [*self.over, *self.beside, "value"]
        if lacking := [] if self.follow else [name for name in needed if name not in rows]:
            raise ValueError(f"summary: rows: expected a table with columns {', '.join(needed)}, as "
                             f"its sweep gives, got one without {', '.join(lacking)}")
        return rows if self.follow else summary(rows, self.loop, [*self.over, *self.beside],
                                                self.dim)


# --- what a task does -----------------------------------------------------------------------------


def limits(seed: int, *, loop: Callable[..., Loop], beside: Axes, dim: int,
           **cell: Any) -> pd.DataFrame:
    """The W2² in which the loops of one cell, and all that stand
    beside it, come to rest: one row each.
    """
    import pandas as pd

    inner = [dict(zip(beside, values, strict=True))
             for values in itertools.product(*beside.values())]
    values = limit([loop(**cell, **one) for one in inner], dim, seeds=[seed])[:, 0]
    return pd.DataFrame(inner).assign(metric="w2_squared", value=values)


def path(seed: int, *, loop: Callable[..., Loop], dim: int, generations: int, n_ini: int,
         **cell: Any) -> pd.DataFrame:
    """W2² of every generation from n_ini real rows on, and the theory of it."""
    run = exact.run(loop(**cell), dim, generations=generations, seeds=[seed], n_ini=n_ini,
                    metrics=["w2_squared"])
    known = run.theory.set_index("generation").value
    return run.table.drop(columns="seed").assign(theory=run.table.generation.map(known))


def summary(rows: pd.DataFrame, loop: Callable[..., Loop], cells: list[str],
            dim: int) -> pd.DataFrame:
    """Each cell's n_r, limit W2², n_e and n_e/n_r with standard errors over the seeds,
    and theory's (NaN: no formula).
    """
    import pandas as pd

    made = []
    for values, part in rows.groupby(cells, sort=False):
        cell = dict(zip(cells, values, strict=True))
        one, w2 = loop(**cell), part.value.to_numpy()
        n_r = sum(source.n for source in parts(one) if isinstance(source, Fresh))
        (n_e, error), (w2_theory, known) = worth(w2, dim), _theory(one, dim)
        off = w2.std(ddof=1) / len(w2) ** 0.5 if len(w2) > 1 else np.nan
        measured = {"w2_squared": (w2.mean(), off, w2_theory),
                    "n_e": (n_e, error, known),
                    "ratio": (n_e / n_r, error / n_r, known / n_r)}
        columns = {f"{name}{kind}": value for name, three in measured.items()
                   for kind, value in zip(("", "_error", "_theory"), three, strict=True)}
        made.append(cell | {"n_r": n_r} | columns | {"threshold": _threshold(one, dim)})
    return pd.DataFrame(made)


def _theory(loop: Loop, dim: int) -> tuple[float, float]:
    """Limit W2² and n_e by formula, NaN where no formula covers the loop."""
    try:
        w2 = float(theory.w2_squared(theory.fixed_point(loop, dim)))
    except NotImplementedError:
        w2 = np.nan
    try:
        return w2, theory.effective_sample_size(loop, dim)
    except NotImplementedError:
        return w2, np.nan


def _threshold(loop: Loop, dim: int) -> float:
    """n_s* for n_r → ∞ at the loop's λ."""
    return min((theory.admissible_threshold(dim, part.lam)
                for part in parts(loop) if isinstance(part, Synthetic)),
               default=np.inf)


# --- the loops ------------------------------------------------------------------------------------


def fresh(n_r: int, n_s: int, lam: float) -> Loop:
    return Fresh(n_r) + Synthetic(n_s, lam)


def remembering(memory: int, n_r: int, n_s: int) -> Loop:
    return Fresh(n_r) + Synthetic(n_s, memory=memory)


def share(n: int, p: float, lam: float) -> Loop:
    """n rows, of which a share p is fresh."""
    n_r = max(2, round(p * n))
    return Fresh(n_r) + Synthetic(n - n_r, lam) if n > n_r else Fresh(n)


def between(low: float, high: float, cells: int) -> list[int]:
    """Whole numbers in equal ratios."""
    return [int(round(value)) for value in np.geomspace(low, high, cells)]


# --- the figures ----------------------------------------------------------------------------------


def fig10_gaussian_fresh_data(preset: Preset) -> CellsRecipe:
    """Figure 10, left: n_r = 100 fresh and n_s = 900 synthetic rows, λ = 1 and 0.8,
    from two n_ini: one limit each.
    """
    seeds, generations = {"smoke": (2, 5), "laptop": (50, 40), "paper": (200, 40)}[preset]
    return CellsRecipe(fresh, {"n_r": [100], "n_s": [900], "lam": [1.0, 0.8], "n_ini": [100, 1000]},
                       {}, DIM[preset], seeds,
                       partial(plot.paths, lines=["lam", "n_ini"],
                               title="Where it ends does not depend on how it began"),
                       "d = 100, single runs, 40 generations", follow=generations)


def fig11_fresh_data(preset: Preset) -> CellsRecipe:
    """Figure 11: n_e/n_r over n_r and n_s at λ = 0.7, 0.85, 1: with bias,
    too many synthetic rows do harm.
    """
    return CellsRecipe(fresh, {"lam": [0.7, 0.85, 1.0], "n_r": between(100, 1000, CELLS[preset])},
                       {"n_s": between(100, 10_000, CELLS[preset])}, DIM[preset], SEEDS[preset],
                       partial(plot.phase, x="n_r", y="n_s", panels="lam",
                               title="Some synthetic data helps, too much harms"),
                       "d = 100, the same three λ; no error bars, no theory")


def fig12_fresh_data(preset: Preset) -> CellsRecipe:
    """Figure 12: n_e/n_r over n_s and λ at n_r = 100, 250, 1,000: the stronger the bias,
    the fewer synthetic rows help.
    """
    many = {"smoke": 3, "laptop": 17, "paper": 81}[preset]
    lams = [round(lam, 3) for lam in np.linspace(0.1, 0.9, many)]
    return CellsRecipe(fresh, {"n_r": [100, 250, 1000], "lam": lams},
                       {"n_s": between(10, 10_000, CELLS[preset])}, DIM[preset], SEEDS[preset],
                       partial(plot.phase, x="lam", y="n_s", panels="n_r",
                               title="The stronger the bias, the sooner it harms"),
                       "d = 100, the same n_r; no error bars, no theory")


def fig30_fresh_data(preset: Preset) -> CellsRecipe:
    """Figure 30: n_e/n_r over the memory K, from which the synthetic rows come, λ = 1:
    more models are worth more rows.
    """
    memories = {"smoke": [1, 3], "laptop": [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100],
                "paper": list(range(1, 101))}[preset]
    n_r, n_s = {"smoke": (100, 400)}.get(preset, (1000, 10_000))
    return CellsRecipe(remembering, {"memory": memories, "n_r": [n_r], "n_s": [n_s]}, {},
                       DIM[preset], SEEDS[preset],
                       partial(plot.along, x="memory",
                               title="A longer memory is worth more real rows"),
                       "d = 100, n_r = 1,000, n_s = 10,000, K to 100")


def fig31_fresh_data(preset: Preset) -> CellsRecipe:
    """Figure 31, left: the limit over n for shares p of fresh rows, λ = 1: more rows always help.
    """
    shares = {"smoke": [0.1, 1.0]}.get(preset, [0.003, 0.01, 0.03, 0.1, 0.3, 1.0])
    rows = between(1000, 100_000, MANY[preset])
    return CellsRecipe(share, {"n": rows, "p": shares, "lam": [1.0]},
                       {}, DIM[preset], 2 * SEEDS[preset],
                       partial(plot.along, x="n", y="w2_squared", lines="p",
                               title="Without bias, more rows always help"),
                       "d = 100, n 10³ to 10⁵, p from 0.3 % to 100 %")


def fig31_biased_fresh_data(preset: Preset) -> CellsRecipe:
    """Figure 31, right: the limit over n for several λ, p = 10 %:
    with bias, more rows stop helping.
    """
    rows = between(1000, 100_000, MANY[preset])
    return CellsRecipe(share, {"n": rows, "p": [0.1], "lam": [1.0, 0.97, 0.95, 0.93, 0.9]},
                       {}, DIM[preset], 2 * SEEDS[preset],
                       partial(plot.along, x="n", y="w2_squared", lines="lam",
                               title="With bias, more rows stop helping"),
                       "d = 100, n 10³ to 10⁵, λ = .97, .95, .93, .9 at p = 10 %")


SWEEPS: dict[str, Callable[[Preset], CellsRecipe]] = {made.__name__: made for made in (
    fig10_gaussian_fresh_data, fig11_fresh_data, fig12_fresh_data, fig30_fresh_data,
    fig31_fresh_data, fig31_biased_fresh_data)}
