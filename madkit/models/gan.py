"""The generative adversarial network: a generator learns to please a critic that learns as well.

    generator  w = M(z, y),   x = S(w),   z ~ N(0, I)
    critic     D(x, y) = (a + e_y) · h(x) + b
    training   D:    minimise  E D(x̃) − E D(x) + γ E (‖∇D(x̂)‖ − 1)²
                               x̂ = u x + (1 − u) x̃,   u ~ U(0, 1)
               M, S: minimise  − E D(x̃)
    sampling   w' = w̄ + λ (w − w̄),   x = S(w'),   w̄ = E M(z, y) for each label y

M is the mapping network, S the synthesis network, w the style. D, one number, learns to tell real
rows x from generated ones x̃, both of label y, which chooses how the features h are weighed.

If D had slope 1 at most everywhere, the largest E D(x) − E D(x̃) would be the Wasserstein distance
W₁ between rows and samples (Kantorovich and Rubinstein), which has a gradient even where the two do
not overlap. The penalty γ holds the slope near 1 between them. A step's loss is E D(x) − E D(x̃):
an estimate of that distance, which falls as samples get better.

**What λ does.** It is the truncation of StyleGAN: styles are drawn towards the mean style of their
label, which synthesis turns into a typical row, more often seen in training than those far out.
λ = 0 is one row for each label. Synthesis sees nothing but w, so nothing is left of z there.

**Why a mean over fixed latents.** w̄ must be the same in every call, or blocks of one sequence
would disagree. It is the mean over 1,000 latents that never change, thus a function of the weights.

The penalty sees every second row of a batch: it needs the critic's second derivative, and would be
half of all work. The critic has no batch norm, with which D(x) would depend on the other rows. All
of it is calculated in float32.

Gulrajani et al. (2017), https://arxiv.org/abs/1704.00028; style and truncation: Karras, Laine and
Aila (2019), https://arxiv.org/abs/1812.04948; label: Miyato and Koyama (2018),
https://arxiv.org/abs/1802.05637. The weights that sample are an exponential moving average of those
that learn.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from madkit.base.checks import Count, Given, Positive, Rows, Unit
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.rng import generator
from madkit.models.parts.form import Form, check
from madkit.models.parts.styled import (
    SLOPE,
    Critic,
    Generator,
    Mapping,
    Synthesis,
    critic_features,
    layers,
)
from madkit.models.parts.training import (
    Average,
    Step,
    batches,
    learnable,
    loaded,
    loading,
    packed,
    rate,
    watched,
)
from madkit.samples import Samples

PLANE = {"width": 16, "latent": 32, "steps": 1500, "batch": 64, "critic": 5,
         "lr": 2e-3, "penalty": 0.1, "decay": 0.995}
TINY = {"width": 16, "latent": 32, "steps": 300, "batch": 32, "critic": 2,
        "lr": 4e-3, "decay": 0.99}
SMALL = {"width": 32, "latent": 64, "steps": 4000, "batch": 64, "critic": 2,
         "lr": 2e-3, "decay": 0.998}
PAPER = {"width": 128, "latent": 128, "steps": 40_000, "batch": 128, "critic": 5,
         "lr": 5e-4, "decay": 0.9995}

BETAS = (0.0, 0.9)  # of Adam, as Gulrajani et al.: momentum would chase a critic that moves on
MEAN = 1000         # fixed latents behind the mean style
ROWS = 250          # rows at a time when sampling: more do not fit a processor's cache


@gate
@guarded
@dataclass(eq=False)
class GAN:
    """A Wasserstein GAN with gradient penalty, conditional on labels where the data has them.

    width    channels at the generator's finest level, an even number; for vectors, 8 times as many
             units
    latent   numbers in z; in w: twice as many
    steps    steps of the generator
    batch    rows in a step
    critic   steps of the critic before each step of the generator
    lr       Adam's learning rate for both networks at its highest
    penalty  γ, the weight of the gradient penalty
    decay    of the moving average of the generator's weights, in [0, 1]

    λ is truncation of styles. Rows are vectors, or images (c, h, w) of up to 64². After `fit`: net,
    the averaged generator, and form. `fit` raises ValueError for rows it cannot use and
    FloatingPointError when training diverges; `sample` ValueError for λ outside [0, 1].
    """

    width: Count = 16
    latent: Count = 32
    steps: Count = 300
    batch: Count = 32
    critic: Count = 2
    lr: Positive = 4e-3
    penalty: Positive = 10.0
    decay: Unit = 0.99

    def __post_init__(self):
        if self.width % 2:
            raise ValueError(f"GAN: width expected an even number, got {self.width}")
        learnable("GAN", self.width, 2, self.steps, self.latent)

    def fit(self, data: Samples) -> GAN:
        """Train from scratch, under a progress bar."""
        watched(self.training(data), "GAN")
        return self

    def training(self, data: Samples) -> Iterator[Step]:
        """The generator's steps, one at a time; between any two the model can sample."""
        self.form = Form.of(data, "GAN")
        learning, judge = self._generator(), self._critic()
        self.net = copy.deepcopy(learning)
        average = Average(learning, self.net, self.decay)
        adams = [torch.optim.Adam(net.parameters(), self.lr, BETAS, fused=True)
                 for net in (learning, judge)]
        labels = self.form.numbered(data)
        rows = batches(len(data), self.batch, self.steps * self.critic, data.x.device)
        for i in range(self.steps):
            for adam in adams:
                adam.param_groups[0]["lr"] = self.lr * rate(i, self.steps)
            for _ in range(self.critic):
                x, y = self._batch(data.x, labels, next(rows))
                distance = self._criticise(learning, judge, adams[1], x, y)
            self._generate(learning, judge, adams[0], y)
            average.follow(i)
            yield Step(i + 1, self.steps, distance)

    def _batch(self, x: Tensor, labels: Tensor | None, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs and labels of rows; label 0 for all where there are none."""
        y = torch.zeros_like(rows) if labels is None else labels[rows]
        return self.form.inputs(x[rows]), y

    def _criticise(self, net: Generator, judge: Critic, adam: torch.optim.Adam, x: Tensor,
                   y: Tensor) -> Tensor:
        with torch.no_grad():
            fake = net(self._latents(y), y)
        real_score, fake_score = judge(torch.cat([x, fake]), y.repeat(2)).chunk(2)
        distance = real_score.mean() - fake_score.mean()
        (self.penalty * slope_penalty(judge, x[::2], fake[::2], y[::2]) - distance).backward()
        adam.step()
        adam.zero_grad()
        return distance.detach()

    def _generate(self, net: Generator, judge: Critic, adam: torch.optim.Adam, y: Tensor) -> None:
        judge.requires_grad_(False)
        (-judge(net(self._latents(y), y), y).mean()).backward()
        judge.requires_grad_(True)
        adam.step()
        adam.zero_grad()

    def _latents(self, y: Tensor) -> Tensor:
        return torch.randn(len(y), self.latent, device=y.device)

    @torch.no_grad()
    def sample(self, n: Rows, lam: Unit = 1.0, y: Any = None) -> Samples:
        """n rows; y: their labels, (n,) or one for all, by default in the training frequencies."""
        check(n, hasattr(self, "net"), "GAN")
        y = self.form.labels(n, y, "GAN.sample")
        own = torch.zeros(n, dtype=torch.long, device=self.form.like.device) if y is None else y
        w = self.net.mapping(self._latents(own), own)  # (n, 2 latent)
        w = w if lam == 1 else self.mean_style()[own].lerp(w, lam)
        u = torch.cat([self.net.synthesis(part) for part in w.split(ROWS)])
        return self.form.outputs(u, y)

    @torch.no_grad()
    def mean_style(self) -> Tensor:
        """w̄ of each label, (K, 2 latent); K = 1 without labels. The same in every call."""
        device, classes = self.form.like.device, max(1, self.form.classes)
        z = torch.randn(MEAN, self.latent, generator=generator(0, "mean style")).to(device)
        return torch.stack([self.net.mapping(z, torch.full((MEAN,), k, device=device)).mean(0)
                            for k in range(classes)])

    def _generator(self) -> Generator:
        form, mapping = self.form, Mapping(self.latent, self.form.classes)
        synthesis = (Synthesis(form.shape, self.width, 2 * self.latent) if form.image
                     else layers(2 * self.latent, 8 * self.width, 8 * self.width, form.dim))
        return Generator(mapping, synthesis).to(form.like.device)

    def _critic(self) -> Critic:
        form, size = self.form, 8 * self.width
        features: nn.Module
        if form.image:
            features, size = critic_features(form.shape, self.width // 2)
        else:
            features = nn.Sequential(layers(form.dim, size, size, size), nn.LeakyReLU(SLOPE))
        return Critic(features, size, form.classes).to(form.like.device)

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that sampling needs, as tensors; the critic is not kept."""
        return packed(self.form, net=self.net)

    def load_state_dict(self, state: dict[str, Given]) -> GAN:
        """Become the model that was saved; the settings must be the same."""
        with loading(self):
            self.form = Form.loaded(state)
            self.net = loaded(self._generator().requires_grad_(False), state, "net")
        return self


def slope_penalty(judge: Any, x: Tensor, fake: Tensor, y: Tensor) -> Tensor:
    """E (‖∇D(x̂, y)‖ − 1)² ≥ 0: x̂ (n, …) lie at random places between the rows x and fake."""
    u = torch.rand(len(x), *[1] * (x.ndim - 1), device=x.device)
    between = (u * x + (1 - u) * fake).requires_grad_()
    slopes, = torch.autograd.grad(judge(between, y).sum(), between, create_graph=True)
    return (slopes.flatten(1).norm(dim=1) - 1).square().mean()
