"""The cells of a table as numbers, and what is said of those that are none.

A well-kept reader (pandas' engine in C) turns text into numbers; what it gives is looked at column
by column, and only where it gave anything but numbers are the texts read one by one.
"""

from __future__ import annotations

import io
import re
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from madkit.base.arrays import EXACT
from madkit.base.card import few, number, several
from madkit.data.dialect import Dialect
from madkit.data.lines import Lines

GAPS = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "null", "NULL", "None", "?", "-", "."]
LABEL_GAPS = {"", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "null", "NULL"}
MOST = 5          # places that are told of one kind
ENOUGH = 100_000  # cells that are no numbers, after which no more are looked for


def frame(lines: Lines, dialect: Dialect, width: int, columns: Sequence[int],
          texts: Sequence[int] = ()):
    """The chosen columns of lines that are not blank, as pandas reads them; some as texts."""
    import pandas as pd
    from packaging.version import Version

    # the last bit is right by itself since 3.1
    exact = {} if Version(pd.__version__) >= Version("3.1") else {"float_precision": "round_trip"}
    gaps: dict = {"na_values": GAPS} if columns else {"na_filter": False}
    text = io.BytesIO(lines.text)
    text.seek(lines.start[0])
    with warnings.catch_warnings(action="ignore"):  # a column of several types is looked at again
        read = pd.read_csv(
            text, sep=r"\s+" if dialect.delimiter == " " else dialect.delimiter,
            decimal=dialect.decimal, header=None, names=range(width), usecols=[*columns, *texts],
            index_col=False, keep_default_na=False, skipinitialspace=True, engine="c",
            encoding="utf-8", dtype={column: object for column in texts}, **gaps, **exact)
    if len(read) != len(lines):
        raise ValueError(f"{several(len(lines), 'line')} were counted, {len(read)} read; write "
                         "the file without line breaks in its cells")
    return read


@dataclass
class Faults:
    """What is wrong with a table, gathered to be told at once."""

    names: Sequence[str]
    dialect: Dialect
    places: dict = field(default_factory=lambda: defaultdict(list))   # (kind, column): [(line, text)]
    counts: dict = field(default_factory=lambda: defaultdict(int))    # of the same
    looked: dict = field(default_factory=lambda: defaultdict(int))    # cells of a column
    lines: list[str] = field(default_factory=list)                    # other complaints

    def add(self, kind: str, column: int, line: int, text: str) -> None:
        self.counts[kind, column] += 1
        if len(self.places[kind, column]) < MOST:
            self.places[kind, column].append((line, text))

    @property
    def many(self) -> bool:
        return sum(self.counts.values()) > ENOUGH

    def called(self, column: int) -> str:
        return repr(self.names[column]) if self.names[column] else f"{column + 1} (without a name)"

    def told(self) -> list[str]:
        """Every complaint in words, gaps apart."""
        whole = [column for kind, column in self.counts if kind == "text"
                 and self.counts[kind, column] == self.looked[column]]
        said = []
        if len(whole) > 1:
            line, text = self.places["text", whole[0]][0]
            said.append(f"columns {few([self.called(c) for c in whole])} hold no numbers, such as "
                        f"{text!r} in line {line}; {self._leave(whole)}")
        for (kind, column), found in self.places.items():
            if kind != "text" or column not in whole or len(whole) == 1:
                line, text = found[0]
                more = self.counts[kind, column] - 1
                like = f" (so in {number(more)} more: line{'s' * (more > 1)} " + ", ".join(
                    str(line) for line, _ in found[1:]) + ("…" if more >= MOST else "") + ")"
                said.append(f"line {line}, column {self.called(column)}: expected a finite number, "
                            f"got {text!r}{like if more else ''}; "
                            + (self._leave(whole) if column in whole else HOW[kind]))
        return self.lines + said

    def _leave(self, columns: Sequence[int]) -> str:
        """What to do with columns of text."""
        rest = [self.names[c] for c in self.looked if c not in columns and self.names[c]]
        names = [self.names[c] for c in columns]
        label = f"label={names[0]!r} if it holds labels, else " if len(names) == 1 and names[0] \
            else "label= for one that holds labels, and " if any(names) else ""
        return f"{label}leave it out, columns={rest if len(rest) <= 12 else '[…]'}" if len(
            names) == 1 else f"{label}leave the others out, columns={rest if len(rest) <= 12 else '[…]'}"


