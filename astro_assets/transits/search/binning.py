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
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.binning_loops import averaged

    time, flux, weight = averaged(curve.time, curve.flux, curve.weight, width_days)
    return Curve.unchecked(time, flux, 1 / np.sqrt(weight), weight, width_days)
