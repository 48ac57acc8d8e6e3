"""One gate: what a signature says of an argument is what is checked.

    @gate
    def fresh_data(n: Rows, p: Unit, lam: Unit = 1.0) -> Source:
        ...                          # n is an int ≥ 0 here, p and lam are floats in [0, 1]

A class is gated with its constructor, its public methods, `()` and `[]`. Types mean what they say, and are read
once, at the first call:

    int, float, bool, str       a whole number, a number but NaN, True or False, text: never another
    Unit, Rows, Place, …        that, in a range: `Annotated[type, check]`, see `madkit.base.checks`
    Literal["a", "b"]           one of these
    Samples, pd.DataFrame, …    an instance; what is imported only for types is known by its name
    Model, Truth                a protocol: an instance with its methods
    Tensor, np.ndarray          an array of real numbers, none of them NaN; a list of them too
    Callable[[X, Y], Z]         a function that can be called with two arguments
    Iterable[X], Sequence[X]    a list or the like (no text) of X; what comes only once is kept
    Mapping[str, X], tuple[X, Y]
    A | B, X | None             one of them
    Any                         unchecked, here

A value is handed on in its type (np.int64(3) as 3). Anything else is refused before the function
begins, by its name, with what was expected, what came and what to do; what no check foresaw leaves
as `madkit.base.unforeseen` says. A call from outside is
checked, once: not that of madkit's own numbers by each other (`callers.is_own`), which are as they
should be, and many.
"""

from __future__ import annotations

import ast
import builtins
import collections.abc
import functools
import importlib
import inspect
import linecache
import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import GeneratorType
from typing import Annotated, Any, Literal, TypeVar

import numpy as np

from madkit.base.callers import is_own
from madkit.base.checks import (
    FREE,
    NO,
    Check,
    attempt,
    choice,
    integer,
    located,
    misfit,
    real,
    several,
    shown,
    written,
)

T = TypeVar("T")
CALLED = ("__init__", "__call__", "__getitem__")


def gate(thing: T) -> T:
    """The same function, or class, its arguments checked against their types."""
    if not inspect.isclass(thing):
        return _gated(thing)
    for name, member in list(vars(thing).items()):
        if isinstance(member, property) and member.fset is not None:
            setattr(thing, name, member.setter(_gated(member.fset)))
        elif name in CALLED or not name.startswith("_") and _is_method(member):
            bare = member.__func__ if isinstance(member, staticmethod | classmethod) else member
            gated = _gated(bare)
            setattr(thing, name, type(member)(gated) if bare is not member else gated)
    if "__dataclass_fields__" in vars(thing):
        _check_subclasses(thing)
    return thing


def _check_subclasses(thing: Any) -> None:
    """A dataclass made of this one has an `__init__` of its own: what it was given is checked then."""
    after = vars(thing).get("__post_init__") or getattr(thing, "__post_init__", None)

    def __post_init__(self: Any, *given: Any) -> None:
        if not hasattr(type(self).__init__, "__gated__"):
            fields = type(self).__dataclass_fields__
            for name, check in checks_of(thing.__init__.__gated__).items():
                if name in fields and fields[name] is thing.__dataclass_fields__.get(name):
                    value = _taking(type(self).__name__, name, check)(getattr(self, name))
                    object.__setattr__(self, name, value)
        if after is not None:
            after(self, *given)

    thing.__post_init__ = __post_init__


def _is_method(member: Any) -> bool:
    return inspect.isfunction(member) or isinstance(member, staticmethod | classmethod)


def _gated(f: Any) -> Any:
    if hasattr(f, "__gated__"):
        return f
    positional: list[Callable[[Any], Any]] = []
    named: dict[str, Callable[[Any], Any]] = {}
    within = getattr(f, "__within__", f)

    @functools.wraps(f)
    def gated(*args: Any, **kwargs: Any) -> Any:
        caller = sys._getframe(1)
        if is_own(caller):
            return within(*args, **kwargs)
        if not named:
            _read(f, positional, named)
        outside = not caller.f_globals.get("__name__", "").startswith("madkit.")
        given = {**dict(zip(names, args, strict=False)), **kwargs} if outside else {}
        try:
            args = (*(take(value) for take, value in zip(positional, args, strict=False)),
                    *args[len(positional):])
            for name in kwargs:
                if name in named:
                    kwargs[name] = named[name](kwargs[name])
            result = f(*args, **kwargs)
        except Exception as error:
            if not outside or (told := _answered(error, f, given)) is error:
                raise
            raise told from error
        return _walked(result, f, given) if outside and type(result) is GeneratorType else result

    names = [name for name in inspect.signature(f).parameters]
    gated.__gated__ = f  # type: ignore[attr-defined]
    return gated


