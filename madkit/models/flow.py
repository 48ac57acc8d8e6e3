"""The normalizing flow: an invertible network f that turns the data into a normal cloud, with a
density that is known exactly.

    density   log p(x) = log N(f(x); 0, I) + log |det ∂f/∂x|    change of variables
    training  minimise −E log p(x): maximum likelihood
    sampling  z ~ N(0, λI),  x = f⁻¹(z)

f is a chain of layers. Each holds a random half of the coordinates, x_a, and maps each other
coordinate by an increasing function h whose parameters a small network reads off x_a; the next
layer swaps the halves. So the Jacobian is triangular and the inverse as cheap as f itself.

    kind="coupling"   h(x) = e^s x + t, affine: smooth, one connected piece; the paper's
    kind="spline"     h a rational-quadratic spline of 8 pieces on [−5, 5], the identity outside:
                      for several modes

**What λ does.** It cools the latent cloud, not the data: draws crowd around the image of z = 0, and
tails go first. λ = 0 is one row.

**Rows are vectors.** They are standardised first, which `log_prob` takes into account. Images are
flattened and not clipped; a flow keeps the ink of a digit and loses its strokes: for pictures take
the VAE or the diffusion. A coordinate that stands still has no density: it is left out and comes
back as it is, and `log_prob` is the density of the others. Grey levels of 0 … 255 are spread over
(−½, ½) around them in training, which rounding undoes: whole numbers would have infinite density.
With labels the flow is p(x | y): all parameters see a one-hot y.

Dinh, Sohl-Dickstein and Bengio (2017), https://arxiv.org/abs/1605.08803; splines: Durkan et al.
(2019), https://arxiv.org/abs/1906.04032. The layers are those of zuko, https://zuko.readthedocs.io.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

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

TINY = {"kind": "spline", "layers": 4, "hidden": 32, "steps": 400, "batch": 256, "lr": 5e-3}
SMALL = {"kind": "spline", "layers": 5, "hidden": 64, "steps": 1000, "batch": 512, "lr": 5e-3}
PAPER = {"kind": "coupling", "layers": 8, "hidden": 64, "steps": 1000, "batch": 256, "lr": 3e-3}


@gate
@guarded
@dataclass(eq=False)
class Flow:
    """A normalizing flow with exact density; λ is the variance of the latent cloud, z ~ N(0, λI).

    kind    of h: "coupling" (affine) or "spline"
    layers  of f; two of them move every coordinate
    hidden  units in each of the two hidden layers of a layer's network
    steps   training steps, each on `batch` rows
    lr      Adam's learning rate at its highest

    Rows of any shape, with labels or without. After `fit`: net, a zuko flow of the standardised
    moving coordinates, and form. `fit` raises ValueError for rows it cannot use and
    FloatingPointError when training diverges; `sample` ValueError for λ outside [0, 1].
    """

    kind: Literal["coupling", "spline"] = "spline"
    layers: Count = 4
    hidden: Count = 32
    steps: Count = 400
    batch: Count = 256
    lr: Positive = 5e-3

    def __post_init__(self):
        learnable("Flow", self.hidden, self.layers, self.steps)

    def fit(self, data: Samples) -> Flow:
        """Train from scratch, under a progress bar."""
        watched(self.training(data), "Flow")
        return self

    def training(self, data: Samples) -> Iterator[Step]:
        """The training steps, one at a time; between any two the model can sample."""
        self.rows, self.form = data.x.new_empty(0, *data.shape), _flat(data)
        self.net = self._network()
        if self._moving.any():
            yield from descend(self.net, self._losses(data), self.steps, self.lr)

    def _losses(self, data: Samples) -> Iterator[Tensor]:
        labels = self.form.numbered(data)
        for rows in batches(len(data), self.batch, self.steps, data.x.device):
            x = data.x[rows]
            x = x + torch.rand(x.shape, device=x.device) - 0.5 if x.dtype == torch.uint8 else x
            law = self._law(None if labels is None else labels[rows])
            yield -law.log_prob(self._inputs(x)).mean()

    @torch.no_grad()
    def sample(self, n: Rows, lam: Unit = 1.0, y: Any = None) -> Samples:
        """n rows; y: their labels, (n,) or one for all, by default in the training frequencies."""
        check(n, hasattr(self, "net"), "Flow")
        y = self.form.labels(n, y, "Flow.sample")
        moving = self._moving
        u = torch.zeros(n, len(moving), device=moving.device)
        z = math.sqrt(lam) * torch.randn(n, int(moving.sum()), device=moving.device)
        u[:, moving] = self._law(y).transform.inv(z)
        x = self.form.outputs(u).x
        return Samples(x.reshape(n, *self.rows.shape[1:]), self.form.named(y))

    @torch.no_grad()
    def log_prob(self, x: Tensor, y: Any = None) -> Tensor:
        """log p(x) of rows (n, *shape) in nats per unit of the data, (n,); higher is likelier.

        With labels y, (n,) or one for all: log p(x | y). Of a flow with labels, y None gives
        p(x) = Σ_k p(k) p(x | k). In float64.
        """
        check(n := given(x), hasattr(self, "net"), "Flow")
        if tuple(x.shape[1:]) != tuple(self.rows.shape[1:]):
            raise ValueError("Flow.log_prob: x expected rows of shape "
                             f"{tuple(self.rows.shape[1:])}, got {tuple(x.shape[1:])}")
        u, volume = self._inputs(x), self.form.scale[self._moving].log().sum()
        if y is not None or not self.form.classes:
            law = self._law(self.form.labels(n, y, "Flow.log_prob"))
            return law.log_prob(u).to(volume) - volume
        weights = (self.form.counts / self.form.counts.sum()).log().to(volume)
        laws = (self._law(torch.full((n,), k, device=x.device)) for k in range(len(weights)))
        each = [w + law.log_prob(u).to(volume) for w, law in zip(weights, laws, strict=True)]
        return torch.stack(each).logsumexp(0) - volume

    @property
    def _moving(self) -> Tensor:
        """Which coordinates do not stand still, (d,)."""
        return self.form.scale > 0

    def _inputs(self, x: Tensor) -> Tensor:
        return self.form.inputs(x)[:, self._moving]

    def _law(self, y: Tensor | None) -> Any:
        """The flow as a distribution, given labels (n,)."""
        return self.net(None if y is None else F.one_hot(y, self.form.classes).float())

    def _network(self) -> nn.Module:
        import zuko

        d, classes = int(self._moving.sum()), self.form.classes
        halves = _halves(d, self.layers)
        h: dict[str, Any] = {}
        if self.kind == "spline":
            h |= {"univariate": zuko.transforms.MonotonicRQSTransform,
                  "shapes": [(8,), (8,), (7,)]}
        if d > 1 or classes:
            h |= {"hidden_features": (self.hidden, self.hidden), "activation": nn.SiLU}
        if d:
            chain = [zuko.flows.GeneralCouplingTransform(d, classes, mask, **h) for mask in halves]
        else:
            chain = [zuko.lazy.UnconditionalTransform(zuko.transforms.IdentityTransform)]
        normal = zuko.lazy.UnconditionalDistribution(zuko.distributions.DiagNormal, torch.zeros(d),
                                                     torch.ones(d), buffer=True)
        return zuko.lazy.Flow(chain, normal).to(self.form.like.device)

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that a fit learned, as tensors."""
        return packed(self.form, net=self.net) | {"rows": self.rows}

    def load_state_dict(self, state: dict[str, Given]) -> Flow:
        """Become the model that was saved; the settings must be the same."""
        with loading(self):
            self.form = Form.loaded(state, "rows")
            self.rows = state["rows"]
            self.net = loaded(self._network(), state, "net")
        return self


def _flat(data: Samples) -> Form:
    """The form of the rows as vectors; scale is 0 exactly where all rows are equal."""
    x = data.x.flatten(1) if data.x.ndim > 1 else data.x[:, None]
    form = Form.of(Samples(x, data.y), "Flow")
    still = (x == x[0]).all(0)
    form.scale[still], form.shift[still] = 0, x[0, still].to(form.shift)
    return form


def _halves(d: int, layers: int) -> list[Tensor]:
    """Masks (d,) of the coordinates that each layer holds: a random half, the other, and so on."""
    masks: list[Tensor] = []
    for i in range(layers):
        masks.append(~masks[-1] if i % 2 else torch.randperm(d) % 2 == 0)
    return masks
