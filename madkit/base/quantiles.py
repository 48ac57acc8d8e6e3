"""Quantiles over seeds: the median and the band of every curve."""

from __future__ import annotations

import warnings

import numpy as np

BAND = np.array([0.1, 0.5, 0.9])


def quantiles(values: np.ndarray) -> np.ndarray:
    """10 %, 50 % and 90 % over seeds: (seeds, …) to (3, …), to the bit as NumPy's own quantile.

    NaN is left out, where all seeds are NaN it stays; −∞ where a neighbour is −∞.
    """
    ordered = np.sort(np.asarray(values, float), axis=0)                  # NaN comes last
    if np.isfinite(ordered[0]).all() and np.isfinite(ordered[-1]).all():
        return _between(ordered)
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)                   # where all seeds are NaN
        found = np.nanquantile(values, BAND, axis=0)
    return np.where(np.isnan(found) & np.isneginf(values).any(0), -np.inf, found)


def _between(ordered: np.ndarray) -> np.ndarray:
    """Of finite rows in order, by one sort of all: far faster than NumPy's, column by column."""
    last = len(ordered) - 1
    place = BAND * last
    below = np.floor(place).astype(int)
    share = (place - below).reshape(3, *[1] * (ordered.ndim - 1))
    low, high = ordered[below], ordered[np.minimum(below + 1, last)]
    return np.where(share < 0.5, low + (high - low) * share, high - (high - low) * (1 - share))
