"""One thread per test process, and hypothesis drawing the same examples every time."""

import errno
import os
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
# real data, where there is some; else set MADKIT_DATA
DATA = Path(__file__).resolve().parents[2] / "shared" / "datasets"
if DATA.is_dir():
    os.environ.setdefault("MADKIT_DATA", str(DATA))

import pytest  # noqa: E402
import torch  # noqa: E402
from hypothesis import settings  # noqa: E402

torch.set_num_threads(1)
settings.register_profile("madkit", deadline=None, derandomize=True, database=None)
settings.load_profile("madkit")


def pytest_make_parametrize_id(config, val, argname):
    """Bytes are no name: two workers that packed a file in different seconds must name one test."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture
def full_disk(monkeypatch):
    """full_disk(after=6): within the block every file after the sixth finds no space left."""
    @contextmanager
    def full(after):
        sync, synced = os.fsync, []

        def refuse(file):
            synced.append(file)
            if len(synced) > after:
                raise OSError(errno.ENOSPC, "No space left on device")
            sync(file)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refuse)
            yield

    return full