HOW = {
    "comma": "if this is a decimal comma, say decimal=','; if it parts thousands, write them "
             "without",
    "point": "the decimal sign of this file is a comma; write thousands without a sign",
    "thousands": "write thousands without a sign",
    "percent": "write percentages as numbers, 5 or .05 for 5 %",
    "unit": "leave the unit to the name of the column",
    "date": "count days from a date, or leave the column out (columns=)",
    "truth": "write 1 and 0",
    "infinite": "leave the line out, or write the largest number that was meant",
    "large": "float64 ends at 1.8e308; choose a larger unit",
    "digits": "float64 holds 15 digits, so it would become another; as a label= it stays",
    "base": "write it with the digits 0 … 9",
    "minus": "write minus as -",
    "text": "mend or remove the line, or leave the column out (columns=, or label= if it holds the "
            "labels)",
}
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in (
    ("infinite", r"[+-]?(?:inf|infinity|∞)|#(?:DIV/0|NUM)!"),
    ("truth", r"true|false|yes|no|wahr|falsch"),
    ("percent", r"[+-]?[0-9.,]+ ?%"),
    ("base", r"[+-]?0x[0-9a-f]+|[0-9]+(?:_[0-9]+)+"),
    ("minus", r"[−–—] ?[0-9.,]+"),
    ("date", r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}(?:[ T].*)?|[0-9]{1,2}:[0-9]{2}(?::[0-9.]+)?"),
    ("thousands", r"[+-]?[0-9]{1,3}(?:(?:[,.][0-9]{3}){2,}|[,.][0-9]{3}[,.][0-9]+"
                  r"|(?:[ ' \u202f\u2009’][0-9]{3})+(?:[.,][0-9]*)?)"),
    ("comma", r"[+-]?[0-9]*,[0-9]+(?:e[+-]?[0-9]+)?"),
    ("point", r"[+-]?[0-9]*\.[0-9]+(?:e[+-]?[0-9]+)?"),
    ("unit", r"[+-]?(?:[$€£¥] ?[0-9.,]+|[0-9.,]+ ?(?:[$€£¥]|[a-zµ°/²³]{1,4}))"),
))


def read_into(x: np.ndarray, lines: Lines, dialect: Dialect, columns: Sequence[int], label: int,
              faults: Faults) -> list[str]:
    """Puts the chosen columns of lines into x, (len(lines), len(columns)) in float64: NaN where a
    cell is empty, infinite where it is no number, which goes to the faults. Gives the texts in the
    column of labels (−1: there is none), "" where one is missing.
    """
    if not len(lines):
        return []
    width = int(lines.width.max())
    texts = [label] if label >= 0 and label not in columns else []
    read = frame(lines, dialect, width, columns, texts)
    found = read.pop(label).tolist() if texts else [""] * (label >= 0)
    if not all(isinstance(text, str) and text for text in found):  # "?" is a label
        found = frame(lines, dialect, width, [], [label])[label].tolist()
    odd = {i for i, kind in enumerate(read[list(columns)].dtypes) if kind.kind not in "fiu"}
    for column in columns:
        faults.looked[column] += len(lines)
    if odd:
        for i in set(range(len(columns))) - odd:
            x[:, i] = read[columns[i]]
    else:
        x[:] = read[list(columns)].to_numpy(np.float64)
    if odd or not (x.max() < EXACT and x.min() > -EXACT):
        odd |= set(np.flatnonzero((np.abs(x) >= EXACT).any(0)).tolist())
    if odd and not faults.many:
        again = frame(lines, dialect, width, [], [columns[i] for i in odd])
        for i in odd:
            x[:, i] = _looked_at(lines, again[columns[i]], columns[i], dialect, faults)
    found = [text.strip(" \t") for text in found]
    return ["" if text in LABEL_GAPS else text for text in found]


def _looked_at(lines: Lines, texts, column: int, dialect: Dialect, faults: Faults) -> np.ndarray:
    """A column whose texts are read one by one."""
    values, pattern = np.full(len(lines), np.nan), dialect.number()
    for row, text in enumerate(texts.tolist()):
        text = text.strip(" \t")
        if text in GAPS:
            continue
        if not pattern.fullmatch(text):
            kind = next((kind for kind, form in _KINDS if form.fullmatch(text)), "text")
            kind = {"comma": "thousands"}.get(kind, kind) if dialect.decimal == "," else kind
        elif not abs(value := dialect.value(text)) < np.inf:
            kind = "large"
        elif abs(value) >= EXACT and text.lstrip("+-").isdigit() and int(value) != int(text):
            kind = "digits"
        else:
            values[row] = value
            continue
        values[row] = np.inf
        faults.add(kind, column, int(lines.number[row]), text)
    return values
