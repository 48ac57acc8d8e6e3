"""What metrics see of rows: themselves, or features, also those of a network of your own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from madkit.base import aloud, arrays
from madkit.samples import Samples

CHUNK = 256  # rows that a network sees at a time; bounds memory


def seen(features: Callable, samples: Samples) -> Samples:
    """The rows as metrics see them; features (n, d) are detached and on the rows' device.

    Raises ValueError for another number of rows, TypeError for what is no array of numbers.
    """
    with torch.no_grad():
        found = (_through(features, samples.x) if isinstance(features, nn.Module)
                 else features(samples))
    if isinstance(found, Samples):  # of whatever shape the metrics take
        return Samples._of(found.x.detach(), found.y, found.born, found.fresh)
    x = arrays.numbers("features", found)
    if len(x) != len(samples):
        raise ValueError(f"features: expected one row for each of {len(samples)} samples, got "
                         f"shape {tuple(x.shape)}; return (n, d)")
    x = x.reshape(len(x), -1).to(samples.x.device)
    half = x.dtype in (torch.float16, torch.bfloat16)
    return Samples(x.float() if half else x, samples.y, samples.born, samples.fresh)


def _through(network: nn.Module, x: Tensor) -> Tensor:
    """What a network says of rows, in its type, on their device; uint8 pixels come in [0, 1]."""
    weight = next((p for p in network.parameters() if p.is_floating_point()), None)
    kind = torch.float32 if weight is None else weight.dtype
    scale = 255 if x.dtype == torch.uint8 else 1
    with evaluating(network.to(x.device)):
        return torch.cat([_checked(network(part.to(kind) / scale)) for part in x.split(CHUNK)])


def _checked(found: Any) -> Tensor:
    if not isinstance(found, Tensor):
        raise TypeError("features: the network must return a tensor (n, d), got "
                        f"{type(found).__name__}; choose from it in a function of your own, "
                        "features=lambda rows: network(rows.x.float())…")
    return found


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Within the block every layer is in eval mode, afterwards as it was."""
    was = {layer: layer.training for layer in network.modules()}
    try:
        network.eval()
        yield
    finally:
        for layer, training in was.items():
            layer.training = training


@cache
def warn_of_pixels() -> None:
    """Once a session: a distance of pixels is not one of pictures."""
    aloud.warn("metrics: pictures are judged by their pixels, in which a shifted picture is far "
               "from itself; features= has metrics see what a network sees, such as "
               "mk.metrics.LeNet(\"mnist\"), or any torch.nn.Module (told once)")
