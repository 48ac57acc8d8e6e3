"""What a result was made of: readable descriptions that are equal exactly when
the things are, and the provenance.
"""

from __future__ import annotations

import dataclasses
import dis
import functools
import hashlib
import inspect
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from types import CodeType
from typing import Any

import numpy as np
import torch


def describe(value: Any) -> str:
    """One line that names a value: settings in words, arrays by content,
    functions and foreign classes by source.

    Two values of equal description give equal results;
    two runs of a notebook give equal descriptions.
    """
    return _Describer().describe(value)


class _Describer:
    """Walks a value; what it is inside of already, such as a function
    that calls itself, is named by its type alone.
    """

    def __init__(self):
        self.inside: list[int] = []

    def describe(self, value: Any) -> str:
        plain = bool | int | float | str | complex | np.generic | torch.dtype | torch.device
        if value is None or isinstance(value, plain):
            return repr(value.item() if isinstance(value, np.generic) else value)
        if isinstance(value, torch.Tensor | np.ndarray):
            return _array(np.ascontiguousarray(torch.as_tensor(value).cpu().numpy()))
        if inspect.ismodule(value):
            return value.__name__
        if isinstance(value, type):
            return _class(value)
        if id(value) in self.inside:
            return f"<{type(value).__name__}>"
        self.inside.append(id(value))
        try:
            return self._compound(value)
        finally:
            self.inside.pop()

    def _compound(self, value: Any) -> str:
        if hasattr(type(value), "described"):
            return value.described(self.describe)
        if isinstance(value, list | tuple):
            return f"[{self._all(value)}]"
        if isinstance(value, dict):
            items = ", ".join(f"{key}: {self.describe(item)}" for key, item in value.items())
            return f"{{{items}}}"
        if isinstance(value, functools.partial):
            return f"{self.describe(value.func)}({self._all(value.args)}, {self.describe(value.keywords)})"
        if inspect.isroutine(value):
            return self._function(value)
        settings = (f"{name}={self.describe(item)}" for name, item in _settings(value).items())
        return f"{_class(type(value))}({', '.join(settings)})"

    def _all(self, values: Any) -> str:
        return ", ".join(map(self.describe, values))

    def _function(self, function: Any) -> str:
        cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
        held = [*(getattr(function, "__defaults__", None) or ()), *cells]
        if not _ours(function):
            held += [f"{name}=" + self.describe(value)
                     for name, value in _globals(function).items()]
        captured = f"[{self._all(held)}]" if held else ""
        where = "" if _ours(function) else f"@{_digest(_source(function))}"
        return function.__qualname__ + captured + where


def _settings(value: Any) -> dict[str, Any]:
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name)
                for field in dataclasses.fields(value) if field.compare}
    return dict(sorted(getattr(value, "__dict__", {}).items()))


def _array(array: np.ndarray) -> str:
    return f"array(shape={array.shape}, {array.dtype}, content={_digest(array.tobytes())})"


def _class(kind: type) -> str:
    return kind.__name__ if _ours(kind) else f"{kind.__qualname__}@{_digest(_source(kind))}"


def _ours(thing: Any) -> bool:
    return (getattr(thing, "__module__", None) or "").partition(".")[0] == "madkit"


def _source(thing: Any) -> bytes:
    try:
        source = inspect.getsource(thing).encode()
        alone = getattr(thing, "__name__", "") != "<lambda>"  # a line may hold two of these
        return source if alone else source + _code(thing.__code__)
    except (OSError, TypeError):  # typed into an interpreter, or compiled, or a notebook's class
        return thing.__qualname__.encode() + b"".join(map(_code, _codes(thing)))


def _codes(thing: Any) -> Iterator[CodeType]:
    """The code of a function, or of all that a class defines."""
    for part in vars(thing).values() if isinstance(thing, type) else [thing]:
        # the function of a property, of a static or class method
        bare = getattr(part, "fget", None) or getattr(part, "__func__", part)
        if isinstance(code := getattr(bare, "__code__", None), CodeType):
            yield code


def _globals(function: Any) -> dict[str, Any]:
    """The global values that a function's code reads, by name;
    what it imported from elsewhere is left to the versions.
    """
    code, held = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    names = sorted(_names_read(code) & set(held)) if code else []
    return {name: held[name] for name in names if not _imported(held[name], function.__module__)}


def _imported(value: Any, module: str) -> bool:
    if inspect.ismodule(value):
        return True
    return (inspect.isroutine(value) or isinstance(value, type)) and value.__module__ != module


def _names_read(code: CodeType) -> set[str]:
    inner = (_names_read(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    steps = dis.get_instructions(code)
    return {step.argval for step in steps if step.opname == "LOAD_GLOBAL"}.union(*inner)


def _code(code: CodeType) -> bytes:
    """What a code object does, without its address and its place in a file."""
    constants = [_code(constant) if isinstance(constant, CodeType) else constant
                 for constant in code.co_consts]
    return repr((code.co_code, code.co_names, constants)).encode()


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=6).hexdigest()


def provenance(device: str) -> dict[str, str]:
    """Versions, device and date: what a result depends on besides its settings."""
    return {"versions": versions(), "device": device_name(device),
            "date": datetime.now(UTC).isoformat(timespec="seconds")}


@functools.cache
def versions() -> str:
    """The versions that numbers depend on."""
    try:
        ours = version("madkit")
    except PackageNotFoundError:
        ours = "unknown"
    return f"madkit {ours}, torch {torch.__version__}, numpy {np.__version__}, Python {platform.python_version()}"


def device_name(device: str) -> str:
    """The device in words, such as "cpu (x86_64)" or "cuda (NVIDIA H200)"."""
    kind = torch.device(device).type
    if kind == "cuda":
        return f"{kind} ({torch.cuda.get_device_name(torch.device(device))})"
    return f"{kind} ({platform.machine()})"
