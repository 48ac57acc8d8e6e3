"""Functions as they are now: a figure that is moved later calls what it was given, although a later
cell gives the names that it reads another meaning."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from typing import Any, TypeVar

T = TypeVar("T")


def captured(thing: T) -> T:
    """A function with the values that the names it reads have now, and with helpers that it calls,
    those of its own module, captured likewise; of a partial its function, of a method
    what it calls by name; anything else as it is.

    What a name means is held, not what is in it: a list that is appended to is the same list.
    """
    return _captured(thing, {})


def _captured(thing: Any, known: dict[int, Any]) -> Any:
    if id(thing) in known:
        return known[id(thing)]
    if isinstance(thing, functools.partial):
        function = _captured(thing.func, known)
        return functools.partial(function, *thing.args, **thing.keywords)
    if isinstance(thing, types.MethodType):
        return types.MethodType(_captured(thing.__func__, known), thing.__self__)
    # a module's own functions mean what they mean; cells are rewritten
    if not isinstance(thing, types.FunctionType) or thing.__module__ != "__main__":
        return thing
    held: dict[str, Any] = {"__name__": thing.__module__}
    made = types.FunctionType(thing.__code__, held, thing.__name__, thing.__defaults__,
                              thing.__closure__)
    made.__kwdefaults__, made.__qualname__ = thing.__kwdefaults__, thing.__qualname__
    made.__annotations__, made.__doc__ = thing.__annotations__, thing.__doc__
    vars(made).update(vars(thing))
    known[id(thing)] = made
    there = thing.__globals__
    held |= {name: _captured(there[name], known) for name in _names(thing.__code__)
             if name in there}
    return made


def _names(code: types.CodeType) -> Iterator[str]:
    """The names that it, and functions inside it, may read in its module."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _names(inner)
