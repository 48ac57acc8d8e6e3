"""What `mk.sweep.grid` costs and gains: its overhead for each task, and its efficiency on one and
two processes.

Overhead: a function that does nothing, called by a plain `for`, and by the grid in this process, on
one process and on Dask. Efficiency: a task of about half a second on one thread, that is, time of
the plain `for` / (processes × time of the grid).
"""

import os
import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from itertools import product
from multiprocessing import get_context
from time import perf_counter

import pandas as pd
import torch

import madkit as mk

CELLS, SEEDS = 1000, 2


def nothing(seed, i):
    return pd.DataFrame({"generation": range(1, 11), "metric": "m", "value": 0.1})


def work(seed, n_r, lam):
    loop = mk.Fresh(n_r) + mk.Synthetic(2000, lam)
    return mk.run(mk.models.Mixture(3), loop, mk.data.moons(), generations=20, seeds=[seed],
                  progress=False)


OVER = {"n_r": [200, 400, 600, 800], "lam": [1.0, 0.8]}


def seconds(f) -> float:
    started = perf_counter()
    f()
    return perf_counter() - started


def plain() -> list:
    return [work(seed, n_r, lam).table for n_r, lam in product(*OVER.values())
            for seed in range(SEEDS)]


def sweep(f, over, executor=None, store=None, seeds=1) -> list:
    return list(mk.sweep.grid(f, over, seeds, executor=executor, store=store, progress=False))


def milliseconds(executor=None, kept=False) -> float:
    """Of the grid, for each task that does nothing."""
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/s" if kept else None
        return 1e3 * seconds(lambda: sweep(nothing, {"i": range(CELLS)}, executor, store)) / CELLS


def from_disk() -> tuple[float, float]:
    """Milliseconds for each task of a finished sweep: yielded again, and read as one table."""
    with tempfile.TemporaryDirectory() as folder:
        sweep(nothing, {"i": range(CELLS)}, store=f"{folder}/s")
        again = seconds(lambda: sweep(nothing, {"i": range(CELLS)}, store=f"{folder}/s"))
        return 1e3 * again / CELLS, 1e3 * seconds(lambda: mk.sweep.table(f"{folder}/s")) / CELLS


def cluster():
    """An executor of one Dask worker process, or None where Dask is not installed."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        return nullcontext(None)
    return Client(LocalCluster(1, threads_per_worker=1, dashboard_address=None))


def overheads() -> None:
    plain_call = 1e3 * seconds(lambda: [nothing(0, i) for i in range(CELLS)]) / CELLS
    print(f"a task that does nothing, {CELLS} of them, milliseconds each")
    print(f"  plain for                       {plain_call:8.2f}")
    print(f"  grid, in process                {milliseconds():8.2f}")
    print(f"  grid, in process, with store=   {milliseconds(kept=True):8.2f}")
    again, table = from_disk()
    print(f"  yielded again from the store    {again:8.2f}")
    print(f"  in mk.sweep.table(store)        {table:8.2f}")
    with mk.sweep.processes(1) as one:
        sweep(nothing, {"i": [0]}, one)
        print(f"  grid, one process               {milliseconds(one):8.2f}")
    with cluster() as client:
        if client:
            sweep(nothing, {"i": [0]}, client.get_executor())
            print(f"  grid, one Dask worker           {milliseconds(client.get_executor()):8.2f}")


def half(i: int) -> int:
    """Every second task, in a plain `for`."""
    chosen = list(product(*OVER.values(), range(SEEDS)))[i::2]
    return len([work(seed, n_r, lam).table for n_r, lam, seed in chosen])


def two_halves(pool) -> None:
    """What two processes can do at best: one plain `for` in each."""
    assert sum(pool.map(half, (0, 1))) == len(OVER["n_r"]) * len(OVER["lam"]) * SEEDS


def efficiencies() -> None:
    torch.set_num_threads(1)
    alone = min(seconds(plain) for _ in range(2))
    tasks = len(OVER["n_r"]) * len(OVER["lam"]) * SEEDS
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"{tasks} tasks of {alone / tasks:.2f} s: plain for {alone:.1f} s ({load})")
    for n in (1, 2):
        with mk.sweep.processes(n) as pool:
            # the workers are there, and have imported torch
            sweep(nothing, {"i": range(4 * n)}, pool)
            took = min(seconds(lambda: sweep(work, OVER, pool, seeds=SEEDS))
                       for _ in range(2))  # noqa: B023
        print(f"  grid, {n} process{'es' if n > 1 else '  '}   {took:6.1f} s   efficiency "
              f"{alone / (n * took):.2f}")
    with ProcessPoolExecutor(2, get_context("spawn"), torch.set_num_threads, (1,)) as plain_pool:
        two_halves(plain_pool)
        best = min(seconds(lambda: two_halves(plain_pool)) for _ in range(2))
    print(f"  half of it each, 2 x plain for  {best:6.1f} s   of which the grid on 2 reaches "
          f"{best / took:.2f}")


def main() -> None:
    warnings.simplefilter("ignore")
    overheads()
    efficiencies()


if __name__ == "__main__":
    main()
