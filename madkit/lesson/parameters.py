"""The parameters of a notebook: names, types, defaults and help,
read from the cell tagged `parameters`.

Every line of that cell is `name = literal  # help` or `name: type = literal  # help`.
Types are int, float, bool, str, list[one of these] and Optional[any of these];
a line without an annotation has the type of its literal:

    lam = 0.9                              # sampling bias λ in [0, 1], 1 = none
    n: int = 100                           # rows per generation
    seeds: list[int] = [0, 1, 2]
    data: Optional[str] = None             # a CSV file of one's own

What is given for a parameter has its type or is refused; an int may stand for a float, and no
number is nan or inf. A text whose help speaks of a file or folder is a path, seen from where the
report is asked for, though the kernel works in the notebook's folder. The cell may also import
Optional.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import math
import numbers
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from madkit.base.checks import place, shown
from madkit.base.gate import gate

ONE = r"(?:int|float|bool|str)"
PLACE = re.compile(r"\b(?:files?|folders?|paths?|director(?:y|ies))\b", re.IGNORECASE)
# of a list on a command line: text in quotes, or what stands between two commas
ITEM = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s"',\[\]](?:[^,\[\]]*[^\s,\[\]])?)"""
KIND = rf"(?:{ONE}|list\[{ONE}\])(?: \| None)?"


@dataclass(frozen=True)
class Parameter:
    """One line of the `parameters` cell; kind is its type in words, such as "float",
    "list[int]" or "str | None".
    """

    name: str
    default: Any
    kind: str
    help: str = ""

    def __str__(self) -> str:
        said = f"  # {self.help}" if self.help else ""
        return f"{self.name}: {self.kind} = {self.default!r}{said}"

    def value(self, given: Any, text: bool = False) -> Any:
        """given as a value of this type (text: given is what stands on
        a command line), else ValueError.
        """
        kind, _, optional = self.kind.partition(" | ")
        if optional and (given is None or text and given.lower() == "none"):
            return None
        try:
            return _parse(kind, given) if text else _cast(kind, given)
        except (ValueError, KeyError, OverflowError):
            raise ValueError(f"parameter {self.name}: expected {self.kind}, got "
                             f"{shown(given)}") from None

    def placed(self, value: Any) -> Any:
        """The value; a path is made absolute, seen from the working folder."""
        if isinstance(value, list):
            return [self.placed(one) for one in value]
        named = self.name == "out" or PLACE.search(self.help)
        if not named or not isinstance(value, str) or not value or "://" in value:
            return value
        return str(place(self.name, value).absolute())


def load(notebook: str | os.PathLike) -> Any:
    """The notebook in a file, as nbformat 4.

    Raises FileNotFoundError, and ValueError for a file that is no notebook, or none of Python.
    """
    import nbformat

    path = place("notebook", notebook)
    if path.is_dir():
        raise ValueError(f"notebook: {os.fspath(notebook)!r} is a folder; for every notebook in it "
                         f"say --all {os.fspath(notebook)}")
    if not path.is_file():
        raise FileNotFoundError("notebook: expected the path of a notebook, got "
                                f"{os.fspath(notebook)!r}: no such file")
    try:
        nb = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)
        nbformat.validate(nb)
    except OSError as error:
        raise ValueError(f"notebook: {os.fspath(notebook)!r} cannot be read: "
                         f"{error.strerror}") from None
    except Exception as error:                          # whatever nbformat makes of another file
        why = f": {' '.join(str(error).split())[:100]}" if path.suffix == ".ipynb" else ""
        raise ValueError("notebook: expected a Jupyter notebook (*.ipynb), got "
                         f"{os.fspath(notebook)!r}{why}") from None
    language = nb.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        raise ValueError(f"notebook: expected a notebook of Python, got {os.fspath(notebook)!r} "
                         f"of {language}")
    return nb


def read(notebook: str | os.PathLike) -> dict[str, Parameter]:
    """The parameters that a notebook in a file offers, as `offers`; errors as of `load`."""
    return offers(load(notebook))


def offers(nb: Any) -> dict[str, Parameter]:
    """The parameters that a notebook offers, by name, in the order of its
    `parameters` cell; without one an empty dict.

    Raises ValueError for a cell that is no Python, or a default that is no literal of its type.
    """
    source = "\n".join(cell.source for cell in nb.cells
                       if "parameters" in cell.metadata.get("tags", []))
    return declared(source)


def check(given: Mapping[str, Any], offered: Mapping[str, Parameter], who: str,
          text: bool = False) -> dict[str, Any]:
    """given, every value of its parameter's type.

    given    name -> value, or name -> text from a command line (text=True: "0.8", "true", "none",
             "1,2,3")
    offered  what `read` found
    who      the notebook's name, for messages

    Raises ValueError with the list of what is offered for an unknown
    name or a value of another type.
    """
    given = {unicodedata.normalize("NFKC", name): value for name, value in given.items()}
    try:
        for name in given:
            if name not in offered:
                close = difflib.get_close_matches(name, offered, 1)
                hint = f"; did you mean {close[0]}?" if close else ""
                raise ValueError(f"parameter {name:.80}: {who} has none of that name{hint}")
        return {name: offered[name].value(value, text) for name, value in given.items()}
    except ValueError as error:
        listed = "".join(f"\n  {parameter}" for parameter in offered.values()) \
            or " none; tag the cell that sets them 'parameters'"
        raise ValueError(f"{error}\nThe parameters of {who}:{listed}") from None


