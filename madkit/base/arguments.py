"""What every argument is, where a notebook looks: in `mk.run?` and on Shift-Tab.

It is written once. A function with many arguments has them one a line, each with a comment, which
is good to read in the source; the comments become part of its help. An argument that means the same
everywhere has its words in WORDS. What a docstring lists itself stays as it is.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
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
    "k": "of the k nearest neighbours, ≥ 1",
    "rows": "Samples, or how many",
    "metric": "(real, fake) -> number or {name: number}, or the name of one",
    # theory
    "dim": "d, dimensions of the truth, ≥ 1",
    "ddof": "1: unbiased covariance, 0: maximum likelihood",
    "mean": "(d,) of the truth; None: 0",
    "cov": "(d, d), covariance of the truth; None: the identity",
    "w2": "squared Wasserstein-2 distance, ≥ 0",
    # files and pictures
    "folder": "path of a folder",
    "file": "path of the file to write",
    "path": "path of a file",
    "store": "path of the folder",
    "name": "its name",
    "root": "folder that holds the files; None: downloaded once, or MADKIT_DATA",
    "runs": "a Run, or {name: Run}",
    "ax": "matplotlib axes to draw into; None: a new figure",
    "title": "the finding in words",
    "hint": "what to say when the answer is wrong",
    "answer": "what the student wrote",
    "expected": "what is right",
    "within": "relative tolerance",
}
_LISTED = r"^\s*(?:\w+, )*{}(?:, \w+)*\s{{2,}}\S"
_ARGUMENT = re.compile(r"^\s+(\*{0,2}\w+)\b[^#]*?(?:#\s*(.*))?$")


def explain(thing: Any) -> Any:
    """The function or class, its help completed with a line for each argument that it lacks."""
    try:
        parameters = [name for name in inspect.signature(thing).parameters if name != "self"]
    except (TypeError, ValueError):
        return thing
    written = inspect.getdoc(thing) or ""
    said = {name: word for name in parameters if not listed(name, written)
            if (word := _comments(thing).get(name) or WORDS.get(name))}
    if said:
        wide = max(map(len, said))
        lines = "\n".join(f"{name:{wide}}  {word}" for name, word in said.items())
        thing.__doc__ = f"{written}\n\n{lines}"
    return thing


def listed(name: str, text: str) -> bool:
    """Whether a docstring has a line for the argument: its name, two spaces, words."""
    return bool(re.search(_LISTED.format(re.escape(name)), text, re.MULTILINE))


def explain_room(room: Any) -> None:
    """All public functions and classes of a module, and the public methods of these classes."""
    for name in room.__all__:
        thing = vars(room).get(name)
        if inspect.isclass(thing) and thing.__module__.startswith("madkit"):
            for method in vars(thing).values():
                if inspect.isfunction(method) and not method.__name__.startswith("_"):
                    explain(method)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            explain(thing)


def _comments(thing: Callable[..., Any]) -> dict[str, str]:
    """{argument: comment} of a signature that is written one argument a line."""
    maker = thing.__init__ if inspect.isclass(thing) else thing  # type: ignore[misc]
    try:
        lines = inspect.getsource(maker).splitlines()
    except (OSError, TypeError):                        # compiled, or typed into a console
        return {}
    found: dict[str, str] = {}
    last = ""
    for line in lines[1:]:
        if line.lstrip().startswith(")"):
            return found
        if line.lstrip().startswith("#") and last:
            found[last] = f"{found.get(last, '')} {line.lstrip('# ')}".strip()
        elif match := _ARGUMENT.match(line):
            last = match[1].lstrip("*")
            if match[2]:
                found[last] = match[2].strip()
    return {}
