"""Guidance: λ as the weight of a label, for networks that were trained with and without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from madkit.models.parts.training import batches

if TYPE_CHECKING:
    from madkit.models.parts.form import Form
    from madkit.samples import Samples

STRONGEST = 1e6  # float32 holds no more digits
ROWS = 250  # rows that pass the network at a time when sampling on a CPU: more do not fit its cache

See = Callable[[Tensor, Tensor, Tensor], Tensor]  # (x, t, y) -> what the network says of x


def weight(who: str, lam: float, classes: int) -> float:
    """w of λ = 1/(1 + w); ValueError for λ too small, or where there are no labels to guide by."""
    if lam == 0:
        raise ValueError(f"{who}.sample: lam expected in (0, 1], got 0: λ = 1/(1 + w) would need "
                         "infinite guidance w")
    if 1 / lam - 1 > STRONGEST:
        raise ValueError(f"{who}.sample: lam expected in [{1 / STRONGEST:g}, 1], got {lam}: "
                         "λ = 1/(1 + w), and a guidance w beyond it drowns the rest")
    if lam < 1 and not classes:
        raise ValueError(f"{who}.sample: lam = {lam} needs labels to guide by, and the model was "
                         "fitted on rows without; give the truth labels, or use lam = 1")
    return 1 / lam - 1


def labelled(form: Form, data: Samples, size: int, steps: int,
             dropout: float) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs and numbers of labels of `steps` batches; a share `dropout` of the rows without, K."""
    none, labels = torch.tensor(form.classes, device=data.x.device), form.numbered(data)
    for rows in batches(len(data), size, steps, data.x.device):
        x = form.inputs(data.x[rows])
        y = none.expand(len(x)) if labels is None else labels[rows]
        yield x, none.where(torch.rand(len(x), device=x.device) < dropout, y)


def evenly(n: int, device: torch.device) -> Tensor:
    """n numbers, spread over [0, 1) as evenly as random ones can be, in random order."""
    return (torch.randperm(n, device=device) + torch.rand(n, device=device)) / n


def guided(see: See, x: Tensor, t: Tensor, y: Tensor | None, w: float, classes: int) -> Tensor:
    """(1 + w) see(x, t, y) − w see(x, t, none), a part of the rows at a time.

    t  one time, or one for each row
    y  numbers of labels, (n,), or None
    """
    if not len(x):
        return x
    w = w if classes else 0.0
    none = torch.full((len(x),), classes, device=x.device)
    rows = x, t.to(x).expand(len(x)), none if y is None else y, none
    size = ROWS if x.device.type == "cpu" else len(x)
    parts = zip(*(each.split(size) for each in rows), strict=True)
    return torch.cat([_one(see, w, *part) for part in parts])


def _one(see: See, w: float, x: Tensor, t: Tensor, y: Tensor, none: Tensor) -> Tensor:
    seen = see(x, t, y)
    return seen if w == 0 else (1 + w) * seen - w * see(x, t, none)
