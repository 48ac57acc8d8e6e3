"""How a table was written down: the code of its text, what stands between cells, the decimal sign.

Spreadsheets of half the world write 1,5;2,5 where others write 1.5,2.5. What a file does is seen
from its first lines, and refused where it could be either.
"""

from __future__ import annotations

import csv as reader
import re
import stat
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np

BETWEEN = ",;\t| "  # what may stand between cells; a space stands for any run of spaces and tabs
SAMPLE = 1 << 16    # bytes that are looked at first
PART = 1 << 19      # and together, later
CONTROL = bytes(code for code in (*range(32), 127) if code not in b"\t\n")
CALLED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars (|)", " ": "spaces"}

READ = "mk.data.array(pandas.read_{}(path)) takes it"
FORMATS = (
    (b"\x1f\x8b", "compressed (gzip)", "unpack it first"),
    (b"BZh", "compressed (bzip2)", "unpack it first"),
    (b"\xfd7zXZ", "compressed (xz)", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed (zstandard)", "unpack it first"),
    (b"PAR1", "a Parquet file", READ.format("parquet")),
    (b"ARROW1", "a Feather file", READ.format("feather")),
    (b"\x89HDF", "an HDF5 file", "mk.data.array takes an array of it"),
    (b"\x93NUMPY", "an array of numpy", "mk.data.array(numpy.load(path)) takes it"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", "save the sheet as CSV (UTF-8)"),
    (b"%PDF", "a PDF", "export the table as CSV"),
    (b"\x89PNG", "a picture", "mk.data.images takes a folder of them"),
    (b"\xff\xd8\xff", "a picture", "mk.data.images takes a folder of them"),
    (b"SQLite format", "a data base", "mk.data.array(pandas.read_sql(…)) takes a table of it"),
    (b"<!DOCTYPE", "a web page", "download the file itself, not the page that shows it"),
    (b"<html", "a web page", "download the file itself, not the page that shows it"),
)
ZIPPED = {".xlsx": ("an Excel workbook", "save the sheet as CSV (UTF-8), or "
                    + READ.format("excel")),
          ".ods": ("a spreadsheet", "save the sheet as CSV"),
          ".npz": ("an archive of arrays", "mk.data.array(numpy.load(path)[name]) takes one")}


@dataclass(frozen=True)
class Dialect:
    """What stands between cells, and the decimal sign."""

    delimiter: str
    decimal: str = "."

    def number(self) -> re.Pattern[str]:
        """A number, as text of this dialect."""
        return _NUMBERS[self.decimal]

    def value(self, text: str) -> float:
        """The number that a text of this dialect says."""
        return float(text.replace(self.decimal, "."))

    def cells(self, line: str) -> list[str]:
        """The cells of one line, without the spaces around them."""
        if self.delimiter == " ":
            line = line.replace("\t", " ").strip(" ")
        lines = reader.reader([line], delimiter=self.delimiter, skipinitialspace=True)
        return [cell.strip(" \t") for cell in next(lines, [])]


_NUMBERS = {sign: re.compile(rf"[+-]?(?:[0-9]+(?:{re.escape(sign)}[0-9]*)?|{re.escape(sign)}[0-9]+)"
                             r"(?:[eE][+-]?[0-9]+)?") for sign in ".,"}


# --- the text of a file ---------------------------------------------------------------------------


def text_of(path: Path) -> tuple[bytes, str]:
    """The text of a file in UTF-8, lines ended by \\n alone, and what had to be assumed.

    Raises ValueError for what is no file, or no text.
    """
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            tables = sorted(file.name for file in path.iterdir() if file.suffix == ".csv")
            raise ValueError(f"csv: {path} is a folder; give one file in it"
                             + (f", such as {str(path / tables[0])!r}" if tables else ""))
        if not stat.S_ISREG(path.stat().st_mode):
            raise ValueError(f"csv: {path} is no file, but a pipe or a device; write it to a file")
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"csv: cannot read {path}: {error.strerror or error}") from error
    what, do = next(((what, do) for begin, what, do in FORMATS if content.startswith(begin)),
                    ("", ""))
    if content.startswith(b"PK\3\4"):
        what, do = ZIPPED.get(path.suffix.lower(), ("compressed (zip)", "unpack it first"))
    if what:
        raise ValueError(f"csv: {path} is {what}, not a CSV file; {do}")
    return _decoded(path, content)


def _decoded(path: Path, content: bytes) -> tuple[bytes, str]:
    assumed, code = "", _code(content)
    try:
        if code != "utf-8":
            content = content.decode(code).encode()
            assumed = f"{code.upper()} assumed" if code[-2:] in ("le", "be") else ""
        elif not content.isascii():
            content.decode()
    except UnicodeDecodeError as error:
        if code != "utf-8":
            raise ValueError(f"csv: {path} is not text in {code.upper()}, as it begins: {error}; "
                             "export it again as CSV (UTF-8)") from error
        assumed = "Windows-1252 (Latin-1) assumed, as it is not UTF-8"
        content = content.decode("cp1252", "replace").encode()
    content = content.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if any(map(_has_control, range(0, len(content), PART), repeat(content))):
        bad = next(re.finditer(b"[" + CONTROL + b"]", content))
        line = content.count(b"\n", 0, bad.start()) + 1
        raise ValueError(f"csv: {path} is not a CSV file: line {line} holds the control character "
                         f"{bad[0]!r}; export it again as CSV (UTF-8)")
    return content, assumed


def _has_control(begin: int, content: bytes) -> bool:
    """Whether the part that begins there holds one of CONTROL."""
    b = np.frombuffer(content, np.uint8, min(PART, len(content) - begin), begin)
    able = sum(map(np.count_nonzero, (b == 9, b == 10)))  # tab and newline
    return bool(np.count_nonzero(b < 32) > able or (b == 127).any())


def _code(content: bytes) -> str:
    """By its first bytes; UTF-16 without a mark has a zero in every other byte of ASCII."""
    for mark, code in ((b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"),
                       (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return code
    even, odd = content[:400:2].count(0), content[1:400:2].count(0)
    most = 0.7 * len(content[:400:2])
    return "utf-16-le" if odd > most and not even else "utf-16-be" if even > most and not odd else (
        "utf-8")


# --- what it does ---------------------------------------------------------------------------------


def dialect_of(path: Path, text: bytes, delimiter: str | None, decimal: str | None) -> Dialect:
    """What is given, and the rest as the text does it; ValueError where it could be either."""
    if delimiter is None:
        delimiter = _delimiter(path, _sample(text), decimal)
    if decimal is None and delimiter != ",":
        decimal = _decimal(path, text, delimiter)
    return Dialect(delimiter, decimal or ".")


def _sample(text: bytes) -> list[str]:
    """The first lines, at most 50 of them, without blank ones."""
    end = len(text) if len(text) <= SAMPLE else SAMPLE
    while end < len(text) and text.count(b"\n", 0, end) < 3:
        end = min(2 * end, len(text))
    end = text.rfind(b"\n", 0, end) + 1 if end < len(text) else end
    lines = text[:end].decode("utf-8", "replace").split("\n")
    return [line for line in lines if line.strip()][:50]


def _delimiter(path: Path, lines: list[str], decimal: str | None) -> str:
    """What splits the lines as it splits the first, and into numbers."""
    able = [sign for sign in BETWEEN if sign != decimal and lines
            and len(_trimmed(_rows(sign, lines[:1])[0])) > 1]
    if "\t" in able and " " in able:
        able.remove(" ")
    if not able:
        return ";" if decimal == "," else ","
    scores = {sign: _score(_rows(sign, lines), sign, decimal) for sign in able}
    best = max(scores.values())
    first, *others = [sign for sign in able if scores[sign] > best - 1e-9]
    if others:
        names = " or ".join(CALLED[sign] for sign in [first, *others])
        raise ValueError(f"csv: {path} may have {names} between cells; say delimiter={first!r} or "
                         f"{others[0]!r}")
    return first


def _rows(sign: str, lines: list[str]) -> list[list[str]]:
    if sign == " ":
        lines = [line.replace("\t", " ").strip(" ") for line in lines]
    try:
        return list(reader.reader(lines, delimiter=sign, skipinitialspace=True))
    except reader.Error:  # a cell beyond all measure
        return [line.split(sign) for line in lines]


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at the end."""
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _score(rows: list[list[str]], sign: str, decimal: str | None) -> float:
    """The share of rows as wide as the first, and of cells that are numbers."""
    wide = len(_trimmed(rows[0]))
    below = rows[1:] or rows
    cells = [cell for row in below for cell in map(str.strip, row) if cell]
    signs = decimal or ("." if sign == "," else ".,")
    numbers = sum(any(_NUMBERS[s].fullmatch(cell) and cell[-1] != "," for s in signs)
                  for cell in cells)
    fits = sum(len(_trimmed(row)) <= wide <= len(row) for row in below)
    return fits / len(below) + numbers / max(len(cells), 1)


def _decimal(path: Path, text: bytes, delimiter: str) -> str:
    """The sign in the numbers: a comma that thousands could have too is refused."""
    if b"," not in text:
        return "."
    ends = rb"[ \t\n\"]" if delimiter == " " else rb"[\n\"" + re.escape(delimiter).encode() + rb"]"
    cell = rb"(?:^|" + ends + rb") *([+-]?%s(?:[eE][+-]?[0-9]+)?) *(?=" + ends + rb"|$)"
    comma = re.search(cell % rb"(?:[0-9]*,(?:[0-9]{1,2}|[0-9]{4,})|0?,[0-9]+)", text)
    three = comma or re.search(cell % rb"[0-9]{1,3}(?:,[0-9]{3})+", text)
    if not three:
        return "."
    point = re.search(cell % rb"[0-9]*\.[0-9]+", text)
    if comma and not point:
        return ","
    if not comma or not point:
        raise ValueError(f"csv: {path} holds {three[1].decode()!r}, which may have a decimal comma "
                         "or thousands; say decimal=',', or decimal='.' and write thousands "
                         "without a sign")
    raise ValueError(f"csv: {path} holds {three[1].decode()!r} and {point[1].decode()!r}, a comma "
                     "and a point in numbers; say decimal=',' or decimal='.'")
