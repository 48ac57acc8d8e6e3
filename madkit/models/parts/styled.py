"""The networks of the GAN, for images (c, h, w) and vectors (d,): x = S(M(z, y)), and D(x, y).

Synthesis of images, S, is told the style at every level: w makes the coarsest image, and then
scales and shifts the normalised channels before each convolution (Karras, Laine and Aila 2019,
https://arxiv.org/abs/1812.04948). Each level has twice the side of the one before and half the
channels. The critic goes the other way, with half as many channels, since it is asked more often.
Both see images of more than 16 × 16 pixels folded, patches of 2 × 2 as channels.

Weights begin with gain 1 (He et al. 2015, https://arxiv.org/abs/1502.01852). torch's own shrink
what passes through; the latent z is then hardly seen in the first images, and a short training ends
with one image for each label.
"""

from __future__ import annotations

import math
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.2    # of the leaky ReLU where it is negative
COARSEST = 8   # places along a side, at most, at which images begin

Layer = TypeVar("Layer", nn.Linear, nn.Conv2d)


def begun(layer: Layer, gain: float = 1.0) -> Layer:
    """The layer with weights that pass on the size of their input times gain, and biases 0."""
    nn.init.kaiming_normal_(layer.weight, SLOPE)
    with torch.no_grad():
        layer.weight *= gain
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def layers(*sizes: int) -> nn.Sequential:
    """Linear layers between vectors of these sizes, a leaky ReLU after each but the last."""
    first, *others = (begun(nn.Linear(i, o)) for i, o in zip(sizes[:-1], sizes[1:], strict=True))
    return nn.Sequential(first, *(part for layer in others
                                  for part in (nn.LeakyReLU(SLOPE), layer)))


# --- the generator --------------------------------------------------------------------------------


class Generator(nn.Module):
    """x = S(M(z, y)): `mapping` M to styles w, `synthesis` S of rows from styles alone."""

    def __init__(self, mapping: nn.Module, synthesis: nn.Module):
        super().__init__()
        self.mapping, self.synthesis = mapping, synthesis

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        return self.synthesis(self.mapping(z, y))


class Mapping(nn.Module):
    """z (B, latent) and labels (B,) → w (B, 2 latent); without labels, give 0 for all."""

    def __init__(self, latent: int, classes: int):
        super().__init__()
        self.label = nn.Embedding(max(1, classes), 2 * latent)
        self.mix = layers(3 * latent, 2 * latent, 2 * latent).append(nn.LeakyReLU(SLOPE))

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        return self.mix(torch.cat([z, self.label(y)], 1))


class Styled(nn.Module):
    """A convolution, (B, i, h, w) → (B, o, h, w).

    Its channels are normalised, then scaled and shifted by the style.
    """

    def __init__(self, i: int, o: int, style: int):
        super().__init__()
        self.norm = nn.GroupNorm(math.gcd(8, max(1, i // 4)), i, affine=False)
        self.style = begun(nn.Linear(style, 2 * i), 0.3)
        self.conv = begun(nn.Conv2d(i, o, 3, padding=1))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        scale, shift = self.style(w)[:, :, None, None].chunk(2, 1)
        return self.conv(F.leaky_relu(self.norm(x) * (1 + scale) + shift, SLOPE))


class Synthesis(nn.Module):
    """Synthesis of images: w (B, style) → (B, c, h, w) in (−1, 1).

    width  channels at the finest level
    """

    def __init__(self, shape: tuple[int, ...], width: int, style: int):
        super().__init__()
        self.shape, self.patch, doublings = shape, *levels(shape)
        self.grid = tuple(-(-side // (self.patch * 2**doublings)) for side in shape[1:])
        channels = [width * 2**level for level in range(doublings, -1, -1)]
        self.start = begun(nn.Linear(style, channels[0] * math.prod(self.grid)))
        self.grow = nn.ModuleList(Styled(i, o, style)
                                  for i, o in zip(channels[:-1], channels[1:], strict=True))
        self.finest = Styled(width, width, style)
        self.last = Styled(width, shape[0] * self.patch**2, style)

    def forward(self, w: Tensor) -> Tensor:
        x = self.start(w).unflatten(1, (-1, *self.grid))  # (B, channels, coarsest grid)
        for block in self.grow:
            x = F.interpolate(block(x, w), scale_factor=2)
        x = F.pixel_shuffle(self.last(self.finest(x, w), w), self.patch)
        return x[:, :, : self.shape[1], : self.shape[2]].tanh()


def levels(shape: tuple[int, ...]) -> tuple[int, int]:
    """For images (c, h, w): the side of a patch, and how often the coarsest grid doubles."""
    side = max(shape[1:])
    patch = 2 if side > 16 else 1
    return patch, max(1, math.ceil(math.log2(side / patch / COARSEST)))


# --- the critic -----------------------------------------------------------------------------------


class Critic(nn.Module):
    """D(x, y) = (a + e_y) · h(x) + b, (B,): `features` h gives (B, size)."""

    def __init__(self, features: nn.Module, size: int, classes: int):
        super().__init__()
        self.features, self.score = features, begun(nn.Linear(size, 1))
        self.label = nn.Embedding(max(1, classes), size)
        nn.init.normal_(self.label.weight, std=0.1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        h = self.features(x)
        return self.score(h)[:, 0] + (self.label(y) * h).sum(1)


class Fold(nn.Module):
    """(B, c, h, w) → (B, c p², h/p, w/p): patches of p × p pixels, padded with what is darkest."""

    def __init__(self, patch: int):
        super().__init__()
        self.patch = patch

    def forward(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        x = F.pad(x, (0, -w % self.patch, 0, -h % self.patch), value=-1.0)
        return F.pixel_unshuffle(x, self.patch)


def critic_features(shape: tuple[int, ...], width: int) -> tuple[nn.Module, int]:
    """The critic's features of images, and their number.

    width  channels at the finest level; twice as many at the next …
    """
    patch, doublings = levels(shape)
    first = begun(nn.Conv2d(shape[0] * patch**2, width, 3, padding=1))
    parts: list[nn.Module] = [Fold(patch), first, nn.LeakyReLU(SLOPE)]
    grid = [-(-side // patch) for side in shape[1:]]
    for _ in range(doublings + 1):
        parts += [begun(nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)), nn.LeakyReLU(SLOPE)]
        width, grid = 2 * width, [-(-side // 2) for side in grid]
    size = 2 * width
    last = begun(nn.Linear(width * math.prod(grid), size))
    return nn.Sequential(*parts, nn.Flatten(), last, nn.LeakyReLU(SLOPE)), size
