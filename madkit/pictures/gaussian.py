"""A Gaussian that eats its own output, as a picture that moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from madkit import exact, theory
from madkit.loops import Loop, initial_rows
from madkit.pictures.canvas import Canvas, Frame
from madkit.plot import COLOURS, DRAWING, family, figure
from madkit.plot.language import METRICS, Family, ink
from madkit.plot.layout import LABEL, LINE, TEXT, apart, generation_axis

SEEDS_SHOWN = 8                      # on the left
WINDOW = 4.0                         # standard deviations of the truth to either side
HELD_95 = 5.991                      # the ellipse (x − μ)ᵀ Σ⁻¹ (x − μ) ≤ 5.991 holds 95 % of a Gaussian in the plane (χ²)
LETTERS = {"lam": "λ"}               # settings as the paper writes them


class GaussianLoop:
    """A Gaussian that eats its own output. Left: the truth (grey) and the fits of generation t, one outline per seed, with
    rows of the first seed's; right: a metric over generations, median and band of all seeds, theory, the cursor at t.

        picture = GaussianLoop(mk.fresh_data)
        picture.update(t=10, n=100, p=0.1, lam=0.8)         # t, and whatever the loop takes: Frame

    Everything is recomputed by the exact law when a setting changes, nothing when only t does. In the plane (dim 2)
    outlines are ellipses that hold 95 %; on the line (dim 1) they are densities, as multiples of the truth's peak.
    """

    def __init__(
        self,
        loop: Callable[..., Loop],       # settings -> loop: mk.fully_synthetic, mk.fresh_data, …, or your own function
        *,
        dim: int = 2,                    # 1 or 2; the truth is N(0, I)
        metric: str = "trace",           # "trace", drawn as a share of the truth's, "w2_squared", "mean_error" or "logdet"
        generations: int = 50,
        seeds: int = 200,
    ):
        if dim not in (1, 2):
            raise ValueError(f"dim: expected 1 (densities) or 2 (ellipses), got {dim!r}")
        if metric not in ("trace", "w2_squared", "mean_error", "logdet"):
            raise ValueError(f"metric: expected trace, w2_squared, mean_error or logdet, got {metric!r}")
        self.loop, self.dim, self.metric, self.generations, self.seeds = loop, dim, metric, generations, seeds
        self.name = "variance left (truth = 1)" if metric == "trace" else METRICS[metric]
        self._computed: tuple[dict, _Paths] | None = None
        self._draw = _Drawing(self)

    def update(self, t: int, n_ini: int | None = None, **settings: Any) -> Frame:
        """Generation t ∈ 1 … generations of the loop with these settings, n_ini real rows in generation 1 (None: the loop's).

        Raises what the loop raises for a setting out of range, and ValueError for a loop that has no exact law.
        """
        with DRAWING:
            paths = self.paths(n_ini=n_ini, **settings)
            given = {name: value for name, value in {"n_ini": n_ini, **settings}.items() if value is not None}
            return Frame(self._draw(t, paths), self._words(t, paths, given))

    def paths(self, n_ini: int | None = None, **settings: Any) -> _Paths:
        """All generations of all seeds; the last settings' are kept."""
        asked = {"n_ini": n_ini, **settings}
        if self._computed is None or self._computed[0] != asked:
            self._computed = asked, _paths(self, self.loop(**settings), n_ini)
        return self._computed[1]

    def _words(self, t: int, paths: _Paths, settings: dict[str, Any]) -> str:
        low, median, high = (_number(value, self.metric) for value in paths.quantiles[:, t - 1])
        given = ", ".join(f"{LETTERS.get(name, name)} = {value:g}" for name, value in settings.items())
        known = "" if paths.theory is None else f"; theory expects {_number(paths.theory[t - 1], self.metric)}"
        what = self.name.partition(" (")[0]
        return (f"Generation {t} of {self.generations}, {paths.look.name} loop ({given}). {what[0].upper()}{what[1:]}: {median} "
                f"(median of {self.seeds} seeds; the middle 80 %: {low} to {high}){known}.")


# --- what is drawn -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Paths:
    """Numbers behind all frames of one setting, S seeds on the left, T generations."""

    look: Family
    mean: np.ndarray            # (S, T, d)
    root: np.ndarray            # (S, T, d, d), symmetric: Σ = root²
    quantiles: np.ndarray       # (3, T): 10 %, median, 90 %
    theory: np.ndarray | None   # (T,) expectation; None: unknown


def _paths(picture: GaussianLoop, loop: Loop, n_ini: int | None) -> _Paths:
    metric, dim, generations = picture.metric, picture.dim, picture.generations
    drawn = exact.simulate(loop, dim, generations=generations, seeds=picture.seeds, n_ini=n_ini, metrics=(metric, "mean", "cov"),
                           device="cpu")
    table = theory.table(loop, dim, generations, initial_rows(loop) if n_ini is None else n_ini)
    known = table.value[table.metric == metric].to_numpy()
    scale = 1 / dim if metric == "trace" else 1.0
    values, vectors = np.linalg.eigh(drawn["cov"][0, :SEEDS_SHOWN])
    return _Paths(
        look=family(repr(loop)),
        mean=drawn["mean"][0, :SEEDS_SHOWN],
        root=vectors * np.sqrt(values.clip(min=0))[..., None, :] @ vectors.mT if dim > 1 else np.sqrt(drawn["cov"][0]),
        quantiles=np.quantile(drawn[metric][0], (0.1, 0.5, 0.9), axis=0) * scale,
        theory=known * scale if len(known) else None,
    )


def _number(value: float, metric: str) -> str:
    if metric != "trace":
        return f"{value:.2g}"
    return f"{100 * value:.0f} %" if value >= 0.01 else f"{100 * value:.1g} %"


class _Drawing:
    """The artists of a GaussianLoop. `drawing(t, paths)` puts them in place: PNG."""

    def __init__(self, picture: GaussianLoop):
        self.dim, self.generations = picture.dim, picture.generations
        self.figure = figure(8.6, 3.7, 1, 2)
        self.figure.set_layout_engine("none")
        self.left, self.right = self.figure.panels.flat
        self.z = np.random.default_rng(0).standard_normal((2, 300))          # the same standard normals in every frame
        self._left()
        self._right(picture)
        self.canvas = Canvas(self.figure, [*self.outlines, self.rows, self.heading, self.band, *self.lines, self.cursor, self.dot,
                                           *self.names])

    def _left(self) -> None:
        ax = self.left
        ax.set_position((0.012, 0.035, 0.375, 0.87) if self.dim == 2 else (0.025, 0.165, 0.35, 0.74))
        ax.grid(False)
        ax.set(xlim=(-WINDOW, WINDOW), yticks=[])
        if self.dim == 2:
            ax.set(ylim=(-WINDOW, WINDOW), aspect="equal", xticks=[])
            ax.spines[:].set(visible=True, color="#BBBBBB")
        else:
            ax.set(ylim=(-0.5, 3.2))
            ax.spines["left"].set_visible(False)
        truth = self._outline(np.zeros(self.dim), np.eye(self.dim))
        ax.fill(*truth, facecolor="#EEEEEE", edgecolor="none", zorder=0)
        ax.plot(*truth, color=COLOURS["real"], linewidth=1.2, zorder=1)
        ax.plot(*self._place(np.zeros(self.dim), np.eye(self.dim), self.z[:, 150:]), ".", color=COLOURS["real"], markersize=3,
                markeredgewidth=0, alpha=0.6, zorder=1)
        ax.set_title("grey: the truth", loc="right", fontsize=TEXT, color=COLOURS["real"])
        self.outlines = [ax.plot([], [], linewidth=width, alpha=alpha)[0]
                         for width, alpha in [(2.2, 1), *[(1, 0.55)] * (SEEDS_SHOWN - 1)]]
        (self.rows,) = ax.plot([], [], ".", markersize=4, markeredgewidth=0, alpha=0.7)
        self.heading = ax.set_title("", loc="left", fontsize=LABEL, fontweight="bold")

    def _right(self, picture: GaussianLoop) -> None:
        ax = self.right
        ax.set_position((0.475, 0.165, 0.345, 0.74))
        generation_axis(ax, picture.generations)
        ax.axhline(1 if picture.metric == "trace" else 0, color=COLOURS["real"], linewidth=0.8, zorder=0)
        self.name, self.share = picture.name, picture.metric == "trace"
        self.band = ax.fill([0], [0], alpha=0.25, linewidth=0)[0]
        theory = ax.plot([], [], color=COLOURS["theory"], linewidth=1.2, dashes=(4, 3))[0]
        self.lines = [ax.plot([], [], linewidth=2.4)[0], theory]
        self.cursor = ax.plot([], [], color=COLOURS["faint"], linewidth=1)[0]
        self.dot = ax.plot([], [], "o", markersize=8)[0]
        self.names = [ax.text(1.03, 0, name, transform=ax.transAxes, va="center", fontsize=TEXT, fontweight="bold")
                      for name in (f"median of\n{picture.seeds} seeds", "expectation", "band: 10 %\nto 90 %")]

    def __call__(self, t: int, paths: _Paths) -> bytes:
        colour = paths.look.colour
        for line, mean, root in zip(self.outlines, paths.mean[:, t - 1], paths.root[:, t - 1], strict=False):
            line.set(data=self._outline(mean, root), color=colour)
        self.rows.set(data=self._place(paths.mean[0, t - 1], paths.root[0, t - 1], self.z[:, :150]), color=colour)
        self.heading.set(text=f"generation {t}", color=ink(colour))
        self._curves(t, paths)
        return self.canvas.png()

    def _curves(self, t: int, paths: _Paths) -> None:
        ax, ts, colour = self.right, np.arange(1, self.generations + 1), paths.look.colour
        low, median, high = paths.quantiles
        theory = np.full(len(ts), np.nan) if paths.theory is None else paths.theory
        self._limits(np.array([low, high, theory]), log=self.share and paths.look.name == "fully synthetic")
        self.band.set(xy=np.transpose([[*ts, *ts[::-1]], [*low, *high[::-1]]]), color=colour)
        self.lines[0].set(data=(ts, median), color=colour, linestyle=paths.look.line)
        self.lines[1].set(data=(ts, theory))
        self.cursor.set(data=([t, t], ax.get_ylim()))
        self.dot.set(data=([t], [median[t - 1]]), color=colour)
        self._name(median[-1], theory[-1], high[-1], ink(colour))

    def _limits(self, values: np.ndarray, log: bool) -> None:
        """Limits in few, large steps: they seldom change while a slider moves, and a change is seen as one."""
        seen, ax = values[np.isfinite(values) & (values > 0 if log else True)], self.right
        if log:
            decades = 2 ** np.ceil(np.log2(max(2, -np.log10(seen.min(initial=1)))))
            scale, limits = "log", (10**-decades, 10 ** (decades / 8))
        else:
            floor = 1.5 if self.share else 0.0
            scale, limits = "linear", (-_step(-seen.min(initial=0)), _step(max(seen.max(initial=0), floor)))
        if (ax.get_yscale(), ax.get_ylim()) != (scale, limits):
            ax.set_yscale(scale)
            ax.set_ylim(limits)
            ax.set_title(self.name + (", log" if log else ""), loc="left", fontsize=LABEL, color=COLOURS["text"])

    def _name(self, median: float, theory: float, high: float, colour: str) -> None:
        """Names beside the ends of what they name, moved apart where they would touch."""
        ax, ends = self.right, np.array([median, theory, high])
        places = ax.transAxes.inverted().transform(ax.transData.transform(np.transpose([np.ones(3), np.nan_to_num(ends)])))[:, 1]
        places = np.nan_to_num(places, neginf=0).clip(0.1, 0.88)
        rank, lines = np.argsort(places, kind="stable"), np.array([2, 1, 2])
        height = ax.bbox.height / ax.figure.dpi * 72
        places[rank] = apart(places[rank], LINE * TEXT * lines[rank] / height)
        for name, place, shade in zip(self.names, places, (colour, COLOURS["theory"], colour), strict=True):
            name.set(y=place, color=shade)
        self.names[1].set_visible(bool(np.isfinite(theory)))

    def _outline(self, mean: np.ndarray, root: np.ndarray) -> np.ndarray:
        """(2, points): the ellipse that holds 95 %, or the density as a multiple of the truth's peak."""
        if self.dim == 2:
            angle = np.linspace(0, 2 * np.pi, 90)
            return mean[:, None] + np.sqrt(HELD_95) * root @ [np.cos(angle), np.sin(angle)]
        z, sd = np.linspace(-5, 5, 151), max(root.item(), 1e-300)
        return np.array([mean.item() + sd * z, np.exp(-(z**2) / 2) / sd])

    def _place(self, mean: np.ndarray, root: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Rows of N(mean, root²), in the plane or on a strip below the line."""
        if self.dim == 2:
            return mean[:, None] + root @ z
        return np.array([mean.item() + root.item() * z[0], -0.25 + 0.05 * z[1]])


def _step(value: float) -> float:
    """The next of 0, …, 1, 1.5, 2, 3, 5, 7, 10, … from value on."""
    if value <= 0:
        return 0.0
    power = 10 ** np.floor(np.log10(value))
    return float(next(step * power for step in (1, 1.5, 2, 3, 5, 7, 10) if step * power >= value * (1 - 1e-9)))
