"""The networks of the diffusion, F(x_t, t, y): a U-Net for images, a residual one for vectors.

Both are told the time and the label in the same way, by one vector e: Fourier features of t/T and
an embedding of the label, mixed by a small network. Label K, one beyond the last, means none. In
each residual block, e scales and shifts the normalised features (FiLM: Perez et al. 2018,
https://arxiv.org/abs/1709.07871).

The U-Net (Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597) first folds patches of 2 × 2
or 4 × 4 pixels into channels, so that it never works on more than 16 × 16 places: most of its work
is then in convolutions of many channels, which is what processors do best. Its lowest level also
looks around by self-attention.
"""

from __future__ import annotations

import math
from contextlib import nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

FINEST = 16  # places along a side, at most, at which the U-Net works


class Condition(nn.Module):
    """Time in [0, 1] and label 0 … K (K = none) as one vector e (B, width)."""

    frequencies: Tensor

    def __init__(self, width: int, classes: int):
        super().__init__()
        self.label = nn.Embedding(classes + 1, width)
        self.mix = nn.Sequential(nn.Linear(2 * 32, width), nn.SiLU(), nn.Linear(width, width))
        self.register_buffer("frequencies", 2 * math.pi * torch.logspace(-1, 2, 32) / 4,
                             persistent=False)

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        angles = t[:, None] * self.frequencies  # (B, 32)
        return F.silu(self.mix(torch.cat([angles.sin(), angles.cos()], 1)) + self.label(y))


def zeroed(layer: nn.Module) -> nn.Module:
    """The layer with weights 0: a residual block that begins as the identity."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


# --- vectors --------------------------------------------------------------------------------------


class Residual(nn.Module):
    """x + W silu(norm(x) (1 + scale) + shift), scale and shift linear in e."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.film = nn.Linear(width, 2 * width)
        self.hidden = nn.Linear(width, 2 * width)
        self.out = zeroed(nn.Linear(2 * width, width))

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        scale, shift = self.film(e).chunk(2, 1)
        return x + self.out(F.silu(self.hidden(self.norm(x) * (1 + scale) + shift)))


class MLP(nn.Module):
    """F for vectors (B, d): `depth` residual blocks of `width` units, on x and 2 · 32 waves of it.

    The waves tell modes that are close together.
    """

    waves: Tensor

    def __init__(self, dim: int, width: int, depth: int, classes: int):
        super().__init__()
        self.condition = Condition(width, classes)
        self.register_buffer("waves", torch.randn(dim, 32) * 2 / dim**0.5)
        self.first, self.last = nn.Linear(dim + 64, width), zeroed(nn.Linear(width, dim))
        self.blocks = nn.ModuleList(Residual(width) for _ in range(depth))

    def forward(self, x: Tensor, t: Tensor, y: Tensor) -> Tensor:
        angles = x @ self.waves  # (B, 32)
        e, h = self.condition(t, y), self.first(torch.cat([x, angles.sin(), angles.cos()], 1))
        for block in self.blocks:
            h = block(h, e)
        return self.last(h)


# --- images ---------------------------------------------------------------------------------------


def norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(math.gcd(8, channels // 4) if channels >= 4 else 1, channels)


class Block(nn.Module):
    """Two 3 × 3 convolutions around a residual, (B, i, h, w) → (B, o, h, w)."""

    def __init__(self, i: int, o: int, width: int):
        super().__init__()
        self.norm1, self.conv1 = norm(i), nn.Conv2d(i, o, 3, padding=1)
        self.norm2, self.conv2 = norm(o), zeroed(nn.Conv2d(o, o, 3, padding=1))
        self.film = nn.Linear(width, 2 * o)
        self.skip = nn.Conv2d(i, o, 1) if i != o else nn.Identity()

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        scale, shift = self.film(e)[:, :, None, None].chunk(2, 1)
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h) * (1 + scale) + shift))
        return h + self.skip(x)


class Attention(nn.Module):
    """Every place looks at every other: (B, c, h, w) → the same, residual."""

    def __init__(self, channels: int):
        super().__init__()
        self.heads = next(h for h in (max(1, channels // 32), 1) if channels % h == 0)
        self.norm = norm(channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = zeroed(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        B, c, h, w = x.shape
        qkv = self.qkv(self.norm(x)).reshape(B, 3, self.heads, c // self.heads, h * w)
        q, k, v = qkv.mT.unbind(1)  # (B, heads, hw, c') each
        # CUDA's fused ones sum gradients in any order
        with sdpa_kernel(SDPBackend.MATH) if x.is_cuda else nullcontext():
            seen = F.scaled_dot_product_attention(q, k, v)
        return x + self.out(seen.mT.reshape(B, c, h, w))


class UNet(nn.Module):
    """F for images (B, c, h, w) of up to 64 × 64.

    width  channels at the finest level; twice as many at the next
    depth  residual blocks on each level, on the way down; as many on the way up
    """

    def __init__(self, shape: tuple[int, ...], width: int, depth: int, classes: int):
        super().__init__()
        channels, side = shape[0], max(shape[1:])
        self.patch = next(p for p in (1, 2, 4) if side <= FINEST * p)
        fine, coarse, e = width, 2 * width, 4 * width
        self.condition = Condition(e, classes)
        self.first = nn.Conv2d(channels * self.patch**2, fine, 3, padding=1)
        self.down = nn.ModuleList(Block(fine, fine, e) for _ in range(depth))
        self.shrink = nn.Conv2d(fine, coarse, 3, stride=2, padding=1)
        self.low = nn.ModuleList(Block(coarse, coarse, e) for _ in range(depth + 1))
        self.look = Attention(coarse)
        self.grow = nn.Conv2d(coarse, fine, 3, padding=1)
        self.up = nn.ModuleList(Block(2 * fine, fine, e) for _ in range(depth))
        self.norm = norm(fine)
        self.last = zeroed(nn.Conv2d(fine, channels * self.patch**2, 3, padding=1))

    def forward(self, x: Tensor, t: Tensor, y: Tensor) -> Tensor:
        h, w = x.shape[2:]
        x = F.pad(x, (0, -w % self.patch, 0, -h % self.patch))
        x = F.pixel_unshuffle(x, self.patch)  # (B, c p², h/p, w/p)
        e, x, skips = self.condition(t, y), self.first(x), []
        for block in self.down:
            x = block(x, e)
            skips.append(x)
        size, x = x.shape[2:], self.shrink(x)  # (B, 2 width, h/2p, w/2p)
        for i, block in enumerate(self.low):
            x = block(x, e)
            x = self.look(x) if i == 0 else x
        x = self.grow(F.interpolate(x, size=size))
        for block in self.up:
            x = block(torch.cat([x, skips.pop()], 1), e)
        x = F.pixel_shuffle(self.last(F.silu(self.norm(x))), self.patch)
        return x[:, :, :h, :w]
