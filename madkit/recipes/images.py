"""The paper's experiments with deep models (and a flow on two coordinates):
one run of `mk.run` for each label.

A preset is a set of numbers, and stands in the two tables below. Recipes of one experiment share
model, truth, n and seeds, so that a longer figure goes on where a shorter one ended, and λ = 1 is
trained once for all figures that show it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from madkit import data, metrics
from madkit.base.checks import Count, Several
from madkit.base.gate import gate
from madkit.loops import Fresh, Loop, Synthetic, fully_synthetic, synthetic_augmentation
from madkit.recipes.presets import PRESETS, Preset
from madkit.samples import Samples

KEPT = (*range(1, 11), 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)  # generations kept, and the last


@dataclass(frozen=True)
class Size:
    """The numbers of one experiment at one preset."""

    n: int  # rows of a training set (augmentation: of each half; fresh data: of each source)
    model: str                              # keyword set of the model's file: TINY, SMALL or PAPER
    settings: dict[str, Any] = field(default_factory=dict)  # what differs from it
    seeds: int = 1
    emit: int = 1000  # emitted rows that metrics judge, against as many test rows


SIZES: dict[str, dict[Preset, Size]] = {
    "diffusion": {"smoke": Size(100, "TINY", {"steps": 10, "jumps": 3}, emit=100),
                  "laptop": Size(1500, "TINY"),
                  "paper": Size(60_000, "PAPER", emit=10_000)},
    "fresh": {"smoke": Size(60, "TINY", {"steps": 10, "jumps": 3}, emit=100),
              "laptop": Size(1000, "TINY"),
              "paper": Size(2000, "PAPER", emit=10_000)},
    "control": {"smoke": Size(100, "TINY", {"steps": 10, "jumps": 3}, emit=100),
                "laptop": Size(1500, "TINY"),
                "paper": Size(6000, "PAPER", emit=10_000)},  # 60,000 rows last ten generations
    "claims": {"smoke": Size(60, "TINY", {"steps": 10, "jumps": 3}, seeds=2, emit=100),
               "laptop": Size(1000, "TINY", {"steps": 600}, seeds=3),
               "paper": Size(6000, "PAPER", seeds=3, emit=10_000)},
    "gan": {"smoke": Size(100, "TINY", {"steps": 10}, emit=100), "laptop": Size(4000, "TINY"),
            "paper": Size(60_000, "PAPER", emit=10_000)},
    "pool": {"smoke": Size(100, "TINY", {"steps": 10}, emit=100), "laptop": Size(4000, "TINY"),
             "paper": Size(60_000, "PAPER", emit=10_000)},
    "vae": {"smoke": Size(100, "TINY", {"steps": 10}, emit=100), "laptop": Size(4000, "TINY"),
            "paper": Size(60_000, "PAPER", emit=10_000)},
    "flow": {"smoke": Size(200, "TINY", {"steps": 10}, seeds=2, emit=200),
             "laptop": Size(10_000, "PAPER", {"layers": 4, "steps": 400}, seeds=3, emit=4000),
             "paper": Size(10_000, "PAPER", seeds=5, emit=10_000)},
}
GENERATIONS: dict[str, tuple[int, int, int]] = {  # smoke, laptop, paper
    "fig04_fully_synthetic": (2, 9, 9),
    "fig05_fully_synthetic": (2, 20, 20),
    "fig06_fully_synthetic": (2, 10, 10),
    "fig07_fully_synthetic": (2, 20, 20),
    "fig08_synthetic_augmentation": (2, 6, 6),
    "fig09_synthetic_augmentation": (2, 10, 10),
    "fig10_fresh_data": (2, 15, 15),
    "control": (2, 10, 10),
    "claims": (2, 6, 10),
    "fig13_fully_synthetic": (2, 20, 100),
    "fig17_fully_synthetic": (2, 16, 16),
    "vae_fully_synthetic": (2, 10, 10),
}
LAMS = (1.0, 0.8, 0.66, 0.5)  # of Figures 6, 9 and 16


@gate
@dataclass(frozen=True)
class Recipe:
    """An experiment: what `mk.run` is called with, once for each label.

    model        one of mk.models, unfitted
    truth        one of mk.data
    loops        {label: loop}
    generations  of each run
    seeds        0 … seeds−1
    n_ini        {label: real rows of generation 1}, where it is not the size of the loop
    emit         emitted rows that metrics judge
    metrics      (real, fake) -> number or dict, on features
    features     Samples -> Samples that metrics see; None: the rows
    place        Samples -> (n, 2) float32, the map in which every generation is drawn; None: rows
                 are vectors, drawn as such
    paper        what the paper did, for the reader who compares
    kept         generations whose emitted rows the record keeps, beside the last
    rows         of each of them; None: 100 images, 1,000 vectors
    """

    model: Any
    truth: Any
    loops: dict[str, Loop]
    generations: Count
    seeds: int
    n_ini: dict[str, int]
    emit: Several
    metrics: tuple[Callable, ...]
    features: Callable[[Samples], Samples] | None
    place: Callable[[Samples], Any] | None
    paper: str
    kept: tuple[int, ...] = KEPT
    rows: int | None = None


# --- the recipes ----------------------------------------------------------------------------------


def fig04_fully_synthetic(preset: Preset) -> Recipe:
    """Figures 4 and 16: diffusion on MNIST, fully synthetic, λ = 1:
    FID rises, precision and recall fall.
    """
    return _images("fig04_fully_synthetic", "diffusion", preset,
                   lambda n: _lams(fully_synthetic, n, 1.0),
                   "DDPM (T = 500) on MNIST, n = 60,000, 9 generations, FID, precision and recall "
                   "on LeNet features")


def fig05_fully_synthetic(preset: Preset) -> Recipe:
    """Figure 5: the same loop longer, in a map: without bias the modes drift and merge."""
    return _images("fig05_fully_synthetic", "diffusion", preset,
                   lambda n: _lams(fully_synthetic, n, 1.0),
                   "DDPM on MNIST, n = 60,000, 20 generations, t-SNE at generations 2, 5, 10 and "
                   "20")


def fig06_fully_synthetic(preset: Preset) -> Recipe:
    """Figures 6 and 16: diffusion on MNIST, fully synthetic, four λ:
    bias keeps precision and costs recall.
    """
    return _images("fig06_fully_synthetic", "diffusion", preset,
                   lambda n: _lams(fully_synthetic, n, *LAMS),
                   "DDPM on MNIST, n = 60,000, 10 generations, λ = 1, .8, .66, .5")


def fig07_fully_synthetic(preset: Preset) -> Recipe:
    """Figure 7: fully synthetic, λ = 0.8, in a map: with bias the modes collapse onto points."""
    return _images("fig07_fully_synthetic", "diffusion", preset,
                   lambda n: _lams(fully_synthetic, n, 0.8),
                   "DDPM on MNIST, n = 60,000, 20 generations, t-SNE at generations 2, 5, 10 and "
                   "20")


def fig08_synthetic_augmentation(preset: Preset) -> Recipe:
    """Figure 8: a truncated GAN, one real set and a pool of synthetic rows
    that grows with every generation.
    """
    return _images("fig08_synthetic_augmentation", "pool", preset,
                   lambda n: _lams(lambda n, lam: synthetic_augmentation(n, lam, accumulate=True),
                                   n, 1.0, 0.7),
                   "StyleGAN2 on FFHQ 128 × 128, n = 70,000, λ = 1, 6 generations; here a GAN on "
                   "MNIST stands for it")


def fig09_synthetic_augmentation(preset: Preset) -> Recipe:
    """Figure 9: diffusion on MNIST, n fixed real rows and n synthetic ones,
    four λ: the same, more slowly.
    """
    return _images("fig09_synthetic_augmentation", "diffusion", preset,
                   lambda n: _lams(synthetic_augmentation, n, *LAMS),
                   "DDPM on MNIST, 60,000 + 60,000 rows, 10 generations, λ = 1, .8, .66, .5")


def fig10_fresh_data(preset: Preset) -> Recipe:
    """Figure 10, right: half fresh, half synthetic, from two sizes of the first
    real set: the limit is the same.
    """
    n = SIZES["fresh"][preset].n
    starts = {f"n_ini = {rows}": rows for rows in (n, n * 3 // 2)}
    return _images("fig10_fresh_data", "fresh", preset,
                   lambda n: dict.fromkeys(starts, Fresh(n) + Synthetic(n)),
                   "DDPM on MNIST, n_r = n_s = 2,000, n_ini = 2,000 or 3,000, λ = 1, 15 "
                   "generations", starts)


def control(preset: Preset) -> Recipe:
    """What the paper lacks: new real rows only, the model retrained
    each generation. Nothing should happen.
    """
    return _images("control", "control", preset, lambda n: {"real only": Fresh(n)},
                   "no such control")


def claims(preset: Preset) -> Recipe:
    """The paper's claims side by side, in several seeds: which loops lose quality and diversity,
    and how fast, λ = 1 and 0.5.
    """
    return _images("claims", "claims", preset, five, "one seed each, no control")


def fig13_fully_synthetic(preset: Preset) -> Recipe:
    """Figure 13: WGAN-GP on MNIST, fully synthetic, λ = 1: a long decline."""
    return _images("fig13_fully_synthetic", "gan", preset, lambda n: _lams(fully_synthetic, n, 1.0),
                   "WGAN-GP on MNIST, sizes not given, 100 generations")


def fig17_fully_synthetic(preset: Preset) -> Recipe:
    """Figure 17: a flow on the Rosenbrock density, fully synthetic,
    λ = 1 and 0.75: the tails go first.
    """
    size, truth = SIZES["flow"][preset], data.rosenbrock()
    judged = (truth.tails, metrics.sliced_w2, metrics.trace, metrics.precision, metrics.recall)
    return Recipe(_model("flow", "Flow", size), truth, _lams(fully_synthetic, size.n, 1.0, 0.75),
                  _generations("fig17_fully_synthetic", preset), size.seeds, {}, size.emit,
                  judged, None, None,
                  "a flow of 8 coupling layers, hidden 64, n = 10,000, 16 generations")


def vae_fully_synthetic(preset: Preset) -> Recipe:
    """Not in the paper: a VAE on MNIST, fully synthetic, λ = 1 and 0.5."""
    return _images("vae_fully_synthetic", "vae", preset,
                   lambda n: _lams(fully_synthetic, n, 1.0, 0.5), "no VAE")


IMAGES: dict[str, Callable[[Preset], Recipe]] = {made.__name__: made for made in (
    fig04_fully_synthetic, fig05_fully_synthetic, fig06_fully_synthetic, fig07_fully_synthetic,
    fig08_synthetic_augmentation, fig09_synthetic_augmentation, fig10_fresh_data, control,
    claims, fig13_fully_synthetic, fig17_fully_synthetic, vae_fully_synthetic)}


# --- what they share ------------------------------------------------------------------------------

MODELS = {"diffusion": ("diffusion", "Diffusion"), "fresh": ("diffusion", "Diffusion"),
          "control": ("diffusion", "Diffusion"), "claims": ("diffusion", "Diffusion"),
          "gan": ("gan", "GAN"), "pool": ("gan", "GAN"), "vae": ("vae", "VAE")}


def _images(name: str, experiment: str, preset: Preset, loops: Callable[[int], dict[str, Loop]],
            paper: str, n_ini: dict[str, int] | None = None) -> Recipe:
    """A recipe on handwritten digits, MNIST or (smoke) 8 × 8 pixels,
    judged on features of a LeNet, drawn in its map.
    """
    from madkit.metrics.features import LeNet

    size, lenet = SIZES[experiment][preset], LeNet("digits" if preset == "smoke" else "mnist")
    truth = data.digits() if preset == "smoke" else data.mnist()
    judged = (metrics.frechet, metrics.precision, metrics.recall, metrics.density, metrics.coverage,
              lenet.classes)
    return Recipe(_model(*MODELS[experiment], size), truth, loops(size.n),
                  _generations(name, preset), size.seeds, n_ini or {}, size.emit, judged,
                  lenet, lenet.map, paper)


def five(n: int) -> dict[str, Loop]:
    """The loops that are told side by side, with the control."""
    return {"fully synthetic, λ = 1": fully_synthetic(n),
            "fully synthetic, λ = 0.5": fully_synthetic(n, 0.5),
            "augmentation": synthetic_augmentation(n), "fresh data": Fresh(n) + Synthetic(n),
            "real only": Fresh(n)}


def _lams(loop: Callable[[int, float], Loop], n: int, *lams: float) -> dict[str, Loop]:
    return {f"λ = {lam:g}": loop(n, lam) for lam in lams}


def _model(file: str, name: str, size: Size) -> Any:
    module = importlib.import_module(f"madkit.models.{file}")
    return getattr(module, name)(**getattr(module, size.model) | size.settings)


def _generations(name: str, preset: Preset) -> int:
    return GENERATIONS[name][PRESETS.index(preset)]
