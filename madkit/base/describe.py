"""What a result was made of: descriptions that are equal exactly when the values are, or a refusal;
and the provenance.

    plain values and settings       as they are written; 1, 1.0 and True are three
    arrays, tensors, tables         by type, shape and content
    madkit's own classes            by name and settings
    those of installed packages     by name and state; what they do is left to the version, which
                                    the provenance names
    your own classes and functions  by content: code, defaults, closures, class attributes, bases,
                                    and every global, helper and attribute of a module of your own
                                    that the code reads, and what these read
    other objects                   by their state: attributes, slots, or what copying would take

Sets have no order, dicts have one (a loop over them would show it). Annotations and docstrings do
not count, nor does what a function reads from files. What has no content to tell, such as an open
file or a lock, is refused with its path; unless the class of an object that holds it has a
`__repr__` of its own: then that text, without an address, is the content.
"""

from __future__ import annotations

import copyreg
import functools
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor

from madkit.base import codes, contents, origins, states
from madkit.base.contents import digest

FORMAT = 2       # of descriptions; 1, up to madkit 0.3, told foreign code by its source alone
PLAIN = (bool, int, float, complex, str)
LONG = 1000      # characters of one text, and of a foreign part, that are written out
SHOWN = 60       # characters of a constant that stands beside the digest of a code
NOT = "not described: "
BLIND = {"importlib": ("import_module",), "sys": ("modules", "_getframe"),
         "inspect": ("currentframe", "stack"), "builtins": ("__import__", "eval", "exec", "globals")}


class Undescribed(TypeError):
    """A value, or a part of it, whose content cannot be told."""


def describe(value: Any, name: str = "value") -> str:
    """One line that names a value, equal exactly when the value is, in every process.

    name  what it is called where it cannot be described

    Raises Undescribed, with the path of the part that has no content to tell.
    """
    return _Describer(name).whole(value)


def descriptions(parts: Mapping[str, Any], complete: bool) -> tuple[dict[str, Any], set[str]]:
    """({name: line, or list of lines}, packages that take part in them).

    complete  whether what cannot be described is refused; else its line says so
    """
    lines: dict[str, Any] = {}
    packages: set[str] = set()
    for name, value in parts.items():
        several = isinstance(value, tuple)
        told = []
        for one in value if several else [value]:
            describer = _Describer(name)
            try:
                told.append(describer.whole(one))
            except Undescribed as error:
                if complete:
                    raise
                called = getattr(one, "__qualname__", type(one).__qualname__)
                told.append(f"{called}[{NOT}{error.args[0].partition(',')[0]}]")
            packages |= describer.packages
        lines[name] = told if several else told[0]
    return lines, packages


