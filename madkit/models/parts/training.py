"""Training as a generator of steps: what the network models share.

    for step in model.training(data):  # by hand: a loss curve, an early stop, a picture on the way
        losses.append(step.loss)

    model.fit(data)                    # the same steps, with a progress bar

Data stay on their device, whole; a batch is rows taken by number, in a fresh order each epoch.
Everything random comes from torch's global generators, so a fit is a function of (data, stream).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from madkit.base import limits
from madkit.base.progress import bar

Net = TypeVar("Net", bound=nn.Module)
CHECKED = 25  # steps between looks at the loss: looking makes a GPU wait


@dataclass(frozen=True)
class Step:
    """Step i of total; `loss` is that of its batch."""

    i: int
    total: int
    value: Tensor

    @property
    def loss(self) -> float:
        """The loss of the batch, as a number."""
        return float(self.value)


def learnable(who: str, width: int, depth: int, steps: int, latent: int = 1) -> None:
    """ValueError for a network so large, or steps so many, that no machine would learn it.

    Between two layers are width² weights, each with a slope and two averages, of four bytes.
    """
    weights = (depth - 1) * width**2 + latent * width
    limits.memory(f"{who}: width", f"a network of {limits.count(weights)} weights", 16 * weights)
    limits.time(f"{who}: steps", f"{limits.count(steps)} steps", steps, 10_000)


def watched(steps: Iterable[Step], who: str) -> None:
    """Take all steps, under a bar that appears after two seconds and shows the loss.

    Raises FloatingPointError when the loss is not finite: the fit has diverged, and what came
    before it is unharmed.
    """
    with bar(desc=who, unit="step") as shown:
        for step in steps:
            shown.total = step.total
            if step.i % CHECKED == 0 or step.i == step.total:
                _finite(step, who)
                shown.set_postfix(loss=f"{step.loss:.3g}", refresh=False)
            shown.update()


def _finite(step: Step, who: str) -> None:
    if not math.isfinite(step.loss):
        raise FloatingPointError(f"{who}: the loss is {step.loss} at step {step.i} of "
                                 f"{step.total}: training has diverged; choose a smaller lr "
                                 "(earlier generations are unharmed)")


def batches(n: int, size: int, steps: int, device: torch.device) -> Iterator[Tensor]:
    """`steps` batches of row numbers (size,), every row once per epoch; of fewer rows, all of them.
    """
    size, order, at = min(size, n), torch.randperm(n, device=device), 0
    for _ in range(steps):
        if at + size > n:
            order, at = torch.randperm(n, device=device), 0
        yield order[at : at + size]
        at += size


def rate(i: int, steps: int) -> float:
    """Share of the learning rate at step i = 0 … steps−1: up in a twentieth, down along a cosine.
    """
    warm = max(1, steps // 20)
    if i < warm:
        return (i + 1) / warm
    return (1 + math.cos(math.pi * (i - warm) / max(1, steps - warm))) / 2


def descend(net: nn.Module, losses: Iterable[Tensor], steps: int, lr: float,
            average: Average | None = None) -> Iterator[Step]:
    """Adam on a stream of `steps` losses, with warm-up, cosine decay and clipped gradients."""
    adam = torch.optim.Adam(net.parameters(), lr, betas=(0.9, 0.99), fused=True)
    for i, loss in enumerate(losses):
        adam.param_groups[0]["lr"] = lr * rate(i, steps)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        if average:
            average.follow(i)
        yield Step(i + 1, steps, loss.detach())


class Average:
    """Exponential moving average of the weights of `net`, kept in `into` (a copy).

    θ̄ ← β θ̄ + (1 − β) θ, β small at first.
    """

    def __init__(self, net: nn.Module, into: nn.Module, decay: float):
        self.live: list[Tensor] = [*net.parameters()]
        self.mean: list[Tensor] = [*into.parameters()]
        self.decay = decay
        into.requires_grad_(False)

    @torch.no_grad()
    def follow(self, i: int) -> None:
        """One step, the i-th from 0."""
        torch._foreach_lerp_(self.mean, self.live, 1 - min(self.decay, (1 + i) / (10 + i)))


def half(device: torch.device) -> AbstractContextManager:
    """bf16 autocast for convolutions where it pays.

    That is on cards and CPUs that calculate in bf16 (NVIDIA's since 2020).
    """
    pays = (torch.cuda.get_device_capability(device) >= (8, 0) if device.type == "cuda"
            else device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return torch.autocast(device.type, torch.bfloat16) if pays else nullcontext()


def packed(form: nn.Module, **nets: nn.Module) -> dict[str, Tensor]:
    """One flat state_dict of a form and networks, each under its name."""
    parts = {"form": form} | nets
    return {f"{name}.{key}": value for name, part in parts.items()
            for key, value in part.state_dict().items()}


@contextmanager
def loading(model: Any) -> Iterator[None]:
    """What a model was before, where loading a state ends in an error."""
    before = dict(vars(model))
    try:
        yield
    except Exception:
        vars(model).clear()
        vars(model).update(before)
        raise


def loaded(net: Net, state: dict[str, Tensor], name: str) -> Net:
    """The network with the weights that stand in a flat state_dict under a name."""
    try:
        net.load_state_dict(unpacked(state, name))
    except (RuntimeError, TypeError, AttributeError) as error:
        why = " ".join(str(error).split())[:200]
        raise ValueError("state: expected what state_dict() of a model with these settings gave, "
                         f"got other tensors ({why}); make the model with the same settings"
                         ) from None
    return net


def unpacked(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """The part of a flat state_dict that stands under a name."""
    return {key.removeprefix(f"{name}."): value
            for key, value in state.items() if key.startswith(f"{name}.")}
