"""Truths: the distribution behind the real data.

A truth is one seeded sequence of rows, and three pure functions that read it. For the same seed
they always give the same rows, and the three never share one:

    real(n, seed)          rows 0 … n: the real set D¹
    fresh(start, n, seed)  rows start … start + n: new real data, for a start at or beyond the end
                           of D¹
    test(n, seed)          n rows of another sequence, on which metrics judge (a finite truth: at
                           most its held-out rows)

All give `Samples` on the CPU. Besides, a truth has `shape` (of a row); `moments() -> (mean (d,),
cov (d, d))` where they are known; and, if it is finite, `rows`, the length of its sequence. No base
class is needed: any object with the three functions is a truth. Two are offered for convenience:
`Endless` (say how to draw rows) and `Finite` (give the rows).

| truth | rows | known moments |
|---|---|---|
| gaussian, ring, grid25, moons, swissroll, rosenbrock | endless vectors (n, d), float64 | yes |
| faces | endless drawn faces (n, 3, 32, 32), uint8, with labels 0 … 4 and known attributes | no |
| digits | 1,797 images (n, 1, 8, 8) in [0, 1], float64, with labels 0 … 9 | no |
| mnist, fashion_mnist | 60,000 images (n, 1, 28, 28), uint8, with labels 0 … 9; 10,000 more to test on | no |
| images | your own pictures (n, 1 or 3, size, size), uint8; the names of subfolders are labels | no |
| array, csv | your own numbers | no |
"""

from madkit.base.shipped import shipped
from madkit.data.archives import fashion_mnist, mnist
from madkit.data.faces import faces
from madkit.data.finite import Finite, array, digits
from madkit.data.folder import images
from madkit.data.table import csv
from madkit.data.toys import Endless, gaussian, grid25, moons, ring, rosenbrock, swissroll

__all__ = [
    "Endless", "gaussian", "ring", "grid25", "moons", "swissroll", "rosenbrock",
    "faces", "Finite", "digits", "mnist", "fashion_mnist", "images", "array", "csv",
    "shipped",
]


def __dir__() -> list[str]:
    return sorted(__all__)
