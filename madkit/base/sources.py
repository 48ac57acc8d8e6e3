"""A loop in words, from the line that names it: "Fresh(n=20) + Synthetic(n=80, lam=0.9, memory=1)".

That line stands in every record, so a run read from disk and a loop in hand are told alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from madkit.base.card import few, number, several


@dataclass(frozen=True)
class Part:
    """One source: its kind and its settings; one of your own has none, and a name."""

    kind: str
    given: dict[str, str] = field(default_factory=dict)
    name: str = ""

    @property
    def n(self) -> int:
        return int(self.given["n"])

    @property
    def words(self) -> str:
        """The rows it brings to the training set of generation t."""
        if self.kind == "Synthetic":
            return f"{several(self.n, 'synthetic row')} {_reach(int(self.given['memory']))}"
        if self.kind == "Fresh":
            return several(self.n, "fresh real row")
        if self.kind == "Subsample":
            return (f"{several(self.n, 'row')} drawn from the first real set and all that was "
                    "emitted since")
        known = {"Real": "the first real set",
                 "Previous": "the whole training set of generation t − 1"}
        return known.get(self.kind) or f"what {self.name} returns"


def _reach(memory: int) -> str:
    if memory == 1:
        return "of generation t − 1"
    return f"spread evenly over the last {memory} generations"


_SETTINGS = {"Real": set(), "Previous": set(), "Fresh": {"n"}, "Subsample": {"n", "lam"},
             "Synthetic": {"n", "lam", "memory"}}


def line(loop: Any) -> str:
    """A source in its own words; a plain function by its name alone."""
    if type(loop).__module__ == "madkit.loops":
        return repr(loop)
    bare = getattr(loop, "func", loop)  # of a partial
    called = getattr(bare, "__qualname__", type(bare).__qualname__)
    return f"{called}@"  # never mistaken for one of madkit's


def check(loop: Any) -> None:
    """TypeError for what cannot be a loop."""
    if getattr(loop, "__module__", None) == "madkit.loops" and hasattr(loop, "__qualname__"):
        raise TypeError(f"loop: mk.{loop.__qualname__} makes a loop, it is none yet: call it with "
                        "its settings, as in mk.fully_synthetic(100)")
    if not callable(loop):
        raise TypeError("loop: expected a function State -> Samples, such as "
                        f"mk.fully_synthetic(100), got {loop!r}")


def parts(loop: str) -> list[Part]:
    """The sources of a loop; one of your own is called by its name alone."""
    return [_part(text) for text in re.split(r" \+ (?![^(\[{]*[)\]}])", loop)]


def _part(text: str) -> Part:
    kind, _, inside = text.partition("(")
    given = dict(re.findall(r"(\w+)=([^,()]+)", inside))
    if given.keys() == _SETTINGS.get(kind):
        return Part(kind, given)
    own = re.sub(r"[\[@({].*|\.?<\w+>", "", kind, flags=re.DOTALL)
    return Part("own", name=own or "a function")


def each(loops: str) -> list[str]:
    """The lines of several loops, from "[…, …]"; of one loop its own."""
    if not loops.startswith("["):
        return [loops]
    return re.split(r", (?![^(]*\))", loops[1:-1])


def name(loop: str) -> str:
    """What the field calls it."""
    return _named(parts(loop))[0]


def call(loop: str) -> str:
    """The call that makes it, such as "mk.fresh_data(100, p=0.2)"; "" where it has no name."""
    return _named(parts(loop))[1]


def _named(found: Sequence[Part]) -> tuple[str, str]:
    kinds, last = [part.kind for part in found], found[-1]
    lam = f", lam={float(last.given['lam']):g}" if float(last.given.get("lam", 1)) < 1 else ""
    if last.given.get("memory", "1") == "1":
        match kinds:
            case ["Synthetic"]:
                return "fully synthetic", f"mk.fully_synthetic({last.n}{lam})"
            case ["Real", "Synthetic"]:
                return "synthetic augmentation", f"mk.synthetic_augmentation({last.n}{lam})"
            case ["Fresh", "Synthetic"] if (n := found[0].n + last.n):
                return "fresh data", f"mk.fresh_data({n}, p={_share(found[0].n, n)}{lam})"
            case ["Previous", "Synthetic"]:
                return "accumulate", f"mk.accumulate({last.n}{lam})"
            case ["Subsample"]:
                return "accumulate and subsample", f"mk.accumulate_subsample({last.n}{lam})"
            case ["Fresh"]:
                return "real data only, the control", f"mk.Fresh({last.n})"
    return _unnamed(kinds), ""


def _unnamed(kinds: Sequence[str]) -> str:
    if not set(kinds) <= set(_SETTINGS):
        return "your own loop"
    if not {"Synthetic", "Subsample"} & set(kinds):
        return "real data only"
    return "synthetic rows of several generations" if len(kinds) == 1 else "a sum of sources"


def _share(some: int, all_of: int) -> str:
    """The shortest decimals that give the same number of rows."""
    for digits in range(1, 17):
        text = f"{some / all_of:.{digits}g}"
        if round(float(text) * all_of) == some:
            return text
    return repr(some / all_of)


def training_set(loop: str) -> str:
    """What the training set of generation t is made of, in words."""
    *others, last = [part.words for part in parts(loop)]
    return f"{', '.join(others)} and {last}" if others else last


def training(loop: str) -> str:
    """The training set of generation t ≥ 2 and its sampling bias, in one line."""
    biases = "".join(f", λ = {lam:g}" for lam in lams(loop))
    return f"{training_set(loop)}{biases}"


def start(n_ini: Any) -> str:
    """The training set of generation 1, of one loop or of several."""
    if isinstance(n_ini, list):
        sizes = list(dict.fromkeys(n_ini))
        if len(sizes) > 1:
            return f"{few([*map(number, sizes)])} real rows"
        n_ini = sizes[0]
    return several(n_ini, "real row") if isinstance(n_ini, int) else "real rows"


def lams(loop: str) -> list[float]:
    """The sampling biases of its synthetic rows."""
    return [float(part.given["lam"]) for part in parts(loop) if "lam" in part.given]


def told(loop: str, n_ini: int | None) -> Iterator[tuple[str, str]]:
    """The rows of a loop's card; n_ini: its default."""
    if call(loop):
        yield "made by", call(loop)
    yield "generation 1", (f"{start(n_ini)}, unless you give n_ini" if n_ini else
                           "n_ini real rows, a number that you must give")
    yield "generation t ≥ 2", training_set(loop)
    if share := _real_share(parts(loop), n_ini):
        yield "share of real rows", share
    for lam in lams(loop):
        yield "sampling bias λ", "1: honest sampling" if lam == 1 else (
            f"{lam:g}: rows closer to the typical, less diverse (1 would be honest)")
    if memory := _memory(parts(loop)):
        yield "memory", memory


