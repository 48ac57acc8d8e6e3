"""The lines of a table: where each begins, how many cells it has, and whether it holds anything.

A reader fills up short lines with nothing and takes long ones for an index, without a word; so the
lines are counted before, from the bytes, in blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BLOCK = 1 << 24  # bytes that are looked at together
QUOTE, NEWLINE, SPACE, TAB = 34, 10, 32, 9


@dataclass(frozen=True)
class Lines:
    """Lines of a text; a cell in quotation marks may reach over several of the file's."""

    text: bytes        # whole lines, perhaps below others
    start: np.ndarray  # (k + 1,) where each begins in it, and its end
    number: np.ndarray # (k,) of the file, counted from 1
    width: np.ndarray  # (k,) cells
    blank: np.ndarray  # (k,) bool: nothing but what stands between cells

    def __len__(self) -> int:
        return len(self.number)

    def line(self, i: int) -> str:
        """Line i as it was written."""
        return self.text[self.start[i] : self.start[i + 1]].decode().rstrip("\n")

    def only(self, kept: np.ndarray) -> Lines:
        """The lines where kept is True."""
        if kept.all():
            return self
        if kept[-1] and np.diff(kept).sum() == 1:  # all but the first ones
            at = int(kept.argmax())
            return Lines(self.text, self.start[at:], *(part[at:] for part in (
                self.number, self.width, self.blank)))
        last = len(self) and self.text[-1:] != b"\n"
        edges = np.flatnonzero(np.diff(np.concatenate([[0], kept, [0]]))).reshape(-1, 2)  # of runs
        parts = [self.text[self.start[i] : self.start[j]] for i, j in edges]
        lengths = np.diff(self.start) + (np.arange(len(self)) == len(self) - 1) * last
        parts += [b"\n"] if last and kept[-1] else []
        start = np.concatenate([[0], np.cumsum(lengths[kept], dtype=np.int64)])
        return Lines(b"".join(parts), start, *(part[kept] for part in (
            self.number, self.width, self.blank)))


def blocks(text: bytes, delimiter: str, line: int = 1) -> Iterator[Lines]:
    """The lines of a text, some megabytes at a time. Raises ValueError, which names the line, for
    quotation marks that do not enclose a cell.

    line  the number of the first
    """
    begin = 0
    while begin < len(text):
        end = _end(text, begin)
        part = text[begin:end]
        lines, breaks = _counted(part, line, ord(delimiter))
        yield lines
        begin, line = end, line + breaks


def _end(text: bytes, begin: int) -> int:
    """The end of a block: of a line, and outside of quotation marks."""
    end, odd, seen = begin + BLOCK, 0, begin
    while True:
        end = text.find(b"\n", end - 1) + 1 or len(text)
        if text.find(b'"', seen, end) >= 0:  # far faster than to count none
            odd ^= text.count(b'"', seen, end) & 1
        if not odd or end >= len(text):
            return min(end, len(text))
        seen, end = end, end + 1


def _counted(text: bytes, line: int, delimiter: int) -> tuple[Lines, int]:
    """The lines of whole text, and how many line breaks it has."""
    b = np.frombuffer(text, np.uint8)
    if delimiter != SPACE and b'"' not in text and (even := _even(text, b, line, delimiter)):
        return even, len(even)
    newline = b == NEWLINE
    breaks = np.flatnonzero(newline)
    outside = None
    if b'"' in text:
        _check_quotes(b, np.flatnonzero(b == QUOTE), breaks, line, delimiter)
        outside = ~np.bitwise_xor.accumulate(b == QUOTE)
        newline &= outside
    ends = np.flatnonzero(newline) + 1
    ends = ends if len(ends) and ends[-1] == len(b) else np.append(ends, len(b))
    start = np.concatenate([[0], ends])
    if delimiter == SPACE:
        cell = (b != SPACE) & (b != TAB) & (b != NEWLINE)
        gap = cell.copy()
        gap[1:] &= ~cell[:-1]
        if outside is not None:
            gap[1:] &= outside[:-1]
    else:
        gap = b == delimiter if outside is None else (b == delimiter) & outside
    width = np.diff(np.searchsorted(np.flatnonzero(gap), start))
    number = line + np.searchsorted(breaks, start[:-1])
    return Lines(text, start, number, width + (delimiter != SPACE),
                 _blank(text, b, start, delimiter)), len(breaks)


def _even(text: bytes, b: np.ndarray, line: int, delimiter: int) -> Lines | None:
    """The lines of a text without quotation marks, if all have as many cells: in half the time."""
    newline = b == NEWLINE
    lines = np.count_nonzero(newline)
    newline |= b == delimiter
    ends = np.flatnonzero(newline)  # of cells
    if not lines or b[-1] != NEWLINE or len(ends) % lines:
        return None
    cells = len(ends) // lines
    last = ends[cells - 1 :: cells]
    if not (b[last] == NEWLINE).all():
        return None
    start = np.concatenate([[0], last + 1])
    return Lines(text, start, line + np.arange(lines), np.full(lines, cells),
                 _blank(text, b, start, delimiter))


def _blank(text: bytes, b: np.ndarray, start: np.ndarray, delimiter: int) -> np.ndarray:
    """Which lines hold nothing."""
    filler = bytes({delimiter, SPACE, TAB, NEWLINE})
    blank = np.isin(b[start[:-1]], list(filler))
    for i in np.flatnonzero(blank):
        blank[i] = not text[start[i] : start[i + 1]].strip(filler)
    return blank


def _check_quotes(b: np.ndarray, quotes: np.ndarray, breaks: np.ndarray, line: int,
                  delimiter: int) -> None:
    """A cell begins with its first quotation mark and ends with its last; within, they are twice.
    """
    before = quotes[::2] - 1
    between = [SPACE, TAB] if delimiter == SPACE else [delimiter]
    doubled = np.concatenate([[False], before[1:] == quotes[1::2][: len(before) - 1]])
    while True:
        skip = (before >= 0) & (b[before] == SPACE)
        if delimiter == SPACE or not skip.any():
            break
        before = before - skip
    opens = doubled | (before < 0) | np.isin(b[before], [*between, NEWLINE])
    after = quotes[1::2] + 1
    after = after[after < len(b)]
    closes = np.isin(b[after], [*between, NEWLINE, QUOTE, SPACE, TAB])
    wrong = [*quotes[::2][~opens][:1], *(after[~closes] - 1)[:1]]
    if wrong:
        at = line + int(np.searchsorted(breaks, min(wrong)))
        raise ValueError(f"line {at}: a quotation mark stands within a cell; write it twice, and "
                         "the cell in quotation marks")
    if len(quotes) % 2:
        at = line + int(np.searchsorted(breaks, quotes[-1]))
        raise ValueError(f"line {at}: a quotation mark opens a cell and no other closes it")
