"""Scatters and means that a few wrong values do not move.

Small statistics that several modules here share, and nothing else.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from astro_assets.images.photometry.frame_sources import Floats

#: Neighbours in time up to so many frames apart may go together.
LONGEST_LAG: Final = 15
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


def going_together(residual: Floats, weight: Floats) -> float:
    """Return how many points in time tell as much as one: 1 for white noise."""
    total = 1.0
    scaled = np.sqrt(weight) * residual
    variance = np.mean(scaled**2)
    for lag in range(1, min(LONGEST_LAG, residual.shape[1] // 3) + 1):
        rho = np.mean(scaled[:, lag:] * scaled[:, :-lag]) / variance if variance > 0 else 0.0
        if rho <= 0.02:
            break
        total += 2 * float(rho)
    return total
