"""A notebook run from top to bottom, in a kernel of this Python, and how far it came.

A cell that fails ends it; so do `exit()`, a kernel that dies and a cell that takes too long. An
exercise is different: what is not solved is written down, the rest runs on, and what fails after
it fails in its place. The executed notebook says all this itself:

    nb.metadata.madkit = {
        "ended": {"cell": place of the cell, "said": why} or None,
        "exercises": {name: {"solved": true or false, "said": the complaint}},
    }
"""

from __future__ import annotations

import copy
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from madkit.base.progress import bar
from madkit.lesson.exercises import Unsolved

START = 120  # seconds that a kernel may take to start
QUIET = ["--IPKernelApp.log_level=ERROR"]


def execute(
    notebook: Any,                      # nbformat 4; it is not changed
    parameters: Mapping[str, Any],
    folder: Path,                       # where its kernel works
    timeout: float | None = None,       # seconds for each cell; None: as long as it takes
    progress: bool = True,
) -> Any:
    """The executed notebook; its metadata say how far it came.

    RuntimeError where no kernel starts.
    """
    from papermill.parameterize import parameterize_notebook

    nb = _fresh(notebook)
    if parameters:
        nb = parameterize_notebook(nb, dict(parameters), kernel_name="python3", language="python")
    nb.metadata.madkit = {"ended": None, "exercises": {}}
    code = [i for i, cell in enumerate(nb.cells) if cell.cell_type == "code" and cell.source.strip()]
    client = _client(nb, folder, timeout)
    with _stoppable(client), client.setup_kernel(cleanup_kc=True, stdout=DEVNULL, stderr=DEVNULL):
        for i in bar(code, wanted=progress, desc="Executing", unit="cell"):
            if ended := _run(client, i, nb.cells[i], is_last=i == code[-1]):
                nb.metadata.madkit["ended"] = {"cell": i, "said": ended.rstrip(".")}
                break
    return nb


@contextmanager
def _stoppable(client: Any) -> Iterator[None]:
    """Within, Ctrl-C ends the kernel, too: wherever the interrupt is raised, and were it lost
    there, nothing is left to wait for.
    """
    stopped = []

    def stop(*_: Any) -> None:
        stopped.append(True)
        pid = getattr(getattr(client.km, "provisioner", None), "pid", None)
        if pid:
            with suppress(OSError):
                os.kill(pid, signal.SIGTERM)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield                                           # signals come to the main thread alone
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if stopped:
            raise KeyboardInterrupt


def _fresh(notebook: Any) -> Any:
    """A copy of the notebook as if it had never run."""
    nb = copy.deepcopy(notebook)
    nb.metadata.pop("widgets", None)
    nb.metadata.setdefault("papermill", {})
    for cell in nb.cells:
        cell.metadata.setdefault("tags", [])
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nb


def _client(nb: Any, folder: Path, timeout: float | None) -> Any:
    """A client of a kernel of this Python, whatever kernels are installed and
    whichever the notebook names.
    """
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class Here(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            return KernelSpec(**get_kernel_dict())

    manager = AsyncKernelManager(kernel_spec_manager=Here(), kernel_name="python3")
    return NotebookClient(nb, km=manager, timeout_func=lambda cell: timeout, startup_timeout=START,
                          iopub_timeout=60, extra_arguments=QUIET,
                          resources={"metadata": {"path": str(folder)}})


def _run(client: Any, place: int, cell: Any, is_last: bool) -> str:
    """Run a cell; why the notebook ends with it, or ""."""
    from nbclient.exceptions import CellControlSignal, CellExecutionError, CellTimeoutError

    exercises, replies = client.nb.metadata.madkit["exercises"], list[Any]()
    client.on_cell_executed = lambda execute_reply, **_: replies.append(execute_reply["content"])
    try:
        client.execute_cell(cell, place)
    except CellTimeoutError:
        client.shutdown_kernel = "immediate"
        return f"it took longer than the {client.timeout_func(cell):g} seconds that a cell may take"
    except CellExecutionError as error:
        said = ": ".join(filter(None, (error.ename, error.evalue)))
        if error.ename == "SystemExit":
            return f"it left the notebook ({said})"
        if name := _exercise(cell, error.ename, place):
            exercises[name] = {"solved": False, "said": _complaint(error)}
        elif not any(not one["solved"] for one in exercises.values()):
            return said
    except (CellControlSignal, RuntimeError) as error:      # DeadKernelError is one of these
        return f"its kernel stopped (exit(), or out of memory?): {error}"
    else:
        asked = [one.get("source") for reply in replies for one in reply.get("payload", [])]
        if "ask_exit" in asked and not is_last:
            return "it left the notebook (exit)"
        if _graded(cell):
            exercises[_name(cell, place)] = {"solved": True, "said": ""}
    return ""


def _exercise(cell: Any, ename: str, place: int) -> str:
    """The name of the exercise that a cell belongs to, or whose check has just failed in it."""
    grading = cell.metadata.get("nbgrader", {})
    mine = grading.get("grade") or grading.get("solution") or ename == Unsolved.__name__
    return _name(cell, place) if mine else ""


def _graded(cell: Any) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def _name(cell: Any, place: int) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell {place + 1}")


def _complaint(error: Any) -> str:
    said = error.evalue or error.ename
    return said if error.ename in (Unsolved.__name__, "AssertionError") else (
        f"{error.ename}: {error.evalue}".rstrip(": "))
