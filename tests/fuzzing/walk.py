"""Every public function, class, method, property and operator of `mk`, found by walking its names,
and those of what they hand out: none is listed.
"""

import dataclasses
import functools
import importlib
import inspect
import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import madkit as mk

OPERATORS = ("__call__", "__getitem__", "__add__", "__contains__", "__matmul__")
PROPERTIES = (property, functools.cached_property)


@dataclass(frozen=True)
class Callable_:
    """A public callable: where it is (`mk.models.Gaussian.fit`), and of which class it is a method.

    way  "" called, "read" (a property) or "set" (one that is written)
    """

    path: str
    owner: str = ""                    # the class's path; "" for a function or a class
    way: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2].partition(" ")[0]

    @property
    def words(self) -> list[str]:
        """What an error may call it, where it speaks of no argument alone."""
        return [self.name, *([self.owner.rpartition(".")[2]] if self.owner else [])]

    @property
    def thing(self) -> Any:
        if self.owner:
            found = inspect.getattr_static(_found(self.owner), self.name)
            if self.way:
                return found.fset if self.way == "set" else getattr(found, "fget", None) or found.func
            return getattr(_found(self.owner), self.name)
        return _found(self.path)

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """What a caller gives."""
        given = dict(inspect.signature(self.thing).parameters)
        if self.owner and next(iter(given), "") == "self":
            del given["self"]
        return given


@functools.cache
def _found(path: str) -> Any:
    """What is called so: `mk.models.Gaussian`, or `madkit.loops.State`."""
    first, *parts = path.split(".")
    found: Any = mk
    if first != "mk":
        found = importlib.import_module(".".join(path.split(".")[:-1]))
        parts = parts[-1:]
    for part in parts:
        found = getattr(found, part)
    return found


def public() -> list[Callable_]:
    """Functions, classes and methods, each once, in the order of the names."""
    return list({one.path: one for one in _room(mk, "mk")}.values())


def everything(handed: typing.Iterable[str] = ()) -> list[Callable_]:
    """Those, properties and operators; also of the classes that are handed out."""
    classes = [one.path for one in public() if inspect.isclass(one.thing)] + list(handed)
    more = [one for path in classes for one in _parts(path, path in handed)]
    return list({one.path: one for one in [*public(), *more]}.values())


def _room(room: Any, path: str) -> Iterator[Callable_]:
    for name in room.__all__:
        thing, here = getattr(room, name), f"{path}.{name}"
        if inspect.ismodule(thing):
            yield from _room(thing, here)
        elif inspect.isclass(thing) and issubclass(thing, BaseException):
            continue
        elif inspect.isclass(thing):
            yield Callable_(here)
            yield from (Callable_(f"{here}.{method}", here) for method in _named(thing, _is_method))
        elif callable(thing) and getattr(thing, "__module__", "").startswith("madkit"):
            yield Callable_(here)


def _parts(path: str, methods: bool) -> Iterator[Callable_]:
    """Properties and operators of a class, and its methods where nobody else names them."""
    kind = _found(path)
    yield from (Callable_(f"{path}.{name}", path, "read")
                for name in _named(kind, lambda part: isinstance(part, PROPERTIES)))
    yield from (Callable_(f"{path}.{name} =", path, "set")
                for name in _named(kind, lambda part: getattr(part, "fset", None) is not None))
    yield from (Callable_(f"{path}.{name}", path) for name in OPERATORS
                if any(name in vars(base) for base in _ours(kind)))
    if methods:
        yield from (Callable_(f"{path}.{name}", path) for name in _named(kind, _is_method))


def _is_method(part: Any) -> bool:
    return inspect.isfunction(part) or isinstance(part, classmethod | staticmethod)


def _ours(kind: type) -> list[type]:
    return [base for base in kind.__mro__ if base.__module__.startswith("madkit")]


def _named(kind: type, which: Any) -> list[str]:
    """Public parts of a class, those of madkit's bases too."""
    return sorted({name for base in _ours(kind) for name, part in vars(base).items()
                   if not name.startswith("_") and which(part)})


def handed_out(known: typing.Iterable[str] = ()) -> set[str]:
    """The classes of madkit that public results and attributes are of, without a public name; but
    those that are Python's own kind of thing, such as an Executor.
    """
    named = {one.thing for one in public() if inspect.isclass(one.thing)}
    found, seen = set(), set()
    todo = [hint for one in everything(known) for hint in _hints(one.thing)]
    while todo:
        kind = todo.pop()
        if kind in seen:
            continue
        seen.add(kind)
        foreign = [base for base in kind.__mro__[1:] if base not in (object, *_ours(kind))]
        if kind not in named and not kind.__name__.startswith("_") and not foreign:
            todo += kind.__subclasses__()
            if any(_named(kind, which) for which in (
                    _is_method, lambda part: isinstance(part, PROPERTIES))):
                found.add(f"{kind.__module__}.{kind.__qualname__}")
        if dataclasses.is_dataclass(kind):
            todo += [hint for field in dataclasses.fields(kind)
                     for hint in _classes(field.type, kind)]
    return found


def _hints(thing: Any) -> Iterator[type]:
    """The classes of madkit that a function says it returns."""
    if inspect.isfunction(thing):
        yield from _classes(thing.__annotations__.get("return"), inspect.unwrap(thing))


def _classes(hint: Any, where: Any) -> Iterator[type]:
    module = inspect.getmodule(where)
    for name in re.findall(r"[A-Za-z_]\w*", hint if isinstance(hint, str) else
                           getattr(hint, "__name__", str(hint))):
        kind = getattr(module, name, None)
        if inspect.isclass(kind) and kind.__module__.startswith("madkit") \
                and not getattr(kind, "_is_protocol", False):
            yield kind
