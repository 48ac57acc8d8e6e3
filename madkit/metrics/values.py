"""What metrics return: the names of their values in tables, and ONE table of what each is called.

A metric returns a number, or a dict of numbers. In tables a number has the metric's name, and one
of a dict also its key: "recall", "modes.alive", "spectrum.1". Who draws a value, or says it in a
sentence, takes its words from here:

    value_of("recall").label      "recall: diversity (1 is best)", on an axis
    words("modes.variance")       "variance within modes", in a sentence or at the end of a line

A metric of your own without an entry is called by its name. A view that shows another quantity,
such as a share of the truth's, says so with `dataclasses.replace(value_of("trace"), label=…)`.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from inspect import isfunction
from typing import Annotated, Any, Literal

from madkit.base.checks import NO, Check, attempt, misfit, several, shown

Metric = Callable[[Any, Any], float | dict[str, float]]  # (real, fake): Samples, or their moments


def _listed(metrics: Any) -> Any:
    given = [metrics] if callable(metrics) or isinstance(metrics, str) else several(metrics)
    fits = all(isinstance(one, str) or callable(one) and not misfit(one, 2) for one in given)
    return given if fits else NO


Metrics = Annotated[Metric | str | Iterable[Metric | str], Check(
    "a list of names in mk.metrics, or of functions (real, fake) -> number", _listed)]
Features = Callable[[Any], Any]          # Samples -> (n, d), or a network
Good = Literal["high", "low", "same"]
Aspect = Literal["quality", "diversity"]

ANY, POSITIVE, SHARE = (-math.inf, math.inf), (0.0, math.inf), (0.0, 1.0)


@dataclass(frozen=True)
class Value:
    """One number that a metric returns.

    name    in tables
    short   in a sentence, and at the end of a line
    label   on an axis
    good    "high", "low", or "same": when equal to the truth's; None: not known
    range   the least and the greatest that it can be
    kind    how it is said: "share" (38 %) or "number"
    aspect  "quality" or "diversity", where it is a judge of one of them
    log     whether its axis may be logarithmic, where it decays
    """

    name: str
    short: str
    label: str
    good: Good | None = None
    range: tuple[float, float] = ANY
    kind: Literal["share", "number"] = "number"
    aspect: Aspect | None = None
    log: bool = True

    @property
    def limits(self) -> tuple[float, float] | None:
        """Those of its axis, where they are the same for all runs: a share's range."""
        return self.range if self.kind == "share" else None


def _judge(name: str, aspect: Aspect, best: str = "1 is best", good: Good = "high",
           range: tuple[float, float] = SHARE, kind: Literal["share", "number"] = "share") -> Value:
    """A value that is called by its name, and judges quality or diversity."""
    return Value(name, name, f"{name}: {aspect} ({best})", good, range, kind, aspect, log=False)


