"""Metrics on clouds of real size, beside the library a user would take, both on all cores."""

from time import perf_counter

import numpy as np
import prdc
import torch
from scipy.linalg import sqrtm

import madkit as mk


def seconds(f) -> float:
    started = perf_counter()
    f()
    return perf_counter() - started


def main() -> None:
    a, b = (mk.Samples(torch.randn(10_000, 64, dtype=torch.float64,
                                   generator=torch.Generator().manual_seed(i))) for i in (0, 1))
    ours = seconds(lambda: (mk.metrics.precision(a, b), mk.metrics.recall(a, b)))
    theirs = seconds(lambda: prdc.compute_prdc(a.x.numpy(), b.x.numpy(), nearest_k=5))
    print(f"precision, recall, 10,000 × 64, k = 5: {ours:.1f} s; prdc (with density, coverage) "
          f"{theirs:.1f} s: {theirs / ours:.1f} times")
    a, b = (mk.Samples(torch.randn(4000, 1024, dtype=torch.float64,
                                   generator=torch.Generator().manual_seed(i))) for i in (0, 1))
    ours = seconds(lambda: mk.metrics.frechet(a, b))
    cov = [np.cov(s.x.numpy().T) for s in (a, b)]
    theirs = seconds(lambda: sqrtm(cov[0] @ cov[1]))
    print(f"Fréchet distance, d = 1,024: {ours:.1f} s; scipy's sqrtm alone {theirs:.1f} s: "
          f"{theirs / ours:.1f} times")


if __name__ == "__main__":
    main()
