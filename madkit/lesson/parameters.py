"""The parameters of a notebook: names, types, defaults and help,
read from the cell tagged `parameters`.

Every line of that cell is `name = literal  # help` or `name: type = literal  # help`.
Types are int, float, bool, str, list[one of these] and Optional[any of these];
a line without an annotation has the type of its literal:

    lam = 0.9                              # sampling bias λ in [0, 1], 1 = none
    n: int = 100                           # rows per generation
    seeds: list[int] = [0, 1, 2]
    data: Optional[str] = None             # a CSV file of one's own

What is given for a parameter has its type or is refused; an int may stand for a float.
The cell may also import Optional.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import numbers
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ONE = r"(?:int|float|bool|str)"
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
        except (ValueError, KeyError):
            raise ValueError(
                f"parameter {self.name}: expected {self.kind}, got {given!r}") from None


def read(notebook: str | os.PathLike) -> dict[str, Parameter]:
    """The parameters that a notebook offers, by name, in the order of its
    `parameters` cell; without one an empty dict.

    Raises FileNotFoundError, and ValueError for a file that is no notebook or a default
    that is no literal of its type.
    """
    import nbformat

    if not Path(notebook).is_file():
        raise FileNotFoundError("notebook: expected the path of a notebook, got "
                                f"{os.fspath(notebook)!r}: no such file")
    try:
        cells = nbformat.read(notebook, as_version=4).cells
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError,
            AttributeError) as error:
        raise ValueError(f"notebook: expected a Jupyter notebook, got {os.fspath(notebook)!r}: "
                         f"{str(error)[:100]}") from None
    return declared("\n".join(cell.source for cell in cells
                              if "parameters" in cell.metadata.get("tags", [])))


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
    try:
        for name in given:
            if name not in offered:
                close = difflib.get_close_matches(name, offered, 1)
                hint = f"; did you mean {close[0]}?" if close else ""
                raise ValueError(f"parameter {name}: {who} has none of that name{hint}")
        return {name: offered[name].value(value, text) for name, value in given.items()}
    except ValueError as error:
        listed = "".join(f"\n  {parameter}" for parameter in offered.values()) or " none"
        raise ValueError(f"{error}\nThe parameters of {who}:{listed}") from None


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
    for node in ast.parse(source).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if not isinstance(target, ast.Name) or not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        if node.value is not None:
            found[target.id] = _parameter(target.id, node, source)
    return found


def _parameter(name: str, node: ast.Assign | ast.AnnAssign, source: str) -> Parameter:
    try:
        default = ast.literal_eval(node.value or "")
    except ValueError:
        raise ValueError(f"parameter {name}: expected a literal as default, "
                         f"got {ast.unparse(node)}") from None
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


def _parse(kind: str, text: str) -> Any:
    if kind.startswith("list"):
        return [_parse(kind[5:-1], part.strip(" '\""))
                for part in text.strip("[ ]").split(",") if part.strip()]
    if kind == "bool":
        return {"true": True, "false": False}[text.lower()]
    return {"int": int, "float": float, "str": str}[kind](text)


def _cast(kind: str, value: Any) -> Any:
    if kind.startswith("list") and isinstance(value, list | tuple):
        return [_cast(kind[5:-1], v) for v in value]
    if kind == "int" and isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    if kind == "float" and isinstance(value, numbers.Real) and not isinstance(value, bool):
        return float(value)
    if type(value).__name__ == kind:  # str, bool
        return value
    raise ValueError
