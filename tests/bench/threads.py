"""What one thread costs a fit, and gains for two fits at a time on two cores: seconds with torch's own
choice of threads inside the fit, and with one. Few steps: two fits of two threads may stand in each
other's way for minutes."""

import sys
from multiprocessing import get_context
from time import perf_counter

import torch

import madkit as mk
from madkit.base import guard

MODELS = {
    "Flow": (mk.models.Flow(steps=60), mk.data.moons()),
    "VAE": (mk.models.VAE(steps=60), mk.data.digits()),
    "GAN": (mk.models.GAN(steps=20), mk.data.digits()),
    "Diffusion": (mk.models.Diffusion(steps=20), mk.data.digits()),
    "FlowMatching": (mk.models.FlowMatching(steps=20), mk.data.digits()),
}


def seconds(name: str, threads: int, start: object = None) -> float:
    """Of a fit to 1,000 rows."""
    at = next(i for i, switch in enumerate(guard.SWITCHES) if switch.read is torch.get_num_threads)
    guard.SWITCHES[at] = guard.SWITCHES[at]._replace(inside=threads)
    mk.progress(False)
    model, truth = MODELS[name]
    data = truth.real(1000)
    if start:
        start.wait()  # type: ignore[attr-defined]
    started = perf_counter()
    model.fit(data)
    return perf_counter() - started


def together(name: str, threads: int) -> float:
    """The longer of two at a time."""
    context = get_context("spawn")
    with context.Manager() as manager, context.Pool(2) as pool:
        start = manager.Barrier(2)
        return max(pool.starmap(seconds, [(name, threads, start)] * 2))


def main(names: list[str]) -> None:
    print("seconds a fit        alone: 2 threads, 1 thread    two at a time: 2 threads, 1 thread")
    for name in names or MODELS:
        times = [f(name, n) for f in (seconds, together) for n in (2, 1)]
        print(f"  {name:12} " + "".join(f"{time:15.2f}" for time in times), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
