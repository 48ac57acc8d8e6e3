"""Every public function, class and method of `mk`, found by walking its names: none is listed."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import madkit as mk


@dataclass(frozen=True)
class Callable_:
    """A public callable: where it is (`mk.models.Gaussian.fit`), and of which class it is a method."""

    path: str
    owner: str = ""                    # the class's path; "" for a function or a class

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def thing(self) -> Any:
        found = mk
        for part in self.path.split(".")[1:]:
            found = getattr(found, part)
        return found

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """What a caller gives."""
        given = dict(inspect.signature(self.thing).parameters)
        if self.owner and next(iter(given), "") == "self":
            del given["self"]
        return given


def public() -> list[Callable_]:
    """All of them, each once, in the order of the names."""
    return list({one.path: one for one in _room(mk, "mk")}.values())


def _room(room: Any, path: str) -> Iterator[Callable_]:
    for name in room.__all__:
        thing, here = getattr(room, name), f"{path}.{name}"
        if inspect.ismodule(thing):
            yield from _room(thing, here)
        elif inspect.isclass(thing) and issubclass(thing, BaseException):
            continue
        elif inspect.isclass(thing):
            yield Callable_(here)
            yield from (Callable_(f"{here}.{method}", here) for method in _methods(thing))
        elif callable(thing) and getattr(thing, "__module__", "").startswith("madkit"):
            yield Callable_(here)


def _methods(kind: type) -> list[str]:
    """Public methods, those of madkit's bases too."""
    ours = [base for base in kind.__mro__ if base.__module__.startswith("madkit")]
    names = {name for base in ours for name, method in vars(base).items()
             if not name.startswith("_")
             and (inspect.isfunction(method) or isinstance(method, classmethod | staticmethod))}
    return sorted(names)
