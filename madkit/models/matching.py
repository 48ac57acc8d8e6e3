"""Flow matching: a network learns the straight way from noise to data, and samples walk it.

    path      x_t = (1 − t) x_0 + t ε,   ε ~ N(0, I),   t ∈ [0, 1]
    training  minimise E ‖v_θ(x_t, t, y) − (ε − x_0)‖² over rows, and times t = 1/(1 + e^−u),
              u ~ N(0, 1): most in the middle; one row of ten has no y
    guidance  v̂ = (1 + w) v_θ(x_t, t, y) − w v_θ(x_t, t),   λ = 1/(1 + w) ∈ (0, 1]
    sampling  from x_1 ~ N(0, I), for t and the next smaller s among the steps taken:
              x̂_0 = x_t − t v̂   (images: clipped to [−1, 1])
              x_s = (s/t) x_t + (1 − s/t) x̂_0       the step of Euler: x_t + (s − t) v̂, if not clipped

The diffusion's paths are bent, and too few steps cut their corners; these are straight where one
row alone can be meant, so that ten steps do. It is the quick model for images on a laptop: a lean
network (parts/lean.py) trains in two thirds of the time of the diffusion's and samples in a quarter.
What it has learnt, and what λ does, is the same: v_θ is a linear function of x_t and the score.

**Why times in the middle.** Near t = 0 and 1 the answer is nearly the noise, or the mean of the
data, and little is left to learn (Esser et al. 2024, https://arxiv.org/abs/2403.03206, section
3.1). On MNIST, 1,200 steps of one seed at times spread evenly gave a FID of 13, in the middle of 10.

Lipman, Chen, Ben-Hamu, Nickel and Le (2023), https://arxiv.org/abs/2210.02747; Liu, Gong and Liu
(2023), https://arxiv.org/abs/2209.03003; ten steps on MNIST: Gupta and Taiwade (2025),
https://arxiv.org/abs/2511.19379. The weights that sample are an exponential moving average of those
that learn.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from madkit.base import limits
from madkit.base.checks import Count, Given, Positive, Rows, Unit
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.models.parts.form import Form, check
from madkit.models.parts.guided import evenly, guided, labelled, weight
from madkit.models.parts.lean import LeanUNet
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
from madkit.models.parts.unet import MLP
from madkit.samples import Samples

# DIGITS are of 8 × 8 pixels, TINY and SMALL of 28 × 28 or 32 × 32, VECTORS is for the plane.
DIGITS = {"width": 16, "depth": 1, "steps": 800, "batch": 32, "lr": 3e-3, "decay": 0.99}
TINY = DIGITS | {"depth": 2, "steps": 2500}
SMALL = {"width": 32, "depth": 2, "steps": 12_000, "batch": 64, "lr": 2e-3, "decay": 0.999}
VECTORS = {"width": 16, "depth": 2, "steps": 2000, "batch": 256, "lr": 3e-3, "decay": 0.99,
           "jumps": 20}


@gate
@guarded
@dataclass(eq=False)
class FlowMatching:
    """Straight paths from noise to data, learnt; conditional on labels where the data has them.

    width    channels of the U-Net's finest level (a multiple of 4); for vectors, 4 times as many
             units
    depth    residual blocks on a level
    steps    training steps, each on `batch` rows
    lr       Adam's learning rate at its highest
    decay    of the moving average of the weights, in [0, 1]
    dropout  share of rows that are trained on without their label, in [0, 1]
    jumps    steps taken when sampling, of equal length in t

    Rows are vectors, or images (c, h, w) of up to 64². After `fit`: net, the averaged network
    v_θ(x_t, t, y), and form. `fit` raises ValueError for rows it cannot use and FloatingPointError
    when training diverges; `sample` ValueError for λ outside (0, 1], or λ ≠ 1 without labels.
    """

    width: Count = 16
    depth: Count = 1
    steps: Count = 800
    batch: Count = 32
    lr: Positive = 3e-3
    decay: Unit = 0.99
    dropout: Unit = 0.1
    jumps: Count = 10

    def __post_init__(self):
        if self.width % 4:
            raise ValueError(f"FlowMatching: width expected a multiple of 4, got {self.width}")
        learnable("FlowMatching", self.width, self.depth + 1, self.steps)
        limits.time("FlowMatching: jumps", f"{limits.count(self.jumps)} of them", self.jumps,
                    10_000)

    def fit(self, data: Samples) -> FlowMatching:
        """Train from scratch, under a progress bar."""
        watched(self.training(data), "FlowMatching")
        return self

    def training(self, data: Samples) -> Iterator[Step]:
        """The training steps, one at a time; between any two the model can sample."""
        self.form = Form.of(data, "FlowMatching")
        learning = self._network()
        self.net = copy.deepcopy(learning)
        average = Average(learning, self.net, self.decay)
        yield from descend(learning, self._losses(learning, data), self.steps, self.lr, average)

    def _losses(self, net: nn.Module, data: Samples) -> Iterator[Tensor]:
        for x, y in labelled(self.form, data, self.batch, self.steps, self.dropout):
            yield self._loss(net, x, y)

    def _loss(self, net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        """‖v_θ(x_t, t, y) − (ε − x_0)‖² per number of a row, at times spread as evenly as can be."""
        n, noise = len(x), torch.randn_like(x)
        spread = evenly(n, x.device)
        t = (math.sqrt(2) * (2 * spread - 1).erfinv()).sigmoid()  # u by the normal's quantiles
        along = t.reshape(-1, *[1] * (x.ndim - 1))
        return (self._velocity(net, x.lerp(noise, along), t, y) - (noise - x)).square().mean()

    @torch.no_grad()
    def sample(self, n: Rows, lam: Unit = 1.0, y: Any = None) -> Samples:
        """n rows; y: their labels, (n,) or one for all, by default in the training frequencies."""
        check(n, hasattr(self, "net"), "FlowMatching")
        w = weight("FlowMatching", lam, self.form.classes)
        y = self.form.labels(n, y, "FlowMatching.sample")
        size = self.form.shape if self.form.image else (self.form.dim,)
        x = torch.randn(n, *size, device=self.form.like.device)
        times = torch.linspace(1, 0, self.jumps + 1)
        for t, s in zip(times[:-1], times[1:], strict=True):
            x = self._step(x, t, s, y, w)
        return self.form.outputs(x, y)

    def _step(self, x: Tensor, t: Tensor, s: Tensor, y: Tensor | None, w: float) -> Tensor:
        def see(x: Tensor, t: Tensor, y: Tensor) -> Tensor:
            return self._velocity(self.net, x, t, y)

        x0 = x - t * guided(see, x, t, y, w, self.form.classes)
        x0 = x0.clamp(-1, 1) if self.form.image else x0
        return s / t * x + (1 - s / t) * x0

    def _velocity(self, net: nn.Module, x: Tensor, t: Tensor, y: Tensor) -> Tensor:
        with half(x.device) if self.form.image else nullcontext():
            return net(x, t, y).float()

    def _network(self) -> nn.Module:
        form = self.form
        net = (LeanUNet(form.shape, self.width, self.depth, form.classes) if form.image
               else MLP(form.dim, 4 * self.width, self.depth + 1, form.classes))
        return net.to(form.like.device)

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that a fit learned, as tensors."""
        return packed(self.form, net=self.net)

    def load_state_dict(self, state: dict[str, Given]) -> FlowMatching:
        """Become the model that was saved; the settings must be the same."""
        with loading(self):
            self.form = Form.loaded(state)
            self.net = loaded(self._network().requires_grad_(False), state, "net")
        return self
