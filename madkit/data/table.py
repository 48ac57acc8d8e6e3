"""A CSV file as a truth: its numbers as they stand there, or words about what is in their way.

Every complaint names the file, the line and the column, because only the reader can mend it; all
of them come at once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from madkit.base.arrays import numbered
from madkit.base.card import few, number, several
from madkit.base.checks import Place, Share, place, shown
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.data import cells
from madkit.data.dialect import CALLED, Dialect, dialect_of, text_of
from madkit.data.finite import Finite
from madkit.data.lines import Lines, blocks

COUNTERS = {"id", "index", "idx", "no", "no.", "nr", "nr.", "num", "number", "#", "row", "rows",
            "rowid", "rownames", "rownum"}
NAMELESS = re.compile(r"|Unnamed: [0-9]+(?:\.[0-9]+)?(?:_level_[0-9]+)?|\.\.\.[0-9]+")


@gate
@guarded
def csv(
    path: Place,                            # text in UTF-8, UTF-16 or Windows-1252
    label: str | None = None,               # the column that holds labels, of any kind
    columns: Sequence[str] | None = None,   # the columns to take; None: all but the label
    test: Share = 0.25,                     # share of the rows held out for testing
    delimiter: str | None = None,           # between cells: "," ";" "|" tab, or " " for any run of
                                            # spaces; None: what the file has
    header: bool | None = None,             # does line 1 name the columns? None: it must
    missing: Literal["drop"] | None = None,  # "drop": leave out rows with missing cells; None: they
                                            # are refused
    decimal: Literal[".", ","] | None = None,  # None: what the file has
) -> Finite:
    """The numbers of a CSV file: rows of shape (number of columns,), float64.

    Without a header, columns are "1", "2", …; header=None takes line 1 for names, and objects if it
    looks like data. What was recognised, assumed or left out is on the truth's card: delimiter,
    decimal comma, encoding, an index without a name that counts the rows, empty lines.

    Whole-number labels stay as they are; others become 0, 1, 2, … in numerical, else alphabetical
    order (`.classes` has their names). Missing is an empty cell, and NA, NaN, null, "?", "-".

    Raises ValueError for a file that cannot be read as such a table: not there, not text, empty,
    ragged, or with a cell that is missing or no finite number, such as a date, 5 %, 1_000 or
    "1,000".
    """
    _check_arguments(path, delimiter)
    file = place("csv: path", path)
    text, assumed = text_of(file)
    said = re.match(rb'"?sep=(.)"?\n', text)  # a line for Excel alone
    text = text[said.end() :] if said else text
    dialect = dialect_of(file, text, said[1].decode() if said and not delimiter else delimiter,
                         decimal)
    table = _Table(file, text, dialect, 2 if said else 1, header)
    del text  # the table has it in parts
    return table.truth(label, columns, test, missing == "drop", assumed)


def _check_arguments(path: Any, delimiter: str | None) -> None:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", str(path)):  # a Path has lost one of two slashes
        raise ValueError(f"csv: path expected a file, got the address {str(path)!r}; download it first, "
                         "or give mk.data.array(pandas.read_csv(address))")
    if not isinstance(path, str | Path):
        raise TypeError(f"csv: path expected the path of a file, got {shown(path)}; mk.data.array "
                        "takes numbers")
    able = isinstance(delimiter, str) and re.fullmatch(r"[^\w\s\"'.+\-]|[ \t]", delimiter, re.ASCII)
    if delimiter is not None and not (able and delimiter.isascii()):
        raise ValueError("csv: delimiter expected one character, such as ',' or ';', got "
                         f"{delimiter!r}; leave it out to have it recognised")


@dataclass
class _Table:
    """A text that is read as a table."""

    path: Path
    text: bytes
    dialect: Dialect
    first: int           # the line of the file that the text begins with
    header: bool | None

    def __post_init__(self):
        self.notes: list[str] = []
        self.parts = self._parts()
        self.names = self._names()
        self.faults = cells.Faults(self.names, self.dialect)

    def wrong(self, words: str) -> ValueError:
        return ValueError(f"csv: {self.path}{words}")

    # --- lines and names --------------------------------------------------------------------------

    def _parts(self) -> list[Lines]:
        """The lines that hold something, a block at a time, below line 1 if this names columns."""
        try:
            parts = list(blocks(self.text, self.dialect.delimiter, self.first))
        except ValueError as error:
            raise self.wrong(f", {error}") from None
        self.text = b""
        full = np.concatenate([~part.blank for part in parts]) if parts else np.zeros(0, bool)
        if not full.any():
            raise self.wrong(" is empty; expected a line of column names and lines of numbers")
        empty = np.concatenate([part.blank & (part.width > 1) for part in parts])
        between = int(empty[: np.flatnonzero(full)[-1]].sum())
        if between:
            self.notes.append(f"{several(between, 'empty line')} passed over")
        return [part.only(~part.blank) for part in parts if not part.blank.all()]

    def _names(self) -> list[str]:
        """The names of the columns, in a line that is taken off."""
        top, cut = self.parts[0], np.arange(len(self.parts[0])) > 0
        line, first = int(top.number[0]), self.dialect.cells(top.line(0))
        data = self.header is False
        if not data:
            while first and not first[-1]:
                first.pop()
            self.parts[0] = top.only(cut)
            self._check_names(line, first)
        return [str(i + 1) for i in range(len(first))] if data else first

    def _check_names(self, line: int, names: list[str]) -> None:
        pattern = self.dialect.number()
        numeric = [name for name in names if pattern.fullmatch(name)]
        if self.header is None and numeric:
            sign = self.dialect.decimal
            below = next((part.line(0) for part in self.parts if len(part)), "")
            under = self.dialect.cells(below)
            again = [name for name, cell in zip(names, under, strict=False)
                     if name and name == cell and name not in numeric]
            if len(numeric) == sum(map(bool, names)):
                raise self.wrong(f", line {line} holds only numbers: say header=False if they are "
                                 "data, header=True if names")
            if again or any(sign in name for name in numeric):
                raise self.wrong(f", line {line} looks like data ({few(names, 6)}): say "
                                 "header=False if it is, header=True if these are names")
        twice = sorted({name for name in names if names.count(name) > 1 and name})
        if twice:
            raise self.wrong(f", line {line}: expected different column names, got {twice[0]!r} "
                             "more than once")
        other = next((sign for sign in ";\t|," if len(names) == 1 and sign in names[0]), None)
        if other and other != self.dialect.delimiter:
            raise self.wrong(f" seems to put {other!r} between cells; leave delimiter out, or say "
                             f"delimiter={other!r}")

    def chosen(self, label: str | None, columns: Sequence[str] | None) -> tuple[list[int], int]:
        """The places of the columns of numbers, and of the label (−1: none)."""
        wanted = list(columns) if columns is not None else []
        for name in wanted if label is None else [*wanted, label]:
            if name not in self.names:
                like = difflib.get_close_matches(name, self.names, 1)
                raise self.wrong(f" has no column {name!r}; its columns are "
                                 f"{few([repr(name) for name in self.names], 30)}"
                                 + (f"; did you mean {like[0]!r}?" if like else ""))
        if len(set(wanted)) < len(wanted):
            raise ValueError(f"csv: columns expected different names, got {shown(columns)}")
        at = -1 if label is None else self.names.index(label)
        numbers = [self.names.index(name) for name in wanted] if columns is not None else [
            i for i in range(len(self.names)) if i != at]
        if not numbers:
            raise self.wrong(" holds no columns of numbers")
        return numbers, at

    # --- rows -------------------------------------------------------------------------------------

    def _check_widths(self) -> None:
        """Lines with too few or too many cells are told and taken out; empty ones at the end of a
        line are no cells.
        """
        wide, odd = len(self.names), []
        for i, part in enumerate(self.parts):
            good = part.width >= wide
            longer = part.width > wide
            if longer.any():
                surplus = part.only(longer)
                most = int(surplus.width.max())
                rest = cells.frame(surplus, self.dialect, most, [], range(wide, most))
                good[longer] = (rest.fillna("").map(str.strip) == "").all(axis=1).to_numpy()
            odd += [(part.number[j], part.width[j], part.line(int(j)))
                    for j in np.flatnonzero(~good)]
            self.parts[i] = part.only(good)
        if odd:
            begin, got, words = odd[0]
            more = f"; so {several(len(odd) - 1, 'more line')}, " + few(
                [str(line) for line, _, _ in odd[1:6]]) if len(odd) > 1 else ""
            hint = ""
            if words.lstrip().startswith("#") or self.names[0].startswith("#"):
                hint = "; lines with # are no comments here, take them out"
            elif wide == 1 and re.fullmatch(r"[+-]?\d+,\d+", words):
                hint = "; say decimal=',' if this is a decimal comma"
            elif not any(map(len, self.parts)) and {width for _, width, _ in odd} == {wide + 1}:
                hint = "; every line has a cell more than there are names: name the first column"
            self.faults.lines.append(f"line {begin}: expected {several(wide, 'cell')}, as in the "
                                     f"first line, got {got}{more}{hint}")

    def truth(self, label: str | None, columns: Sequence[str] | None, test: float, drop: bool,
              assumed: str) -> Finite:
        places, at = self.chosen(label, columns)
        if not any(map(len, self.parts)):
            raise self.wrong(" holds no rows below its header")
        self._check_widths()
        x, row = np.empty((sum(map(len, self.parts)), len(places))), 0
        texts: list[str] = []
        for part in self.parts:
            texts += cells.read_into(x[row : row + len(part)], part, self.dialect, places, at,
                                     self.faults)
            row += len(part)
        if columns is None:
            x, places = self._without_index(x, places)
        gaps = np.isnan(x)
        unlabelled = (np.array([text == "" for text in texts], bool) if texts
                      else np.zeros(len(x), bool))
        lost = gaps.any(1) | unlabelled if gaps.any() else unlabelled
        if not drop and lost.any():
            self._tell_gaps(gaps, places, unlabelled, at)
        y, classes = self._labels(label, [text for text in texts if text])
        self._refuse()
        notes, kept = self._notes(x, places, assumed), ~lost
        notes = notes if label is None else (("label column", label), *notes)
        name = f"csv({self.path.name!r})"
        if lost.any():
            name = (f"csv({self.path.name!r}, missing='drop': {number(int(lost.sum()))} of "
                    f"{several(len(x), 'row')} dropped)")
            x = x[kept]
            y = y if y is None else y[torch.from_numpy(kept[~unlabelled])]
            if not len(x):
                empty = [self.faults.called(places[i]) for i in np.flatnonzero(gaps.all(0))]
                raise self.wrong(": every row has a missing cell" + (
                    f"; leave out {few(empty)}, which is empty (columns=)" if empty else ""))
        return Finite(torch.from_numpy(np.ascontiguousarray(x)), y, test, name,
                      tuple(self.names[i] for i in places), classes, notes)

    def _without_index(self, x: np.ndarray, places: list[int]) -> tuple[np.ndarray, list[int]]:
        """Without the columns that only count the rows, as tables write them on their way out, and
        without empty ones that nobody named.
        """
        kept = []
        for i, at in enumerate(places):
            nameless, values = NAMELESS.fullmatch(self.names[at]), x[:, i]
            counts = len(x) > 1 and values[0] in (0, 1) and values[1] == values[0] + 1 and bool(
                (values == np.arange(len(x)) + values[0]).all())
            if nameless and counts:
                self.notes.append(f"column {self.faults.called(at)} counts the rows from "
                                  f"{values[0]:g}: an index, left out")
            elif not nameless or not np.isnan(values).all():
                kept.append(i)
            rest = [self.names[other] for other in places if other != at]
            if nameless and not counts and i in kept and self.header is not False:
                self.faults.lines.append(
                    f"column {self.faults.called(at)} is an index, or nobody named it: name "
                    f"what to take, columns={rest if len(rest) <= 12 else '[…]'}")
            if counts and self.names[at].lower() in COUNTERS and at == 0 and rest:
                self.faults.lines.append(
                    f"column {self.names[at]!r} only counts the rows from {values[0]:g}: leave "
                    f"it out, columns={rest if len(rest) <= 12 else '[…]'}, or name it there too")
        if len(kept) == len(places):
            return x, places
        return x[:, kept], [places[i] for i in kept]

    def _tell_gaps(self, gaps: np.ndarray, places: list[int], unlabelled: np.ndarray,
                   at: int) -> None:
        rows, columns = np.nonzero(gaps)
        found = [(int(row), places[column]) for row, column in zip(rows[:5], columns[:5],
                                                                   strict=True)]
        nothing = [(int(row), at) for row in np.flatnonzero(unlabelled)[:5]]
        for where, count, what in ((found, len(rows), "a finite number"),
                                   (nothing, int(unlabelled.sum()), "a label")):
            if not count:
                continue
            line, text = self._cell(*where[0])
            more = "".join(f"; line {self._cell(row, column)[0]}, column "
                           f"{self.faults.called(column)}" for row, column in where[1:])
            self.faults.lines.append(
                f"line {line}, column {self.faults.called(where[0][1])}: expected {what}, got "
                f"{repr(text) if text else 'nothing'}"
                + (f" ({number(count)} cells are missing in all{more}"
                   f"{'; …' if count > 5 else ''})" if count > 1 else "")
                + "; missing='drop' leaves out the rows with missing cells "
                f"({number(int((gaps.any(1) | unlabelled).sum()))} of {number(len(gaps))})")

    def _cell(self, row: int, column: int) -> tuple[int, str]:
        """The line of a row, and the text in a column of it."""
        for part in self.parts:
            if row < len(part):
                return int(part.number[row]), self.dialect.cells(part.line(row))[column]
            row -= len(part)
        raise IndexError(row)

    def _labels(self, label: str | None, texts: list[str]
                ) -> tuple[torch.Tensor | None, tuple[str, ...]]:
        """Whole numbers as they are; other numbers, or names, by their rank."""
        if label is None:
            return None, ()
        pattern, distinct = self.dialect.number(), sorted(set(texts))
        if not all(pattern.fullmatch(text) for text in distinct):
            return numbered(texts)
        whole = all(re.fullmatch(r"[+-]?[0-9]{1,18}", text) for text in distinct)
        value = {text: int(text) if whole else self.dialect.value(text) for text in distinct}
        one: dict[float, str] = {}
        for text in distinct:
            if one.setdefault(value[text], text) != text:
                self.faults.lines.append(
                    f"column {label!r}: labels {one[value[text]]!r} and {text!r} are one number; "
                    "write them alike, or as words, if they differ")
                return None, ()
        if whole or all(v == int(v) and abs(v) <= 2**53 for v in one):
            return torch.tensor([int(value[text]) for text in texts], dtype=torch.long), ()
        names = [one[v] for v in sorted(one)]
        code = {text: i for i, text in enumerate(names)}
        return torch.tensor([code[text] for text in texts], dtype=torch.long), tuple(names)

    def _refuse(self) -> None:
        """All complaints at once, if there are any."""
        told = self.faults.told()
        if len(told) == 1:
            raise self.wrong(f", {told[0]}")
        if told:
            listed = "\n".join(f"  {line}" for line in told[:12])
            more = f"\n  and {len(told) - 12} more" if len(told) > 12 else ""
            raise self.wrong(f": {len(told)} things are in the way\n{listed}{more}")

    def _notes(self, x: np.ndarray, places: list[int], assumed: str
               ) -> tuple[tuple[str, str], ...]:
        """What was recognised, assumed or left out, and what is worth a look."""
        dialect = self.dialect
        told = [f"{CALLED.get(dialect.delimiter, repr(dialect.delimiter))} between cells"
                ] if dialect.delimiter != "," else []
        told += ["decimal comma"] * (dialect.decimal == ",") + [assumed] * bool(assumed)
        told += self.notes
        notes = [("file", ", ".join(told))] if told else []
        still = [self.names[places[i]] for i in np.flatnonzero((x[:100] == x[0]).all(0))
                 if (x[:, i] == x[0, i]).all()] if len(x) else []
        if still:
            notes.append(("constant", few([repr(name) for name in still], 6)))
        return tuple(notes)
