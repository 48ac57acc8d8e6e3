"""Your own model, without a class: an estimator, a pair of functions, a pipeline.

    mk.model(GaussianMixture(10))                                    what scikit-learn offers
    mk.model(fit=lambda x: gaussian_kde(x.T), sample=lambda kde, n: kde.resample(n).T)
    mk.model(fit=train, sample=lambda net, n, lam: net.decode(lam**0.5 * torch.randn(n, 8)))

A model of a loop has two duties that others do not have. It must draw from the global generators
alone, which are seeded for it; so an estimator's `random_state` is set to None. And its rows must
come in random order, for a loop takes the first of them; mixtures, for one, give theirs sorted. So
rows are shuffled here.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from madkit.base import card, foreign
from madkit.base.checks import Rows, Unit, misfit, shown
from madkit.base.describe import Undescribed, describe
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.makers import maker
from madkit.models.parts.vectors import empty
from madkit.samples import Samples

# what fits returned, while it lives: the same object twice would be two generations' model
_returned: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


@gate
def model(
    given: Any = None,                            # an estimator with fit(x) and sample(n), or what
                                                  # lacks one of them
    *,
    fit: Callable[..., Any] | None = None,        # fit(x) or fit(x, y) -> anything
    sample: Callable[..., Any] | None = None,     # sample(fitted, n) or sample(fitted, n, lam) -> rows
) -> Own:
    """A model of an estimator, or of a pair of functions, for `mk.run` and everything else.

    A function gets the rows as a NumPy array x (n, *shape), an estimator flattened, (n, d); one
    that has a second argument without a default gets the labels too. What sample returns may be an
    array, tensor or table of any type and device, a list of pictures, or what holds them as
    `.images`; a pair (rows, labels) where the data have labels. Pictures may have their channels
    first or last. Rows are shuffled: loops take the first of them.

    Without a third argument, sample knows no λ: λ = 1 works, any other raises ValueError. Raises
    TypeError for what is no function, and where fit or sample is missing.
    """
    for name, function in (("fit", fit), ("sample", sample)):
        if function is not None and not callable(function):
            raise TypeError(f"model: {name} expected a function, got {shown(function)}")
        if function is None and (isinstance(given, type)
                                 or not callable(getattr(given, name, None))):
            raise TypeError(_missing(name, given))
    own = Own(given, fit, sample)
    placed, named = foreign.LAMS[own.takes_lam]
    if sample and (wrong := misfit(sample, 2 + placed, named)):
        raise TypeError("model: sample: expected sample(fitted, n) or sample(fitted, n, lam), got "
                        f"{inspect.signature(sample)} ({wrong}); draw from the global "
                        "generators, np.random and torch, which are seeded for it")
    return own


def _missing(name: str, given: Any) -> str:
    form = {"fit": "fit=f, with f(x) -> anything", "sample": "sample=f, with f(fitted, n) -> rows"}
    if isinstance(given, type):
        return (f"model: expected an object, got the class {given.__name__}; write "
                f"mk.model({given.__name__}(…))")
    what = "" if given is None else f" {type(given).__name__} has no method {name};"
    return f"model:{what} give {form[name]}"


def taken(given: Any) -> Any:
    """The same model; an estimator of scikit-learn's kind as one of madkit's."""
    return Own(given) if foreign.is_estimator(given) else given


@gate
@guarded
@dataclass(eq=False, repr=False)
class Own(card.Carded):
    """What `mk.model` makes."""

    given: Any = None
    fit_with: Callable[..., Any] | None = None
    sample_with: Callable[..., Any] | None = None

    @property
    def name(self) -> str:
        """What errors call it."""
        if self.given is not None:
            return type(self.given).__name__
        return f"mk.model(fit={getattr(self.fit_with, '__name__', self.fit_with)})"

    @property
    def words(self) -> str:
        """What it was made of, as a person would say it."""
        try:
            return maker(describe(self))
        except Undescribed:
            return self.name

    def __repr__(self) -> str:
        return f"mk.model: {self.words}"

    def _told(self) -> Iterator[card.Line]:
        yield f"Model: {self.words}"
        if hasattr(self, "_like"):
            yield "fitted to", f"rows of {card.row_shape(self._like.shape[1:])}"
        else:
            yield "fitted to", "nothing yet"
        yield "sampling bias λ", ("taken by sample" if self.takes_lam else
                                  "not known to sample: λ = 1, honest sampling, alone")

    @property
    def takes_lam(self) -> str:
        """How sample takes λ: "by position", "by name", or "" where it knows none."""
        if self.sample_with is None:
            return foreign.takes_lam(self.given)
        return foreign.lam_of(_parameters(self.sample_with), 2)

    def fit(self, data: Samples) -> Own:
        """Fit to the rows, and their labels where they are asked for."""
        function = self.fit_with or self.given.fit
        x = data.x.cpu().numpy()
        if self.given is not None and self.fit_with is None:
            x = x.reshape(len(x), -1)
            _unseed(self.given)
        asks = [p for p in _positional(function)[1:] if p.default is p.empty]
        labels = [] if not asks else [None if data.y is None else data.y.cpu().numpy()]
        self.fitted = self._kept(function(x.copy(), *labels))
        self._like, self._labelled = empty(data), bool(labels)
        return self

    def _kept(self, made: Any) -> Any:
        """What fit left, checked."""
        if inspect.isgenerator(made) or inspect.iscoroutine(made):
            made.close()
            raise TypeError(f"model: fit of {self.name} must return what sample(fitted, n) needs, "
                            f"got a {type(made).__name__}: it has not run; call what makes it "
                            "inside of a function that runs it and returns the fitted model")
        if self.fit_with is None:
            return made if callable(getattr(made, "sample", None)) else self.given
        if made is None:
            raise TypeError(f"model: fit of {self.name} must return what sample(fitted, n) needs, "
                            "got None; end it with return")
        if not inspect.isroutine(made) and not isinstance(made, type):
            self._check_new(made)
        return made

    def _check_new(self, made: Any) -> None:
        try:
            known, _returned[id(made)] = _returned.get(id(made)), made
        except TypeError:  # a tuple, a dict: nothing that learns
            return
        if known is made:
            raise ValueError(f"model: fit of {self.name} returned the very "
                             f"{type(made).__name__} that it returned before, so one generation "
                             "would change another; make it anew inside of fit, or train a copy, "
                             "copy.deepcopy(net)")

    def sample(self, n: Rows, lam: Unit = 1.0) -> Samples:
        """n rows, shuffled, in the shape and type of the data."""
        if not hasattr(self, "_like"):
            raise RuntimeError(f"{self.name}: call fit(data) first")
        x, y = foreign.rows(self._drawn(n, lam), self._labelled, self.name)
        rows = Samples(foreign.shaped(x, n, tuple(self._like.shape[1:]), self.name), y)
        rows = rows[torch.randperm(len(rows)).to(rows.x.device)].to(self._like.device)
        if rows.x.is_floating_point() and self._like.is_floating_point():
            return Samples(rows.x.to(self._like.dtype), rows.y)
        return rows

    def _drawn(self, n: int, lam: float) -> Any:
        if self.sample_with is None:
            return foreign.drawn(self.fitted, n, lam)
        if self.takes_lam == "by position":
            return self.sample_with(self.fitted, n, lam)
        if self.takes_lam:
            return self.sample_with(self.fitted, n, lam=lam)
        if lam != 1:
            raise ValueError(foreign.no_lam(self, lam))
        return self.sample_with(self.fitted, n)


def _parameters(function: Callable) -> list[inspect.Parameter]:
    """What a function takes, as far as it says."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _positional(function: Callable) -> list[inspect.Parameter]:
    return [p for p in _parameters(function)
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _unseed(estimator: Any) -> None:
    """Its randomness is the global generators', not one number's, the same for all generations."""
    if not callable(getattr(estimator, "get_params", None)):
        return
    seeds = [name for name, value in estimator.get_params(deep=True).items()
             if name.rpartition("__")[2] == "random_state" and value is not None]
    if seeds:
        estimator.set_params(**dict.fromkeys(seeds))
