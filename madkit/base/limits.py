"""What no machine of this size could hold, or do in a day, is refused before it begins.

    memory("emit", "a trillion rows of 2 numbers", bytes)     ValueError: what it would take
    time("steps", "a trillion steps", steps, a_second)

Both are told the least that it could take: numbers that must be held at once, steps on a machine
far quicker than any. So what could be done is never refused; what is refused leaves all as it was.
"""

from __future__ import annotations

import math
import os
from functools import cache
from pathlib import Path

DAY = 86_400             # seconds
MOST = 2**53             # the largest count that float64 tells from the next
UNKNOWN = 2**50          # bytes, where a system does not say
GROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
GENERATIONS = 10_000     # of the smallest model, a second: in truth a fifth of it
UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
PERIODS = ((365 * DAY, "years"), (2 * DAY, "days"), (3600, "hours"))


def countable(name: str, n: int) -> int:
    """n, a count that numbers can keep."""
    if n > MOST:
        raise ValueError(f"{name}: expected at most 2⁵³, about 10^16, got {count(n)}; theory and "
                         "the exact law are at their limits long before")
    return n


def memory(name: str, what: str, size: int) -> None:
    """ValueError where `size` bytes are more than the machine has: `what` would take them."""
    if size > (held := machine()):
        raise ValueError(f"{name}: {what} would take at least {amount(size)} of memory, and this "
                         f"machine has {amount(held)}; ask for less")


def generations(asked: str, n: int) -> None:
    """ValueError where so many generations in all, of the smallest model, last longer than a day."""
    time("generations", asked, n, GENERATIONS)


def rows(name: str, n: int, shape: tuple[int, ...], size: int = 1) -> None:
    """ValueError where n rows of this shape do not fit, of `size` bytes a number."""
    memory(name, f"{count(n)} rows of shape {tuple(shape)}", n * math.prod(shape) * size)


def time(name: str, what: str, steps: int, a_second: int) -> None:
    """ValueError where so many steps, at so many a second, last longer than a day."""
    if (seconds := int(steps) // a_second) > DAY:
        unit, word = next(period for period in PERIODS if seconds >= period[0])
        raise ValueError(f"{name}: {what} would take at least {count(seconds // unit)} {word}; "
                         "ask for less")


def machine() -> int:
    """Bytes of memory that this machine has, or lets this process have."""
    return min(_physical(), _allowed())


@cache
def _physical() -> int:
    """What there is, or what a container or a cluster's job has of it (control groups, Linux)."""
    try:
        held = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):    # Windows
        return UNKNOWN
    texts = [text for path in GROUPS if (text := _read(path)).isdigit()]
    return min([held if held > 0 else UNKNOWN, *map(int, texts)])


def _allowed() -> int:
    """What `ulimit -v` leaves."""
    try:
        import resource

        most, _ = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, OSError):                   # Windows
        return UNKNOWN
    if most == resource.RLIM_INFINITY:
        return UNKNOWN
    taken = _read("/proc/self/statm").partition(" ")[0]
    return max(0, most - int(taken or 0) * resource.getpagesize())


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def count(n: int) -> str:
    """A count in words: 1,000, and about 10^30."""
    return f"{n:,}" if n < 10**15 else f"about 10^{n.bit_length() * 30103 // 100_000}"


def amount(size: int) -> str:
    """Bytes in words: 24 GB."""
    power = max(i for i in range(len(UNITS)) if size >= 1000**i or not i)
    return f"{count(size // 1000**power)} {UNITS[power]}"
