"""What every argument is, where a notebook looks: in `mk.run?` and on Shift-Tab.

It is written once. A function with many arguments has them one a line, each with a comment, which
is good to read in the source; the comments become part of its help. An argument that means the same
everywhere has its words in WORDS. What a docstring lists itself stays as it is.
"""

from __future__ import annotations

import inspect
import linecache
import re
from collections.abc import Iterable
from types import CodeType
from typing import Any

WORDS = {
    # loops and runs
    "data": "Samples to fit: x (n, *shape), y (n,) labels or None",
    "n": "how many rows",
    "lam": "sampling bias λ in [0, 1]; 1 = none, lower = closer to the typical, less diverse",
    "y": "labels, (n,) or one for all; None: in the frequencies of the training rows",
    "p": "share of fresh real rows in [0, 1]",
    "n_r": "real rows a generation",
    "n_s": "synthetic rows a generation",
    "memory": "the last so many generations that synthetic rows come from, ≥ 1",
    "loop": "State -> Samples, such as mk.fresh_data(100, p=0.1)",
    "truth": "one of mk.data, such as mk.data.gaussian(2)",
    "model": "fit(data) -> self, sample(n, lam) -> Samples",
    "generations": "how many generations, ≥ 1",
    "n_ini": "real rows of generation 1; None: the loop's size",
    "seed": "of the random stream, a whole number ≥ 0",
    "seeds": "a count (0 … seeds−1) or the seeds themselves",
    "start": "the first row, counted from 0",
    "device": '"auto" (cuda, else cpu), "cpu", "cuda", "mps"',
    "progress": "a bar, once it takes over two seconds",
    "state": "what state_dict() gave: {name: tensor}",
    "generator": "the torch generator that is drawn from",
    # metrics
    "real": "rows to judge against (moment metrics: or (mean, covariance))",
    "fake": "rows to judge (moment metrics: or (mean, covariance))",
    "k": "how many nearest neighbours, ≥ 1",
    "rows": "Samples, or how many",
    "metric": "(real, fake) -> number or {name: number}, or the name of one",
    # theory
    "dim": "d, dimensions of the truth, ≥ 1",
    "ddof": "1: unbiased covariance, 0: maximum likelihood",
    "mean": "(d,) of the truth; None: 0",
    "cov": "(d, d), covariance of the truth; None: the identity",
    "w2": "squared Wasserstein-2 distance, ≥ 0",
    # networks
    "batch": "rows in a training step",
    "net": "the network to judge",
    "x": "rows, (n, *shape)",
    "t": "generation, counted from 1",
    "w": "guidance, λ = 1/(1 + w)",
    # what is measured
    "projections": "how many random lines, ≥ 1",
    "features": "what metrics see: Samples -> (n, d), or a network; None: the rows",
    "fault": "one of mk.metrics.FAULTS",
    "strength": "of the fault, from 0 (none) to 1",
    "moments": "what mk.theory.moments gives",
    "nu": "rows − 1 of the Wishart matrix",
    "s": "its skewness, 1 for a Wishart matrix",
    "share": "share of the truth outside, in (0, 1)",
    "born": "the generation, 0 = real",
    "values": "values by name",
    # files and pictures
    "shown": "True: show them, False: show none",
    "biased": "what mk.sampling_bias gives",
    "preset": '"smoke" (seconds), "laptop" (shipped) or "paper" (its own sizes)',
    "colour": '"#RRGGBB"',
    "place": "0 lighter, ½ itself, 1 darker",
    "label": "words beside the slider",
    "value": "where it starts",
    "low": "the least value",
    "high": "the largest value",
    "step": "between two values",
    "options": "the values, in their order",
    "settings": "the other values, by name",
    "png": "a PNG file, as bytes",
    "text": "what it shows, in words",
    "run": "the name of a run",
    "cases": "arguments to try, a tuple each",
    "accumulate": "True: all that was before, in a growing pool",
    "folder": "path of a folder",
    "file": "path of the file to write",
    "path": "path of a file",
    "store": "path of the folder",
    "notebook": "path of a notebook",
    "name": "its name",
    "root": "folder that holds the files; None: downloaded once, or MADKIT_DATA",
    "runs": "a Run, or {name: Run}",
    "ax": "matplotlib axes to draw into; None: a new figure",
    "title": "heading of the figure: what it shows, in words",
    "hint": "what to say when the answer is wrong",
    "answer": "what the student wrote",
    "expected": "what is right",
    "within": "relative tolerance",
}
_LISTED = r"^\s*(?:\w+, )*{}(?:, \w+)*\s{{2,}}\S"
_ARGUMENT = re.compile(r"^ +(\*{0,2}\w+)(?::|=|,)[^#]*(?:#\s*(.*))?$")


def explain(thing: Any) -> Any:
    """The same function or class, its help completed with a line for each argument it lacks."""
    code = _code(thing)
    if code is None:
        return thing
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    names = [name for name in code.co_varnames[:count] if name != "self"]
    written = inspect.cleandoc(thing.__doc__ or "")
    comments = _comments(code) if names else {}
    said = {name: word for name in names if not listed(name, written)
            if (word := comments.get(name) or WORDS.get(name))}
    if said:
        wide = max(map(len, said))
        lines = "\n".join(f"{name:{wide}}  {word}" for name, word in said.items())
        thing.__doc__ = f"{written}\n\n{lines}".strip()
    return thing


def listed(name: str, text: str) -> bool:
    """Whether a docstring has a line for the argument: its name, two spaces, words."""
    return bool(re.search(_LISTED.format(re.escape(name)), text, re.MULTILINE))


def explain_all(things: Iterable[Any]) -> None:
    """Functions, classes with their public methods, and all that modules among them offer."""
    for thing in things:
        if inspect.ismodule(thing):
            explain_all(vars(thing)[name] for name in thing.__all__ if name in vars(thing))
        elif inspect.isclass(thing) and thing.__module__.startswith("madkit"):
            explain(thing)
            for name, method in vars(thing).items():
                if inspect.isfunction(method) and not name.startswith("_"):
                    explain(method)
        elif inspect.isfunction(thing):
            explain(thing)


def _code(thing: Any) -> CodeType | None:
    maker = vars(thing).get("__init__") if inspect.isclass(thing) else thing
    return getattr(inspect.unwrap(maker) if maker else None, "__code__", None)


def _comments(code: CodeType) -> dict[str, str]:
    """{argument: comment} of a signature that is written one argument a line."""
    found: dict[str, str] = {}
    last = ""
    lines = iter(linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :])
    next((line for line in lines if line.lstrip().startswith("def ")), None)   # below decorators
    for line in lines:
        if line.lstrip().startswith(")"):
            return found
        if line.lstrip().startswith("#") and last:
            found[last] = f"{found.get(last, '')} {line.strip().lstrip('# ')}".strip()
        elif match := _ARGUMENT.match(line):
            last = match[1].lstrip("*")
            if match[2]:
                found[last] = match[2].strip()
        elif "*," not in line:                          # a signature in one line, or none
            return {}
    return {}
