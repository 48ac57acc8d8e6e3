"""Metrics: (real, fake) -> a number, or a dict of numbers.

| what it shows | metric |
|---|---|
| distance from the truth, 0 is best | w2_squared, mean_error (moments); sliced_w2, frechet, mmd (rows) |
| quality | precision, density |
| diversity | recall, coverage; trace, logdet, spectrum (moments); modes(centres, radius), which makes a metric |

Moment metrics (`MOMENTS`) compare means and covariances, and take those of a fit as well: a pair
(mean (d,), cov (d, d)) may stand in place of either cloud. All others look at rows. Rows of any
shape are flattened to vectors (n, d) in float64.

Loops collapse clouds to 1e-9 of their offset, and to single points. So moments are those of
differences to the first row, exactly 0 for a point; and distances between near points are taken
from differences, never from |a|² − 2ab + |b|², which loses every digit there. Equal distances count
as equal. What needs all pairs works in chunks of bounded memory.

Distances add up columns in the units they come in: beside a column in metres, one in nanometres is
not seen, and precision, recall, coverage or sliced_w2 say nothing of it. Where the real rows have
such a column, a warning says which. Moments see it: logdet is free of units.

`LeNet("mnist")` maps images to what a classifier sees (`mk.run(features=…)`), and has metrics of
its own; `Attributes()` maps the faces of `mk.data.faces()` to what a reader of their attributes
sees, and counts them in a census. `Faults` damages rows of a known truth on purpose, by one of `FAULTS`, to learn what a
metric sees.

ValueError is raised for rows of different length, for NaN or infinity, and for fewer rows than a
metric needs.
"""

from madkit.metrics.attributes import Attributes
from madkit.metrics.clouds import mmd, modes, sliced_w2
from madkit.metrics.faults import FAULTS, Faults
from madkit.metrics.features import LeNet
from madkit.metrics.moments import MOMENTS, frechet, logdet, mean_error, spectrum, trace, w2_squared
from madkit.metrics.neighbours import coverage, density, precision, recall

__all__ = [
    "w2_squared", "mean_error", "trace", "logdet", "spectrum", "MOMENTS", "frechet",
    "precision", "recall", "density", "coverage", "sliced_w2", "mmd", "modes",
    "LeNet", "Attributes", "Faults", "FAULTS",
]


def __dir__() -> list[str]:
    return sorted(__all__)
