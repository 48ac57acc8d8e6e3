"""Peak memory of a long image loop: ten generations on MNIST, n = 60,000, all rows kept, stored on disk and judged."""

import resource
import sys
import tempfile
from time import perf_counter

import torch

import madkit as mk


def main() -> None:
    torch.set_num_threads(1)
    try:
        truth = mk.data.mnist()
        truth.test(1)
    except (FileNotFoundError, OSError) as error:
        return print(f"memory: MNIST is not here: {error}")
    started, model = perf_counter(), mk.models.VAE(width=64, steps=5)  # memory does not care how well it is trained
    with tempfile.TemporaryDirectory() as folder:
        mk.run(model, mk.accumulate(60_000), truth, generations=10, metrics=["frechet", "precision"],
               features=mk.metrics.LeNet("mnist"), emit=10_000, store=folder, progress=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
    print(f"accumulate, MNIST, n = 60,000, 10 generations: peak {peak:.1f} GB, {perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