@gate
def check_parameters() -> None:
    """For a notebook's set-up cell: refuse misspelt or wrongly typed parameters,
    which bare papermill lets through.

    Papermill writes what it was given into a cell of its own, right after the notebook's
    `parameters` cell; both stand in the kernel's history. Anywhere else this does nothing. Raises
    ValueError with the list of what is offered.
    """
    shell = getattr(builtins, "get_ipython", lambda: None)()
    cells = list(shell.user_ns.get("In", [])) if shell else []
    at = next((i for i, cell in enumerate(cells) if cell.startswith("# Parameters\n")), 0)
    if at and (offered := declared(cells[at - 1])):
        check({p.name: p.default for p in declared(cells[at]).values()}, offered, "this notebook")


# --- one line of the cell -------------------------------------------------------------------------


def declared(source: str) -> dict[str, Parameter]:
    """The parameters that the source of a `parameters` cell declares, by name."""
    found = {}
    for node in _lines(source):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if not isinstance(target, ast.Name) or not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        if node.value is not None:
            found[target.id] = _parameter(target.id, node, source)
    return found


def _lines(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:   # nested too deep
        line = (getattr(error, "text", None) or source).strip()
        raise ValueError("notebook: expected lines such as `lam = 0.9  # what it is` in its "
                         f"parameters cell, got {line[:100]!r}") from None


def _parameter(name: str, node: ast.Assign | ast.AnnAssign, source: str) -> Parameter:
    try:
        default = ast.literal_eval(node.value or "")
    except (ValueError, TypeError, MemoryError, RecursionError):
        line = source.splitlines()[node.lineno - 1].strip()
        raise ValueError(f"parameter {name}: expected a literal as default, "
                         f"got {line:.100}") from None
    annotation = type(default).__name__
    if isinstance(node, ast.AnnAssign):
        annotation = ast.unparse(node.annotation)
    kind = _kind(name, annotation, default)
    # ast counts bytes
    after = source.splitlines()[(node.end_lineno or 0) - 1].encode()[node.end_col_offset :].decode()
    parameter = Parameter(name, default, kind, after.partition("#")[2].strip())
    parameter.value(default)
    return parameter


def _kind(name: str, annotation: str, default: Any) -> str:
    """The annotation in one spelling: Optional[List[int]] is list[int] | None,
    a bare list is one of its first item's type.
    """
    plain = annotation.replace("typing.", "").replace("List", "list")
    kind = re.sub(r"^Optional\[(.+)\]$", r"\1 | None", plain)
    item = type(default[0]).__name__ if isinstance(default, list) and default else "str"
    kind = re.sub(r"\blist\b(?!\[)", f"list[{item}]", kind)
    if not re.fullmatch(KIND, kind):
        raise ValueError(f"parameter {name}: expected the type int, float, bool, str, "
                         f"list[…] or Optional[…], got {kind}; "
                         f"write for instance {name}: Optional[str] = None")
    return kind


NUMBER = {"int": re.compile(r"[+-]?[0-9]+"),
          "float": re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?", re.IGNORECASE)}


def _parse(kind: str, text: str) -> Any:
    """What stands on a command line, as a value. A list is a, b, "c, d", or the same in brackets.
    """
    if kind.startswith("list"):
        return [_parse(kind[5:-1], part) for part in _parts(text)]
    if kind == "bool":
        return {"true": True, "false": False}[text.strip().lower()]
    if kind == "str":
        text.encode()                                   # ValueError where it is no text at all
        return text
    if not NUMBER[kind].fullmatch(text.strip()):
        raise ValueError
    return _cast(kind, {"int": int, "float": float}[kind](text))


def _parts(text: str) -> list[str]:
    """The items of a list, without their quotes."""
    inside = text.strip()
    if inside.startswith("[") != inside.endswith("]"):
        raise ValueError
    inside = inside[1:-1] if inside.startswith("[") else inside
    found = re.fullmatch(rf"\s*(?:{ITEM}(?:\s*,\s*{ITEM})*)?\s*,?\s*", inside)
    if found is None:
        raise ValueError
    items = re.findall(ITEM, inside)
    return [one[1:-1].replace("\\" + one[0], one[0]) if one[0] in "\"'" else one for one in items]


def _cast(kind: str, value: Any) -> Any:
    if kind.startswith("list") and isinstance(value, list | tuple):
        return [_cast(kind[5:-1], v) for v in value]
    if kind == "int" and isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    if kind == "float" and isinstance(value, numbers.Real) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise ValueError
        return float(value)
    if type(value).__name__ == kind:  # str, bool
        return value
    raise ValueError
