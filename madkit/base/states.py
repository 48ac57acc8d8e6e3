"""What a value holds: its attributes and slots, what its class body made, what it says of itself."""

from __future__ import annotations

import copyreg
import dataclasses
import functools
import re
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from madkit.base import origins

HEAP = 1 << 9  # the flag of classes that a program made

# of a class, what does not count or is told elsewhere
PASSED = {"__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__annotations__",
          "__abstractmethods__", "_abc_impl", "__firstlineno__", "__static_attributes__",
          "__slotnames__", "__parameters__", "__orig_bases__", "__dataclass_params__", "__annotate__",
          "__annotate_func__", "__annotations_cache__", "__type_params__", "__protocol_attrs__",
          "__non_callable_proto_members__"}
# of an enum, besides
ENUM = {"_member_names_", "_member_map_", "_value2member_map_", "_hashable_values_",
        "_unhashable_values_", "_unhashable_values_map_", "_new_member_", "_use_args_", "_value_repr_", "_member_type_",
        "__new__", "_singles_mask_"}
# of a module, where it lies
PLACE = {"__name__", "__file__", "__doc__", "__spec__", "__loader__", "__package__", "__builtins__"}


def python(value: Any) -> Any:
    """A NumPy number as Python's: so madkit's own settings are told."""
    return value.item() if isinstance(value, np.generic) else value


def own_settings(value: Any) -> dict[str, Any]:
    held = getattr(value, "__dict__", {})
    if not dataclasses.is_dataclass(value):
        return dict(sorted(held.items()))
    fields = {field.name: field.compare for field in dataclasses.fields(value)}
    found = {name: python(getattr(value, name)) for name, counts in fields.items() if counts}
    put_over = {name: one for name, one in sorted(held.items())  # a method that was replaced
                if name not in fields and isinstance(getattr(type(value), name, None),
                                                     types.FunctionType)}
    return found | put_over


def settings_of(value: Any) -> dict[str, Any]:
    """The attributes of an object, in its dict and in its slots, without what it keeps to save
    work."""
    kind = type(value)
    held = {name: getattr(value, name) for name in copyreg._slotnames(kind)  # type: ignore[attr-defined]
            if hasattr(value, name)}
    held |= {name: one for name, one in getattr(value, "__dict__", {}).items()
             if not isinstance(getattr(kind, name, None), functools.cached_property)}
    return dict(sorted(held.items()))


def network_settings(value: torch.nn.Module) -> dict[str, Any]:
    """What a network holds beyond an empty one; its hooks without their numbers."""
    held = vars(value)
    if type(value).__getstate__ is not object.__getstate__:
        try:
            held = value.__getstate__()  # type: ignore[assignment]
        except Exception:
            held = vars(value)
    empty = vars(torch.nn.Module())
    held = {name: list(one.values()) if "_hooks" in name and isinstance(one, dict) else one
            for name, one in held.items() if name not in empty or one is not empty[name]}
    return {name: one for name, one in sorted(held.items())
            if not (name in empty and (one == [] or not one and one == empty[name]))}


def is_bare(kind: type) -> bool:
    """Whether its objects are nothing but attributes: no base that is C's or a package's."""
    bases = kind.__mro__[:-1]
    return all(base.__module__ in ("abc", "typing", "enum") or base.__flags__ & HEAP
               and origins.package(base.__module__) is None for base in bases)


def taught(kind: type) -> Callable[[str], bool]:
    """Whether a class has a method of its own under a name."""
    return lambda name: getattr(kind, name, None) is not getattr(object, name, None)


def words(value: Any) -> str | None:
    """What an object says of itself, where its class was taught to, without an address."""
    home = next(kind for kind in type(value).__mro__ if "__repr__" in vars(kind))
    if home is object or origins.ours(home.__module__) or origins.package(home.__module__):
        return None
    try:
        said = repr(value)
    except Exception:
        return None
    return None if re.search(r"\b0x[0-9a-fA-F]{4,}", said) else said


def home_of(function: types.FunctionType) -> str | None:
    """The module that a function was written in, whatever a decorator says."""
    return function.__globals__.get("__name__")


def contents_of(cell: types.CellType) -> list[Any]:
    try:
        return [cell.cell_contents]
    except ValueError:  # still empty
        return []


def global_generator(value: Any) -> str | None:
    random = sys.modules.get("random")
    known = {"torch.default_generator": torch.default_generator,
             "numpy.random": np.random.mtrand._rand,  # type: ignore[attr-defined]
             "random": getattr(random, "_inst", None)}
    return next((name for name, one in known.items() if one is value), None)
