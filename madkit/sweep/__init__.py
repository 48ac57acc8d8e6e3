"""Sweeps: one function at every cell of a grid, with several seeds, on a laptop or on a cluster.

    def f(seed, n_r, lam):                                    # a task: one cell, one seed
        loop = mk.Fresh(n_r) + mk.Synthetic(1000, lam)
        return mk.run(mk.models.Gaussian(), loop, mk.data.gaussian(2), seeds=[seed], progress=False)

    over = {"n_r": [100, 1000], "lam": [1.0, 0.8]}
    with mk.sweep.processes(4) as pool:
        for rows in mk.sweep.grid(f, over, seeds=8, store="sweeps/mine", executor=pool):
            ...                                               # the tidy rows of one task, as it finishes

    mk.sweep.table("sweeps/mine")                             # all that are done, in the order of the grid
    mk.sweep.failures("sweeps/mine")                          # n_r, lam, seed, error

f returns a Run, or a DataFrame with columns metric and value. It must depend on its arguments
alone, and pass its seed on. Make or load data inside of it: what it holds travels with every task.
Bars within are off; the sweep's own says the time left.

**The folder.** Each task is kept as it finishes, as a small file of text. Ctrl-C, a crash or a full
disk costs what was being computed; the same call goes on. Further values and seeds may be asked
for, but not another function: its source, and all that it uses, is the folder's identity. A task
that raises is recorded with its error; `retry=True` tries what failed, and only that.

**The same bits everywhere.** A task runs on one thread (torch, OpenMP, BLAS), in this process too.
Rows that were computed on processes, on a cluster or here, in any order, are equal to the bit on
machines of one type with the same versions. For functions that draw outside of `mk.run` this needs
workers of one thread each, as below.

**Processes.** `mk.sweep.processes(n)` starts each worker afresh (spawn); functions and classes of a
notebook travel by cloudpickle. A worker that is killed is replaced and its task tried again; a task
that kills three is recorded as failed. In a script, put the `with` under `if __name__ ==
"__main__":`. Any other Executor will do, too; a ProcessPoolExecutor is broken for good by one
killed worker, and `grid` then says how to go on.

**Dask** (`pip install 'madkit[sweep]'`; madkit must be installed where the workers are):

    from dask.distributed import Client, LocalCluster
    with LocalCluster(n_workers=4, threads_per_worker=1) as cluster, Client(cluster) as client:
        for rows in mk.sweep.grid(f, over, seeds=8, store="sweeps/mine",
                                  executor=client.get_executor()):
            ...

Dask replaces workers that die, and gives a task up (a failure, recorded) when it was there at the
death of four. Tasks that kill every worker may also leave a cluster without any: `grid` then waits
for some, as it waits for a queue. When the scheduler is lost, `grid` raises BrokenExecutor; the
same call with a new cluster goes on.

**SLURM**, by dask-jobqueue (https://jobqueue.dask.org): this script runs where jobs may be
submitted, and as long as the sweep; on many clusters that means in a small job of its own. Names of
queue, account and paths are yours.

    from dask.distributed import Client
    from dask_jobqueue import SLURMCluster

    import madkit as mk

    def f(seed, n_r, lam):
        loop = mk.Fresh(n_r) + mk.Synthetic(1000, lam)
        return mk.run(mk.models.Gaussian(), loop, mk.data.gaussian(2), seeds=[seed], progress=False)

    if __name__ == "__main__":
        cluster = SLURMCluster(
            queue="compute", account="my-project", walltime="07:00:00",   # of each job: longer than the longest task
            cores=32, processes=32, memory="64GB",                        # of each job: 32 workers of one thread
            job_script_prologue=["source ~/madkit/.venv/bin/activate"],
            log_directory="logs", local_directory="/tmp",
        )
        cluster.scale(jobs=10)                                            # 320 workers, as soon as the queue gives them
        over = {"n_r": [100, 1000], "lam": [1.0, 0.8]}
        with cluster, Client(cluster) as client:
            for rows in mk.sweep.grid(f, over, seeds=8, store="sweeps/mine",
                                      executor=client.get_executor()):
                pass
        mk.sweep.table("sweeps/mine").to_csv("mine.csv", index=False)

**GPUs.** A model that needs a whole GPU is one task per GPU: workers of one thread, each of which
sees one GPU. With SLURM, jobs of one worker: `cores=1, processes=1, memory="32GB",
job_extra_directives=["--gres=gpu:1"]`. On one machine with four, in a shell:

    dask scheduler --port 8786 &
    for gpu in 0 1 2 3; do
        CUDA_VISIBLE_DEVICES=$gpu dask worker tcp://127.0.0.1:8786 --nworkers 1 --nthreads 1 &
    done

and `Client("tcp://127.0.0.1:8786").get_executor()` in Python. `mk.run(device="auto")` within f
takes the GPU that it sees. (SLURM and several GPUs could not be tried where this was written: the
script was, with a stand-in for sbatch.)

**The paper's figures** are sweeps too. `mk.exact.effective_sample_size(loop, dim)` simulates what
synthetic rows are worth, `madkit sweep fig11_fresh_data -o DIR` (`--dask ADDRESS`) runs the cells
of a figure, and `mk.sweep.recorded("fig11_fresh_data")` reads the table that is shipped.
"""

from typing import TYPE_CHECKING, Any

from madkit.base.moved import missing
from madkit.base.workers import processes
from madkit.sweep.grid import failures, grid, table
from madkit.sweep.recorded import recorded

__all__ = ["grid", "table", "failures", "processes", "recorded"]


if not TYPE_CHECKING:  # a tool that reads types sees no name that is not there

    def __getattr__(name: str) -> Any:
        raise missing("mk.sweep", name)


def __dir__() -> list[str]:
    return sorted(__all__)
