"""madkit: watch generative models eat their own output."""

from madkit import data, exact, metrics, models, plot, testing, theory
from madkit.loops import (
    Fresh,
    Previous,
    Real,
    Synthetic,
    accumulate,
    accumulate_subsample,
    fresh_data,
    fully_synthetic,
    steps,
    synthetic_augmentation,
)
from madkit.runs import Run, load, run
from madkit.samples import Samples
