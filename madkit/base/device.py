"""The device that a run computes on."""

from __future__ import annotations

from typing import Annotated, Any

import torch

from madkit.base.checks import NO, Check


def _present() -> dict[str, bool]:
    return {"cpu": True, "cuda": torch.cuda.is_available(),
            "mps": torch.backends.mps.is_available()}


def _taken(device: Any) -> Any:
    """The device's name, where this machine has it."""
    if not isinstance(device, str | torch.device):
        return NO
    kind = str(device).partition(":")[0]
    there = kind == "auto" or _present().get(kind) and torch.device(device)
    return str(device) if there else NO


def _here(_: Any) -> str:
    return "it has " + ", ".join(repr(name) for name, there in _present().items() if there)


on_device = Check("'auto' or a device that this machine has", _taken, hint=_here)
Device = Annotated[str, on_device]
On = Annotated[str | torch.device, Check(
    "a device that this machine has, such as 'cpu'",
    lambda device: there if _present().get((there := torch.device(device)).type) else NO, hint=_here)]


def resolve(device: str) -> torch.device:
    """The torch device of "auto" (cuda, else cpu), "cpu", "cuda", "cuda:1", "mps".

    ValueError for another, or one not here.
    """
    name = on_device("device", device)
    if name == "auto":
        return torch.device("cuda" if _present()["cuda"] else "cpu")
    return torch.device(name)