VALUES: dict[str, Value] = {value.name: value for value in (    # * stands for any key
    Value("w2_squared", "W₂²", "W₂² to the truth (0 is best)", "low", POSITIVE),
    Value("mean_error", "error of the mean", "‖μ − μ₀‖², error of the mean (0 is best)", "low",
          POSITIVE),
    Value("trace", "total variance", "total variance tr Σ", "same", POSITIVE),
    Value("logdet", "log det Σ", "log det Σ (log of the volume)", "same", log=False),
    Value("spectrum", "eigenvalues of Σ", "eigenvalues of Σ", "same", POSITIVE),
    Value("spectrum.*", "eigenvalue * of Σ", "eigenvalue * of Σ", "same", POSITIVE),
    Value("frechet", "Fréchet distance", "Fréchet distance (0 is best)", "low", POSITIVE),
    Value("sliced_w2", "sliced W₂", "sliced W₂ to the truth (0 is best)", "low", POSITIVE),
    Value("mmd", "MMD²", "MMD² (0 is best)", "low"),
    _judge("precision", "quality"),
    _judge("density", "quality", "1 is the truth's", "same", POSITIVE, "number"),
    _judge("recall", "diversity"),
    _judge("coverage", "diversity"),
    Value("modes.alive", "modes alive", "modes alive", "high", POSITIVE),
    Value("modes.variance", "variance within modes", "mean variance of a living mode", "same",
          POSITIVE),
    Value("tails.5", "rows in the tails", "rows in the tails (0.05 is the truth's)", "same", SHARE),
    Value("tails.1", "rows in the tails", "rows in the tails (0.01 is the truth's)", "same", SHARE),
    Value("classes.own", "share classified as their own label",
          "share classified as their own label (1 is best)", "high", SHARE, "share", log=False),
    Value("classes.entropy", "class entropy", "entropy of the classes, in nats (log K is best)",
          "same", POSITIVE, log=False),
    Value("census.own", "share whose expression is read as asked",
          "share whose expression is read as asked (1 is best)", "high", SHARE, "share", log=False),
    Value("census.entropy", "entropy of the attributes",
          "entropy of the attributes, in nats (the truth's is best)", "same", POSITIVE, log=False),
    Value("census.noise", "noise on the faces", "how noisy faces look (the truth's is best)", "same"),
    Value("census.blur", "blur of the faces", "how smeared faces look (the truth's is best)", "same"),
    *(Value(f"census.{name}", f"share with {words}", f"share with {words} ({best} is the truth's)",
            "same", SHARE)
      for name, words, best in (("glasses", "glasses", 0.15), ("beard", "a beard", 0.12),
                                ("hat", "a hat", 0.04))),
    *(Value(f"census.{name}.*", f"share with {words}", f"share with {words} (the truth's is best)",
            "same", SHARE)
      for name, words in (("hair", "* hair"), ("skin", "* skin"), ("shirt", "a * shirt"),
                          ("background", "* behind them"), ("cut", "this cut: *"),
                          ("expression", "this expression: *"))),
    Value("classes.share.*", "share of class *", "share of class * (the truth's is best)", "same",
          SHARE),
)}


def value_of(name: str) -> Value:
    """The value of this name in tables; one without an entry is called by its name."""
    if name in VALUES:
        return VALUES[name]
    family, _, key = name.rpartition(".")
    if (pattern := VALUES.get(f"{family}.*")) is None:
        return Value(name, name, name)
    short, label = (text.replace("*", key) for text in (pattern.short, pattern.label))
    return replace(pattern, name=name, short=short, label=label)


def words(name: str) -> str:
    """The value of this name in short words.

    name  as in tables, such as "recall" or "modes.alive"
    """
    return value_of(name).short


# --- metrics by name ------------------------------------------------------------------------------


def find(metric: Metric | str) -> Metric:
    """A metric, given itself or by its name in `mk.metrics`. ValueError for what is neither."""
    from madkit import metrics

    known = {name: f for name in metrics.__all__ if isfunction(f := getattr(metrics, name))}
    if isinstance(metric, str) and metric in known:
        return known[metric]
    if not callable(metric):
        raise ValueError(f"metrics: {shown(metric)} is unknown; give a function (real, fake) -> number, "
                         f"or one of {', '.join(sorted(known))}")
    return metric


def chosen(metrics: Metric | str | Iterable[Metric | str]) -> tuple[Metric, ...]:
    """One metric or several, each found; ValueError for two of one name."""
    given: Any = [metrics] if callable(metrics) or isinstance(metrics, str) else metrics
    found = tuple(find(metric) for metric in given)
    names = [metric_name(metric) for metric in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"metrics: expected different names, got {', '.join(names)}: the table "
                         f"would keep one {twice[0]}; give each a name of its own "
                         "(def precision_9(real, fake): …)")
    return found


def metric_name(metric: Metric) -> str:
    """The name of a metric in tables; a partial has that of its function."""
    while isinstance(metric, partial):
        metric = metric.func
    return getattr(metric, "__name__", type(metric).__name__)


def keyed(name: str, key: Any) -> str:
    """The name in tables of one number of the dict that a metric of this name returned."""
    return f"{name}.{key}"


def named(metric: Metric, value: Any) -> dict[str, float]:
    """{name in tables: number} of what a metric returned; TypeError for anything but numbers."""
    name = metric_name(metric)
    several = isinstance(value, dict)
    parts = {keyed(name, key): part for key, part in value.items()} if several else {name: value}
    try:
        return {key: float(part) for key, part in parts.items()}
    except (TypeError, ValueError, RuntimeError, OverflowError):
        got = attempt(reprlib.repr, value)               # a whole number of 5,000 digits has none
        raise TypeError(f"metrics: {name} must return a number or a dict of numbers, got "
                        f"{shown(value) if got is NO else got}") from None
