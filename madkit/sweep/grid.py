"""`grid`: a function at every cell of a grid, with several seeds,
in this process or on any Executor.
"""

from __future__ import annotations

import inspect
import json
import math
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from madkit.base import describe as specs
from madkit.base import limits, workers
from madkit.base.aloud import warn
from madkit.base.checks import Place, Seeds, place, several_seeds, shown
from madkit.base.device import resolve
from madkit.base.gate import gate
from madkit.base.progress import bar
from madkit.base.provenance import provenance
from madkit.sweep.cells import Folder, Outcome, Task, Value, frame, tasks
from madkit.sweep.outcome import outcome, text

if TYPE_CHECKING:
    import pandas as pd

TAKEN = ("seed", "generation", "metric", "value")  # columns that a cell's names may not be
AHEAD = 10_000                                     # tasks submitted and not done, at most …
BYTES = 2**28  # … and bytes of packed functions in them, but always 64 tasks


@gate
def grid(
    f: Callable[..., Any],                # f(seed, **cell) -> Run,
                                          # or a DataFrame with columns metric, value
    over: Mapping[str, Any],              # name: values, such as
                                          # {"n_r": [100, 1000], "lam": [1.0, 0.8]}
    seeds: Seeds = 1,                     # a count (0 … seeds−1) or the seeds themselves
    *,
    store: Place | None = None,           # a folder: every cell is kept there
                                          # as it finishes, and a stopped sweep goes on
    executor: Executor | None = None,     # cells side by side, such as
                                          # mk.sweep.processes(4) or client.get_executor()
    retry: bool = False,                  # try again what failed before;
                                          # else that is left out, and named
    progress: bool = True,                # a bar with the time left, once it takes over two seconds
) -> Iterator[pd.DataFrame]:
    """f at every cell of the grid with every seed; yields the tidy rows of each as it finishes.

    A cell is one combination of the values in `over`, a task one cell with one seed.
    The rows of a task are a DataFrame with columns n_r, lam, …, seed, generation,
    metric, value, and any further column that f gave. What the store has comes first.
    The rows are the same to the bit in this process, on processes and on a cluster:
    a task runs on one thread, and what it draws from the global generators of torch,
    NumPy and Python follows from its seed. f must be a function of its arguments alone.

    A task that raises is recorded with its error, and the others go on; one warning at the end
    names it. Ctrl-C ends the `for` with a warning, and all that is done is kept, as it is when you
    leave it. Nothing is computed before the first rows are asked for.

    Raises TypeError or ValueError for bad arguments, StoreError for a folder that holds another
    sweep or is damaged, OSError when the disk is full, and BrokenExecutor when the executor is
    lost. In the last two cases too, what is done is kept.
    """
    workers.check_executor(executor)
    checked = _over(over)
    _check_function(f, checked)
    chosen = several_seeds(seeds)
    many = math.prod(map(len, checked.values())) * len(chosen)
    limits.memory("over", f"{limits.count(many)} tasks, one for each cell and seed,", 500 * many)
    limits.time("over", f"{limits.count(many)} tasks, one for each cell and seed,", many, 10**5)
    sweep = Sweep(f, checked, chosen, None if store is None else Folder(place("store", store)))
    if sweep.folder:
        lines, packages = specs.descriptions({"f": f}, complete=True)
        made = provenance(str(resolve("auto")), packages)
        sweep.folder.claim(lines["f"], sweep.over, sweep.seeds, made, bool(sweep.sorted(retry)[2]))
    return _finished(sweep, executor, retry, progress)


@gate
def table(store: Place) -> pd.DataFrame:
    """All rows that are done, in the order of the grid, whatever order its cells finished in.

    Raises StoreError.
    """
    folder = Folder(place("store", store))
    return frame(folder.records(), folder.spec()["over"])


@gate
def failures(store: Place) -> pd.DataFrame:
    """The tasks that failed: the names of the cell, seed, error.

    Tracebacks stand in the folder's files *.failed.json.
    """
    import pandas as pd

    folder = Folder(place("store", store))
    records = folder.records(failed=True)
    return pd.DataFrame([record["cell"] | {"seed": record["seed"], "error": record["error"]}
                         for record in records],
                        columns=[*folder.spec()["over"], "seed", "error"])


