"""What a cell of the phase map costs, beside the straightforward way: drawing every row with NumPy. One thread.

The same generations and seeds give the same standard error, since both follow the same law; so the ratio of times per generation
and seed is the ratio per cell at one standard error. A whole map is timed by `madkit record fig11_fresh_data`.
"""

import time

import numpy as np
import torch

from madkit import exact
from madkit.exact.draws import LAST
from madkit.exact.worth import limit, measured, relaxation
from madkit.loops import Fresh, Synthetic

DIM, LAM, SEEDS = 100, 0.85, 4


def drawn(n_r: int, n_s: int, generations: int, kind: type) -> float:
    """W2² of a loop's last fit, row by row."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((n_r + n_s, DIM), dtype=kind)
    for _ in range(generations):
        mean, cov = rows.mean(0), np.cov(rows.T, dtype=kind)
        root = np.linalg.cholesky(LAM * cov)
        synthetic = mean + rng.standard_normal((n_s, DIM), dtype=kind) @ root.T
        rows = np.concatenate([rng.standard_normal((n_r, DIM), dtype=kind), synthetic])
    mean, cov = rows.mean(0), np.cov(rows.T)
    return float(mean @ mean + np.trace(cov) + DIM - 2 * np.sqrt(np.linalg.eigvalsh(cov).clip(0)).sum())


def seconds(call) -> float:
    """The best of three, after one that warms up; every time with draws of its own."""
    call()
    times = []
    for _ in range(3):
        LAST.clear()
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print times of a cell, and their ratio to drawing rows."""
    torch.set_num_threads(1)
    for n in (10**4, 10**5):
        loop = Fresh(n // 10) + Synthetic(n - n // 10, LAM)
        at = measured(*relaxation(loop))
        ours = seconds(lambda loop=loop: limit([loop], DIM, seeds=SEEDS, device="cpu"))
        column = [Fresh(n // 10) + Synthetic(n - n // 10 + i, LAM) for i in range(20)]
        beside = seconds(lambda column=column: limit(column, DIM, seeds=SEEDS, device="cpu")) / 20
        print(f"n = {n}: a cell of {SEEDS} seeds × {at[-1]} generations, d = {DIM}: {ours * 1e3:.0f} ms alone, "
              f"{beside * 1e3:.0f} ms as one of 20 side by side")
        for kind in (np.float64, np.float32):
            some = 4 if n == 10**4 else 2
            theirs = (seconds(lambda kind=kind, n=n, some=some: drawn(n // 10, n - n // 10, some, kind))) / some * at[-1] * SEEDS
            print(f"    rows drawn, {kind.__name__}: {theirs * 1e3:.0f} ms ({some} generations timed): "
                  f"{theirs / ours:.0f} times alone, {theirs / beside:.0f} times side by side")
    loop = Fresh(100) + Synthetic(900, LAM)
    every, last = (seconds(lambda at=at: exact.simulate(loop, DIM, generations=50, seeds=SEEDS, metrics=["w2_squared"], at=at))
                   for at in (None, [50]))
    print(f"50 generations × {SEEDS} seeds: {every * 1e3:.0f} ms with all of them measured, {last * 1e3:.0f} ms with the last")


if __name__ == "__main__":
    main()
