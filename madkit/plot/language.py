"""The visual language: what each colour, line and marker means, and runs in words.

Colours are those of Okabe and Ito, told apart by colour-blind readers, and never the only sign.
This module knows no matplotlib: it says how things look, the views draw them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from madkit.base import limits
from madkit.base.checks import Rows, Unit
from madkit.base.gate import gate
from madkit.plot.given import Colour

if TYPE_CHECKING:
    from madkit.record import Run

COLOURS = {
    "real": "#4D4D4D", "synthetic": "#D55E00", "first real set": "#E69F00",
    "fresh": "#009E73", "control": "#0072B2", "theory": "#000000", "quality": "#56B4E9",
    "diversity": "#CC79A7", "own": "#5D3A9B", "text": "#333333", "faint": "#767676",
}


@dataclass(frozen=True)
class Family:
    """How all loops of one kind look."""

    name: str
    colour: str
    line: Any       # a matplotlib line style
    marker: str


FAMILIES = {
    "fully synthetic": Family("fully synthetic", COLOURS["synthetic"], "-", "o"),
    "augmentation": Family("augmentation", COLOURS["first real set"], (0, (8, 3)), "s"),
    "fresh data": Family("fresh data", COLOURS["fresh"], "-", "^"),
    "real only": Family("real only", COLOURS["control"], (0, (1.5, 1.5)), "D"),
    "own": Family("own loop", COLOURS["own"], (0, (6, 2, 1, 2)), "X"),
}


# --- colours --------------------------------------------------------------------------------------


@gate
def ramp(colour: Colour, place: Unit) -> str:
    """The colour made lighter (place 0), itself (½) or darker (1); place ∈ [0, 1]."""
    rgb = _rgb(colour)
    light, dark = 255 - 0.45 * (255 - rgb), 0.45 * rgb
    return _hex(np.interp(place, [0, 0.5, 1], ends) for ends in zip(light, rgb, dark, strict=True))


@gate
def shades(colour: Colour, n: Rows) -> list[str]:
    """n colours of one family, light to dark; one alone is the colour itself.

    colour  "#RRGGBB", such as mk.plot.COLOURS["fresh"]
    n       how many, such as lines to tell apart
    """
    limits.memory("shades: n", f"{limits.count(n)} colours", 64 * n)
    return [ramp(colour, min(0.2 + 0.8 * i / (n - 1), 1.0) if n > 1 else 0.5) for i in range(n)]


def born(t: int, last: int) -> str:
    """The colour of synthetic rows born in generation t of `last`."""
    return ramp(COLOURS["synthetic"], (t - 1) / max(last - 1, 1))


def ink(colour: str) -> str:
    """The colour as text on white: darkened, where need be, to a contrast of 4.5 : 1.

    That is a luminance of 0.183 (WCAG 2.1).
    """
    light = _light(colour)
    luminance = float(light @ [0.2126, 0.7152, 0.0722])
    scaled = light * min(1, 0.18 / max(luminance, 1e-9))
    curved = 1.055 * scaled ** (1 / 2.4) - 0.055
    return _hex(255 * np.where(scaled <= 0.0031308, 12.92 * scaled, curved))


def _light(colour: str) -> np.ndarray:
    """Linear red, green and blue in [0, 1] (IEC 61966-2-1)."""
    rgb = _rgb(colour) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)


def _hex(rgb: Iterable[float]) -> str:
    return "#" + "".join(f"{round(part):02X}" for part in rgb)


# --- loops in words -------------------------------------------------------------------------------


@gate
def family(loop: str) -> Family:
    """How all loops of its kind look.

    loop  its description, as in `Run.spec["loop"]`
    """
    kinds = {part.partition("(")[0] for part in loop.split(" + ")}
    if not kinds <= {"Real", "Fresh", "Synthetic", "Previous", "Subsample"}:
        return FAMILIES["own"]
    if kinds & {"Previous", "Subsample"} or kinds == {"Real", "Synthetic"}:
        return FAMILIES["augmentation"]
    if "Synthetic" in kinds:
        return FAMILIES["fresh data" if "Fresh" in kinds else "fully synthetic"]
    return FAMILIES["real only"]


def looks(loops: Sequence[str]) -> list[Family]:
    """The families of several loops, those of one family told apart by shade, light to dark."""
    kinds = [family(loop) for loop in loops]
    colours = {kind.name: iter(shades(kind.colour, kinds.count(kind))) for kind in kinds}
    return [replace(kind, colour=next(colours[kind.name])) for kind in kinds]


def facts(loop: str) -> dict[str, str]:
    """A loop in words, from its description: "Fresh(n=200)
    + Synthetic(n=800, lam=0.8, memory=1)" is 200 fresh, 800 …

    Keys are the source, or source and setting; so two loops are compared word by word.
    """
    return {key: said for part in loop.split(" + ") for key, said in _part(part)}


def _part(text: str) -> Iterator[tuple[str, str]]:
    kind, _, inside = text.partition("(")
    given = dict(re.findall(r"(\w+)=([\d.]+)", inside))
    n = given.get("n")
    known = {"Real": "the first real set", "Previous": "all rows so far",
             "Fresh": f"{n} fresh", "Synthetic": f"{n} synthetic",
             "Subsample": f"{n} of all rows so far"}
    # a function by its name, without where it stands and what it holds
    own = re.sub(r"\[.*|@.*|\.?<\w+>", "", kind)
    yield kind, known.get(kind, own or "own loop")
    if "lam" in given:
        yield f"{kind}.lam", f"λ = {float(given['lam']):g}"
    if "memory" in given:
        yield f"{kind}.memory", f"memory {given['memory']}"


def sentence(said: Mapping[str, str]) -> str:
    """Facts of a loop in one line: its sources added up, then its settings;
    a memory of 1 goes without saying.
    """
    sources = " + ".join(text for key, text in said.items() if "." not in key)
    settings = [text for key, text in said.items() if "." in key and text != "memory 1"]
    return ", ".join(filter(None, [sources, *settings]))


def on_log(label: str) -> str:
    """The words for an axis, when it is logarithmic."""
    return f"{label[:-1]}, log scale)" if label.endswith(")") else f"{label} (log scale)"


def compare(each: Sequence[Mapping[str, str]]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """What all have in common, and what remains of each."""
    common = {key: said for key, said in each[0].items()
              if all(one.get(key) == said for one in each)}
    return common, [{key: said for key, said in one.items() if key not in common} for one in each]


# --- runs by name ---------------------------------------------------------------------------------


def named(runs: Run | Mapping[str, Run]) -> dict[str, Run]:
    """{name: run}, of one loop each: a run of several loops becomes several.

    A run alone is called by its family.
    """
    if not isinstance(runs, Mapping):
        return _loops(runs) or {family(_spec(runs, "loop")).name: runs}
    if not runs:
        raise ValueError("runs: expected a Run or a dict of runs by name, got an empty dict")
    return {(f"{name}: {loop}" if loop else name): one
            for name, run in runs.items() for loop, one in (_loops(run) or {"": run}).items()}


def _loops(run: Run) -> dict[str, Run]:
    """The loops of a run with a column `loop`, one run each; none where there is no such column."""
    if not hasattr(run, "table"):
        raise TypeError("runs: expected a Run (as mk.run and mk.exact.run return) or a dict of "
                        f"them, got {type(run).__name__}")
    if "loop" not in run.table:
        return {}
    texts = re.split(r", (?![^(]*\))", _spec(run, "loop").strip("[]"))
    starts = run.spec.get("n_ini")
    parts = [_loop(run, i, text, starts[i] if isinstance(starts, list) else starts)
             for i, text in enumerate(texts)]
    names = [sentence(rest) for rest in compare([_facts(part) for part in parts])[1]]
    distinct = len(set(names)) == len(names)
    return {name if distinct else f"loop {i}: {name}": part
            for i, (name, part) in enumerate(zip(names, parts, strict=True))}


def _loop(run: Run, i: int, text: str, n_ini: Any) -> Run:
    table, theory = (frame[frame["loop"] == i] if "loop" in frame else frame
                     for frame in (run.table, run.theory))
    return replace(run, table=table, theory=theory, spec=run.spec | {"loop": text, "n_ini": n_ini})


def _facts(run: Run) -> dict[str, str]:
    """A run's loop, and the size of its first real set, in words."""
    start = run.spec.get("n_ini")
    return facts(_spec(run, "loop")) | ({".n_ini": f"n_ini = {start}"} if start else {})


