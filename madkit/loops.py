"""A loop is a function from the past to a training set.

Generation 1 is fitted on real data. Every later generation t is fitted on what the loop makes of
the past:

    D^t = loop(state),   G^t = fit(D^t),   t = 2, 3, …

A loop is any function State -> Samples. The frozen sources Real, Fresh, Synthetic and Previous are
loops, and so is their sum; the named loops of the field are one line each. Because sources say what
they are, `theory` and `exact` can read them. Notation of Alemohammad et al. (2023),
https://arxiv.org/abs/2307.01850: n_r real and n_s synthetic rows, p = n_r/(n_r + n_s), sampling
bias λ ∈ [0, 1] (`lam`, 1 = none).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import torch

from madkit.base import card, foreign, limits, sources
from madkit.base.checks import Count, Rows, Several, Unit
from madkit.base.gate import gate
from madkit.base.rng import stream
from madkit.samples import Samples, concatenate

BLOCK = 500  # rows drawn at a time: fixed, so that row i never depends on how many are asked for

Loop = Annotated[Callable[["State"], Samples], foreign.a_loop]


# --- what a loop may look at ----------------------------------------------------------------------


class Emitter:
    """One generation's model and its samples: an endless sequence of each λ, by (seed, t, λ, row).

    Asking for n rows twice gives the same rows twice. The model may be given as a function that
    makes it: a generation that came back from disk is fitted again only if something needs it.
    """

    def __init__(self, t: int, seed: int, model: Any, like: Samples):
        self.t, self.seed, self._model, self._like = t, seed, model, like
        self._rows: dict[float, Samples] = {}

    @property
    def model(self) -> Any:
        """The fitted model itself."""
        if not hasattr(self._model, "sample"):
            self._model = self._model()
        return self._model

    @gate
    def sample(self, n: Rows, lam: Unit = 1.0, start: Rows = 0) -> Samples:
        """Rows start … start+n of the sequence of this λ, stamped as born in generation t."""
        limits.rows("sample: n, start", start + n, self._like.shape, self._like.x.element_size())
        rows = self._rows.get(lam, self._like)
        if len(rows) < start + n:
            blocks = range(len(rows) // BLOCK, -(-(start + n) // BLOCK))
            rows = self._rows[lam] = concatenate([rows, *(self._block(b, lam) for b in blocks)])
        return rows[start : start + n]

    def _block(self, b: int, lam: float) -> Samples:
        with stream(self.seed, "sample", self.t, lam, b):
            drawn = foreign.drawn(self.model, BLOCK, lam)
        who = f"{foreign.name(self.model)} of generation {self.t}"
        return emitted(drawn, BLOCK, self._like, who).stamped(self.t)


def emitted(drawn: Any, n: int, like: Samples, who: str) -> Samples:
    """What `who` emitted, checked, in the truth's device, type and shape; images as they are
    stored.
    """
    if not isinstance(drawn, Samples):
        drawn = Samples(*foreign.rows(drawn, like.y is not None, who))
    x = foreign.shaped(drawn.x.detach(), n, like.shape, who)
    if not torch.isfinite(x).all():
        raise FloatingPointError(f"{who}: emitted NaN or infinity; the fit has diverged (earlier "
                                 "generations are unharmed)")
    foreign.warn_of_units(x, like.x, who)
    return cast(Samples._of(x, drawn.y, drawn.born, drawn.fresh), like)


def cast(rows: Samples, like: Samples) -> Samples:
    """The same rows in the device and type of `like`; rounded where that is uint8."""
    if rows.x.dtype == like.x.dtype and rows.x.device == like.x.device:
        return rows
    rounds = like.x.dtype == torch.uint8 and rows.x.is_floating_point()
    x = rows.x.round().clamp(0, 255) if rounds else rows.x
    return Samples(x.to(like.x), rows.y, rows.born, rows.fresh)


@dataclass
class State:
    """What a loop may look at when it makes the training set of generation t.

    t       the generation to be fitted, 2, 3, …
    real    D¹, the real set that generation 1 was fitted on
    data    D^{t−1}, the training set before this one
    models  {k: generation k}, k = 1 … t−1: models[k].sample(n, lam) gives its rows,
            models[k].model is the fitted model
    cursor  the rows of the truth's sequence that are used up (D¹ is its beginning)
    """

    t: int
    real: Samples
    data: Samples
    models: dict[int, Emitter]
    truth: Any
    seed: int
    cursor: int

    @property
    def model(self) -> Emitter:
        """Generation t−1: `state.model.sample(n, lam)` is what it emits."""
        return self.models[self.t - 1]

    @gate
    def fresh(self, n: Rows) -> Samples:
        """n new real rows; none ever comes twice. ValueError when a finite truth has run out."""
        left = getattr(self.truth, "rows", None)
        if left is not None and self.cursor + n > left:
            possible = self.t - 1 + (left - self.cursor) // n
            raise ValueError(
                f"fresh data exhausted: generation {self.t} asks for {n} new real rows, but of "
                f"the {left} rows of {self.truth!r} only {left - self.cursor} are unused; at {n} "
                f"rows each, {possible} generations are possible: ask for fewer generations, "
                "fewer fresh rows or a smaller n_ini")
        rows = foreign.asked(self.truth, "fresh", self.cursor, n, self.seed).renewed()
        self.cursor += n
        return rows.to(self.real.x.device)

    @gate
    def emitted(self, k: Count, n: Rows, lam: Unit = 1.0, start: Rows = 0) -> Samples:
        """Rows start … start+n of what generation k emits with sampling bias lam."""
        if k not in self.models:
            raise ValueError(f"emitted: generation k must be one of {sorted(self.models)} at "
                             f"t = {self.t}, got {k}")
        return self.models[k].sample(n, lam, start)


# --- sources --------------------------------------------------------------------------------------


class Source(card.Carded):
    """A loop that says what it is: frozen, and `+` puts the rows of two loops together."""

    @property
    def size(self) -> int:
        """Rows that do not come from D¹ or from the training set before."""
        return 0

    def __add__(self, other: Loop) -> Sum:
        if not callable(other):
            return NotImplemented
        return Sum(parts(self) + parts(other))

    def __call__(self, state: State) -> Samples:
        raise NotImplementedError

    def _told(self) -> Iterator[card.Line]:
        line = " + ".join(map(sources.line, parts(self)))
        yield f"Loop: {sources.name(line)}"
        yield from sources.told(line, self.size)


@gate
@dataclass(frozen=True)
class Real(Source):
    """D¹ again: the fixed real set, the same rows in every generation."""

    def __call__(self, state: State) -> Samples:
        return state.real


@gate
@dataclass(frozen=True)
class Previous(Source):
    """The whole training set of the generation before: with it, nothing is ever thrown away."""

    def __call__(self, state: State) -> Samples:
        return state.data


@gate
@dataclass(frozen=True)
class Fresh(Source):
    """n new real rows each generation; alone it is the control: real data only, trained anew."""

    n: Rows

    @property
    def size(self) -> int:
        return self.n

    def __call__(self, state: State) -> Samples:
        return state.fresh(self.n)


@gate
@dataclass(frozen=True)
class Synthetic(Source):
    """n rows with sampling bias lam ∈ [0, 1], split evenly over the last `memory` generations.

    The remainder goes to the newest. An older generation goes on along its own sequence, so no row
    comes twice.
    """

    n: Rows
    lam: Unit = 1.0
    memory: Count = 1

    @property
    def size(self) -> int:
        return self.n

    def shares(self, t: Several) -> dict[int, int]:
        """{k: rows of generation k in the training set of generation t}."""
        k = min(self.memory, t - 1)
        return {g: self.n // k + (self.n % k if g == t - 1 else 0) for g in range(t - k, t)}

    def __call__(self, state: State) -> Samples:
        return concatenate(state.emitted(k, n, self.lam, start=self.used(k, state.t))
                           for k, n in self.shares(state.t).items())

    def used(self, k: Count, t: Count) -> int:
        """Rows of generation k's sequence that the training sets before t took."""
        return sum(self.shares(s)[k] for s in range(k + 1, min(t, k + self.memory + 1)))


