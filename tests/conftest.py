"""One thread per test process, and hypothesis drawing the same examples every time."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch  # noqa: E402
from hypothesis import settings  # noqa: E402

torch.set_num_threads(1)
settings.register_profile("madkit", deadline=None, derandomize=True, database=None)
settings.load_profile("madkit")
