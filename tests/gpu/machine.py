"""What a result was measured on, and small files that are whole or not there."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from madkit.base.provenance import provenance


def machine(device: str) -> dict[str, Any]:
    """Device, card, driver, versions, date and commit."""
    commit = os.environ.get("COMMIT") or _said("git", "rev-parse", "HEAD") or "unknown"
    found: dict[str, Any] = provenance(device) | {
        "cores": len(os.sched_getaffinity(0)), "platform": platform.platform(),
        "commit": commit, "card": "none"}
    if torch.device(device).type == "cuda":
        card = torch.cuda.get_device_properties(device)
        found |= {
            "card": card.name, "memory_gb": round(card.total_memory / 1e9, 1),
            "cards": torch.cuda.device_count(), "multiprocessors": card.multi_processor_count,
            "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version(),
            "driver": _said("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")}
    return found


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20,
                              cwd=Path(__file__).parent).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def write(path: Path, content: str | bytes | dict[str, Any]) -> None:
    """Put text, bytes or JSON at path, never half of it."""
    if isinstance(content, dict):
        content = json.dumps(content, indent=1, ensure_ascii=False)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content.encode() if isinstance(content, str) else content)
    os.replace(temporary, path)


if __name__ == "__main__":
    for what, said in machine(sys.argv[1]).items():
        print(f"{what}: {said}")
