"""What `mk.run` costs beyond the model's own fit and sample, and beside the plain NumPy loop.
Replace loop, d = 1, n = 100."""

from time import perf_counter

import numpy as np
import torch

import madkit as mk

N, SEEDS, GENERATIONS = 100, 100, 100


def ours() -> None:
    mk.run(mk.models.Gaussian(), mk.fully_synthetic(N), mk.data.gaussian(1), seeds=SEEDS,
           generations=GENERATIONS,
           metrics=(), progress=False)


def model_alone() -> None:
    for _ in range(SEEDS):
        data = mk.Samples(torch.randn(N, 1, dtype=torch.float64))
        for _ in range(GENERATIONS):
            data = mk.models.Gaussian().fit(data).sample(N)


def plain_numpy() -> None:
    rng = np.random.default_rng(0)
    for _ in range(SEEDS):
        x = rng.standard_normal((N, 1))
        for _ in range(GENERATIONS):
            x = rng.multivariate_normal(x.mean(0), np.atleast_2d(np.cov(x.T)), N)


def microseconds(f) -> float:
    """Best of three, per generation and seed."""
    times = []
    for _ in range(3):
        started = perf_counter()
        f()
        times.append(perf_counter() - started)
    return min(times) / (SEEDS * GENERATIONS) * 1e6


def main() -> None:
    torch.set_num_threads(1)
    run, model, numpy = microseconds(ours), microseconds(model_alone), microseconds(plain_numpy)
    print(f"replace loop, d = 1, n = {N}, {SEEDS} seeds × {GENERATIONS} generations, µs per "
          "generation and seed")
    print(f"  mk.run(metrics=())                {run:8.1f}")
    print(f"  the model's own fit and sample    {model:8.1f}   run adds {run - model:.1f} (aim: "
          "at most 300)")
    print(f"  plain NumPy loop                  {numpy:8.1f}   run / numpy = {run / numpy:.2f}")


if __name__ == "__main__":
    main()
