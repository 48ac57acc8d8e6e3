"""A city of faces: drawn people whose every attribute is known, so that diversity has names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from madkit.base import limits
from madkit.base.checks import Rows, Seed
from madkit.base.gate import gate
from madkit.base.guard import guarded
from madkit.base.rng import generator
from madkit.data import portrait
from madkit.data.toys import BLOCK, Endless
from madkit.samples import Samples

if TYPE_CHECKING:
    import pandas as pd

# of a thousand people, how many have it
CHOICES: dict[str, dict[str, int]] = {
    "expression": {"sad": 150, "cross": 100, "calm": 250, "happy": 350, "amazed": 150},
    "skin": dict(zip(portrait.SKIN, (170, 170, 170, 170, 160, 160), strict=True)),
    "hair": dict(zip(portrait.HAIR, (300, 250, 150, 140, 70, 70, 20), strict=True)),
    "cut": dict(zip(portrait.CUT, (110, 280, 200, 180, 130, 100), strict=True)),
    "background": dict.fromkeys(portrait.BACKGROUND, 200),
    "shirt": dict(zip(portrait.SHIRT, (200, 200, 160, 160, 140, 140), strict=True)),
    "glasses": {"no": 850, "yes": 150},
    "beard": {"no": 880, "yes": 120},
    "hat": {"no": 960, "yes": 40},
}
EXPRESSIONS = tuple(CHOICES["expression"])

# lengths and slopes: the middle, and what the bell around it may add or take away
MEASURES = {"wide": (9.0, 0.9), "tall": (10.2, 0.8), "eyes": (2.05, 0.4), "apart": (3.7, 0.35),
            "gaze": (0.0, 0.7), "tilt": (0.0, 0.16), "shoulders": (12.5, 2.0)}
# by expression: smile, open mouth, width of the mouth, slope of the brows, each with its spread
MOUTHS = {"smile": ((-1.5, -1.2, 0.1, 1.7, 0.0), 0.7), "open": ((0.0, 0.0, 0.0, 1.1, 2.3), 1.0),
          "mouth": ((3.0, 2.9, 2.9, 4.2, 2.0), 0.7), "brows": ((0.42, -0.5, 0.0, 0.05, 0.2), 0.25)}
STEPS = 16                                             # a bell is a sum of four of 0 … 16


@gate
@guarded
@dataclass(frozen=True)
class faces(Endless):
    """Drawn faces, endless: uint8 images (n, 3, 32, 32), labels 0 … 4: sad, cross, calm, happy,
    amazed (`classes`).

        truth = mk.data.faces()
        truth.real(4000)                              # Samples
        truth.attributes(0, 4000)                     # of the same rows: a table
        truth.attributes(0, 4000).hair.value_counts()

    Each face is a function of its attributes alone. Choices: skin in six tones, colour and cut of
    hair, background, shirt, each alike or nearly alike likely but hair; rare are glasses (15 %),
    beards (12 %), hats (4 %) and violet hair (2 %). Measures: width and height of the head, size
    and distance of the eyes, gaze, tilt, shoulders, smile, open mouth, its width, brows. All are
    drawn independently of each other but for what makes the expression.

    The rows of a seed are the same bits on every machine (how: madkit/data/portrait.py).
    """

    shape = (3, portrait.SIZE, portrait.SIZE)
    classes = EXPRESSIONS

    def draw(self, n: Rows, generator: torch.Generator) -> Samples:
        """n independent faces with the labels of their expressions."""
        of = self._attributes(n, generator)
        x = torch.from_numpy(portrait.portraits(of))
        return Samples._of(x, torch.from_numpy(of["expression"].astype(np.int64)))

    def attributes(
        self,
        start: Rows,           # the first row
        n: Rows,               # how many
        seed: Seed = 0,
        test: bool = False,    # of the test rows
    ) -> pd.DataFrame:
        """The attributes of rows start … start + n: choices in words (glasses, beard, hat: bool),
        measures as numbers: lengths in pixels, tilt and brows as slopes.
        """
        import pandas as pd

        limits.rows("attributes: n", n, (32,), 8)
        first, last = start // BLOCK, max(start, start + n - 1) // BLOCK
        sequence = "test" if test else "truth"
        blocks = [self._attributes(BLOCK, generator(seed, sequence, b))
                  for b in range(first, last + 1)]
        skip = start - first * BLOCK
        whole = {name: np.concatenate([block[name] for block in blocks])[skip:][:n]
                 for name in blocks[0]}
        return pd.DataFrame({name: _said(name, values) for name, values in whole.items()},
                            index=pd.RangeIndex(start, start + n, name="row"))

    def paint(
        self,
        attributes: pd.DataFrame,    # a table as `attributes` gives, a row for each face
    ) -> Samples:
        """Faces with these attributes, and the labels of their expressions: change one and see.

        TypeError for what is no table; ValueError for a column that is missing, for a choice that
        there is not, and for measures that are no finite numbers.
        """
        of = {}
        for name in (*CHOICES, *MEASURES, *MOUTHS):
            if name not in attributes:
                raise ValueError(f"paint: expected a table with a column {name!r}, as "
                                 "faces().attributes gives, got "
                                 f"{', '.join(map(str, attributes))[:80]}")
            of[name] = _places(name, attributes[name].to_numpy())
        x = torch.from_numpy(portrait.portraits(of))
        return Samples._of(x, torch.from_numpy(of["expression"].astype(np.int64)))

    def _attributes(self, n: int, generator: torch.Generator) -> dict[str, np.ndarray]:
        """Whole numbers of `generator`, nothing else: the same everywhere."""
        of = {}
        for name, parts in CHOICES.items():
            drawn = torch.randint(1000, (n,), generator=generator).numpy()
            of[name] = np.searchsorted(np.cumsum(list(parts.values())), drawn, side="right")
        bells = (torch.randint(STEPS + 1, (n, len(MEASURES) + len(MOUTHS), 4), generator=generator)
                 .sum(2).numpy() - 2 * STEPS).astype(np.float32) / np.float32(2 * STEPS)
        for (name, (middle, spread)), bell in zip(MEASURES.items(), bells.T, strict=False):
            of[name] = np.float32(middle) + np.float32(spread) * bell
        for (name, (by, spread)), bell in zip(MOUTHS.items(), bells.T[len(MEASURES):], strict=True):
            of[name] = np.array(by, np.float32)[of["expression"]] + np.float32(spread) * bell
        of["open"] = np.maximum(of["open"], 0)
        return of

    def _label_words(self) -> str:
        return ", ".join(f"{i} {name}" for i, name in enumerate(self.classes))


def _said(name: str, values: np.ndarray) -> np.ndarray:
    if name in ("glasses", "beard", "hat"):
        return values.astype(bool)
    return np.array(list(CHOICES[name]))[values] if name in CHOICES else values


def _places(name: str, values: np.ndarray) -> np.ndarray:
    if name not in CHOICES:
        try:
            numbers = np.asarray(values, np.float32)
        except (TypeError, ValueError, OverflowError):
            numbers = np.array([np.nan], np.float32)
        if not np.isfinite(numbers).all():
            raise ValueError(f"paint: {name} expected finite numbers, got {values!r:.60}")
        return numbers
    if name in ("glasses", "beard", "hat"):
        return np.asarray(values, bool).astype(np.int64)
    known = list(CHOICES[name])
    if wrong := [value for value in values if value not in known]:
        raise ValueError(f"paint: {name} expected one of {', '.join(known)}, got {wrong[0]!r}")
    return np.array([known.index(value) for value in values], np.int64)
