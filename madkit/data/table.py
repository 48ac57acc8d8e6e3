"""A CSV file as a truth.

Every complaint names the file, the line and the column, because only the reader can mend it.
"""

from __future__ import annotations

import csv as reader
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from madkit.base.checks import place
from madkit.data.finite import Finite

Row = tuple[int, list[str]]  # the line of the file it ends on, its cells


def csv(
    path: str | Path,                       # text in UTF-8
    label: str | None = None,               # the column that holds labels, of any kind
    columns: Sequence[str] | None = None,   # the columns to take; None: all but the label
    test: float = 0.25,                     # share of the rows held out for testing
    delimiter: str = ",",                   # between cells; ";" in many European files
    header: bool | None = None,             # does line 1 name the columns? None: it must
) -> Finite:
    """The numbers of a CSV file: rows of shape (number of columns,), float64.

    Without a header, columns are "1", "2", …; header=None takes line 1 for names, and objects if it
    looks like data.

    Whole-number labels stay as they are; others become 0, 1, 2, … in alphabetical order.

    Raises ValueError for a file that cannot be read as such a table: not there, not text, empty,
    ragged, or with a cell that is missing, not a number, NaN or infinite.
    """
    if not isinstance(path, str | Path):
        raise TypeError(f"csv: path expected the path of a file, got {path!r}; mk.data.array "
                        "takes numbers")
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise ValueError("csv: delimiter expected one character, such as ',' or ';', got "
                         f"{delimiter!r}")
    if isinstance(columns, str):
        raise TypeError(f"csv: columns expected a list of names, such as [{columns!r}], got "
                        f"{columns!r}")
    rows = list(_rows(place("csv: path", path), delimiter))
    names, rows = _names(path, rows, header, delimiter)
    chosen = [name for name in names if name != label] if columns is None else list(columns)
    for name in chosen if label is None else [*chosen, label]:
        if name not in names:
            raise ValueError(f"csv: {path} has no column {name!r}; its columns are "
                             f"{', '.join(map(repr, names))}")
    if not rows or not chosen:
        raise ValueError(f"csv: {path} holds no "
                         f"{'columns of numbers' if rows else 'rows below its header'}")
    for line, cells in rows:
        if len(cells) != len(names):
            raise ValueError(f"csv: {path}, line {line}: expected {len(names)} cells, as in the "
                             f"first line, got {len(cells)}")
    x = [[_number(path, line, name, cells[names.index(name)]) for name in chosen]
         for line, cells in rows]
    y = None
    if label is not None:
        at = names.index(label)
        y = _labels(path, label, [(line, cells[at].strip()) for line, cells in rows])
    return Finite(torch.tensor(x, dtype=torch.float64), y, test, f"csv({Path(path).name!r})")


def _rows(path: Path, delimiter: str) -> Iterator[Row]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = reader.reader(file, delimiter=delimiter, strict=True)
            for cells in lines:
                if any(cell.strip() for cell in cells):
                    yield lines.line_num, cells
    except OSError as error:
        raise ValueError(f"csv: cannot read {path}: {error.strerror or error}") from error
    except (UnicodeDecodeError, reader.Error) as error:
        raise ValueError(f"csv: {path} is not a CSV file in UTF-8: {error}; export it again as "
                         "CSV (UTF-8)") from error


def _names(path: str | Path, rows: list[Row], header: bool | None,
           delimiter: str) -> tuple[list[str], list[Row]]:
    """The names of the columns and the rows below them."""
    if not rows:
        raise ValueError(f"csv: {path} is empty; expected a line of column names and lines of "
                         "numbers")
    line, first = rows[0]
    if header is None and all(_is_number(cell) for cell in first):
        raise ValueError(f"csv: {path}, line {line} holds only numbers: say header=False if they "
                         "are data, header=True if names")
    if header is False:
        return [str(i + 1) for i in range(len(first))], rows
    names = [cell.strip() for cell in first]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"csv: {path}, line {line}: expected different column names, got "
                         f"{twice[0]!r} more than once")
    if len(names) == 1 and ";" in names[0] and delimiter != ";":
        raise ValueError(f"csv: {path} seems to put {';'!r} between cells; say delimiter=';'")
    return names, rows[1:]


def _number(path: str | Path, line: int, column: str, cell: str) -> float:
    if _is_number(cell) and math.isfinite(float(cell)):
        return float(cell)
    got = "nothing" if not cell.strip() else repr(cell.strip())
    if "," in cell and _is_number(cell.replace(",", ".")):
        raise ValueError(f"csv: {path}, line {line}, column {column!r}: expected a finite number, "
                         f"got {got}; write decimals with a point (export the table again with "
                         "English numbers)")
    raise ValueError(f"csv: {path}, line {line}, column {column!r}: expected a finite number, got "
                     f"{got}; mend or remove the line, or leave the column out (columns=, or "
                     "label= if it holds the labels)")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _labels(path: str | Path, column: str, cells: list[tuple[int, str]]) -> torch.Tensor:
    for line, cell in cells:
        if not cell:
            raise ValueError(f"csv: {path}, line {line}, column {column!r}: expected a label, got "
                             "nothing")
    labels = [cell for _, cell in cells]
    try:
        return torch.tensor([int(label) for label in labels])
    except ValueError:
        code = {name: i for i, name in enumerate(sorted(set(labels)))}
        return torch.tensor([code[label] for label in labels])