@gate
@dataclass(frozen=True)
class Sum(Source):
    """The rows of several loops together, in their order."""

    parts: tuple[Loop, ...]

    def __post_init__(self):
        lams = [part.lam for part in self.parts if isinstance(part, Synthetic)]
        if len(set(lams)) < len(lams):
            raise ValueError("parts, other: two Synthetic sources with the same lam would take the "
                             "same rows twice: write one Synthetic with the n of both (memory= "
                             "spreads it over generations)")

    @property
    def size(self) -> int:
        return sum(getattr(part, "size", 0) for part in self.parts)

    def __call__(self, state: State) -> Samples:
        return concatenate([state.real[:0], *(part(state) for part in self.parts)])

    def described(self, describe: Callable[[Any], str]) -> str:
        """The line that names it: that of each part, joined as it was written."""
        return " + ".join(str(describe(part)) for part in self.parts)

    def __repr__(self) -> str:
        return self.described(repr)


@gate
@dataclass(frozen=True)
class Subsample(Source):
    """n rows, without replacement, of D¹ and the first n that every earlier generation emitted."""

    n: Rows
    lam: Unit = 1.0

    memory = None  # every generation stays in reach

    @property
    def size(self) -> int:
        return self.n

    def __call__(self, state: State) -> Samples:
        earlier = (state.emitted(k, self.n, self.lam) for k in range(1, state.t))
        pool = concatenate([state.real, *earlier])
        return pool[torch.randperm(len(pool))[: self.n].to(pool.x.device)]