def _real_share(found: Sequence[Part], n_ini: int | None) -> str:
    """Of a training set, in words; "" where it is not known."""
    rows = {part.kind: sum(p.n for p in found if p.kind == part.kind and p.given) for part in found}
    fresh, synthetic = rows.get("Fresh", 0), rows.get("Synthetic", 0)
    if rows.keys() == {"Synthetic"}:
        return "0: none after generation 1"
    if rows.keys() <= {"Fresh", "Synthetic"} and fresh + synthetic:
        return f"p = {number(fresh / (fresh + synthetic))}, in every generation"
    if rows.keys() == {"Real", "Synthetic"} and n_ini and len(found) == 2:
        share = number(n_ini / (n_ini + synthetic))
        return f"{share} with n_ini = {number(n_ini)}, in every generation"
    if "Previous" in rows or "Subsample" in rows:
        return "falls from generation to generation" if not fresh else ""
    return ""


def _memory(found: Sequence[Part]) -> str:
    kinds = {part.kind for part in found}
    if not kinds <= set(_SETTINGS):
        return "whatever your function looks at"
    if "Subsample" in kinds:
        return "every generation stays in reach"
    if "Previous" in kinds:
        return "nothing is ever thrown away"
    longest = max((int(part.given.get("memory", 0)) for part in found), default=0)
    if longest > 1:
        return f"the last {longest} generations"
    return "the generation before" if longest else ""
