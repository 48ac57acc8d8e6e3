"""The reader of faces: what people a city of drawn faces is made of, and how well they are drawn.

    h = body(x / 255)       64 features: four convolutions, three of them halving, and a full layer
    choices(h)              skin, hair, cut, …: the logits of each
    measures(h)             lengths and slopes, in units of their spread
    damage(h)               how noisy the picture looks, and how smeared
    z = plane(h)            its place in the plane: a fixed map of the real faces

Because the features have to say all of this, a Fréchet distance of them sees people who are missing
and pictures that are spoilt; it compares with no other network's. The map is made as that of the
LeNets. Weights are shipped; data/features/train_faces.py made them, data/features/README.md says
how well each attribute is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from madkit.base.files import read_tensors
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.shipped import shipped
from madkit.metrics.features import exactly
from madkit.samples import Samples

if TYPE_CHECKING:
    import pandas as pd

CHOICES: dict[str, tuple[str, ...]] = {  # those of mk.data.faces, in its order
    "expression": ("sad", "cross", "calm", "happy", "amazed"),
    "skin": ("pale", "light", "tan", "brown", "dark", "deep"),
    "hair": ("black", "brown", "chestnut", "blond", "red", "grey", "violet"),
    "cut": ("bald", "crop", "parted", "bob", "curls", "bun"),
    "background": ("sky", "sand", "mint", "rose", "lilac"),
    "shirt": ("navy", "teal", "red", "mustard", "white", "plum"),
    "glasses": ("no", "yes"), "beard": ("no", "yes"), "hat": ("no", "yes"),
}
MEASURES = ("wide", "tall", "eyes", "apart", "gaze", "tilt", "shoulders", "smile", "open", "mouth",
            "brows")
SHAPE, WIDTH = (3, 32, 32), 64
WEIGHTS = "abfde661d971d607e310cda07d211fd2"  # digest of the shipped file
CHUNK = 2000  # faces at a time; bounds memory (130 MB)


class Reader(nn.Module):
    """Faces in [0, 1] to features, and features to what they say."""

    middle: Tensor
    spread: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 32, 4, 2, 1), nn.ReLU(),                            # (n, 32, 16, 16)
            nn.Conv2d(32, 32, 3, 1, 1), nn.ReLU(),                           # (n, 32, 16, 16)
            nn.Conv2d(32, 48, 3, 2, 1), nn.ReLU(),                           # (n, 48, 8, 8)
            nn.Conv2d(48, 48, 3, 2, 1), nn.ReLU(),                           # (n, 48, 4, 4)
            nn.Flatten(), nn.Linear(768, WIDTH), nn.ReLU())                  # (n, 64)
        self.choices = nn.Linear(WIDTH, sum(map(len, CHOICES.values())))
        self.measures = nn.Linear(WIDTH, len(MEASURES))
        self.damage = nn.Linear(WIDTH, 2)
        self.plane = nn.Sequential(nn.Linear(WIDTH, 96), nn.SiLU(), nn.Linear(96, 32), nn.SiLU(),
                                   nn.Linear(32, 2))
        self.register_buffer("middle", torch.zeros(len(MEASURES)))
        self.register_buffer("spread", torch.ones(len(MEASURES)))

    def logits(self, h: Tensor) -> dict[str, Tensor]:
        """Of each choice, (n, its number of values)."""
        parts = self.choices(h).split([*map(len, CHOICES.values())], 1)
        return dict(zip(CHOICES, parts, strict=True))


@gate
@guarded
@dataclass(frozen=True)
class Attributes:
    """A trained reader of `mk.data.faces()`, a function Samples of faces -> Samples of features:
    `mk.run(features=mk.metrics.Attributes())`.

    Faces are uint8 (n, 3, 32, 32), features (n, 64) float32, ≥ 0, on the device of the faces;
    labels and births are kept. All else takes features, as the metrics of that run see them, or
    faces:

        attributes.read(rows)    a table like `mk.data.faces().attributes`, noise and blur beside
        attributes.map(rows)     (n, 2), places in a fixed map of the real faces
        attributes.census        a metric: which share of the people has which attribute

    Raises ValueError for rows of another shape or type, and for NaN or infinity; TypeError for what
    is not mk.Samples.
    """

    @cached_property
    def network(self) -> Reader:
        """The network with its shipped weights, read when first needed."""
        with torch.device("meta"):  # no weights are drawn that the shipped ones replace
            network = Reader()
        weights = read_tensors(shipped("features/faces.safetensors"), WEIGHTS)
        network.load_state_dict(weights, assign=True)
        return network.requires_grad_(False).eval()

    def __call__(self, images: Samples) -> Samples:
        """Faces to features (n, 64)."""
        _check(images)
        network = self.network.to(images.x.device)
        with exactly(images.x):
            parts = [network.body(x.float() / 255) for x in images.x.split(CHUNK)]
        return Samples(torch.cat(parts), images.y, images.born, images.fresh)

    def read(self, rows: Samples) -> pd.DataFrame:
        """The attributes of faces or features: choices in words (glasses, beard, hat: bool) and
        measures, as `mk.data.faces().paint` takes them; noise and blur: how noisy and how smeared a
        picture looks, indices that grow with it (data/features/README.md says how).
        """
        import pandas as pd

        h, network = self._features(rows)
        seen = {name: _said(name, logits.argmax(1).cpu())
                for name, logits in network.logits(h).items()}
        measures = (network.measures(h) * network.spread + network.middle).cpu()  # (n, 11)
        measures[:, MEASURES.index("open")].clamp_(min=0)
        told = dict(zip((*MEASURES, "noise", "blur"),
                        torch.cat([measures, network.damage(h).cpu()], 1).T.numpy(), strict=True))
        return pd.DataFrame(seen | told, index=pd.RangeIndex(len(h), name="row"))

    def map(self, rows: Samples) -> Tensor:
        """Places of faces or features in a fixed map, (n, 2) float32, about −2 … 2."""
        h, network = self._features(rows)
        return network.plane(h)

    @property
    def census(self) -> Census:
        """A metric, (real, fake) -> {"own", "entropy", "glasses", "hair.violet", …}; see `Census`.
        """
        return Census(self)

    def _features(self, rows: Samples) -> tuple[Tensor, Reader]:
        h = rows if isinstance(rows, Samples) and rows.shape == (WIDTH,) else self(rows)
        if not h.x.isfinite().all():
            raise ValueError(f"{self!r}: expected finite numbers, got NaN or infinity")
        return h.x.float(), self.network.to(h.x.device)


@guarded
@dataclass(frozen=True)
class Census:
    """A metric of emitted faces or features: who lives in the city, by the reader's eye.

    glasses, beard, hat      share of the people who have it, in [0, 1], good when equal to the
                             truth's: .15, .12, .04
    hair.violet, skin.tan, … share of each choice, the same
    entropy                  of the nine attributes together, Σ over them, in nats, good when equal
                             to the truth's; 0 when all people are alike
    own                      share whose expression is read as their own label, in [0, 1], high is
                             good; nan without labels
    noise, blur              how noisy and how smeared the pictures look, means of indices, good
                             when equal to the truth's

    It does not look at the real rows.
    """

    __name__ = "census"  # in tables

    attributes: Attributes

    def __call__(self, real: Samples, fake: Samples) -> dict[str, float]:
        """The shares, from which the entropy comes."""
        h, network = self.attributes._features(fake)
        if not len(h):
            raise ValueError("census: expected at least 1 emitted row, got 0; emit more")
        seen = {name: logits.argmax(1) for name, logits in network.logits(h).items()}
        shares = {name: of.cpu().bincount(minlength=len(CHOICES[name])).double() / len(of)
                  for name, of in seen.items()}
        entropy = sum(torch.special.entr(parts).sum().item() for parts in shares.values())
        own = float("nan") if fake.y is None else \
            (seen["expression"] == fake.y).float().mean().item()
        noise, blur = network.damage(h).double().mean(0).tolist()
        return ({"own": own, "entropy": entropy, "noise": noise, "blur": blur}
                | {key: share for name, parts in shares.items()
                   for key, share in _named(name, parts.tolist())})


def _named(name: str, shares: list[float]) -> list[tuple[str, float]]:
    """The shares of a choice by the keys that they have in tables."""
    if CHOICES[name] == ("no", "yes"):
        return [(name, shares[1])]
    return [(f"{name}.{value}", share) for value, share in zip(CHOICES[name], shares, strict=True)]


def _said(name: str, seen: Tensor) -> np.ndarray:
    if CHOICES[name] == ("no", "yes"):
        return seen.numpy().astype(bool)
    return np.array(CHOICES[name])[seen.numpy()]


def _check(images: Samples) -> None:
    if not isinstance(images, Samples):
        raise TypeError(f"Attributes: expected mk.Samples, got {type(images).__name__}")
    if images.shape != SHAPE or images.x.dtype != torch.uint8:
        raise ValueError(f"Attributes: expected faces (n, 3, 32, 32) of uint8, got "
                         f"{tuple(images.x.shape)} of {images.x.dtype}; it was trained on "
                         "mk.data.faces() and knows no other images")
