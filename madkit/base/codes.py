"""What a function's code does and what it reads: without its address, its place in a file, its
comments and its docstring.

Bytecode, not source: it is what runs, and it is there for what was typed into a notebook, made by
`exec` or sent to a worker. It follows the version of Python, which a store names.
"""

from __future__ import annotations

import dis
import inspect
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any

SHAPE = (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS | inspect.CO_GENERATOR | inspect.CO_COROUTINE
         | inspect.CO_ASYNC_GENERATOR)
SILENT = {"CACHE", "NOP", "EXTENDED_ARG", "RESUME", "PRECALL", "PUSH_NULL"}
GLOBAL = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
Chain = tuple[str, ...]  # attributes read one of another: of `m.sub.rate`, ("sub", "rate")


@dataclass(frozen=True)
class Import:
    """An import inside a function: of a module, or of names in it (what), into a variable."""

    module: str
    level: int
    what: tuple[str, ...]
    variable: str


@dataclass
class Reads:
    """What a code reads: global names, variables of its own, modules that it imports.

    A name comes with the chains of attributes that are read of it; () where it is used whole.
    """

    names: dict[str, set[Chain]] = field(default_factory=dict)
    variables: dict[str, set[Chain]] = field(default_factory=dict)
    imports: list[Import] = field(default_factory=list)


@lru_cache(4096)
def reads(code: CodeType) -> Reads:
    """What a code reads, with all that is written inside of it."""
    found = Reads()
    steps = _steps(code)
    for i, step in enumerate(steps):
        if step.opname == "IMPORT_NAME":
            found.imports.append(_import(steps, i))
        known = found.names if step.opname in GLOBAL else found.variables
        for name, last in _loaded(step):
            known.setdefault(name, set()).add(_chain(steps, i) if last else ())
    for inner in _inner(code):
        _join(found, reads(inner))
    return found


@lru_cache(4096)
def text(code: CodeType) -> str:
    """What a code does, in a line that is the same in every process.

    It is told step by step: how a method is fetched depends on what is compiled with it, a whole
    script or one cell, and so does every place in the bytes.
    """
    steps = _steps(code)
    offsets = [step.offset for step in steps]
    shape = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount,
             code.co_flags & SHAPE, code.co_varnames, code.co_cellvars, code.co_freevars)
    told = [_step(step, code, offsets) for step in steps]
    caught = [(*(bisect_left(offsets, at) for at in (one.start, one.end, one.target)), one.depth)
              for one in dis._parse_exception_table(code)]  # type: ignore[attr-defined]
    return f"code({shape!r}, {'; '.join(told)}, {caught})"


def _step(step: dis.Instruction, code: CodeType, offsets: list[int]) -> str:
    name = "LOAD_ATTR" if step.opname == "LOAD_METHOD" else step.opname
    if step.opcode in dis.hasconst or name == "KW_NAMES":
        return f"{name} {constant(code.co_consts[step.arg or 0])}"
    if step.opcode in dis.hasjrel or step.opcode in dis.hasjabs:
        return f"{name} to {bisect_left(offsets, step.argval)}"
    return f"{name} {step.argval!r}"


def constant(value: Any) -> str:
    """A constant of a code: 1, 1.0 and True are three, a frozenset has no order."""
    if isinstance(value, CodeType):
        return text(value)
    if isinstance(value, tuple | frozenset):
        parts = [constant(part) for part in value]
        parts = sorted(parts) if isinstance(value, frozenset) else parts
        return f"{type(value).__name__}({', '.join(parts)})"
    return f"{type(value).__name__} {value!r}"


def _steps(code: CodeType) -> list[dis.Instruction]:
    return [step for step in dis.get_instructions(code) if step.opname not in SILENT]


def _inner(code: CodeType) -> Iterator[CodeType]:
    yield from (value for value in code.co_consts if isinstance(value, CodeType))


def _loaded(step: dis.Instruction) -> Iterator[tuple[str, bool]]:
    """The names that a step puts on the stack, and whether it lies on top."""
    if step.opname in GLOBAL:
        yield step.argval, True
    elif "LOAD_" in step.opname and ("FAST" in step.opname or "DEREF" in step.opname):
        names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
        yield from ((name, i == len(names) - 1) for i, name in enumerate(names))


def _chain(steps: list[dis.Instruction], i: int) -> Chain:
    found: list[str] = []
    for step in steps[i + 1:]:
        if step.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
            break
        found.append(step.argval)
    return tuple(found)


def _import(steps: list[dis.Instruction], i: int) -> Import:
    level, what, into = steps[i - 2].argval, steps[i - 1].argval, steps[i + 1]
    aliased = into.opname == "IMPORT_FROM" and not what  # import a.b as c
    module = steps[i].argval
    if not aliased and not what:
        module = module.partition(".")[0]                # import a.b binds a
    while into.opname == "IMPORT_FROM" or into.opname in ("SWAP", "POP_TOP"):
        into = steps[(i := i + 1) + 1]
    variable = into.argval[0] if isinstance(into.argval, tuple) else into.argval
    return Import(module, level, tuple(what or ()), str(variable))


def _join(found: Reads, inner: Reads) -> None:
    for mine, theirs in ((found.names, inner.names), (found.variables, inner.variables)):
        for name, chains in theirs.items():
            mine.setdefault(name, set()).update(chains)
    found.imports += inner.imports
