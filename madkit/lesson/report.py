"""From a notebook to a report: run it with given parameters, keep the pictures
and the words, leave out the code.

    notebook + parameters ──nbclient──▶ executed notebook ──nbconvert──▶ one HTML file,
                                                                         which needs no network

A report's folder holds NAME.html (figures, mathematics and style inside),
NAME.ipynb (executed) and results.json (what the notebook found, in numbers).
A notebook takes part with two cells: one tagged `parameters` (see `madkit.lesson.parameters`),
among them `out = "."`, and a last one that calls `mk.lesson.results(…)`.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from madkit.base.checks import Place, place
from madkit.base.files import make_folder, write
from madkit.base.gate import gate
from madkit.lesson import page
from madkit.lesson.execution import execute
from madkit.lesson.parameters import check, load, offers
from madkit.lesson.results import marked


class ReportError(RuntimeError):
    """A notebook that could not be run to its end; the message says which
    cell failed, why, and what was kept.
    """


@dataclass(frozen=True)
class Report:
    """What `make` made: the page, and how far the notebook came."""

    page: Path
    ended: str                     # why it ended before its last cell; "" where it did not
    unsolved: Mapping[str, str]    # {name of an exercise that is not solved: the complaint}


@gate
def report(
    notebook: Place,
    out: Place = "reports",                       # folder, made where missing
    parameters: Mapping[str, Any] | None = None,  # name -> value; every other one keeps its default
    *,
    code: bool = False,                           # keep the code cells in the HTML
    timeout: float | None = None,                 # seconds for each cell; None: as long as it takes
    progress: bool = True,                        # a bar over the notebook's cells
) -> Path:
    """Run a notebook in its own folder and write out/NAME.html, out/NAME.ipynb, results.json.

    Returns the HTML's path. An exercise that is not solved does not end the notebook: the page
    shows the complaint, results.json names it under "exercises", and a warning says so.
    A parameter whose help speaks of a file or folder is a path, seen from the working folder.

    Raises FileNotFoundError; ValueError for parameters that the notebook does not have or not of
    that type; ReportError when a cell fails, leaves the notebook or takes too long (the page, and
    the notebook in out/NAME.ipynb, then go as far as it got and say so; there is no results.json).
    Warns when the page would use the network.
    """
    made = make(notebook, out, parameters, code=code, timeout=timeout, progress=progress)
    if made.ended:
        raise ReportError(made.ended)
    if made.unsolved:
        warnings.warn(unsolved(Path(notebook).name, made.unsolved), stacklevel=2)
    return made.page


def unsolved(name: str, complaints: Mapping[str, str]) -> str:
    """A line that says which exercises of a notebook are not solved."""
    said = "; ".join(f"{exercise}: {complaint}" for exercise, complaint in complaints.items())
    return f"{name}: not solved: {said}"


def make(
    notebook: str | os.PathLike,
    out: str | os.PathLike,
    parameters: Mapping[str, Any] | None = None,
    *,
    code: bool = False,
    timeout: float | None = None,
    progress: bool = True,
    beside: Iterable[str] = (),          # notebooks whose pages are made together with this one:
                                         # of NAME it will be in out/../NAME/NAME.html
) -> Report:
    """`report`, but a notebook that ends early, or is not solved, is told and not raised."""
    import nbformat

    nb = load(notebook)
    offered = offers(nb)
    source, folder = Path(notebook).resolve(), place("out", out).resolve()
    given = check(parameters or {}, offered, source.name)
    given = {name: offered[name].placed(value) for name, value in given.items()}
    if folder == source.parent:
        raise ValueError(f"out: expected another folder than the notebook's own, got {out}: the "
                         "notebook would be overwritten")
    if "out" in offered:
        given.setdefault("out", str(folder))
    executed, html, found = (folder / source.name, folder / f"{source.stem}.html",
                             Path(given.get("out", folder)) / "results.json")
    make_folder(folder, name="out")
    with _whole(found):
        nb = _execute(nb, given, source, timeout, progress)
        told = nb.metadata.madkit
        if told["ended"]:
            found.unlink(missing_ok=True)
        else:
            marked(found, source.stem, given, told["exercises"])
        settings = [(p.name, given.get(p.name, p.default), p.help)
                    for p in offered.values() if p.name != "out"]
        address = _beside(folder, {*beside})
        text = page.render(nb, source, settings, code, address)
    write(executed, _bytes(nbformat.writes(nb)))
    write(html, _bytes(text))
    wrong = {name: one["said"] for name, one in told["exercises"].items() if not one["solved"]}
    return Report(html, _said(nb, source.name, executed), wrong)


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")                # half a character, which a cell printed


@contextmanager
def _whole(found: Path) -> Iterator[None]:
    """Within, results.json is that of this run or none; a run that is stopped, or cannot be
    rendered, leaves the one before.
    """
    before = found.read_bytes() if found.is_file() else None
    found.unlink(missing_ok=True)
    try:
        yield
    except BaseException:
        found.unlink(missing_ok=True)
        if before is not None:
            write(found, before)
        raise


def _execute(nb: Any, given: dict[str, Any], source: Path, timeout: float | None,
             progress: bool) -> Any:
    """The executed notebook, as `execute` says it."""
    with _static():
        try:
            nb = execute(nb, given, source.parent, timeout, progress)
        except RuntimeError as error:
            raise ReportError(f"{source.name}: no kernel could be started with {sys.executable}: "
                              f"{error}") from None
    nb.metadata.papermill.update(input_path=source.name, output_path=source.name)
    return nb


def _said(nb: Any, name: str, executed: Path) -> str:
    """Why the notebook ended early, where, and what was kept; "" where it did not."""
    ended = nb.metadata.madkit["ended"]
    if ended is None:
        return ""
    cell = nb.cells[ended["cell"]]
    first = next(iter(cell.source.strip().splitlines()), "")
    count = cell.execution_count or "*"
    return (f"{name}: cell [{count}] ({first[:80]}) failed: {ended['said']}\n"
            f"There is no results.json. The notebook as far as it got: {executed}")


def _beside(folder: Path, together: Collection[str]) -> Callable[[str], str]:
    """Where a link to a notebook leads in a page of this folder: to that notebook's own page,
    beside it or in a folder of its own, if it is there or is being made.
    """
    def address(target: str) -> str:
        path, _, part = target.partition("#")
        name = unquote(path).removeprefix("./")
        if not path:
            return target                                # within this page
        stem = name.removesuffix(".ipynb")
        if stem == name or "/" in stem:
            return ""
        own = f"../{quote(stem)}/{quote(stem)}.html"
        part = f"#{part}" if part else ""
        if stem in together or (folder.parent / stem / f"{stem}.html").is_file():
            return own + part
        return quote(stem) + ".html" + part if (folder / f"{stem}.html").is_file() else ""

    return address


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
