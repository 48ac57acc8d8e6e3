"""Features: what a classifier sees in an image, so that metrics compare shapes, not pixels.

    h = body(x / 255)          84 features: two convolutions, each halved by maxima, two full layers
    p(y | x) = softmax(W h)    its ten classes
    z = plane(h)               its place in the plane: a fixed map of the real images, in which
                               every generation is drawn

A Fréchet distance of features h is a FID with this network in Inception's place; it compares with
no other network's. The map is a t-SNE of the real images' features (van der Maaten & Hinton 2008,
https://jmlr.org/papers/v9/vandermaaten08a.html), fitted once, and a small network that learnt to
say it: so rows that were never seen have a place, and the map never moves.

The network is LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998, https://doi.org/10.1109/5.726791) with
maxima and ReLU; a smaller one serves 8 × 8 pixels. Weights are shipped; data/features/train.py made
them, data/features/README.md says how well they do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor, nn
from torch.backends import cudnn

from madkit.base.files import read_tensors
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.shipped import shipped
from madkit.samples import Samples

Name = Literal["mnist", "fashion", "digits"]
SIDES: dict[Name, int] = {"mnist": 28, "fashion": 28, "digits": 8}  # pixels
WEIGHTS = {  # digests of the shipped files (`madkit.base.files.digest`)
    "mnist": "18ee1074a4378722cbdb608a67a724ce",
    "fashion": "34695a50fe7653a0a68bf1c925351308",
    "digits": "74eb1a776048d4398dbd89b9f01c2eb6",
}
TRUTHS: dict[Name, str] = {"mnist": "mnist", "fashion": "fashion_mnist", "digits": "digits"}
WIDTH, CLASSES = 84, 10
CHUNK = 2000  # images at a time; bounds memory (40 MB)


class Network(nn.Module):
    """Three parts: body (images in [0, 1] to features), head (to logits) and plane (to places)."""

    def __init__(self, side: int):
        super().__init__()
        if side == 28:
            first, second, flat = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5), 400
        else:
            first, second = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=1)
            flat = 64
        self.body = nn.Sequential(
            first, nn.ReLU(), nn.MaxPool2d(2),                                  # (n, 6, 14, 14)
            second, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),                   # (n, 400)
            nn.Linear(flat, 120), nn.ReLU(), nn.Linear(120, WIDTH), nn.ReLU())  # (n, 84)
        self.head = nn.Linear(WIDTH, CLASSES)
        self.plane = nn.Sequential(nn.Linear(WIDTH, 96), nn.SiLU(), nn.Linear(96, 32), nn.SiLU(),
                                   nn.Linear(32, 2))


@gate
@guarded
@dataclass(frozen=True)
class LeNet:
    """A trained classifier, a function Samples of images -> Samples of features:
    `mk.run(features=mk.metrics.LeNet("mnist"))`.

    name  "mnist" or "fashion": uint8 images (n, 1, 28, 28); "digits": floats (n, 1, 8, 8) in [0,
          1], as mk.data gives them

    Features are (n, 84) float32, ≥ 0, on the device of the images; labels and births are kept. All
    else takes features, as the metrics of that run see them, or images:

        lenet.probabilities(rows)  (n, 10), of each class
        lenet.predict(rows)        (n,), the likeliest class
        lenet.map(rows)            (n, 2), places in a fixed map of the real images
        lenet.classes              a metric: which classes were emitted, and whether under their own
                                   label

    Raises ValueError for rows of another shape or type, and for NaN or infinity; TypeError for what
    is not mk.Samples.
    """

    name: Name

    def __post_init__(self):
        if self.name not in SIDES:
            raise ValueError(f"LeNet: expected one of {', '.join(map(repr, SIDES))}, got "
                             f"{self.name!r}")

    @cached_property
    def network(self) -> Network:
        """The network with its shipped weights, read when first needed; no field, so not compared.
        """
        with torch.device("meta"):  # no weights are drawn that the shipped ones replace
            network = Network(SIDES[self.name])
        weights = read_tensors(shipped(f"features/{self.name}.safetensors"), WEIGHTS[self.name])
        network.load_state_dict(weights, assign=True)
        return network.requires_grad_(False).eval()

    def __call__(self, images: Samples) -> Samples:
        """Images to features (n, 84)."""
        self._check(images)
        scale = 255 if images.x.dtype == torch.uint8 else 1
        network = self._on(images.x)
        with exactly(images.x):
            parts = [network.body(x.float() / scale) for x in images.x.split(CHUNK)]
        return Samples(torch.cat(parts), images.y, images.born, images.fresh)

    def probabilities(self, rows: Samples) -> Tensor:
        """p(y | x) of images or features, (n, 10) float32; rows sum to 1."""
        h = self._features(rows)
        return self._on(h).head(h).softmax(1)

    def predict(self, rows: Samples) -> Tensor:
        """The likeliest class of images or features, (n,) in 0 … 9."""
        return self.probabilities(rows).argmax(1)

    def map(self, rows: Samples) -> Tensor:
        """Places of images or features in a fixed map, (n, 2) float32, about −2 … 2."""
        h = self._features(rows)
        return self._on(h).plane(h)

    @property
    def classes(self) -> Classes:
        """A metric, (real, fake) -> {"entropy", "own", "share.0", …, "share.9"}; see `Classes`."""
        return Classes(self)

    def _features(self, rows: Samples) -> Tensor:
        h = rows if isinstance(rows, Samples) and rows.shape == (WIDTH,) else self(rows)
        _finite(self, h.x)
        return h.x.float()

    def _on(self, x: Tensor) -> Network:
        return self.network.to(x.device)

    def _check(self, images: Samples) -> None:
        if not isinstance(images, Samples):
            raise TypeError(f"{self!r}: expected mk.Samples, got {type(images).__name__}")
        side, x = SIDES[self.name], images.x
        fits = x.is_floating_point() if self.name == "digits" else x.dtype == torch.uint8
        if images.shape != (1, side, side) or not fits:
            kind = "numbers in [0, 1]" if self.name == "digits" else "uint8"
            raise ValueError(f"{self!r}: expected images (n, 1, {side}, {side}) of {kind}, got "
                             f"{tuple(x.shape)} of {x.dtype}; it was trained on "
                             f"mk.data.{TRUTHS[self.name]}() and knows no other images")
        _finite(self, x)


@guarded
@dataclass(frozen=True)
class Classes:
    """A metric of emitted images or features: which classes they fall into, by a LeNet's eye.

    entropy     of the class histogram, in nats, good when equal to the truth's; log 10 = 2.30 when
                all classes are equally frequent, 0 when one is left
    own         share of the rows that are classified as their own label, in [0, 1], high is good;
                nan without labels
    share.0 …   share of the rows in each class, in [0, 1], good when equal to the truth's

    It does not look at the real rows.
    """

    __name__ = "classes"  # in tables

    lenet: LeNet

    def __call__(self, real: Samples, fake: Samples) -> dict[str, float]:
        """The shares, from which the entropy comes."""
        seen = self.lenet.predict(fake)
        if not len(fake):
            raise ValueError("classes: expected at least 1 emitted row, got 0; emit more")
        shares = seen.cpu().bincount(minlength=CLASSES).double() / len(seen)  # (10,)
        own = float("nan") if fake.y is None else (seen == fake.y).float().mean().item()
        return {"entropy": torch.special.entr(shares).sum().item(), "own": own} | {
            f"share.{y}": share for y, share in enumerate(shares.tolist())}


@contextmanager
def exactly(x: Tensor) -> Iterator[None]:
    """Within, convolutions of x keep all digits of float32.

    CUDA's drop half of them by default, and a FID would see it.
    """
    before = cudnn.allow_tf32 if x.is_cuda else False
    if before:
        cudnn.allow_tf32 = False
    try:
        yield
    finally:
        if before:
            cudnn.allow_tf32 = True


def _finite(lenet: LeNet, x: Tensor) -> None:
    if x.is_floating_point() and not x.isfinite().all():
        raise ValueError(f"{lenet!r}: expected finite numbers, got NaN or infinity")
