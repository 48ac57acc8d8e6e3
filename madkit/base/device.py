"""The device that a run computes on."""

from __future__ import annotations

import torch


def resolve(device: str) -> torch.device:
    """The torch device of "auto" (cuda, else cpu), "cpu", "cuda", "cuda:1", "mps".

    ValueError for another, or one not here.
    """
    kind = str(device).partition(":")[0]
    present = {"cpu": True, "cuda": torch.cuda.is_available(),
               "mps": torch.backends.mps.is_available()}
    if kind == "auto":
        return torch.device("cuda" if present["cuda"] else "cpu")
    if not present.get(kind):
        here = ", ".join(repr(name) for name, there in present.items() if there)
        raise ValueError(
            f"device: expected 'auto' or one that this machine has ({here}), got {device!r}")
    return torch.device(device)
