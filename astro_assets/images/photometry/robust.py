"""Scatters and means that a few wrong values do not move.

Small statistics that several modules here share, and nothing else.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from astro_assets.images.photometry.frame_sources import Floats

#: Standard deviation of a normal distribution over its median absolute deviation: 1 / Phi^-1(3/4).
MAD_TO_SIGMA: Final = 1.482602218505602


def scatter(values: Floats) -> float:
    """1.4826 times the median absolute deviation from the median, of finite values; NaN for none."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return float("nan")
    return float(MAD_TO_SIGMA * np.median(np.abs(finite - np.median(finite))))


def row_medians(values: Floats) -> Floats:
    """Medians of the finite values of each row, shape (n, m) to (n,); NaN where there are none."""
    ordered = np.sort(np.where(np.isfinite(values), values, np.inf), axis=1)
    counts = np.isfinite(values).sum(axis=1)
    rows = np.arange(values.shape[0])
    low, high = np.maximum(counts - 1, 0) // 2, counts // 2
    middle = (ordered[rows, low] + ordered[rows, np.minimum(high, values.shape[1] - 1)]) / 2
    return np.where(counts > 0, middle, np.nan)


def row_scatters(values: Floats) -> Floats:
    """:func:`scatter` of each row, shape (n, m) to (n,)."""
    return MAD_TO_SIGMA * row_medians(np.abs(values - row_medians(values)[:, None]))
