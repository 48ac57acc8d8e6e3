"""From a notebook to a report: run it with given parameters, keep the pictures
and the words, leave out the code.

    notebook + parameters ──papermill──▶ executed notebook ──nbconvert──▶ one HTML file,
                                                                          which needs no network

A report's folder holds NAME.html (figures, mathematics and style inside),
NAME.ipynb (executed) and results.json (what the notebook found, in numbers).
A notebook takes part with two cells: one tagged `parameters` (see `madkit.lesson.parameters`),
among them `out = "."`, and a last one that calls `mk.lesson.results(…)`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from madkit.lesson import page
from madkit.lesson.parameters import check, read


class ReportError(RuntimeError):
    """A notebook that could not be run to its end; the message says which
    cell failed, why, and what was kept.
    """


def report(
    notebook: str | os.PathLike,
    out: str | os.PathLike = "reports",           # folder, made where missing
    parameters: Mapping[str, Any] | None = None,  # name -> value; every other one keeps its default
    *,
    code: bool = False,                           # keep the code cells in the HTML
    progress: bool = True,                        # a bar over the notebook's cells
) -> Path:
    """Run a notebook in its own folder and write out/NAME.html, out/NAME.ipynb, results.json.

    Returns the HTML's path.

    Raises FileNotFoundError; ValueError for parameters that the notebook does not have or not of
    that type; ReportError when a cell fails (the notebook as far as it got is then in
    out/NAME.ipynb). Warns when the page would use the network.
    """
    offered = read(notebook)
    source, folder = Path(notebook).resolve(), Path(out).resolve()
    given = check(parameters or {}, offered, source.name)
    if folder == source.parent:
        raise ValueError(f"out: expected another folder than the notebook's own, got {out}: the "
                         "notebook would be overwritten")
    if "out" in offered:
        given.setdefault("out", str(folder))
    executed, html = folder / source.name, folder / f"{source.stem}.html"
    folder.mkdir(parents=True, exist_ok=True)
    for old in (executed, html, folder / "results.json"):
        old.unlink(missing_ok=True)
    notebook_run = _execute(source, executed, given, progress)
    settings = [(p.name, given.get(p.name, p.default), p.help)
                for p in offered.values() if p.name != "out"]
    html.write_text(page.render(notebook_run, source, settings, code), encoding="utf-8")
    return html


def _execute(source: Path, executed: Path, given: dict[str, Any], progress: bool) -> Any:
    """The executed notebook, also written to `executed`, without the state of its widgets:
    pictures stand in their place.
    """
    import nbformat
    import papermill
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    try:
        with _static():
            papermill.execute_notebook(source, executed, given, kernel_name="python3",
                                       language="python", cwd=source.parent,
                                       progress_bar=progress,
                                       extra_arguments=["--IPKernelApp.log_level=ERROR"])
    except papermill.PapermillExecutionError as error:
        cell = f"cell [{error.exec_count}] ({error.source.strip().splitlines()[0]})"
        raise ReportError(f"{source.name}: {cell} failed: {error.ename}: {error.evalue}\n"
                          f"The notebook as far as it got: {executed}") from None
    except (CellControlSignal, DeadKernelError) as error:
        raise ReportError(f"{source.name}: the kernel stopped (out of memory?): {error}\n"
                          f"The notebook as far as it got: {executed}") from None
    nb = nbformat.read(executed, as_version=4)
    nb.metadata.pop("widgets", None)
    nb.metadata.papermill.update(input_path=source.name, output_path=executed.name)
    nbformat.write(nb, executed)
    return nb


@contextmanager
def _static() -> Iterator[None]:
    """Kernels started within draw pictures, and grids for explorers, not widgets;
    also when a notebook asks for the report.
    """
    before = os.environ.get("MADKIT_RENDER")
    os.environ["MADKIT_RENDER"] = "report"
    try:
        yield
    finally:
        os.environ.pop("MADKIT_RENDER")
        if before is not None:
            os.environ["MADKIT_RENDER"] = before