def _answered(error: Exception, f: Any, given: Mapping[str, Any]) -> Exception:
    """The error as it leaves a call from outside: see `madkit.base.unforeseen`."""
    from madkit.base.unforeseen import answered

    who = f.__qualname__.removesuffix(".__init__")
    return answered(error, who, {name: value for name, value in given.items() if name != "self"})


def _walked(going: GeneratorType, f: Any, given: Mapping[str, Any]) -> Iterator[Any]:
    """The same generator; what ends it is answered, too."""
    try:
        return (yield from going)
    except Exception as error:
        if (told := _answered(error, f, given)) is error:
            raise
        raise told from error


def _read(f: Any, positional: list, named: dict) -> None:
    """What takes each argument, by place and by name."""
    who = f.__qualname__.removesuffix(".__init__")
    ordered = inspect.signature(f).parameters.values()
    by_place = [p for p in ordered if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    checks = checks_of(f)
    order = {p.name: checks[p.name] for p in by_place if p.name != "self"}
    positional += [_taking(who, p.name, checks[p.name], order) for p in by_place]
    named |= {name: _taking(who, name, check) for name, check in checks.items()}
    named.setdefault("", lambda value: value)                     # read, though it has no argument


def _taking(who: str, name: str, check: Check,
            order: Mapping[str, Check] | None = None) -> Callable[[Any], Any]:
    """value -> the value as it is taken; the order is told where it fits another's place."""
    take = check.take
    if check is FREE:
        return take

    def taking(value: Any) -> Any:
        try:
            taken = take(value)
        except Exception:                                         # a stranger raises anything
            taken = NO
        if taken is NO:
            fits = [other for other, its in (order or {}).items() if its.error is TypeError
                    and not isinstance(value, type | None) and its is not FREE and attempt(its.take, value) is not NO]
            more = f"this could be the {fits[0]}: the order is " \
                   f"{who}({', '.join(order or {})}, …)" if fits else ""
            raise check.refusal(f"{who}: {name}", value, more) from None
        for part in taken if type(taken) in (list, tuple) else (taken,):
            if type(part) is functools.partial:
                _check_partial(part)
        return taken

    return taking


def _check_partial(given: functools.partial) -> None:
    """What a function of madkit's was given before it is handed to madkit: who calls it is no user."""
    made = given.func.__init__ if inspect.isclass(given.func) else given.func
    if hasattr(made, "__gated__"):
        checks, who = checks_of(made.__gated__), given.func.__qualname__
        bound = inspect.signature(given.func).bind_partial(*given.args, **given.keywords)
        for name, value in bound.arguments.items():
            _taking(who, name, checks.get(name, FREE))(value)


# --- from types to checks -------------------------------------------------------------------------


def checks_of(f: Any) -> dict[str, Check]:
    """The check of each argument of a function; FREE where its type says nothing."""
    names = _Names(getattr(inspect.unwrap(f), "__globals__", {}))
    found = {}
    for name, parameter in inspect.signature(f).parameters.items():
        kind = parameter.annotation
        gathered = parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        if gathered or name == "self" or kind is parameter.empty:
            found[name] = FREE
            continue
        check = check_of(eval(kind, {}, names) if isinstance(kind, str) else kind)
        own = parameter.default                                   # what stands there may be given
        found[name] = check if own is parameter.empty or attempt(check.take, own) is not NO \
            else either([check, _itself(own)])
    return found


def _itself(own: Any) -> Check:
    return Check(repr(own), lambda value: value if value is own else NO)


class _Elsewhere(type):
    """The type of what is imported only where types are read: known by its name."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Elsewhere(f"{cls.__name__}.{name}", (), {})


class _Names(dict):
    """The names that an annotation may use: those of the module, and those that it imports for
    types alone.
    """

    def __missing__(self, name: str) -> Any:
        for module in (builtins, collections.abc, typing):
            if hasattr(module, name):
                return getattr(module, name)
        if name.startswith("_"):
            raise KeyError(name)
        source = _for_types(self.get("__file__", "")).get(name, "")
        if source.startswith("madkit"):
            return getattr(importlib.import_module(source), name)
        return _Elsewhere(name, (), {})


@functools.cache
def _for_types(file: str) -> dict[str, str]:
    """{name: module} of what a file imports under `if TYPE_CHECKING`."""
    blocks = [node for node in ast.parse("".join(linecache.getlines(file))).body
              if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    return {alias.name: line.module or "" for block in blocks for line in block.body
            if isinstance(line, ast.ImportFrom) for alias in line.names}


def check_of(kind: Any) -> Check:
    """What a type checks."""
    kind = type(None) if kind is None else kind
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return next((part for part in parts[1:] if isinstance(part, Check)), None) \
            or check_of(parts[0])
    if origin in (typing.Union, types.UnionType):
        return either([check_of(part) for part in parts])
    if origin is Literal:
        return choice(*parts)
    for known, make in _SIMPLE.items():
        if known in (kind, origin):
            return make(*parts)
    if kind is Any or isinstance(kind, TypeVar):
        return FREE
    if (kind.__module__, kind.__name__) == ("torch", "Tensor"):   # plot knows no torch
        return Check("a tensor of real numbers", _tensor, hint=_gaps)
    if getattr(kind, "_is_protocol", False):
        return _protocol(kind)
    return _instance(kind if origin is None else origin)


def either(checks: list[Check]) -> Check:
    """One of several; None is allowed, and not spoken of."""
    if FREE in checks:
        return FREE
    real_ones = [check for check in checks if check is not NONE]
    takes = [check.take for check in ([NONE] if NONE in checks else []) + real_ones]

    def take(value: Any) -> Any:
        for one in takes:
            try:
                if (taken := one(value)) is not NO:
                    return taken
            except Exception:
                continue
        return NO

    def hint(value: Any) -> str:
        told = (attempt(check.hint, value) for check in real_ones)
        return next((text for text in told if text and text is not NO), "")

    words = list(dict.fromkeys(check.words for check in real_ones or checks))
    *most, last = words
    joined = ", or " if any("," in word for word in most) else " or "
    return Check(f"{', '.join(most)}{joined}{last}" if most else last, take,
(real_ones or checks)[0].error, hint)


def _none(value: Any) -> Any:
    return None if value is None else NO


def _number(value: Any) -> Any:
    """As `real`, but a whole number stays one."""
    number = real(value)
    return value if type(value) is int and number is not NO else number


def _bool(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    inner = value.item() if getattr(value, "ndim", None) == 0 else None
    return inner if isinstance(inner, bool) else NO


def _mapping(keys: Any = Any, values: Any = Any) -> Check:
    one, other = check_of(keys), check_of(values)

    def take(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return NO
        taken = {one.take(key): other.take(part) for key, part in value.items()}
        return NO if NO in taken or any(part is NO for part in taken.values()) else taken

    what = "" if other is FREE else f": {other.words}"
    return Check(f"a dict{' {name' if keys is str else ' {key'}{what or ': value'}}}", take, TypeError)


def _several(item: Any = Any, *_: Any) -> Check:
    one = check_of(item)

    def take(value: Any) -> Any:
        listed = several(value)
        if listed is NO or one is FREE:
            return listed
        taken = [one.take(part) for part in listed]
        if any(part is NO for part in taken):
            return NO
        return tuple(taken) if isinstance(listed, tuple) else taken

    def hint(value: Any) -> str:
        alone = attempt(several, value) is NO and one is not FREE
        return f"write [{shown(value)}]" if alone and attempt(one.take, value) is not NO else ""

    return Check("a list" if one is FREE else f"a list, each of it {one.words}", take, TypeError, hint)


def _tuple(*items: Any) -> Check:
    if not items or items[1:] == (...,):
        inner = _several(*items[:1])
        return Check(inner.words, lambda v: NO if (t := inner.take(v)) is NO else tuple(t),
                     inner.error)
    checks = [check_of(item) for item in items]

    def take(value: Any) -> Any:
        listed = several(value)
        if listed is NO or len(listed) != len(checks):
            return NO
        taken = tuple(check.take(part) for check, part in zip(checks, listed, strict=True))
        return NO if any(part is NO for part in taken) else taken

    words = ", ".join(check.words for check in checks)
    return Check(f"{len(checks)} values: {words}", take)


def _protocol(kind: Any) -> Check:
    """An instance with the methods of a protocol."""
    methods = {name: f for name, f in vars(kind).items() if inspect.isfunction(f)
               and not name.startswith("_")}
    calls = [f"{name}({', '.join(p for p in inspect.signature(f).parameters if p != 'self')})"
             for name, f in methods.items()]

    def lacking(value: Any) -> list[str]:
        return [name for name in methods if not callable(getattr(value, name, None))]

    def hint(value: Any) -> str:
        if isinstance(value, type) or inspect.isfunction(value):
            return f"write {written(value)}"
        return f"it is without {' and '.join(lacking(value))}"

    example = re.search(r"such as (.*)\.$", kind.__doc__ or "")
    such = f", {example[0].removesuffix('.')}" if example else ""
    return Check(f"an object with {', '.join(calls[:-1])} and {calls[-1]}{such}",
                 lambda v: NO if isinstance(v, type) or lacking(v) else v, TypeError, hint)


def _instance(kind: Any) -> Check:
    """An instance of a class, also of one that is known by its name alone."""
    name = kind.__name__
    if type(kind) is _Elsewhere:
        last = name.rpartition(".")[2]
        return Check(f"a {name.replace('pd.', 'pandas.')}", lambda v: v if any(
            base.__name__ == last for base in type(v).__mro__) else NO, TypeError, _calls)
    ours = kind.__module__.startswith("madkit")
    room = ".".join(kind.__module__.split(".")[:2])
    inner = ours and name in getattr(sys.modules.get(room), "__all__", ())
    place = f"mk.{room.partition('.')[2]}" if inner else "mk" if ours \
        else f"a {kind.__module__.partition('._')[0]}"
    return Check(f"{place}.{name}", lambda v: v if isinstance(v, kind) else NO, TypeError, _calls)


def _calls(value: Any) -> str:
    return f"write {written(value)}" if isinstance(value, type) else ""


def _tensor(value: Any) -> Any:
    """Real numbers in any shape, none of them NaN, as a dense tensor."""
    import torch

    tensor = value if isinstance(value, torch.Tensor) else torch.as_tensor(_array(value))
    if tensor.layout is not torch.strided or tensor.is_complex() or tensor.dtype == torch.bool:
        return NO
    return NO if tensor.is_floating_point() and bool(tensor.isnan().any()) else tensor


def _array(value: Any) -> Any:
    """Real numbers in any shape, none of them NaN, as an array."""
    if type(value).__module__.partition(".")[0] == "torch":
        tensor = _tensor(value)
        return NO if tensor is NO else tensor.detach().cpu().numpy()
    if isinstance(value, str | bytes | Mapping) or np.ma.is_masked(value):
        return NO
    array = np.asarray(value)
    return NO if not array.ndim or array.dtype.kind not in "iuf" or bool(np.isnan(array).any()) else array


def _gaps(value: Any) -> str:
    return "it holds NaN" if bool(np.isnan(np.asarray(value, dtype=float)).any()) else ""


def _function(given: Any = ..., *_: Any) -> Check:
    """A function; of as many arguments as the type lists."""
    n = len(given) if isinstance(given, list) else None

    def take(value: Any) -> Any:
        return value if callable(value) and (n is None or not misfit(value, n)) else NO

    def hint(value: Any) -> str:
        why = misfit(value, n) if callable(value) and n is not None else ""
        return f"it cannot be called with {n} argument{'s' * (n != 1)}: {why}" if why else ""

    return Check("a function", take, TypeError, hint)


NONE = Check("None", _none, TypeError)
_SIMPLE: dict[Any, Callable[..., Check]] = {
    type(None): lambda: NONE,
    int: lambda: Check("a whole number", integer), float: lambda: Check("a number", _number),
    bool: lambda: Check("True or False", _bool, TypeError),
    str: lambda: Check("text", lambda v: v if isinstance(v, str) else NO, TypeError),
    Path: lambda: located, np.ndarray: lambda *_: Check("an array of real numbers", _array, hint=_gaps),
    Callable: _function, Mapping: _mapping, dict: _mapping,
    Iterable: _several, Sequence: _several, list: _several, tuple: _tuple,
}
