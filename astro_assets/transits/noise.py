"""How noisy a light curve is, for single samples and over hours.

Robust measures of scatter live here; what is a signal is decided elsewhere.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Standard deviation of a normal distribution over its median absolute deviation: 1 / Phi^-1(3/4).
MAD_TO_SIGMA: Final = 1.482602218505602
#: So many boxes are needed to tell how they scatter.
FEWEST_BOXES: Final = 10
#: From the start of a box to that of the next, in widths: what lies between tells hardly more.
BOXES_APART: Final = 0.25
#: Boxes are less than their width by this part, so that rounding of the times never lets in one sample more.
HAIR: Final = 1e-6


def median(values: Floats) -> float:
    """Return the median of finite numbers, at least one."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits import median_loops

    return float(median_loops.median(np.ascontiguousarray(values, dtype=np.float64)))


def robust_scatter(values: Floats) -> float:
    """1.4826 times the median absolute deviation from the median; NaN for no values."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits import noise_loops

    return float(noise_loops.scatter(np.ascontiguousarray(values, dtype=np.float64)))


def point_scatter(flux: Floats) -> float:
    """Noise of one sample from differences of neighbours, NaN below 3 samples; blind to slow changes."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits import noise_loops

    return float(noise_loops.point_scatter(np.ascontiguousarray(flux, dtype=np.float64)))


def cdpp_ppm(time: Floats, flux: Floats, cadence_days: float, *hours: float) -> tuple[float, ...]:
    """Measure the noise of a detrended curve over some hours.

    A proxy of the combined differential photometric precision (Christiansen et al. 2012, PASP 124, 1279) in
    the manner of Gilliland et al. (2011), ApJS 197, 6: the scatter of box means of the detrended flux. It is
    robust (MAD), so that transits do not count as noise, and boxes less than 3/4 full are left out.

    Parameters
    ----------
    time
        Days, increasing, shape (n,).
    flux
        Relative flux with variability removed, shape (n,).
    cadence_days
        Length of one sample.
    hours
        Lengths of the boxes; at least one sample each.

    Returns
    -------
    tuple of float
        Parts per million, of each length; NaN with fewer than 10 boxes.
    """
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.noise_loops import scatter_of_means, sums_before

    before = sums_before(flux - 1.0)
    widths = [max(one / 24, cadence_days) for one in hours]
    return tuple(
        1e6 * float(scatter_of_means(time, before, width, 0.75 * width / cadence_days)) for width in widths
    )


def red_noise_factor(
    time: Floats, flux: Floats, weight: Floats, cadence_days: float, duration_days: float
) -> float:
    """Return by how much the noise of a box exceeds what white noise makes of its samples.

    The per-duration scatter of box sums stands for the time-correlated ("red") noise of Pont, Zucker &
    Queloz (2006), MNRAS 373, 231.

    Parameters
    ----------
    time, flux
        Days, increasing, and relative flux, shape (n,).
    weight
        Inverse variances of white noise, shape (n,).
    cadence_days
        Length of one sample.
    duration_days
        Length of the boxes.

    Returns
    -------
    float
        At least 1; 1 with fewer than 10 boxes that are at least half full.
    """
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits import noise_loops

    mean = float(np.sum(weight * flux) / np.sum(weight))
    least = max(1.0, 0.5 * duration_days / cadence_days)
    dips, weights = (noise_loops.sums_before(values) for values in (weight * (flux - mean), weight))
    return float(noise_loops.red_noise(time, dips, weights, 0.0, duration_days, least, 0.0))
