"""The command `madkit` until madkit is there: to import it takes a second or two, in which Ctrl-C
ends in one line as it does later.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Import madkit and run its command; returns the exit code, 130 where it was stopped."""
    try:
        from madkit.cli import main

        return main()
    except KeyboardInterrupt:
        print("madkit: stopped", file=sys.stderr)
        return 130
