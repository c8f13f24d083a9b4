"""Compiled: a segment divided by its trend, without what is too bright.

Only loops over one segment's plain arrays live here; where the trend comes from is in `detrend`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.median_loops import median
from astro_assets.transits.noise_loops import point_scatter, scatter

Floats = NDArray[np.float64]

#: Errors farther from typical than by this factor are no measure of noise.
_FARTHEST: Final = 10.0


@compiled
def flattened(samples: Floats, clip_sigma: float) -> Any:
    """Divide a trend out, and drop what is far above it or where there is none.

    Parameters
    ----------
    samples
        Times, fluxes, errors and trend, NaN where there is none; shape (4, n). Left with the same of the
        samples that are kept, the flux divided by the trend, the errors scaled so that their median is the
        scatter from sample to sample.
    clip_sigma
        Samples so many robust scatters above the trend are dropped.

    Returns
    -------
    n_inner, n_kept : int
        Samples with a trend, and those that are kept: the first ones.
    noise : float
        Scatter from sample to sample of these; not positive where there is none.
    """
    time, flux, flux_err, trend = samples
    n_inner = 0
    for n in range(time.size):
        if trend[n] > 0.0:
            time[n_inner], flux_err[n_inner], trend[n_inner] = time[n], flux_err[n], trend[n]
            flux[n_inner] = flux[n] / trend[n]
            n_inner += 1
    noise = point_scatter(flux[:n_inner])
    if not noise > 0.0:
        return n_inner, 0, noise
    limit = 1.0 + clip_sigma * max(scatter(flux[:n_inner]), noise)
    n_kept = 0
    for n in range(n_inner):
        if flux[n] <= limit:
            time[n_kept], flux_err[n_kept], trend[n_kept] = time[n], flux_err[n], trend[n]
            flux[n_kept] = flux[n]
            n_kept += 1
    if n_kept < n_inner:
        noise = point_scatter(flux[:n_kept])
    _scale(flux_err[:n_kept], noise)
    return n_inner, n_kept, noise


@compiled
def _scale(errors: Floats, noise: float) -> None:
    """Scale errors so that their median is the noise; it is the noise itself where they say nothing."""
    usable = (errors > 0.0) & (errors < np.inf)
    typical = 1.0
    if usable.all():
        typical = median(errors)
    elif usable.any():
        typical = median(errors[usable])
        errors[~usable] = typical
    else:
        errors[:] = typical
    for n in range(errors.size):
        errors[n] = noise * min(max(errors[n] / typical, 1.0 / _FARTHEST), _FARTHEST)