@dataclass(frozen=True)
class Sweep:
    """The checked arguments of a sweep."""

    f: Callable
    over: dict[str, list[Value]]
    seeds: list[int]
    folder: Folder | None

    def sorted(self, retry: bool) -> tuple[list[Task], list[Task], list[Task]]:
        """The tasks that are done, those that failed and are left out, and those to do."""
        done, failed = self.folder.known() if self.folder else (set(), set())
        named = {task.name: task for task in tasks(self.over, self.seeds)}
        out = set() if retry else failed
        return ([task for name, task in named.items() if name in done],
                [task for name, task in named.items() if name in out],
                [task for name, task in named.items() if name not in done | out])

    def read(self, task: Task) -> Outcome:
        """The record of a task that is done."""
        assert self.folder, "only a folder has tasks that are done"
        return self.folder.read(task)

    def keep(self, task: Task, made: str) -> Outcome:
        """The record of a task, kept in the folder if there is one."""
        return self.folder.write(task, made) if self.folder else json.loads(made)


def _finished(sweep: Sweep, executor: Executor | None, retry: bool,
              progress: bool) -> Iterator[pd.DataFrame]:
    done, left_out, todo = sweep.sorted(retry)
    failed: list[Outcome] = []
    records = _side_by_side(sweep, todo, executor) if executor else _one_by_one(sweep, todo)
    before = known = len(done) + len(left_out)
    shown = bar(total=before + len(todo), initial=before, unit="task", wanted=progress)
    try:
        for task in done:
            yield frame([sweep.read(task)], sweep.over)
        for known, record in enumerate(records, before + 1):  # noqa: B007  said after the loop
            shown.update()
            if "rows" in record:
                yield frame([record], sweep.over)
            else:
                failed.append(record)
                shown.set_postfix(failed=len(failed))
    except KeyboardInterrupt:
        if isinstance(executor, workers.Processes):
            executor.kill()  # with the tasks that it is at
        _say_stopped(sweep, known, before + len(todo))
    finally:
        records.close()
        shown.close()
        _warn(sweep, left_out, failed, before + len(todo))


def _say_stopped(sweep: Sweep, known: int, total: int) -> None:
    goes_on = "what was not yielded is lost: with store= it would be kept"
    if sweep.folder:
        goes_on = f"they are in {sweep.folder.path}, and the same call goes on"
    warn(f"sweep: stopped by Ctrl-C after {known} of {total} tasks; {goes_on}")


def _warn(sweep: Sweep, left_out: list[Task], failed: list[Outcome], total: int) -> None:
    """One line about all failures."""
    said = []
    if failed:
        one = failed[0]
        said.append(f"{len(failed)} failed, such as {Task(one['cell'], one['seed'])} "
                    f"({one['error']})")
    if left_out:
        said.append(f"{len(left_out)} failed before and are left out, such as {left_out[0]}")
    how = "with store= they are recorded, and can be tried again alone"
    if sweep.folder:
        where = str(sweep.folder.path)
        how = f"mk.sweep.failures({where!r}) names all, retry=True tries them again"
    if said:
        warn(f"sweep: of {total} tasks {' and '.join(said)}; {how}")


# --- tasks, one after another or side by side -----------------------------------------------------


def _one_by_one(sweep: Sweep, todo: list[Task]) -> Generator[Outcome]:
    for task in todo:
        with workers.one_thread():
            made = outcome(sweep.f, task.cell, task.seed)
        yield sweep.keep(task, made)


