"""Averages over short, equal stretches of time.

Only the reduction of a curve to a coarser cadence lives here.
"""

from __future__ import annotations

import numpy as np

from astro_assets.transits.search.engine import Curve


def binned(curve: Curve, width_days: float) -> Curve:
    """Average samples within equal bins, weighted by their inverse variances.

    Parameters
    ----------
    curve
        Any cadence.
    width_days
        Length of a bin; a curve whose cadence is not shorter is returned as it is.

    Returns
    -------
    Curve
        One sample for each bin that has any; time is the weighted mean of its samples' times.
    """
    if curve.time.size == 0 or curve.cadence_days >= width_days:
        return curve
    index = np.floor((curve.time - curve.time[0]) / width_days).astype(np.int64)
    weight = np.bincount(index, curve.weight)
    filled = weight > 0
    weight = weight[filled]
    time = np.bincount(index, curve.weight * (curve.time - curve.time[0]))[filled] / weight
    flux = np.bincount(index, curve.weight * (curve.flux - 1))[filled] / weight
    return Curve(curve.time[0] + time, 1 + flux, 1 / np.sqrt(weight), width_days)