def parts(loop: Loop) -> tuple[Loop, ...]:
    """The loops that a sum is made of; any other loop is its own only part."""
    return loop.parts if isinstance(loop, Sum) else (loop,)


# --- the named loops ------------------------------------------------------------------------------


@gate
def fully_synthetic(n: Rows, lam: Unit = 1.0) -> Source:
    """Each generation is fitted on n rows that the one before emitted."""
    return Synthetic(n, lam)


@gate
def synthetic_augmentation(n: Rows, lam: Unit = 1.0, accumulate: bool = False) -> Source:
    """One fixed real set, and n synthetic rows of the generation before; accumulate: of all."""
    return (Previous() if accumulate else Real()) + Synthetic(n, lam)


@gate
def fresh_data(n: Rows, p: Unit, lam: Unit = 1.0) -> Source:
    """n rows each generation: round(p n) new real ones, the rest of the generation before."""
    n_r = round(p * n)
    return Fresh(n_r) + Synthetic(n - n_r, lam)


@gate
def accumulate(n: Rows, lam: Unit = 1.0) -> Source:
    """n new synthetic rows each generation, everything kept.

    Gerstgrasser et al. (2024), https://arxiv.org/abs/2404.01413.
    """
    return Previous() + Synthetic(n, lam)


@gate
def accumulate_subsample(n: Rows, lam: Unit = 1.0) -> Source:
    """Everything kept, but each generation sees n rows of it.

    Kazdan et al. (2025), https://arxiv.org/abs/2410.16713.
    """
    return Subsample(n, lam)


# --- what a loop says of itself -------------------------------------------------------------------


def reach(loop: Loop) -> int | None:
    """How many generations back the loop may look; None: all (it is a plain function)."""
    if not all(isinstance(part, Source) for part in parts(loop)):
        return None
    memories = [getattr(part, "memory", 1) for part in parts(loop)]
    return None if None in memories else max(memories)


def draws_nothing(loop: Loop) -> bool:
    """Whether the loop makes no random choice of its own, so that it needs no stream."""
    known = (Real, Fresh, Synthetic, Previous)                  # a subclass may do otherwise
    return all(type(part) in known for part in parts(loop))


def emitted_lam(loop: Loop) -> float:
    """The sampling bias that the loop's synthetic rows agree on, else 1."""
    lams = {part.lam for part in parts(loop) if hasattr(part, "lam")}
    return lams.pop() if len(lams) == 1 else 1.0


def initial_rows(loop: Loop) -> int:
    """The default n_ini: the rows that the loop adds each generation."""
    size = getattr(loop, "size", 0)
    if not size:
        raise ValueError(f"n_ini: {loop!r} does not say how many rows it needs; give n_ini, the "
                         "real rows of generation 1")
    return size
