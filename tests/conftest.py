"""One thread per test process, and hypothesis drawing the same examples every time."""

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
# real data, where there is some; else set MADKIT_DATA
DATA = Path(__file__).resolve().parents[2] / "shared" / "datasets"
if DATA.is_dir():
    os.environ.setdefault("MADKIT_DATA", str(DATA))

import torch  # noqa: E402
from hypothesis import settings  # noqa: E402

torch.set_num_threads(1)
settings.register_profile("madkit", deadline=None, derandomize=True, database=None)
settings.load_profile("madkit")