class _Describer:
    """Walks a value."""

    def __init__(self, name: str):
        self.path = [name]
        self.inside: list[Any] = []           # what it is inside of already: a cycle is told as one
        self.known: dict[int, str] = {}       # functions, classes and modules that were told before
        self.kept: list[Any] = []             # these, so that no other takes their place in memory
        self.shown: list[str] | None = None   # constants that the code at hand reads, for readers
        self.packages: set[str] = set()
        self.bears = False                    # whether what has no content is passed over

    def whole(self, value: Any) -> str:
        """The line of a value; whatever it does while it is looked at, one error."""
        try:
            return self.describe(value)
        except Undescribed:
            raise
        except RecursionError:
            raise Undescribed(f"{self.path[0]}, nested too deeply, cannot be described: make it "
                              "flatter") from None
        except Exception as error:
            raise self.refuse(value, error) from error

    def describe(self, value: Any, step: str = "") -> str:
        kind = type(value)
        if value is None or kind in PLAIN:
            return _plain(value)
        self.path.append(step)
        try:
            return self._simple(value)
        except Undescribed:
            if not self.bears:
                raise
            return "?"
        finally:
            self.path.pop()

    def refuse(self, value: Any, why: Any = "") -> Undescribed:
        kind = type(value)
        called = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
        said = f" ({why})" if why else ""
        return Undescribed(
            f"{''.join(self.path)}, of {called}, cannot be described{said}, so a store could not "
            "tell this run from another. Give the class that holds it a __repr__ that says all "
            "that its numbers depend on, or make it a frozen dataclass of settings and open or "
            "make the rest inside its methods; without store= it runs as it is")

    # --- by kind ----------------------------------------------------------------------------------

    def _simple(self, value: Any) -> str:
        if isinstance(value, torch.dtype | torch.device | torch.layout | torch.memory_format
                      | torch.Size | types.EllipsisType | types.NotImplementedType):
            return repr(value)
        if isinstance(value, np.generic):
            return contents.scalar(value) if value.dtype.fields is None else self._array(np.array(value))
        if isinstance(value, bytes | bytearray) and type(value) in (bytes, bytearray):
            return repr(value) if len(value) < LONG else self._folded(
                type(value).__name__, f"{len(value)}, {digest(value)}")
        if isinstance(value, Tensor | np.ndarray):
            return self._array(value)
        if isinstance(value, types.ModuleType):
            return self._module(value)
        if isinstance(value, type):
            return self._class(value)
        if any(value is one for one in self.inside):
            above = next(i for i, one in enumerate(reversed(self.inside)) if one is value)
            return f"<{type(value).__name__} {above + 1} above>"
        self.inside.append(value)
        try:
            return self._compound(value)
        finally:
            self.inside.pop()

    def _array(self, value: Any) -> str:
        try:
            tell: Any = contents.array if isinstance(value, np.ndarray) else contents.tensor
            said = tell(value, self.describe)
        except Undescribed:
            raise
        except Exception as error:
            raise self.refuse(value, error) from error
        kind, held = type(value), dict(getattr(value, "__dict__", {}))
        if isinstance(value, np.ma.MaskedArray):
            held = {}
        if kind in (np.ndarray, Tensor) and not held:
            return said
        return self._folded(self._class(kind), said, *self._pairs(held))

    def _compound(self, value: Any) -> str:
        kind = type(value)
        if origins.ours(kind.__module__):
            return self._own(value)
        if kind in (list, tuple):
            return self._sequence(value)
        if kind in (set, frozenset):
            return self._unordered(value)
        if kind is dict:
            return self._items(value)
        if kind is functools.partial:
            return self._partial(value)
        if isinstance(value, types.MethodType):
            return self._method(value)
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, types.BuiltinFunctionType | types.MethodWrapperType):
            return self._builtin(value)
        if kind.__name__ == "cython_function_or_method" and origins.found_by_name(
                value, value.__module__):
            return self._named(value.__module__, value.__qualname__)
        if contents.is_frame(value):
            return self._class(kind) + contents.frame(value, self.describe)
        return self._object(value)

    def _partial(self, value: functools.partial) -> str:
        own = origins.ours(getattr(value.func, "__module__", None))
        args, named = value.args, value.keywords
        if own:
            args, named = tuple(map(states.python, args)), {k: states.python(v) for k, v in named.items()}
        said = ", ".join(f"{key}: {self.describe(one, f'[{key!r}]')}" for key, one in named.items())
        return f"{self.describe(value.func)}({self._all(args)}, {{{said}}})"

    def _all(self, values: Iterable[Any]) -> str:
        return ", ".join(self.describe(value, f"[{i}]") for i, value in enumerate(values))

    def _sequence(self, value: list[Any] | tuple[Any, ...]) -> str:
        inside = self._all(value) + ("," if len(value) == 1 and type(value) is tuple else "")
        opened, closed = "[]" if type(value) is list else "()"
        return self._long(f"{opened}{inside}{closed}", f"{opened}{len(value)} items")

    def _items(self, value: Mapping[Any, Any]) -> str:
        items = (f"{self._key(key)}: {self.describe(item, f'[{key!r}]'[:SHOWN])}"
                 for key, item in value.items())
        return self._long(f"{{{', '.join(items)}}}", f"{{{len(value)} items")

    def _key(self, key: Any) -> str:
        """A name is written as it is; what could be mistaken for one stands in brackets."""
        return key if type(key) is str and key.isidentifier() else f"[{self.describe(key)}]"

    def _unordered(self, value: Iterable[Any]) -> str:
        """The elements of a set, each told as if alone, in the order of their descriptions."""
        known, told = dict(self.known), []
        for one in value:
            told.append(self.describe(one, "{…}"))
            self.known = dict(known)
        return self._long(f"{type(value).__name__}{{{', '.join(sorted(told))}}}",
                          f"{type(value).__name__}{{{len(told)} items")

    def _long(self, text: str, head: str) -> str:
        """A text, or if it is very long its beginning and its digest."""
        return text if len(text) <= 4 * LONG else f"{head}, content={digest(text)}{text[-1]}"

    def _folded(self, head: str, *parts: str) -> str:
        """head(parts), the parts as their digest where they are long."""
        text = ", ".join(parts)
        return f"{head}({text if len(text) <= LONG else f'content={digest(text)}'})"

    # --- objects ----------------------------------------------------------------------------------

    def _own(self, value: Any) -> str:
        """madkit's own: by name and settings."""
        if hasattr(type(value), "described"):
            return value.described(self.describe)
        settings = states.own_settings(value)
        return f"{type(value).__name__}({', '.join(self._pairs(settings))})"

    def _pairs(self, settings: Mapping[str, Any]) -> Iterator[str]:
        return (f"{name}={self.describe(item, f'.{name}')}" for name, item in settings.items())

    def _object(self, value: Any) -> str:
        known = dict(self.known)
        try:
            return self._by_state(value)
        except Undescribed:
            said = states.words(value)
            if said is None:
                raise
            self.known = known
            with self._bearing():
                return f"{self._class(type(value))}({said!r})"

    @contextmanager
    def _bearing(self) -> Iterator[None]:
        before, self.bears = self.bears, True
        try:
            yield
        finally:
            self.bears = before

    def _by_state(self, value: Any) -> str:
        kind = type(value)
        if (name := states.global_generator(value)) is not None:
            return name                                  # the process's own: seeded before each fit
        if isinstance(value, torch.Generator):
            return f"Generator({value.device.type}, {self.describe(value.get_state())})"
        if isinstance(value, torch.utils.hooks.RemovableHandle):
            return "RemovableHandle()"                   # its number counts all of the process
        if isinstance(value, Enum):
            return f"{self._class(kind)}.{value.name}({self.describe(value._value_)})"
        if isinstance(value, property):
            return f"property({self._all((value.fget, value.fset, value.fdel))})"
        if isinstance(value, staticmethod | classmethod):
            return f"{kind.__name__}({self.describe(value.__func__)})"
        if isinstance(value, functools.cached_property):
            return f"cached_property({self.describe(value.func)})"
        if isinstance(value, functools._lru_cache_wrapper):
            return f"cached({self.describe(value.__wrapped__)}, {value.cache_parameters()})"
        if isinstance(value, types.MappingProxyType):
            return f"mappingproxy({self._items(value)})"
        if isinstance(value, types.CodeType):
            return digest(codes.text(value))
        if isinstance(value, types.CellType):
            return f"cell({self._all(states.contents_of(value))})"
        if kind.__module__ == "ctypes":
            raise self.refuse(value, "it points into memory")
        if isinstance(value, torch.nn.Module):
            return self._settled(value, states.network_settings(value))
        if not states.is_bare(kind):
            return self._reduced(value)
        known = dict(self.known)
        try:
            return self._settled(value, states.settings_of(value))
        except Undescribed:
            if not any(map(states.taught(kind), ("__getstate__", "__reduce__", "__reduce_ex__"))):
                raise
            self.known = known
            return self._reduced(value)

    def _settled(self, value: Any, settings: Mapping[str, Any]) -> str:
        """An object by its class and its attributes."""
        loose = {field.name for field in getattr(type(value), "__dataclass_fields__", {}).values()
                 if not field.compare}
        parts: list[str] = []
        for name, item in settings.items():
            try:
                parts += self._pairs({name: item})
            except Undescribed:
                if name not in loose:  # compare=False: it is no part of what the object is
                    raise
        return self._folded(self._class(type(value)), *parts)

    def _reduced(self, value: Any) -> str:
        """Any other object by what copying it would take."""
        try:
            with warnings.catch_warnings(action="ignore"):
                found = copyreg.dispatch_table.get(type(value))
                made: Any = found(value) if found else value.__reduce_ex__(4)
        except Exception as error:
            raise self.refuse(value, error) from error
        if isinstance(made, str):
            return self._singleton(value, made)
        make, args, state, items, pairs = [*made, None, None, None][:5]
        head = self._class(type(value))
        if make is copyreg.__newobj__:  # type: ignore[attr-defined]
            args = args[1:]
        elif make is not type(value):
            head += f" by {self.describe(make)}"
        parts = [self.describe(one, f"<{i}>") for i, one in enumerate(args)]
        if isinstance(value, set | frozenset):           # their elements come in no order
            parts = [self._unordered(frozenset(value))]
        for part in state if isinstance(state, tuple) and len(state) == 2 else (state,):
            if isinstance(part, dict):
                part = {k: v for k, v in sorted(part.items(), key=lambda pair: str(pair[0]))
                        if k != "_sklearn_version"}
                parts += (f"{self._key(k)}={self.describe(v, f'.{k}')}" for k, v in part.items())
            elif part is not None:
                parts.append(self.describe(part, "<state>"))
        if items is not None:
            parts.append(self._sequence(list(items)))
        if pairs is not None:
            parts.append(self._sequence([*map(tuple, pairs)]))
        return self._folded(head, *parts)

    def _singleton(self, value: Any, name: str) -> str:
        module = getattr(value, "__module__", None) or type(value).__module__
        at: Any = sys.modules.get(module)
        for part in name.split("."):
            at = getattr(at, part, None)
        if at is not value:
            raise self.refuse(value)
        return self._named(module, name)

    def _named(self, module: str | None, name: str) -> str:
        if (found := origins.package(module)) is not None:
            self.packages.add(found)
        return f"{module}.{name}".removeprefix("builtins.")

    # --- code -------------------------------------------------------------------------------------

    def _method(self, value: types.MethodType) -> str:
        """A bound method by its object and its function; Drying(n=90).step."""
        holder, function = value.__self__, value.__func__
        head = self.describe(holder).removesuffix("()")
        if type(function) is types.FunctionType and origins.ours(states.home_of(function)):
            return head + self._function(function).removeprefix(
                function.__qualname__.rpartition(".")[0])
        inside = function.__qualname__.rpartition(".")[0] if hasattr(function, "__code__") else ""
        return f"{head}.{self.describe(function).removeprefix(f'{inside}.')}"

    def _builtin(self, value: Any) -> str:
        holder = value.__self__
        if holder is None or isinstance(holder, types.ModuleType | type):
            home = getattr(holder, "__module__", None) or getattr(holder, "__name__", None)
            return self._named(value.__module__ or home, value.__qualname__)
        return f"{self.describe(holder)}.{value.__name__}"

    def _function(self, value: types.FunctionType) -> str:
        while states.home_of(value) in ("madkit.base.guard", "madkit.base.gate") \
                and hasattr(value, "__wrapped__"):
            value = value.__wrapped__                    # neither changes a result
        home = states.home_of(value)
        held = [*(value.__defaults__ or ()),
                *(one for cell in value.__closure__ or () for one in states.contents_of(cell))]
        if origins.ours(home):
            return value.__qualname__ + (f"[{self._all(map(states.python, held))}]" if held else "")
        if origins.package(home) and origins.found_by_name(value, value.__module__):
            return self._named(home, value.__qualname__)
        if home == "functools" and hasattr(value, "registry"):  # a function for each type
            return f"singledispatch({self._items(value.registry)})"
        return self._coded(value, value.__qualname__, lambda: self._content(value, home))

    def _content(self, value: types.FunctionType, home: str | None) -> Iterator[str]:
        """What a function is: its code, and all that it holds and reads."""
        if origins.package(home):
            yield self._named(home, "")
        else:
            yield codes.text(value.__code__)
        code, plain = value.__code__, value.__defaults__ or ()
        named = code.co_varnames[:code.co_argcount][code.co_argcount - len(plain):]
        for name, one in [*zip(named, plain, strict=True), *(value.__kwdefaults__ or {}).items()]:
            yield f"{name}=" + self._constant(one, f" default {name}")
        cells = dict(zip(value.__code__.co_freevars, value.__closure__ or (), strict=True))
        read = codes.reads(value.__code__)
        for name, cell in cells.items():
            for one in states.contents_of(cell):
                yield f"{name}=" + self._used(name, one, read.variables.get(name, {()}))
        for name, one in vars(value).items():
            yield f".{name}={self.describe(one, f'.{name}')}"
        if not origins.package(home):
            yield from self._globals(value, read)

    def _globals(self, value: types.FunctionType, read: codes.Reads) -> Iterator[str]:
        held = value.__globals__
        for name in sorted(set(read.names) - states.PLACE):
            if name in held:
                yield f"{name}=" + self._used(name, held[name], read.names[name])
            elif name in ("globals", "eval", "exec", "__import__"):
                raise self._blind(value, name)
        for one in read.imports:
            yield self._imported(one, held, read)

    def _blind(self, value: Any, name: str) -> Undescribed:
        self.path.append(f" reads by {name}")
        return self.refuse(value, f"what a function reads by {name} cannot be followed: "
                                  "read it by its name")

    def _seeing(self, value: Any, chains: Iterable[codes.Chain]) -> None:
        """Refuse what leads to modules and frames that no name in the code tells."""
        for module, names in BLIND.items():
            ways = {name: getattr(sys.modules.get(module), name, None) for name in names}
            for name, way in ways.items():
                if way is value or (value is sys.modules.get(module)
                                    and name in {chain[0] for chain in chains if chain}):
                    raise self._blind(value, name)

    def _imported(self, one: codes.Import, held: dict[str, Any], read: codes.Reads) -> str:
        """What an import inside of a function brings."""
        if not one.level and origins.package(one.module):
            module = sys.modules.get(one.module)
            self._seeing(module, {(name,) for name in one.what}
                         | read.variables.get(one.variable, set()))
            return self._named(one.module, ", ".join(one.what))
        try:
            dots = "." * one.level
            module = import_module(dots + one.module, held.get("__package__") or "")
        except Exception as error:
            return f"import {one.module}: {type(error).__name__}"
        chains = {(name,) for name in one.what} or read.variables.get(one.variable, {()})
        return f"import {one.module}: {self._used(one.module, module, chains)}"

    def _used(self, name: str, value: Any, chains: Iterable[codes.Chain]) -> str:
        """A value that code reads under a name; of a module of the user's own, what it reads of it."""
        mine = isinstance(value, types.ModuleType) and origins.package(value.__name__) is None
        self._seeing(value, chains)
        if not mine or origins.ours(value.__name__) or () in set(chains):
            return self._constant(value, f" reads {name}", name)
        parts = []
        for first in sorted({chain[0] for chain in chains}):
            rest = {chain[1:] for chain in chains if chain[0] == first}
            known = hasattr(value, first)
            parts.append(f"{first}=" + (self._used(f"{name}.{first}", getattr(value, first), rest)
                                        if known else "?"))
        return f"module({', '.join(parts)})"

    def _constant(self, value: Any, step: str, name: str = "") -> str:
        """Something that code holds or reads; if it is short and no code, readers see it too."""
        text = self.describe(value, step)
        plain = value is None or isinstance(value, (*PLAIN, list, tuple, dict, np.ndarray, Tensor))
        if self.shown is not None and plain and not name.startswith("_") and len(text) <= SHOWN:
            self.shown.append(f"{name}={text}" if name else text)
        return text

    def _coded(self, value: Any, name: str, content: Callable[[], Iterable[str]]) -> str:
        """name@digest[constants] of what is code; a second time it is told, a reference."""
        if id(value) in self.known:
            return self.known[id(value)]
        self.known[id(value)] = f"{name}#{len(self.known)}"
        self.kept.append(value)
        outer, self.shown = self.shown, [] if self.shown is None else self.shown
        try:
            mark = digest("\n".join(content()))
            seen = list(dict.fromkeys(self.shown))
        finally:
            self.shown = outer
        few = f"[{', '.join(seen[:12])}]" if seen and outer is None else ""
        return f"{name}@{mark}{few}"

    def _class(self, kind: type) -> str:
        home = kind.__module__ if isinstance(kind.__module__, str) else None
        if origins.ours(home):
            return kind.__name__
        static = not kind.__flags__ & states.HEAP                # made in C: none of it is the user's
        if static or origins.package(home) and origins.found_by_name(kind, home):
            return self._named(home, kind.__qualname__)
        return self._coded(kind, kind.__name__, lambda: self._members(kind))

    def _members(self, kind: type) -> Iterator[str]:
        """What a class is: its bases, and all that its body made."""
        if type(kind) is not type:
            yield "metaclass " + self._class(type(kind))
        yield from (self._class(base) for base in kind.__bases__ if base is not object)
        for name, part in sorted(vars(kind).items()):
            if name == "__dataclass_fields__":
                part = {one.name: (one.compare, one.init, one.kw_only, dict(one.metadata))
                        for one in part.values()}
            slot = isinstance(part, types.MemberDescriptorType | types.GetSetDescriptorType)
            if name in states.PASSED or slot or issubclass(kind, Enum) and name in states.ENUM:
                continue
            yield f"{name}=" + self._constant(part, f" (class {kind.__qualname__}).{name}", name)

    def _module(self, value: types.ModuleType) -> str:
        if origins.ours(value.__name__):
            return value.__name__
        if origins.package(value.__name__):
            return self._named(value.__name__, "").removesuffix(".")
        names = sorted(name for name in vars(value) if not name.startswith("__"))
        return self._coded(value, value.__name__, lambda: (
            f"{name}={self.describe(getattr(value, name), f'.{name}')}" for name in names))


def _plain(value: Any) -> str:
    if type(value) is int and value.bit_length() > 10_000:  # Python prints no longer ones
        return hex(value)
    if type(value) is str and len(value) > LONG:
        return f"str({len(value)}, content={digest(value)})"
    return repr(value)
