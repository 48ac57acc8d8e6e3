"""What a flow learns of a known density, in nats on fresh rows (the entropy beside it), and what
that costs on a core."""

import math
import time

import torch

from madkit import data, models
from madkit.models import flow

MOONS, ROSENBROCK = data.moons(noise=0.08), data.rosenbrock()


def moons_entropy(n: int = 4000, grid: int = 2001) -> float:
    """Of the moons, by their density: two half circles, integrated over the angle, in normal noise.
    """
    angle = (torch.arange(grid, dtype=torch.float64) + 0.5) * math.pi / grid
    arc = torch.stack([angle.cos(), angle.sin()], 1)
    curve = torch.cat([arc, torch.tensor([1.0, 0.5]) - arc])
    square = torch.cdist(MOONS.test(n).x, curve).square()
    log_p = (
        (-square / (2 * 0.08**2)).logsumexp(1)
        - math.log(len(curve))
        - math.log(2 * math.pi * 0.08**2)
    )
    return -float(log_p.mean())


def measure(name: str, truth: data.Endless, rows: int, preset: dict, entropy: float) -> None:
    torch.manual_seed(0)
    train, test = truth.real(rows), truth.test(10_000).x
    started = time.process_time()
    model = models.Flow(**preset).fit(train)
    seconds = time.process_time() - started
    nats = -float(model.log_prob(test).mean())
    print(f"{name:18s} n = {rows:6d}   {nats:.3f} nats (entropy {entropy:.3f})   {seconds:5.1f} s")


def main() -> None:
    """Print nats and seconds of processor time, one thread."""
    torch.set_num_threads(1)
    moons, rosenbrock = moons_entropy(), 1 + math.log(2 * math.pi) - math.log(2) / 2
    measure("moons, TINY", MOONS, 1000, flow.TINY, moons)
    measure("moons, SMALL", MOONS, 20_000, flow.SMALL, moons)
    measure("moons, PAPER", MOONS, 20_000, flow.PAPER, moons)
    measure("Rosenbrock, PAPER", ROSENBROCK, 10_000, flow.PAPER, rosenbrock)


if __name__ == "__main__":
    main()
