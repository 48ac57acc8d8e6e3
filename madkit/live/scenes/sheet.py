"""Sheets of images: which images of a run are shown, and where each of them stands.

A row for each run below a row of real ones. Images with labels stand in blocks, three of each label
side by side, so that sameness is seen; images without in their order, as many as fill the row. A
pixel of an image is a whole number of pixels of the screen, in all rows the same: a grid that is
seen is a grid that is there. js/explorer/sheet.js lays out the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from madkit.record import Run
from madkit.samples import Samples

EACH = 3                   # images of a label
FEW = 12                   # images of a row without labels, at least, where there are so many
MANY = 60                  # and at most
LEAST, MOST = 3, 80        # pixels of the screen between blocks


class Layout(NamedTuple):
    """How the rows of a sheet are filled; lengths in pixels of the screen."""

    scale: int             # of a pixel of an image
    per: int               # blocks in a line
    lines: int             # lines in a row
    gap: int               # between blocks


def labels_of(runs: Sequence[Run]) -> tuple[list[int], int]:
    """The labels that are shown, and how many there are: of more than ten (of images beyond
    32 pixels: five) these many, evenly from the first to the last. None where a row has no label.
    """
    every = [one for run in runs for one in (run.real, *run.samples.values()) if one is not None]
    if not every or any(one.y is None for one in every):
        return [], 0
    there = torch.cat([run.real.y for run in runs if run.real is not None and run.real.y is not None])
    known = sorted(set(there.tolist()))
    most = 10 if max(every[0].x.shape[2:]) <= 32 else 5
    places = np.linspace(0, len(known) - 1, min(most, len(known)))
    return [known[round(place)] for place in places], len(known)


def arranged(samples: Samples, labels: Sequence[int], many: int) -> tuple[np.ndarray, list[int]]:
    """Images as bytes (m, h, w) or (m, h, w, 3), EACH of a label, the first that were emitted,
    or `many` in their order; and how many of each label there are, black where there are fewer.
    """
    if not labels:
        return _filled(samples.x[:many], many), [min(many, len(samples))]
    assert samples.y is not None
    of = [samples.x[(samples.y == label).nonzero().flatten()[:EACH]] for label in labels]
    return np.concatenate([_filled(x, EACH) for x in of]), [len(x) for x in of]


def _filled(x: torch.Tensor, many: int) -> np.ndarray:
    x = x if x.dtype == torch.uint8 else (255 * x.clamp(0, 1)).round().to(torch.uint8)
    images = (x[:, 0] if x.shape[1] == 1 else x.movedim(1, -1)).numpy(force=True)
    return np.concatenate([images, np.zeros((many - len(images), *images.shape[1:]), np.uint8)])


def layout(
    rows: int,             # with that of the real images
    blocks: int,           # of labels; without labels: images there are
    each: int,             # images of a block: EACH; without labels 1
    size: tuple[int, int], # height and width of an image
    wide: int,             # pixels of the screen there are across
    tall: int,             # and for all images, from top to bottom
) -> Layout:
    """The largest images that find room: all labels, or FEW of those without and what fills up.
    Where no size does, the smallest, beyond the foot.
    """
    h, w = size
    for scale in range(max(1, tall // (rows * h)), 0, -1):
        least = LEAST if each > 1 else 1
        block = each * (w * scale + 1) - 1
        per = max(1, min(blocks, (wide + least) // (block + least)))
        lines = -(-blocks // per)
        if each > 1:
            per = -(-blocks // lines)                       # as even as can be
        else:
            lines = max(1, min(blocks // per, tall // (rows * (h * scale + 1))))
        fits = rows * lines * (h * scale + 1) <= tall and block <= wide
        if scale == 1 or fits and (each > 1 or per * lines >= min(blocks, FEW)):
            break
    free = (wide - per * block) // max(1, per - 1)
    return Layout(scale, per, lines, max(least, min(free, MOST if each > 1 else MOST // 4)))


def spot(laid: Layout, i: int, each: int, size: tuple[int, int], lead: int) -> tuple[int, int]:
    """Left and top of image i in its row; `lead`: room above each line."""
    h, w = size
    (line, column), k = divmod(i // each, laid.per), i % each
    block = each * (w * laid.scale + 1) - 1
    return (column * (block + laid.gap) + k * (w * laid.scale + 1),
            line * (h * laid.scale + 1) + (line + 1) * lead)


def there(counts: Sequence[int], i: int, each: int) -> bool:
    """Whether image i is there, of so many of each label, or of so many in all."""
    return i < counts[0] if each == 1 else i % each < counts[i // each]
