"""What the exact law costs, beside the straightforward way: drawing every row with NumPy."""

import time
from collections.abc import Callable

import numpy as np

from madkit import exact
from madkit.exact.draws import LAST
from madkit.loops import Fresh, Loop, Previous, Real, Synthetic


def seconds(call: Callable[[], object], repeats: int = 3, kept: bool = False) -> float:
    """The best of some calls, after one that warms up; `kept`: with the draws of the last call at
    hand, as when λ moves."""
    call()
    return min(_timed(call, kept) for _ in range(repeats))


def _timed(call: Callable[[], object], kept: bool) -> float:
    if not kept:
        LAST.clear()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def drawn(n: int, dim: int, generations: int, seeds: int) -> np.ndarray:
    """log det of a fully synthetic loop, row by row: (seeds, generations)."""
    values = np.empty((seeds, generations))
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        mean, cov = np.zeros(dim), np.eye(dim)
        for t in range(generations):
            rows = rng.multivariate_normal(mean, cov, n, method="cholesky")
            mean, cov = rows.mean(0), np.cov(rows.T).reshape(dim, dim)
            values[seed, t] = np.linalg.slogdet(cov)[1]
    return values


def line(name: str, ours: float, steps: int, other: float | None = None) -> None:
    ratio = (
        f"   NumPy rows {other / steps * 1e6:9.1f} µs: {other / ours:7.0f} times" if other else ""
    )
    print(f"{name:58s} {ours * 1e3:9.1f} ms   {ours / steps * 1e6:8.2f} µs per generation and "
          f"seed{ratio}")


def main() -> None:
    """Print times per generation and seed, and their ratio to drawing rows."""
    rows = seconds(lambda: drawn(100, 1, 100, 100), 1)
    for name, call in (("simulate", exact.simulate), ("run, with table and theory", exact.run)):
        ours = seconds(lambda call=call: call(Synthetic(100), generations=100, seeds=100))
        line(f"{name}: fully synthetic, d = 1, n = 100, 100 × 100", ours, 100 * 100, rows)
    for n in (10**3, 10**6):
        ours = seconds(lambda n=n: exact.simulate(Synthetic(n), 100, generations=10, seeds=10))
        rows = seconds(lambda n=n: drawn(n, 100, 2, 1), 1) / 2
        line(f"fully synthetic, d = 100, n = {n}, 10 × 10", ours, 100, 100 * rows)
    loops: dict[str, Loop] = {
        "fully synthetic": Synthetic(100, 0.9), "augmentation": Real() + Synthetic(100, 0.9),
        "fresh": Fresh(10) + Synthetic(90, 0.9), "accumulate": Previous() + Synthetic(100),
        "memory 5": Synthetic(100, memory=5),
    }
    for dim in (1, 2):
        for name, loop in loops.items():
            ours = seconds(lambda loop=loop, dim=dim: exact.simulate(loop, dim, generations=50,
                                                                     seeds=200, n_ini=100),
                           kept=True)
            line(f"λ moves: {name}, d = {dim}, 200 × 50", ours, 200 * 50)


if __name__ == "__main__":
    main()
