"""`again`: a stored run once more, from what its spec.json says.

A description such as "Fresh(n=20) + Synthetic(n=80, lam=0.9, memory=1)" is read as a sum of calls
of known names with plain numbers, text and lists: nothing else is a description, and nothing is
evaluated. What was made must describe itself by the very same line, or it is refused.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from madkit import data, loops, metrics, models
from madkit.base.checks import Place, place
from madkit.base.describe import describe
from madkit.base.files import StoreError, read_json
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.record import Run
from madkit.runs.run import run

LONGEST = 2000  # characters of a line that describes madkit's own
TRUTHS = {name: getattr(data, name) for name in data.__all__
          if name not in ("array", "csv", "images", "Finite", "Endless", "shipped")}
LOOPS = {kind.__name__: kind for kind in (loops.Real, loops.Fresh, loops.Synthetic, loops.Previous,
                                          loops.Subsample)}
MODELS = {name: getattr(models, name) for name in models.__all__}
FEATURES = {"LeNet": metrics.LeNet, "Attributes": metrics.Attributes}


@gate
@guarded
def again(folder: Place, **changed: Any) -> Run:
    """Run again what a folder holds, from its spec.json alone, without the program that made it.

    folder   what `run` was given as store, or `Run.save` wrote; it is only read
    changed  arguments of `run` in the place of the stored ones: `generations=20`, `seeds=5`, or a
             model, loop or truth of your own, which no description can make again

    `mk.again(folder, store=folder, generations=20)` goes on in the folder itself. Raises StoreError
    for what cannot be made again, and names the argument to give.
    """
    known = [name for name in inspect.signature(run).parameters]
    if unknown := set(changed) - set(known):
        raise TypeError(f"again: expected arguments of mk.run, {', '.join(known)}; got "
                        f"{', '.join(sorted(unknown))}")
    spec = spec_of(folder)
    kept = {"generations": spec.get("generations")} | {
        name: spec.get(name) for name in ("seeds", "n_ini", "emit", "lam_emit")}
    made: dict[str, Callable[[], Any]] = {
        "model": lambda: remade("model", spec.get("model"), MODELS),
        "loop": lambda: remade("loop", spec.get("loop"), LOOPS),
        "truth": lambda: truth_of(spec),
        "metrics": lambda: [_metric(line) for line in spec.get("metrics", [])],
        "features": lambda: remade("features", spec.get("features"), FEATURES),
    }
    arguments: dict[str, Any] = kept | {name: make() for name, make in made.items() if name not in changed}
    if missing := [name for name in kept if arguments[name] is None and name not in changed]:
        raise StoreError(f"again: {folder} does not say its {missing[0]}; give {missing[0]}=")
    return run(**arguments | changed)


def spec_of(folder: str | Path) -> dict[str, Any]:
    """What a folder says of its run."""
    folder = place("folder", folder)
    if not (folder / "spec.json").exists():
        raise StoreError(f"again: {folder} holds no run (no spec.json)")
    spec = read_json(folder / "spec.json")
    if not isinstance(spec, dict) or "model" not in spec:
        raise StoreError(f"again: {folder / 'spec.json'} describes no run")
    return spec


def truth_of(spec: Mapping[str, Any]) -> Any:
    """The truth of a spec: from its description, or from the call that loads a known data set."""
    line, call = spec.get("truth"), spec.get("data")
    own = isinstance(call, str) and isinstance(line, str) and line.startswith("Finite(")
    return remade("truth", line, TRUTHS, call if own else line)


def remade(argument: str, line: Any, names: Mapping[str, Any], call: Any = None) -> Any:
    """What a line describes; None for "None". StoreError for a line that is not madkit's own."""
    if line == "None":
        return None
    text = line if call is None else call
    try:
        if not isinstance(text, str) or len(text) > LONGEST:
            raise ValueError("no short line of text")
        made = _made(_tree(text), names)
        if describe(made) != line:
            raise ValueError(f"it would be {describe(made)}")
    except Exception as error:
        shown = f"{str(line)[:200]}…" if len(str(line)) > 200 else line
        raise StoreError(f"again: the {argument} cannot be made again from its description, "
                         f"{shown} ({error}); give {argument}=") from error
    return made


def _tree(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError("it is no call of a known name") from None


def _made(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """A call of a known name with plain values, or a sum of such."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _made(node.left, names) + _made(node.right, names)
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.args):
        raise ValueError("it is no call of a known name")
    if node.func.id not in names:
        raise ValueError(f"{node.func.id} is none of {', '.join(names)}")
    return names[node.func.id](**{str(given.arg): ast.literal_eval(given.value)
                                  for given in node.keywords})


def _metric(line: Any) -> Any:
    """A metric of madkit's, by the name that its description begins with."""
    name = str(line).partition("[")[0]
    found = getattr(metrics, name, None) if name in metrics.__all__ else None
    if not inspect.isfunction(found) or describe(found) != line:
        raise StoreError(f"again: the metric {line} cannot be made again from its description; "
                         "give metrics=")
    return found