def _side_by_side(sweep: Sweep, todo: list[Task], executor: Executor) -> Generator[Outcome]:
    """Records as they are done, whatever their order; a bounded number is submitted ahead."""
    packed = _packed(sweep.f)
    ahead = max(64, min(AHEAD, BYTES // len(packed)))
    more = iter(todo)
    waiting: dict[Future, Task] = {}
    ended: SimpleQueue[Future] = SimpleQueue()
    try:
        missing = len(todo)
        while missing:
            while len(waiting) < ahead and ended.empty() and (task := next(more, None)):
                future = _submit(sweep, executor, packed, task)
                waiting[future] = task
                future.add_done_callback(ended.put)
            records = [_record(sweep, waiting.pop(future), future) for future in _all(ended)]
            missing -= len(records)
            yield from records
    finally:
        for future in waiting:
            future.cancel()
        for future, task in waiting.items():  # done while nobody looked
            if future.done() and not future.cancelled() and not future.exception():
                sweep.keep(task, workers.unpack(future.result()))


def _packed(f: Callable) -> bytes:
    packed = workers.pack(partial(outcome, f))
    if len(packed) > 10e6:
        warnings.warn(f"sweep: f carries {len(packed) / 1e6:.0f} MB to every task; load or make "
                      "data inside of it", stacklevel=5)
    return packed


def _all(ended: SimpleQueue[Future]) -> list[Future]:
    """The futures that ended, at least one; Ctrl-C comes through within
    half a second, on every system.
    """
    found: list[Future] = []
    while not found or not ended.empty():
        with suppress(Empty):
            found.append(ended.get(timeout=0.5))
    return found


def _submit(sweep: Sweep, executor: Executor, packed: bytes, task: Task) -> Future:
    try:
        return executor.submit(workers.call, packed, task.cell, task.seed)
    except Exception as error:
        raise _lost(sweep, error) from error


def _record(sweep: Sweep, task: Task, future: Future) -> Outcome:
    """What became of a task.

    Raises BrokenExecutor when it is not the task's fault that it did not end.
    """
    try:
        error = future.exception()
    except CancelledError as gone:
        error = gone
    if isinstance(error, BrokenExecutor | CancelledError):
        raise _lost(sweep, error) from error
    if isinstance(error, KeyboardInterrupt):
        raise error
    if error:
        return sweep.keep(task, text(task.cell, task.seed, 0.0, error))
    return sweep.keep(task, workers.unpack(future.result()))


def _lost(sweep: Sweep, error: BaseException) -> BrokenExecutor:
    kept = "without store=, what was not yielded is lost too"
    if sweep.folder:
        kept = (f"what is done is in {sweep.folder.path}: "
                "the same call with a new executor goes on from there")
    why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return BrokenExecutor(f"executor: it is lost, with the tasks that it was at ({why}); {kept}. "
                          "mk.sweep.processes(n) outlives a worker that is killed; for a cluster, "
                          "see the log of its scheduler")


# --- arguments ------------------------------------------------------------------------------------


def _over(over: Any) -> dict[str, list[Value]]:
    if not isinstance(over, Mapping) or not over:
        raise TypeError(f'over: expected {{name: values}}, such as {{"lam": [1.0, 0.8]}}, got '
                        f'{over!r}')
    return {_name(name): _values(name, values) for name, values in over.items()}


def _name(name: Any) -> str:
    if not isinstance(name, str) or name in TAKEN:
        raise ValueError(f"over: expected names of arguments of f, other than {', '.join(TAKEN)} "
                         f"(columns of the table), got {name!r}")
    return name


def _values(name: str, values: Any) -> list[Value]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"over: expected a list of values for {name!r}, got {shown(values)}")
    chosen = [_value(name, value) for value in values]
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"over: expected different values for {name!r}, at least one, got "
                         f"{shown(chosen)}")
    return chosen


def _value(name: str, value: Any) -> Value:
    plain = value.item() if hasattr(value, "item") and not getattr(value, "ndim", 0) else value
    known = plain is None or isinstance(plain, str | bool | int | float)
    if not known or isinstance(plain, float) and math.isnan(plain):
        raise ValueError(f"over: {name!r} must be numbers, text, booleans or None, "
                         f"which can be written down, got {value!r}; "
                         "give a name or a number, and make the thing itself inside of f")
    return plain


def _check_function(f: Any, over: Mapping[str, Any]) -> None:
    """Raises TypeError for what cannot be called as f(seed, **cell)."""
    if not callable(f):
        raise TypeError(f"f: expected a function f(seed, **cell) -> Run, got {shown(f)}")
    try:
        signature = inspect.signature(f)
    except ValueError:  # written in C
        return
    try:
        signature.bind(0, **dict.fromkeys(over))
    except TypeError as error:
        raise TypeError(f"over: expected the arguments that f{signature} takes after its seed, "
                        f"got {', '.join(over)}: {error}") from None
