"""What a result depends on besides its settings: versions, device, date."""

from __future__ import annotations

import functools
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import torch

from madkit.base import origins


def provenance(device: str, packages: Iterable[str] = ()) -> dict[str, str]:
    """Versions, device and date: what a result depends on besides its settings."""
    more = {top: origins.version_of(top) for top in sorted({*packages} - {"torch", "numpy"})}
    said = "".join(f", {top} {number}" for top, number in more.items() if number)
    return {"versions": versions() + said, "device": device_name(device),
            "date": datetime.now(UTC).isoformat(timespec="seconds")}


@functools.cache
def versions() -> str:
    """The versions that numbers depend on."""
    try:
        ours = version("madkit")
    except PackageNotFoundError:
        ours = "unknown"
    return f"madkit {ours}, torch {torch.__version__}, numpy {np.__version__}, Python {platform.python_version()}"


def device_name(device: str) -> str:
    """The device in words, such as "cpu (x86_64)" or "cuda (NVIDIA H200)"."""
    kind = torch.device(device).type
    if kind == "cuda":
        return f"{kind} ({torch.cuda.get_device_name(torch.device(device))})"
    return f"{kind} ({platform.machine()})"
