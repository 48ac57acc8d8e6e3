"""madkit: watch a generative model eat its own output.

A loop is a function from the past to a training set. Choose a model (`mk.models`), what each
generation is trained on (the loops below) and the truth behind the real data (`mk.data`); `mk.run`
does the rest, `mk.plot` shows it.

In a notebook `mk.run?` says what a function does and what each argument is; Tab after `mk.` lists
what there is.
"""

from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

from madkit import data, exact, lesson, live, metrics, models, plot, recipes, sweep, testing, theory
from madkit.base.arguments import explain, explain_all
from madkit.base.moved import Answering, missing
from madkit.base.progress import progress
from madkit.lesson.report import report as _report
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
from madkit.metrics.bias import Biased, sampling_bias
from madkit.models.own import model
from madkit.recipes.recorded import recorded
from madkit.record import Run, load
from madkit.runs.again import again
from madkit.runs.resume import reopen
from madkit.runs.run import run
from madkit.runs.verdict import judge
from madkit.samples import Samples
from madkit.steps import steps

if TYPE_CHECKING:
    __version__: str
    from madkit.lesson.report import report
    from madkit.live.bet import predict
    from madkit.live.explorer import explore
    from madkit.live.map import phase_map
else:  # a tool that reads types sees these four, and no name that is not there
    explain(_report)
    report = Answering(_report, "mk.report")

    def __getattr__(name: str) -> Any:
        """`mk.explore` and the like, when first asked for: widgets take a while to import."""
        if name in ("explore", "phase_map", "predict"):
            return getattr(live, name)
        if name == "__version__":
            return _version("madkit")
        raise missing("mk", name)


__all__ = [
    "explore", "phase_map", "predict", "Samples", "Run", "run", "sampling_bias", "Biased", "load", "recorded",
    "reopen", "steps", "model", "judge", "again",
    "Real", "Fresh", "Synthetic", "Previous",
    "fully_synthetic", "synthetic_augmentation", "fresh_data", "accumulate", "accumulate_subsample",
    "report", "progress",
    "data", "models", "metrics", "theory", "exact", "sweep", "plot", "live", "recipes", "lesson",
    "testing",
]


def __dir__() -> list[str]:
    return sorted(__all__)


explain_all(globals()[name] for name in __all__ if name in globals())
