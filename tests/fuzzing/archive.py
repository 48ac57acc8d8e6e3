"""Where the data sets are that mk.data reads, if anywhere; nothing of madkit is imported here."""

import os
from pathlib import Path

DATA = Path(__file__).resolve().parents[3] / "shared" / "datasets"


def archive() -> str:
    """The folder, which may not be there."""
    return os.environ.get("MADKIT_DATA") or str(DATA)
