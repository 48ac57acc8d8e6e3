"""Which processes there are: this one, and whether another is still alive."""

from __future__ import annotations

import hashlib
import os
import platform
from contextlib import suppress
from pathlib import Path


def _space() -> str:
    """What numbers processes here: containers on one machine have each their own."""
    with suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return ""


# this machine, as far as numbers of processes mean the same
MACHINE = hashlib.blake2b(f"{platform.node()} {_space()}".encode(), digest_size=5).hexdigest()


def begun(pid: int) -> str | None:
    """When a process of this machine began, in a clock of the system's; "" where that cannot be
    told; None where there is no such process any more.
    """
    if os.name == "nt":  # there, what asks whether a process lives would end it
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except (OSError, OverflowError):
        pass  # another user's
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if state in "ZX" else fields[18]
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else ""
    except (OSError, ValueError, IndexError):
        return ""
