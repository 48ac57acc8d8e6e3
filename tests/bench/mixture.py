"""What a mixture fit costs, beside scikit-learn's at equal tolerance, one thread each, in turns and
in processor time; and 2,000 generations of grid25.

Beside the ratio of a fit that of a step, and what our steps after as many as scikit-learn took raise
the mean log-likelihood by. Digits have pixels that are always white, and components of fewer rows
than pixels: there scikit-learn's floor of 1e-6 is nearly all of its likelihood, which so stands still
after few steps. Without a floor it goes on rising, by nats a row, and EM goes on too. So it is with
real digits, less with those that a mixture emitted, which are all that a loop fits later.
"""

import statistics
import time
import warnings
from collections.abc import Callable
from itertools import islice
from unittest.mock import patch

import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from madkit import data, loops, models
from madkit.models import mixture
from madkit.samples import Samples
from madkit.steps import steps

TOL = 1e-3


def two(n: int, d: int, apart: float) -> torch.Tensor:
    """Two normal clouds."""
    noise = torch.Generator().manual_seed(0)
    x = torch.randn(n, d, dtype=torch.float64, generator=noise)
    x[: n // 2, 0] += apart
    return x


def emitted(x: torch.Tensor, k: int) -> torch.Tensor:
    """As many rows of what a fit to x emits."""
    torch.manual_seed(0)
    return models.Mixture(k).fit(Samples(x)).sample(len(x)).x


DIGITS = data.digits().real(1000).x.flatten(1)
CASES = {
    "two clouds, apart    n = 1000, d = 2,  k = 2": (two(1000, 2, 4.0), 2),
    "two clouds, overlap  n = 1000, d = 2,  k = 2": (two(1000, 2, 1.5), 2),
    "two clouds, overlap  n = 1000, d = 10, k = 2": (two(1000, 10, 1.5), 2),
    "moons                n = 1000, d = 2,  k = 10": (data.moons().real(1000).x, 10),
    "grid25               n = 1000, d = 2,  k = 25": (data.grid25().real(1000).x, 25),
    "digits               n = 500,  d = 64, k = 10": (DIGITS[:500], 10),
    "digits               n = 1000, d = 64, k = 10": (DIGITS, 10),
    "digits, generation 2 n = 1000, d = 64, k = 10": (emitted(DIGITS, 10), 10),
}


def seconds(fit: Callable[[torch.Tensor, int, int], object], *given) -> float:
    """Of the processor."""
    started = time.process_time()
    fit(*given)
    return time.process_time() - started


def ours(x: torch.Tensor, k: int, seed: int, steps: int = 100) -> models.Mixture:
    torch.manual_seed(seed)
    return models.Mixture(k, tol=TOL, steps=steps).fit(Samples(x).stamped(1))


def theirs(x: torch.Tensor, k: int, seed: int) -> GaussianMixture:
    return GaussianMixture(k, tol=TOL, random_state=seed).fit(x.numpy())


def taken(x: torch.Tensor, k: int, seed: int) -> int:
    """Steps of our fit."""
    with patch.object(mixture, "_expect", wraps=mixture._expect) as step:
        ours(x, k, seed)
    return step.call_count


def compare(name: str, x: torch.Tensor, k: int, fits: int = 31) -> None:
    ours(x, k, 0), theirs(x, k, 0)  # warm
    pairs = [(seconds(ours, x, k, seed), seconds(theirs, x, k, seed))
             for seed in range(fits)]  # the start is random, and with it the number of steps
    a, b = map(statistics.median, zip(*pairs, strict=True))
    mine = statistics.median(taken(x, k, seed) for seed in range(fits))
    few = [theirs(x, k, seed).n_iter_ for seed in range(fits)]
    other = statistics.median(few)
    gain = statistics.median(ours(x, k, seed).log_likelihood - ours(x, k, seed, n).log_likelihood
                             for seed, n in enumerate(few))
    print(f"{name:48s} madkit {a * 1e3:7.2f} ms   scikit-learn {b * 1e3:7.2f} ms   ratio "
          f"{a / b:.2f}   steps {mine:g} and {other:g}, ratio of a step {a / mine / (b / other):.2f}"
          f"   later steps: {gain:+.3f} nats")


def generations(n: int, last: int) -> float:
    """Seconds of a fully synthetic loop of 25 modes."""
    truth = data.grid25()
    started = time.perf_counter()
    for _ in islice(steps(models.Mixture(25, start=truth.centres), loops.fully_synthetic(n), truth),
                    last):
        pass
    return time.perf_counter() - started


def main() -> None:
    """Print both times and their ratio, and the time of a long loop."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", ConvergenceWarning)
    with threadpool_limits(1):
        for name, (x, k) in CASES.items():
            compare(name, x, k)
    for n in (1000, 5000):
        print(f"grid25, fully synthetic, n = {n}: 2,000 generations in {generations(n, 2000):.0f} "
              "s")


if __name__ == "__main__":
    main()
