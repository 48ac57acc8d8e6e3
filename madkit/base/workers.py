"""Work in other processes: a function packed with cloudpickle, called on one thread,
with the same bits as at home.

    packed = pack(f)                                       # also functions and classes written in a notebook
    future = executor.submit(call, packed, *arguments)     # any concurrent.futures.Executor
    result = unpack(future.result())

Whatever shall not depend on where it runs is run on `one_thread`. `Processes` is an Executor that a
killed worker does not break.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from madkit.base import limits
from madkit.base.checks import whole
from madkit.base.gate import gate
from madkit.base.guard import guard
from madkit.base.progress import bars

LIVES = 3  # workers that one task may cost
GUARD = ("in a script, what starts processes must stand under `if __name__ == '__main__':`, "
         "since a worker imports the script")
# in `one_thread`: a Ctrl-C ends what runs there
in_worker: ContextVar[bool] = ContextVar("in_worker", default=False)


def check_executor(executor: Any) -> None:
    """Raises TypeError for what is no Executor, RuntimeError in a worker that imports a script."""
    if executor is not None and getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RuntimeError(f"executor: {GUARD}")
    if executor is not None and not isinstance(executor, Executor):
        raise TypeError("executor: expected a concurrent.futures.Executor, such as "
                        "mk.sweep.processes(2), ProcessPoolExecutor(2) or client.get_executor() "
                        f"of a Dask client, got {executor!r}")


def pack(f: Callable) -> bytes:
    """A function with all that it holds.

    Raises TypeError for one that holds what cannot travel, such as an open file.
    """
    import cloudpickle

    try:
        return cloudpickle.dumps(f)
    except Exception as error:
        raise TypeError(f"executor: {f!r} cannot be sent to a worker ({error}): make inside of "
                        "the function what cannot travel, such as open files") from error


def call(packed: bytes, *arguments: Any) -> bytes:
    """In a worker: the packed result of a packed function."""
    import cloudpickle

    with one_thread():
        return cloudpickle.dumps(unpack(packed)(*arguments))


def unpack(packed: bytes) -> Any:
    """What was packed, by this process or by a worker: never a file."""
    import cloudpickle

    return cloudpickle.loads(packed)


# --- one thread -----------------------------------------------------------------------------------


@contextmanager
def one_thread() -> Iterator[None]:
    """Within the block the session is that of `madkit.base.guard`, on one thread,
    fits show no bar, and a run ends with Ctrl-C.
    """
    import scipy.linalg  # noqa: F401  it brings a BLAS of its own, which can be told only when it is there

    was = in_worker.set(True)
    try:
        with bars(False), guard():
            yield
    finally:
        in_worker.reset(was)


# --- processes ------------------------------------------------------------------------------------


class _Mine(threading.local):
    pid: int | None = None  # the worker of this thread


class Processes(Executor):
    """n worker processes; one that is killed is replaced,
    and its task tried again, three times at most.

    Each worker is a ProcessPoolExecutor of one, fed by a thread of its own.
    So a death is known to be that of one task, and the others go on.
    (A pool of several is broken for good by one death, with all that it had in flight.
    So is loky's, tried in version 3.7: it offers a new pool at the next call, but the tasks,
    and which of them is to blame, are left to the caller.) Workers ignore Ctrl-C, which
    is the parent's, and end with the parent. Leaving a `with` block by an error ends them at once.
    """

    def __init__(self, n: int):
        # a worker that is importing the script
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            raise RuntimeError(f"processes: {GUARD}")
        self._threads = ThreadPoolExecutor(n, "processes")
        self._mine = _Mine()
        self._pools: dict[int, ProcessPoolExecutor] = {}  # by the worker's pid
        self._ending = False

    def submit(self, fn: Callable, /, *args: Any, **kwargs: Any) -> Future:
        """The future of fn(*args, **kwargs) in a worker;
        RuntimeError in it when the task killed three of them.
        """
        return self._threads.submit(self._run, fn, args, kwargs)

    def _run(self, fn: Callable, args: tuple, kwargs: dict) -> Any:
        started = False
        for _ in range(LIVES):
            with suppress(BrokenProcessPool):
                pool = self._worker()
                started = True
                if not self._ending:
                    return pool.submit(fn, *args, **kwargs).result()
            if self._ending:
                raise BrokenExecutor("the processes were ended")
            self._forget()
        if started:
            raise RuntimeError(f"{LIVES} worker processes died of this task, one after another: "
                               "killed, or out of memory")
        raise BrokenExecutor(f"no worker process starts; {GUARD}")

    def _worker(self) -> ProcessPoolExecutor:
        """This thread's worker, a new one where there is none."""
        if self._mine.pid is None:
            pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), die_with_parent)
            self._mine.pid = pool.submit(os.getpid).result()
            self._pools[self._mine.pid] = pool
        return self._pools[self._mine.pid]

    def _forget(self) -> None:
        """Give up this thread's worker, which is dead."""
        if self._mine.pid is not None:
            del self._pools[self._mine.pid]
        self._mine.pid = None

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers when their tasks are done."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        for pool in list(self._pools.values()):
            pool.shutdown(wait)

    def kill(self) -> None:
        """End the workers now, with the tasks that they are at."""
        self._ending = True
        for pid in list(self._pools):
            with suppress(OSError):
                os.kill(pid, signal.SIGTERM)
        self.shutdown(wait=True, cancel_futures=True)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None:
            self.shutdown()
        else:
            self.kill()


@gate
def processes(n: int | None = None) -> Processes:
    """An Executor of n worker processes (None: one per core) on one thread each,
    which a killed worker does not break.

    `with mk.sweep.processes(4) as pool:` ends them with the block; in a script the block belongs
    under `if __name__ == "__main__":`, since a worker starts by importing the script.

    n  how many; None: one per core
    """
    ours = hasattr(os, "sched_getaffinity")  # those that this process may use
    cores = len(os.sched_getaffinity(0)) if ours else os.cpu_count() or 1
    n = cores if n is None else whole("processes: n", n, least=1)
    limits.memory("processes: n", f"{limits.count(n)} processes", n * 2**24)
    return Processes(n)


def die_with_parent() -> None:
    """In a worker: Ctrl-C is the parent's, and so is its life, also when it is killed:
    two must not write one store.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
