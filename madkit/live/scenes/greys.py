"""Grey images in few greys, for reports, which hold many figures: fewer bytes for little that is
seen, and the report says so.

The dirt that a loop leaves in the dark between strokes is what lessons look at, so dark greys lie
near each other. Where images are large or of soft shades, as photographs are, few greys would show:
they stay as they are, and so do colours.
"""

from __future__ import annotations

import numpy as np

LEVELS = np.array([0, 11, 22, 33, 44, 57, 72, 90, 112, 136, 160, 184, 208, 231, 255])
NEAREST = LEVELS[abs(np.arange(256)[:, None] - LEVELS).argmin(1)].astype(np.uint8)
SMALL = 32                           # pixels of a side: each is seen by itself
NEAR = 4.5                           # of 255: what an image may change by, in the mean


def few_greys(images: np.ndarray) -> np.ndarray:
    """Images (…, h, w) uint8 in LEVELS, where each of them stays near what it was."""
    if not images.size or max(images.shape[-2:]) > SMALL:
        return images
    few = NEAREST[images]
    change = abs(few.astype(np.int16) - images).mean((-2, -1))
    return few if change.max() <= NEAR else images
