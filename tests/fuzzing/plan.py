"""Which call is made: a valid one of every public callable, then one or two arguments of it hostile.

A case is plain text (JSON), so that another process makes it, and a person can read it.
"""

import functools
import inspect
import random
import re
from pathlib import Path
from typing import Any

from fuzzing.archive import archive
from fuzzing.values import BY_OTHERS, CALL, HANDED, HOSTILES, SELF, SENSE, SLOW
from fuzzing.walk import Callable_, everything, handed_out

Case = dict[str, Any]
MISSING = "?"
RARELY = .02                             # how often what is slow is called


def valid(one: Callable_) -> dict[str, str]:
    """{argument: text} of a call that should work; what is not known stays out."""
    own, given = CALL.get(one.path, {}), {}
    for name, parameter in one.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            given |= own.get(name, {})
        elif parameter.kind is not inspect.Parameter.VAR_POSITIONAL:
            text = own.get(name, SENSE.get(name, MISSING))
            if text != MISSING or parameter.default is inspect.Parameter.empty:
                given[name] = text
    return given


def instance(path: str) -> str:
    """The text that makes an object of this class, fitted where it can be."""
    if path in HANDED:
        return HANDED[path]
    one = next(one for one in all_of_it() if one.path == path)
    made = SELF.get(path) or written(path, valid(one))
    return f"{made}.fit(ROWS)" if path.startswith("mk.models.") else made


def written(path: str, given: dict[str, str]) -> str:
    return f"{path}({', '.join(f'{name}={text}' for name, text in given.items())})"


def call(one: Callable_, hostile: dict[str, str], given: dict[str, str] | None = None) -> Case:
    """A call; `SELF` in a text is the object whose method is called."""
    given = (valid(one) if given is None else given) | hostile
    self = instance(one.owner) if one.owner else ""
    called = {"read": f"reading(SELF, {one.name!r})", "set": f"setting(SELF, {one.name!r})"}.get(
        one.way, f"SELF.{one.name}" if self else one.path)
    return {"kind": one.path, "self": self, "called": called, "given": given,
            "hostile": sorted(hostile)}


@functools.cache
def all_of_it() -> list[Callable_]:
    return everything(HANDED)


def lacking() -> list[str]:
    """Arguments without a sensible value, and classes without an object, to be written down in
    values.py.
    """
    unknown = [f"{name}: an object of it, in HANDED" for name in handed_out(HANDED) - set(HANDED)]
    return unknown + [f"{one.path}: {name}" for one in called()
                      for name, text in valid(one).items() if text == MISSING]


def called() -> list[Callable_]:
    """What is called: all but what only a function of mk makes, and what reads data sets that are
    not here.
    """
    here = Path(archive()).is_dir()
    return [one for one in all_of_it() if one.path not in BY_OTHERS
            and (here or CALL.get(one.path) != dict(root="ARCHIVE"))]


def calls(seed: int, only: str = "") -> Any:
    """Calls without end: first each as it should be, then hostile ones."""
    dice, kinds = random.Random(seed), [one for one in called() if only in one.path]
    yield from (call(one, {}) for one in kinds)
    kinds = [one for one in kinds if _names(one)]
    while kinds:
        one = dice.choice(kinds)
        if one.path in SLOW and dice.random() > RARELY:
            continue
        names = _names(one)
        many = min(len(names), 1 if dice.random() < .75 else 2)
        yield call(one, {name: _hostile(dice) for name in dice.sample(names, many)})


def _hostile(dice: random.Random) -> str:
    return dice.choice(HOSTILES)


def _names(one: Callable_) -> list[str]:
    """What may be given by name; of **settings also those that the valid call gives."""
    kinds = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    named = [name for name, parameter in one.parameters.items() if parameter.kind in kinds]
    return list(dict.fromkeys([*named, *valid(one)]))


def text(case: Case) -> str:
    """The case as one would type it."""
    if "mouth" in case:
        return f"{case['mouth']} of seed {case['seed']}"
    called = case["called"].replace("SELF", case["self"]) if case["self"] else case["called"]
    called = re.sub(r"^(?:reading|setting)\((.*), '(\w+)'\)$", r"\1.\2", called)
    return written(called, case["given"])
