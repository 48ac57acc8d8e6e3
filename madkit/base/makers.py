"""A model in words, from the line that names it: as a person would call it.

    Own(given=None, fit_with=train@6d5693f0559d, sample_with=<lambda>@7b343c811041)
        a pair of functions, train and a lambda
    Own(given=sklearn.mixture.GaussianMixture(n_components=10, tol=0.001, …), …)
        GaussianMixture(n_components=10)
    Net@b328b4867603[1.0](_modules={…(_parameters={weight: …(array(shape=(32, 2), …
        Net, a network of 162 numbers

That line stands in every record, so a run read from disk and one just made are told alike. Settings
at their defaults are left out where the class is known to this session; nothing is imported.
"""

from __future__ import annotations

import inspect
import math
import re
import sys

from madkit.base.card import several

MOST = 6                        # settings of an estimator
SHAPE = re.compile(r"array\(shape=\(([\d, ]*)\)")


def maker(line: str) -> str:
    """The line in words; one of madkit's own models as it stands."""
    head, inside = _halves(line)
    if head == "Own":
        return _own(_settings(inside)) or line
    return _one(line) if "@" in head or "." in head else line


def _own(given: dict[str, str]) -> str:
    """A model of `mk.model`."""
    what, fit, sample = (given.get(name, "None")
                         for name in ("given", "fit_with", "sample_with"))
    if what == "None":
        return f"a pair of functions, {_one(fit)} and {_one(sample)}"
    parts = [f", {done} by {_one(by)}" for done, by in (("fitted", fit), ("sampled", sample))
             if by != "None"]
    return _one(what) + "".join(parts)


def _one(line: str) -> str:
    """An object of another's class, or a function."""
    head, inside = _halves(line)
    module, _, name = re.sub(r"[@\[].*", "", head, flags=re.DOTALL).rpartition(".")
    if name == "<lambda>":
        return "a lambda"
    if "_modules=" in inside or "_parameters=" in inside:
        sizes = [math.prod(map(int, re.findall(r"\d+", shape)))
                 for shape in SHAPE.findall(inside) if shape]
        return f"{name}, a network" + (f" of {several(sum(sizes), 'number')}" if sizes else "")
    settings = [f"{key}={_short(value)}" for key, value in _settings(inside).items()
                if value != "None" and value != _default(module, name, key)]
    shown = ", ".join(settings[:MOST]) + ", …" * (len(settings) > MOST)
    return f"{name}({shown})" if inside or line.endswith("()") else name


def _default(module: str, name: str, key: str) -> str:
    """How the default of a setting is written; "" where this session does not know the class."""
    try:
        kind = getattr(sys.modules.get(module), name)
        return repr(inspect.signature(kind).parameters[key].default)
    except (AttributeError, KeyError, TypeError, ValueError):
        return ""


def _short(value: str) -> str:
    """A setting: what is made of parts by its name alone."""
    head, inside = _halves(value)
    name = re.sub(r"[@\[].*", "", head, flags=re.DOTALL).rpartition(".")[2] if inside else value
    return f"{name}(…)" if inside and name else value if len(value) <= 40 else "…"


def _halves(line: str) -> tuple[str, str]:
    """What stands before the last bracket that the line ends with, and what in it."""
    if not line.endswith(")"):
        return line, ""
    depth = 0
    for i in range(len(line) - 1, -1, -1):
        depth += (line[i] in ")]}") - (line[i] in "([{")
        if not depth:
            return line[:i], line[i + 1 : -1]
    return line, ""


def _settings(inside: str) -> dict[str, str]:
    """{name: value} of "a=1, b=f(2, 3)"."""
    parts, depth, start = [], 0, 0
    for i, sign in enumerate(inside):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and not depth:
            parts.append(inside[start:i])
            start = i + 1
    pairs = (part.strip().partition("=") for part in [*parts, inside[start:]])
    return {name: value for name, equals, value in pairs if equals}
