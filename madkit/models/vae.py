"""The variational autoencoder: a code z for every row, a decoder that says which rows a code may
mean.

    model     z ~ p(z),   x ~ p(x | z);   p(z) = N(0, I), with labels p(z | y) = N(a_y, L_y L_yᵀ)
    encoder   q(z | x) = N(m(x), diag s²(x))
    training  maximise the bound  log p(x) ≥ E_q log p(x | z) − KL(q(z | x) ‖ p(z))
    sampling  ζ ~ N(0, λI),  z = ζ or a_y + L_y ζ,  x ~ p(x | z)

Encoder and decoder are networks of equal size on rows as vectors; with labels both see a one-hot y,
and all is given y.

**Why each label has a law of its codes.** An encoder puts rows of like shape side by side, and so
each label in a place of its own. With one N(0, I) for all, a z drawn from it belongs to some other
label as a rule; the decoder follows z and overhears y. That the labels must then lie upon one
another is asked by the bound, but it is worth log K nats at most: 2.3 of the 900 of a digit of
MNIST, of which a third came out as their label. Here a_y and L_y (lower triangular) are learned
with all else, and y says where its codes are. They learn faster than the networks, since they only
follow where those put the codes.

**What is emitted is x, not μ(z).** Most code written for VAEs shows the decoder's mean and calls it
a sample. Its covariance is that of μ(z) alone: what p(x | z) leaves open is lost. Once that is a
pretty, smooth picture; in a loop each generation trains on it and loses as much again, and all
shrinks even at λ = 1, by a bias nobody chose. `mean=True` shows it.

**p(x | z)** has a mean μ(z) and, per coordinate, one learned spread s that is the same for all z:

    vectors   N(μ(z), diag s²)
    images    a logistic law of mean μ(z) and scale s, clipped to the range and rounded to 256 grey
              levels

Clipping gives black and white all that lies beyond them: where the decoder is sure, μ lies far
outside, and the pixel is black without noise; only grey edges stay open. On sheets of MNIST this
looks like pen on paper, where a normal law and the continuous Bernoulli law strew snow over the
background, and a scale of its own for each z (likelier by 2%) speckles the unsure strokes. Rounding
keeps the likelihood finite where rows repeat exactly; for vectors s is at least e⁻⁶ of the spread
of the data. Independent noise cannot follow a thin curved line: of vectors a VAE gives a blur, at
the first generation already.

**What λ does.** Codes crowd around the middle of their law, and rows around the typical one of
their label; the noise of p(x | z) stays.

Kingma and Welling (2014), https://arxiv.org/abs/1312.6114; learned spreads: Rybkin, Daniilidis and
Levine (2021), https://arxiv.org/abs/2006.13202; the rounded logistic: Salimans et al. (2017),
https://arxiv.org/abs/1701.05517, eq. 2; a law of codes that depends on what is given: Sohn, Lee and
Yan (2015),
https://papers.nips.cc/paper/5775-learning-structured-output-representation-using-deep-conditional-generative-models
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from madkit.base.checks import Count, Given, Positive, Rows, Unit
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.models.parts.form import Form, check, given
from madkit.models.parts.training import (
    Step,
    batches,
    descend,
    learnable,
    loaded,
    loading,
    packed,
    watched,
)
from madkit.samples import Samples

TINY = {"latent": 16, "width": 256, "depth": 2, "steps": 2000, "batch": 128, "lr": 2e-3}
SMALL = {"latent": 24, "width": 512, "depth": 2, "steps": 8000, "batch": 128, "lr": 1e-3}
PAPER = {"latent": 32, "width": 1024, "depth": 3, "steps": 40_000, "batch": 256, "lr": 5e-4}

HALF = 1 / 255       # half the distance of two grey levels in [−1, 1]
FLOOR, CEIL = -6, 3  # of log s
AHEAD = 20           # how much faster than the networks the laws of codes learn


@gate
@guarded
@dataclass(eq=False)
class VAE:
    """A variational autoencoder, conditional on labels where the data has them; λ: z ~ N(0, λI).

    latent  numbers in a code z; never more than a row has
    width   units in each of …
    depth   … the hidden layers of encoder and decoder
    steps   training steps, each on `batch` rows
    lr      Adam's learning rate at its highest
    mean    emit μ(z) in place of x ~ p(x | z), to see what that does to a loop

    Rows are vectors or images. After `fit`: net, which holds encoder, decoder, codes (their laws)
    and spread (log s, (d,)), and form. `fit` raises ValueError for rows it cannot use and
    FloatingPointError when training diverges; `sample` ValueError for λ outside [0, 1].
    """

    latent: Count = 16
    width: Count = 256
    depth: Count = 2
    steps: Count = 2000
    batch: Count = 128
    lr: Positive = 2e-3
    mean: bool = False

    def __post_init__(self):
        learnable("VAE", self.width, self.depth, self.steps, self.latent)

    def fit(self, data: Samples) -> VAE:
        """Train from scratch, under a progress bar."""
        watched(self.training(data), "VAE")
        return self

    def training(self, data: Samples) -> Iterator[Step]:
        """The training steps, one at a time; between any two the model can sample."""
        self.form = Form.of(data, "VAE")
        self.net = self._network()
        yield from descend(self.net, self._losses(data), self.steps, self.lr)

    def _losses(self, data: Samples) -> Iterator[Tensor]:
        y = self.form.numbered(data)
        for rows in batches(len(data), self.batch, self.steps, data.x.device):
            u = self.form.inputs(data.x[rows]).flatten(1)
            yield -self._bound(u, None if y is None else y[rows]).mean() / self.form.dim

    def _bound(self, u: Tensor, y: Tensor | None) -> Tensor:
        """The bound on log p(u | y), with one draw of z from q for each row, (n,)."""
        m, log_s = self.net.encoder(self._with(u, y)).chunk(2, 1)  # (n, latent) each
        log_s = log_s.clamp(-10, CEIL)
        z = m + log_s.exp() * torch.randn_like(m)
        return self._likelihood(u, *self._decoded(z, y)).sum(1) - self.net.codes.kl(m, log_s, y)

    def _likelihood(self, u: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
        """log p(u | z) of every coordinate, (n, d); of an image's, for its grey level."""
        if not self.form.image:
            return -((u - mean) / spread).square() / 2 - spread.log() - math.log(2 * math.pi) / 2
        # a level has what lies between a and b: σ(b) − σ(a) = σ(b) σ(−a) (1 − e^(a−b));
        # black has all below b, white all above a
        off = u - mean
        below, over = F.logsigmoid((off + HALF) / spread), F.logsigmoid((HALF - off) / spread)
        between = below + over + (-torch.expm1(-2 * HALF / spread)).log()
        return torch.where(u > 1 - HALF, over, torch.where(u < HALF - 1, below, between))

    @torch.no_grad()
    def bound(self, x: Tensor, y: Any = None) -> Tensor:
        """A draw of the bound on log p(x | y) of rows (n, *shape) in nats, (n,); of grey levels."""
        check(n := given(x), hasattr(self, "net"), "VAE")
        scale = self.form.scale[self.form.scale > 0]
        volume = 0 if self.form.image else scale.log().sum()
        if self.form.classes and y is None:
            raise ValueError("VAE.bound: y expected the labels of the rows, got None: the model "
                             "was fitted on rows with labels")
        u, y = self.form.inputs(x).flatten(1), self.form.labels(n, y, "VAE.bound")
        return self._bound(u, y).to(scale) - volume

    @torch.no_grad()
    def sample(self, n: Rows, lam: Unit = 1.0, y: Any = None) -> Samples:
        """n rows; y: their labels, (n,) or one for all, by default in the training frequencies."""
        check(n, hasattr(self, "net"), "VAE")
        y = self.form.labels(n, y, "VAE.sample")
        zeta = math.sqrt(lam) * torch.randn(n, self._code, device=self.form.like.device)
        u, spread = self._decoded(self.net.codes.placed(zeta, y), y)
        if not self.mean:
            noise = torch.rand_like(u).logit(1e-7) if self.form.image else torch.randn_like(u)
            u = u + spread * noise
        return self.form.outputs(u.reshape(n, *self.form.shape) if self.form.image else u, y)

    def _decoded(self, z: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
        """Mean (n, d) and spread (d,) of p(x | z)."""
        return self.net.decoder(self._with(z, y)), self.net.spread.clamp(FLOOR, CEIL).exp()

    @property
    def _code(self) -> int:
        """Numbers in a code."""
        return min(self.latent, self.form.dim)

    def _with(self, part: Tensor, y: Tensor | None) -> Tensor:
        return part if y is None else torch.cat([part, F.one_hot(y, self.form.classes).to(part)], 1)

    def _network(self) -> Networks:
        form, hidden = self.form, [self.width] * self.depth
        return Networks(form.dim, form.classes, self._code, hidden).to(form.like.device)

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that a fit learned, as tensors."""
        return packed(self.form, net=self.net)

    def load_state_dict(self, state: dict[str, Given]) -> VAE:
        """Become the model that was saved; the settings must be the same."""
        with loading(self):
            self.form = Form.loaded(state)
            self.net = loaded(self._network(), state, "net")
        return self


class Networks(nn.Module):
    """Encoder (d + K) → (2 latent), decoder (latent + K) → (d), laws of codes, log spreads (d,)."""

    def __init__(self, d: int, classes: int, latent: int, hidden: list[int]):
        super().__init__()
        self.encoder = perceptron(d + classes, *hidden, 2 * latent)
        self.decoder = perceptron(latent + classes, *hidden, d)
        self.codes = Codes(latent, classes)
        self.spread = nn.Parameter(torch.full((d,), -1.0))


class Codes(nn.Module):
    """The law of codes: N(a_y, L_y L_yᵀ) for each label y; without labels (y None) N(0, I).

    Kept as a_y and W_y = L_y⁻¹.
    """

    def __init__(self, latent: int, classes: int):
        super().__init__()
        self.middle = nn.Parameter(torch.zeros(classes, latent))
        self.white = nn.Parameter(torch.zeros(classes, latent, latent))  # log W on its diagonal

    def law(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """a_y (n, latent) and W_y (n, latent, latent)."""
        white = AHEAD * self.white[y]
        diagonal = white.diagonal(dim1=1, dim2=2).exp().diag_embed()
        return AHEAD * self.middle[y], white.tril(-1) + diagonal

    def kl(self, m: Tensor, log_s: Tensor, y: Tensor | None) -> Tensor:
        """KL(N(m, diag s²) ‖ the law of codes), (n,)."""
        if y is None:
            return (m.square() + (2 * log_s).exp() - 1).sum(1) / 2 - log_s.sum(1)
        a, W = self.law(y)
        off = (W @ (m - a)[:, :, None]).square().sum((1, 2))          # ‖W (m − a)‖²
        wide = (W.square() * (2 * log_s).exp()[:, None]).sum((1, 2))  # tr W diag s² Wᵀ
        volume = W.diagonal(dim1=1, dim2=2).log().sum(1)              # log |W|
        return (off + wide - m.shape[1]) / 2 - volume - log_s.sum(1)

    def placed(self, zeta: Tensor, y: Tensor | None) -> Tensor:
        """z = a_y + L_y ζ, (n, latent)."""
        if y is None:
            return zeta
        a, W = self.law(y)
        return a + torch.linalg.solve_triangular(W, zeta[:, :, None], upper=False)[:, :, 0]


def perceptron(*sizes: int) -> nn.Sequential:
    """Linear layers of these sizes with GELU between them."""
    layers: list[nn.Module] = []
    for i, o in itertools.pairwise(sizes):
        layers += [nn.Linear(i, o), nn.GELU()]
    return nn.Sequential(*layers[:-1])
