"""How much a star must scatter: photons of star and sky, the detector, the air; and the gain, where unknown.

Scatters that were measured are compared with these, never replaced by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.images.photometry.frame_sources import Floats

#: Of Young's formula, about the mean of the sites of Osborn et al. (2015), table 1, m^(2/3) s^(1/2).
SCINTILLATION_COEFFICIENT: Final = 1.5
#: Height over which the air's turbulence falls, metres.
SCALE_HEIGHT_M: Final = 8000.0
#: A gain is fitted to at least so many stars.
FEWEST_STARS: Final = 10
#: Stars this many times noisier or quieter than the fit do not count.
OUTLIER_FACTOR: Final = 2.5


@dataclass(frozen=True, slots=True)
class GainEstimate:
    """What the noise of many stars says, as photon transfer (Janesick 2001) does for flat fields.

    Parameters
    ----------
    gain, gain_error
        Electrons a count; infinite if the stars show no photon noise.
    floor
        Relative noise that grows with the flux: what is left of flat field, focus and air.
    n_stars
        That took part.
    """

    gain: float
    gain_error: float
    floor: float
    n_stars: int


def scintillation(exposure_s: Floats, airmass: Floats, diameter_m: float, elevation_m: float) -> Floats:
    """Relative scatter by the air, Young (1967), AJ 72, 747, as revised by Osborn et al. (2015).

    Their equation 7 (MNRAS 452, 1707), for long exposures.

    Parameters
    ----------
    exposure_s, airmass
        Of each frame.
    diameter_m, elevation_m
        Of the telescope's mirror, and of its site.

    Returns
    -------
    ndarray of float64
        Standard deviation of a relative flux.
    """
    variance = (
        10e-6
        * SCINTILLATION_COEFFICIENT**2
        * diameter_m ** (-4 / 3)
        / exposure_s
        * airmass**3
        * np.exp(-2 * elevation_m / SCALE_HEIGHT_M)
    )
    scatter: Floats = np.sqrt(variance)
    return scatter


def estimate_gain(flux: Floats, variance: Floats, sky_variance: Floats) -> GainEstimate | None:
    """Fit ``variance = flux / gain + sky_variance + (floor * flux)^2`` to stars, robustly.

    Parameters
    ----------
    flux
        Mean counts, shape (n_stars,).
    variance
        Measured from point to point, counts squared, shape (n_stars,).
    sky_variance
        Of sky and detector, as measured in the sky, shape (n_stars,).

    Returns
    -------
    GainEstimate or None
        None if there are too few stars.
    """
    from scipy.optimize import nnls

    good = np.isfinite(flux) & np.isfinite(variance) & np.isfinite(sky_variance) & (flux > 0) & (variance > 0)
    flux, variance, sky_variance = flux[good], variance[good], sky_variance[good]
    if flux.size < FEWEST_STARS:
        return None
    model = variance.copy()
    kept = np.ones(flux.size, np.bool_)
    for _ in range(20):
        # Variances scatter in proportion to themselves, hence the division.
        design = np.column_stack([flux, flux**2])[kept] / model[kept, None]
        solution, _ = nnls(design, (variance - sky_variance)[kept] / model[kept])
        model = np.maximum(flux * solution[0] + flux**2 * solution[1] + sky_variance, 1e-3 * variance)
        ratio = np.sqrt(variance / model)
        kept = (ratio < OUTLIER_FACTOR) & (ratio > 1 / OUTLIER_FACTOR)
        if kept.sum() < FEWEST_STARS:
            return None
    design = np.column_stack([flux, flux**2])[kept] / model[kept, None]
    left = (variance - sky_variance)[kept] / model[kept] - design @ solution
    covariance = np.linalg.pinv(design.T @ design) * np.mean(left**2)
    slope = solution[0]
    gain = 1 / slope if slope > 0 else np.inf
    error = float(np.sqrt(covariance[0, 0])) / slope**2 if slope > 0 else np.inf
    return GainEstimate(float(gain), error, float(np.sqrt(solution[1])), int(kept.sum()))
