"""A picture of tails: a flow's recorded loop on the curved density,
with the contour beyond which the truth's tails lie.

    runs = mk.recorded("fig17_fully_synthetic")                         # {"λ = 1": Run, "λ = 0.75": Run}
    mk.live.view(mk.live.Tails(runs), t=3, lam=0.75)

Dashed is what fits without error would do. With z ~ N(0, I) the truth's latent cloud, generation t
then emits z ~ N(0, λᵗ I), so a share s^(1/λᵗ) lies beyond the contour that leaves s of the truth
outside, and tr Σ_t = λᵗ + (2 λ²ᵗ + λᵗ/2).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from madkit.base.checks import Count, Unit
from madkit.base.gate import gate
from madkit.base.quantiles import quantiles
from madkit.data.toys import rosenbrock
from madkit.live.controls import Choice, Slider, bias, generation
from madkit.live.pictures.frame import Drawn, Frame, check_rows
from madkit.live.scenes import panels
from madkit.metrics.values import value_of
from madkit.plot.language import Family, family
from madkit.record import Run

SEEN = -3.6, 3.6, -2.6, 10.5                      # what the cloud shows of the plane
SHARE = 0.05                                      # of the truth lies beyond the contour


@gate
class Tails:
    """Left: real rows (grey), the contour that holds 95 % of the truth, and rows that generation t
    of the first seed emitted. Right: the share of rows beyond the contour, and the total variance:
    median and band of all seeds, the cursor at t.

        picture = mk.live.Tails(mk.recorded("fig17_fully_synthetic"))
        picture.update(t=3, lam=0.75)                   # the run called "λ = 0.75": Frame

    The runs are fully synthetic, on mk.data.rosenbrock(), with metrics tails and trace.
    ValueError for runs that are called otherwise, for one that is not there,
    and for a generation whose rows were not kept.
    """

    def __init__(self, runs: Mapping[str, Run]):
        self.runs = dict(runs)
        if not self.runs or bias(self.runs) is None:
            raise ValueError('Tails: expected runs called "λ = 1", "λ = 0.75", …, '
                             f"got {', '.join(self.runs) or 'none'}")
        check_rows("Tails", self.runs)
        self.paths = {name: {metric: _path(name, run, metric) for metric in ("tails.5", "trace")}
                      for name, run in self.runs.items()}
        self.last = min(len(paths["trace"][0]) for paths in self.paths.values())
        first = next(iter(self.runs.values()))
        assert first.real is not None
        if first.real.shape != (2,):
            raise ValueError("Tails: expected runs on mk.data.rosenbrock(), rows of shape (2,), got "
                             f"rows of shape {tuple(first.real.shape)}")
        self.real = panels.placed(first.real.x.cpu().numpy(), SEEN)
        self.contour = panels.placed(rosenbrock().contour(SHARE), SEEN)

    @property
    def controls(self) -> dict[str, Slider | Choice]:
        """The generation, of those that all runs kept, and λ."""
        kept = set.intersection(*(set(run.samples) for run in self.runs.values()))
        lam = bias(self.runs)
        assert lam is not None, "runs are called by λ"
        return {"t": generation(kept), "lam": lam}

    def update(self, t: Count, lam: Unit) -> Frame:
        """Generation t of the run called "λ = lam"."""
        name = f"λ = {lam:g}"
        if name not in self.runs:
            raise ValueError(f"lam: expected that of one of {', '.join(self.runs)}, got {lam!r}")
        run = self.runs[name]
        if t not in run.samples:
            raise ValueError(f"t: the rows of generation {t} were not kept, expected one of "
                             f"{', '.join(map(str, run.samples))}")
        look = family(run.spec["loop"])
        rows = panels.placed(run.samples[t].x.cpu().numpy(), SEEN)
        left = panels.cloud(f"{name} · generation {t}", look.colour, self.real, rows,
                            line=self.contour,
                            note="grey: real rows; the line holds 95 % of the truth")
        right = [self._plot("tails.5", "rows beyond the contour, %", t, lam, look),
                 self._plot("trace", value_of("trace").label, t, lam, look)]
        return Drawn(panels.scene(self._words(t, name, lam), [left], right))

    def _plot(self, metric: str, title: str, t: int, lam: float, look: Family) -> panels.Panel:
        scale, truth = (100, 100 * SHARE) if metric == "tails.5" else (1, 3.5)
        low, median, high = self.paths[f"λ = {lam:g}"][metric][:, : self.last] * scale
        top = max(truth, *(np.nanmax(paths[metric]) * scale for paths in self.paths.values()))
        line = panels.line("", look.colour, np.arange(1, self.last + 1), median, low=low, high=high,
                           theory=_ideal(lam, self.last)[metric] * scale, dot=median[t - 1])
        note = "line: median, band: 10–90 % of the seeds, dashes: fits without error, grey: truth"
        return panels.plot(title, panels.generations(self.last), panels.axis("", 0, 1.1 * top),
                           [line], at=t, level=truth, note=note if metric == "trace" else "")

    def _words(self, t: int, name: str, lam: float) -> str:
        _, share, _ = self.paths[name]["tails.5"][:, t - 1]
        _, trace, _ = self.paths[name]["trace"][:, t - 1]
        ideal = _ideal(lam, self.last)
        seeds = len(self.runs[name].spec["seeds"])
        return (f"{name}: generation {t} of {self.last}, fully synthetic loop, median of {seeds} "
                f"seeds. Rows beyond the contour: {_percent(share)} (the truth: 5 %; perfect fits: "
                f"{_percent(ideal['tails.5'][t - 1])}). Total variance: {trace:.2g} (the truth: "
                f"3.5; perfect fits: {ideal['trace'][t - 1]:.2g}).")


def _path(name: str, run: Run, metric: str) -> np.ndarray:
    """10 %, median and 90 % of the seeds, (3, T). ValueError for a run without that metric."""
    rows = run.table[run.table.metric == metric]
    if not len(rows):
        raise ValueError(f'Tails: {name} has no metric "{metric}"; give mk.run metrics='
                         '[truth.tails, "trace"], truth = mk.data.rosenbrock()')
    table = rows.pivot_table(index="seed", columns="generation", values="value", dropna=False)
    return quantiles(table.to_numpy(float))


def _ideal(lam: float, last: int) -> dict[str, np.ndarray]:
    """What fits without error would do, (T,) of each metric."""
    cooled = float(lam) ** np.arange(1, last + 1)
    shares = [rosenbrock.cooled_tail(SHARE, lam, t) for t in range(1, last + 1)]
    return {"tails.5": np.array(shares), "trace": 1.5 * cooled + 2 * cooled**2}


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share >= 1e-4 else "below 0.01 %"