def _spec(run: Run, name: str) -> str:
    return str(run.spec.get(name) or "")


def styles(runs: Mapping[str, Run]) -> dict[str, Family]:
    """How each run looks: its family's look, in shades where several runs are of one family."""
    kinds = {name: family(_spec(run, "loop")) for name, run in runs.items()}
    looks: dict[str, Family] = {}
    for kind in set(kinds.values()):
        alike = [name for name in runs if kinds[name] == kind]
        looks |= {name: replace(kind, colour=colour)
                  for name, colour in zip(alike, shades(kind.colour, len(alike)), strict=True)}
    return looks


def setting(runs: Mapping[str, Run], seeds: bool = True) -> str:
    """What the runs have in common, in words: loop, model and truth, and (for curves) seeds."""
    common, _ = compare([_facts(run) for run in runs.values()])
    models = {_short(_spec(run, "model")) for run in runs.values()}
    truths = {_short(_spec(run, "data") or _spec(run, "truth")) for run in runs.values()}
    made_of = [min(part) for part in (models, truths) if len(part) == 1 and any(part)]
    complete = all(run.complete for run in runs.values())
    said = [sentence(common), " on ".join(made_of), _seeds(runs) if seeds else "",
            "" if complete else "stopped early"]
    return " · ".join(part for part in said if part)


def _short(text: str) -> str:
    """A model or truth by name, with its dimension."""
    text = re.sub(r"^Own\(given=(?:\w+\.)*(?=[A-Z_]\w*\()", "", text)     # named by what it was given
    dim = re.search(r"\bdim=(\d+)", text)
    return re.split(r"[(@]", text)[0] + (f"(dim={dim[1]})" if dim else "")


def _seeds(runs: Mapping[str, Run]) -> str:
    counts = sorted({run.table.seed.nunique() for run in runs.values()})
    if counts[-1] == 1:
        return "one seed, no band"
    return f"line: median, band: 10–90 % of {'–'.join(map(str, counts))} seeds"
