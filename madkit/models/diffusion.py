"""Denoising diffusion: a network learns to see noise, and samples are noise with it taken out.

    forward   x_t = α_t x_0 + σ_t ε,   ε ~ N(0, I),   t = 1 … T
              α_t = cos(π/2 · .99 t/T),   α_t² + σ_t² = 1
    network   ε_θ(x_t, t, y) = σ_t x_t + α_t F_θ(x_t, t, y): nearly pure noise is its own answer
    training  minimise E ‖ε − ε_θ(x_t, t, y)‖²/α_t² over rows and times; one row of ten has no y
    guidance  ε̂ = (1 + w) ε_θ(x_t, t, y) − w ε_θ(x_t, t),   λ = 1/(1 + w) ∈ (0, 1]
    sampling  from x_T ~ N(0, I), for t and the next smaller s among the steps taken:
              x̂_0 = (x_t − σ_t ε̂)/α_t   (images: clipped to [−1, 1]),   ε̂ = (x_t − α_t x̂_0)/σ_t
              x_s = α_s x̂_0 + √(σ_s² − η_t²) ε̂ + η_t z,   z ~ N(0, I)
              η_t = η (σ_s/σ_t) √(1 − α_t²/α_s²)

η = 1 with all T steps is the ancestral sampling of the paper (DDPM); η = 0 is deterministic but for
x_T (DDIM), and does with a tenth of the steps or less.

**What λ does.** ε̂ is the score of p(x|y) · (p(x|y)/p(x))^w: rows that are typical of their label,
told from all others, are preferred; the spread within a class shrinks, the classes stay (λ = 1,
w = 0: plain sampling). Without labels there is nothing to guide by, and λ ≠ 1 is refused.

**Why the weight 1/α_t².** Without it (DDPM) the times near T, at which a sample's shape and class
are decided, hardly count, and it takes ten times the steps to learn them. With it F_θ learns
v = α_t ε − σ_t x_0 at all times alike (Salimans and Ho 2022, https://arxiv.org/abs/2202.00512,
section 4).

DDPM: Ho, Jain and Abbeel (2020), https://arxiv.org/abs/2006.11239; DDIM: Song, Meng and Ermon
(2021), https://arxiv.org/abs/2010.02502, eq. 12 and 16; guidance: Ho and Salimans (2022),
https://arxiv.org/abs/2207.12598; the cosine: Nichol and Dhariwal (2021),
https://arxiv.org/abs/2102.09672. The weights that sample are an exponential moving average of those
that learn.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from madkit.base import arrays, limits
from madkit.base.checks import (
    Count,
    Given,
    Positive,
    Rows,
    Unit,
    numbers,
    shown,
)
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.models.parts.form import Form
from madkit.models.parts.guided import STRONGEST, evenly, guided, labelled, weight
from madkit.models.parts.training import (
    Average,
    Step,
    descend,
    half,
    learnable,
    loaded,
    loading,
    packed,
    watched,
)
from madkit.models.parts.unet import MLP, UNet
from madkit.samples import Samples

# Deeper pays more than wider: at the same time of training on MNIST, depth 2 gives a third fewer
# samples of a wrong label. DIGITS are of 8 × 8 pixels, TINY of 28 × 28, VECTORS is for the plane.
DIGITS = {"width": 16, "depth": 1, "steps": 800, "batch": 32, "lr": 3e-3,
          "decay": 0.99, "jumps": 15}
TINY = DIGITS | {"depth": 2, "steps": 1800}
SMALL = {"width": 32, "depth": 2, "steps": 15_000, "batch": 64, "lr": 2e-3,
         "decay": 0.999, "jumps": 25}
VECTORS = {"width": 16, "depth": 2, "steps": 2000, "batch": 256, "lr": 3e-3,
           "decay": 0.99, "jumps": 30}
PAPER = {"width": 96, "depth": 2, "steps": 40_000, "batch": 512, "lr": 1e-3,
         "decay": 0.9995, "jumps": 500, "eta": 1.0}

Guidance = Annotated[float, numbers("a number in [0, 10⁶]", lambda w: 0 <= w <= STRONGEST)]


@gate
@guarded
@dataclass(eq=False)
class Diffusion:
    """A denoising diffusion with T steps, conditional on labels where the data has them.

    width    channels of the U-Net's finest level (a multiple of 4); for vectors, 4 times as many
             units
    depth    residual blocks on a level
    steps    training steps, each on `batch` rows
    lr       Adam's learning rate at its highest
    decay    of the moving average of the weights, in [0, 1]
    dropout  share of rows that are trained on without their label, in [0, 1]
    T        steps of the forward process
    jumps    steps taken when sampling, at most T
    eta      η ∈ [0, 1]: 0 = DDIM, 1 = DDPM (with jumps = T: ancestral sampling)

    Rows are vectors, or images (c, h, w) of up to 64². After `fit`: net, the averaged network
    F_θ(x_t, t/T, y), and form. `fit` raises ValueError for rows it cannot use and
    FloatingPointError when training diverges; `sample` ValueError for λ outside (0, 1], or λ ≠ 1
    without labels.
    """

    width: Count = 16
    depth: Count = 1
    steps: Count = 800
    batch: Count = 32
    lr: Positive = 3e-3
    decay: Unit = 0.99
    dropout: Unit = 0.1
    T: Count = 500
    jumps: Count = 15
    eta: Unit = 0.0

    def __post_init__(self):
        if self.width % 4:
            raise ValueError(f"Diffusion: width expected a multiple of 4, got {self.width}")
        if self.jumps > self.T:
            raise ValueError(f"Diffusion: jumps expected at most T = {self.T}, got {self.jumps}")
        learnable("Diffusion", self.width, self.depth + 1, self.steps)
        limits.time("Diffusion: jumps", f"{limits.count(self.jumps)} of them", self.jumps, 10_000)

    def fit(self, data: Samples) -> Diffusion:
        """Train from scratch, under a progress bar."""
        watched(self.training(data), "Diffusion")
        return self

    def training(self, data: Samples) -> Iterator[Step]:
        """The training steps, one at a time; between any two the model can sample."""
        self.form = Form.of(data, "Diffusion")
        learning = self._network()
        self.net = copy.deepcopy(learning)
        average = Average(learning, self.net, self.decay)
        yield from descend(learning, self._losses(learning, data), self.steps, self.lr, average)

    def _losses(self, net: nn.Module, data: Samples) -> Iterator[Tensor]:
        for x, y in labelled(self.form, data, self.batch, self.steps, self.dropout):
            yield self._loss(net, x, y)

    def loss(self, net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        """‖ε − ε_θ(x_t, t, y)‖²/α_t² per number of a row, at times spread evenly over 1 … T.

        y  numbers of labels, 0 … K−1, and K for none, (n,)
        """
        self._check_inputs("loss", x)
        return self._loss(net, x, arrays.per_row("loss: y", y, x, least=0, most=self.form.classes))

    def _loss(self, net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        n = len(x)
        spread = evenly(n, x.device)
        t = (spread * self.T).floor().add(1).clamp(max=self.T) / self.T
        alpha, sigma = (part.reshape(-1, *[1] * (x.ndim - 1)) for part in signal_and_noise(t))
        noise = torch.randn_like(x)
        return ((self._seen(net, alpha * x + sigma * noise, t, y) - noise) / alpha).square().mean()

    @torch.no_grad()
    def sample(self, n: Rows, lam: Unit = 1.0, y: Any = None) -> Samples:
        """n rows; y: their labels, (n,) or one for all, by default in the training frequencies."""
        w = self._guidance(lam)
        limits.memory("Diffusion.sample: n", f"{limits.count(n)} rows", 4 * n)
        y = self.form.labels(n, y, "Diffusion.sample")
        size = self.form.shape if self.form.image else (self.form.dim,)
        x = torch.randn(n, *size, device=self.form.like.device)
        for t, s in self._times():
            x = self._step(x, t, s, y, w)
        return self.form.outputs(x, y)

    def _times(self) -> list[tuple[Tensor, Tensor]]:
        """(t, s) in units of T, from 1 down to 0."""
        times = torch.linspace(self.T, 0, self.jumps + 1).round() / self.T
        return list(zip(times[:-1], times[1:], strict=True))

    def _step(self, x: Tensor, t: Tensor, s: Tensor, y: Tensor | None, w: float) -> Tensor:
        (alpha, sigma), (alpha_s, sigma_s) = signal_and_noise(t), signal_and_noise(s)
        x0 = (x - sigma * self._noise(x, t, y, w)) / alpha
        x0 = x0.clamp(-1, 1) if self.form.image else x0
        eta = self.eta * sigma_s / sigma * (1 - (alpha / alpha_s) ** 2).sqrt()
        noise = (x - alpha * x0) / sigma
        x = alpha_s * x0 + (sigma_s**2 - eta**2).clamp(min=0).sqrt() * noise
        return x + eta * torch.randn_like(x) if eta > 0 else x

    @torch.no_grad()
    def noise(self, x: Tensor, t: Tensor, y: Tensor | None = None, w: Guidance = 0.0) -> Tensor:
        """The guided ε̂ of noisy inputs x (n, …) at time t ∈ [0, 1]; y None: without labels."""
        self._check_inputs("noise", x)
        numbers = None if y is None else self.form.labels(len(x), y, "Diffusion.noise")
        return self._noise(x, t, numbers, w)

    def _noise(self, x: Tensor, t: Tensor, y: Tensor | None, w: float) -> Tensor:
        if t.ndim and t.shape != (len(x),):
            raise ValueError(f"noise: t expected one time, or one for each of {len(x)} rows, got "
                             f"shape {tuple(t.shape)}")
        return guided(partial(self._seen, self.net), x, t, y, w, self.form.classes)

    def _seen(self, net: nn.Module, x: Tensor, t: Tensor, y: Tensor) -> Tensor:
        alpha, sigma = (part.reshape(-1, *[1] * (x.ndim - 1)) for part in signal_and_noise(t))
        with half(x.device) if self.form.image else nullcontext():
            return sigma * x + alpha * net(x, t, y).float()

    def _check_inputs(self, who: str, x: Tensor) -> None:
        """ValueError for what the network cannot see."""
        self._check_fitted()
        size = self.form.shape if self.form.image else (self.form.dim,)
        if tuple(x.shape[1:]) != tuple(size) or not len(x) or not x.is_floating_point():
            raise ValueError(f"{who}: x: expected inputs (n, {', '.join(map(str, size))}), floats "
                             f"near one, as form.inputs(rows) makes them, got {shown(x)}")

    def _check_fitted(self) -> None:
        if not hasattr(self, "net"):
            raise RuntimeError("Diffusion: call fit(data) first")

    def _guidance(self, lam: float) -> float:
        self._check_fitted()
        return weight("Diffusion", lam, self.form.classes)

    def _network(self) -> nn.Module:
        form = self.form
        net = (UNet(form.shape, self.width, self.depth, form.classes) if form.image
               else MLP(form.dim, 4 * self.width, self.depth + 1, form.classes))
        return net.to(form.like.device)

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that a fit learned, as tensors."""
        return packed(self.form, net=self.net)

    def load_state_dict(self, state: dict[str, Given]) -> Diffusion:
        """Become the model that was saved; the settings must be the same."""
        with loading(self):
            self.form = Form.loaded(state)
            self.net = loaded(self._network().requires_grad_(False), state, "net")
        return self


def signal_and_noise(t: Tensor) -> tuple[Tensor, Tensor]:
    """α_t and σ_t at times t ∈ [0, 1]."""
    angle = math.pi / 2 * 0.99 * t
    return angle.cos(), angle.sin()
