"""madkit: watch a generative model eat its own output.

A loop is a function from the past to a training set. Choose a model (`mk.models`), what each generation is trained on
(the loops below) and the truth behind the real data (`mk.data`); `mk.run` does the rest, `mk.plot` shows it.

In a notebook `mk.run?` says what a function does, and `mk.run??` what each argument is.
"""

from typing import TYPE_CHECKING, Any

from madkit import data, exact, live, metrics, models, plot, sweep, testing, theory
from madkit.lesson import exercises, report
from madkit.loops import (
    Fresh,
    Previous,
    Real,
    Synthetic,
    accumulate,
    accumulate_subsample,
    fresh_data,
    fully_synthetic,
    synthetic_augmentation,
)
from madkit.metrics import faults as damage
from madkit.metrics import features
from madkit.metrics.bias import Biased, sampling_bias
from madkit.record import Run, load, recorded
from madkit.runs.resume import reopen
from madkit.runs.run import run
from madkit.samples import Samples
from madkit.steps import steps

__all__ = [
    "explore", "phase_map", "Samples", "Run", "run", "sampling_bias", "Biased", "load", "recorded", "reopen", "steps",
    "Real", "Fresh", "Synthetic", "Previous",
    "fully_synthetic", "synthetic_augmentation", "fresh_data", "accumulate", "accumulate_subsample",
    "data", "models", "metrics", "damage", "theory", "features", "exact", "sweep", "plot", "live", "report", "testing",
    "exercises",
]


if TYPE_CHECKING:  # a tool that reads types sees these two, and no name that is not there
    from madkit.live.explorer import explore
    from madkit.live.map import phase_map
else:

    def __getattr__(name: str) -> Any:
        """`mk.explore` and `mk.phase_map`, when first asked for: widgets take a while to import."""
        if name in ("explore", "phase_map"):
            return getattr(live, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
