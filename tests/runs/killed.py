"""Run a stored loop in child processes, SIGKILL each at a random moment, and finish it: python
killed.py LOOP FOLDER.

The children are forked from a process that has imported everything, so that ten kills take seconds,
not minutes.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch
from tqdm import tqdm

import madkit as mk

FINITE = mk.data.array(torch.linspace(-3, 3, 4000, dtype=torch.float64).reshape(2000, 2).sin(),
                       test=0.05)
DIGITS = mk.data.digits().real(1300)
IMAGES = mk.data.array((255 * DIGITS.x).to(torch.uint8), DIGITS.y, test=0.1)
GAUSSIAN = (mk.models.Gaussian(), 60, 2)  # model, generations, seeds
NETWORK = (mk.models.Diffusion(width=4, steps=20, batch=32, T=20, jumps=2), 10, 1)
LOOPS = {
    "plain": (mk.fully_synthetic(40, lam=0.9), mk.data.gaussian(2), *GAUSSIAN),
    "accumulate": (mk.accumulate(40), mk.data.gaussian(2), *GAUSSIAN),
    "memory": (mk.Fresh(10) + mk.Synthetic(41, memory=3), mk.data.gaussian(2), *GAUSSIAN),
    "finite": (mk.Fresh(30) + mk.Synthetic(20), FINITE, *GAUSSIAN),
    # resumes read the last two models
    "images": (mk.Fresh(20) + mk.Synthetic(81, lam=0.8, memory=2), IMAGES, *NETWORK),
}
KILLS = {"images": 5}  # else 10


def run(name, folder):
    loop, truth, model, generations, seeds = LOOPS[name]
    return mk.run(model, loop, truth, generations=generations, seeds=seeds, store=folder, emit=60,
                  metrics=(mk.metrics.w2_squared, mk.metrics.sliced_w2), progress=False)


def forked(does):
    """A child process that does it."""
    pid = os.fork()
    if pid == 0:
        try:
            does()
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
    return pid


def ended(pid):
    """How a child ended: its exit code, or minus the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def stored(folder):
    return len(list(Path(folder).glob("seed-*/generation-*.npz")))


def main(name, folder):
    kills = KILLS.get(name, 10)
    torch.set_num_threads(1)
    tqdm.monitor_interval = 0  # no thread of its own, which a fork would lose
    started = time.perf_counter()
    run(name, folder + "-whole")
    duration = time.perf_counter() - started
    chance, seen = random.Random(0), []
    generations, seeds = LOOPS[name][3:]
    while len(seen) < kills:
        before, pid = stored(folder), forked(lambda: run(name, folder))
        room = (generations * seeds - before) // (kills - len(seen) + 1)  # some are left for the last
        goal = before + chance.randint(1, max(1, room))
        while stored(folder) < goal:
            assert os.waitpid(pid, os.WNOHANG)[0] == 0, "the run ended before it was killed"
            time.sleep(0.001)
        until = time.perf_counter() + chance.uniform(0, duration / (generations * seeds))
        while time.perf_counter() < until and stored(folder) == goal:    # within a generation
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
        assert ended(pid) == -signal.SIGKILL, "the run ended before it was killed"
        seen.append(stored(folder))
    code = ended(forked(lambda: run(name, folder)))
    print("stored generations at each kill:", *seen)
    sys.exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
