"""Seconds and peak memory of a table from its file, beside pandas.read_csv, each in a process of
its own: 60,000 × 785 grey levels, and 100,000 × 10 numbers of 17 digits. Run: `python
tests/bench/table.py`."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

TIMED = """
import resource, sys, time
import pandas, madkit as mk
mk.data.csv(sys.argv[2]) if sys.argv[3] == "ours" else pandas.read_csv(sys.argv[2])
started = time.perf_counter()
mk.data.csv(sys.argv[1]) if sys.argv[3] == "ours" else pandas.read_csv(sys.argv[1])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin"
                                                             else 1e6)
print(time.perf_counter() - started, peak)
"""


def measured(path: Path, small: Path, whose: str) -> tuple[float, float]:
    """The best of three: seconds, GB."""
    runs = [subprocess.run([sys.executable, "-c", TIMED, str(path), str(small), whose], text=True,
                           capture_output=True, check=True).stdout.split() for _ in range(3)]
    return min((float(seconds), float(peak)) for seconds, peak in runs)


def write(path: Path, wide: int, blocks: Iterator[np.ndarray]) -> Path:
    with path.open("w") as file:
        print(*(f"p{i}" for i in range(wide)), sep=",", file=file)
        for rows in blocks:
            file.writelines(",".join(map(str, row)) + "\n" for row in rows.tolist())
    return path


def grey(rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random((1000, 785)) < 0.8, 0, rng.integers(0, 256, (1000, 785)))


def main() -> None:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        small = write(Path(folder, "small.csv"), 2, iter([rng.normal(size=(9, 2))]))
        for name, wide, blocks in (
                ("785 × 60,000 grey levels", 785, (grey(rng) for _ in range(60))),
                ("10 × 100,000 numbers of 17 digits", 10, iter([rng.normal(size=(100_000, 10))]))):
            path = write(Path(folder, "table.csv"), wide, blocks)
            (ours, peak), (theirs, least) = (measured(path, small, w) for w in ("ours", "theirs"))
            print(f"csv, {name}: {ours:.2f} s and {peak:.2f} GB at the peak; pandas.read_csv "
                  f"{theirs:.2f} s and {least:.2f} GB: {ours / theirs:.1f} times")


if __name__ == "__main__":
    main()
