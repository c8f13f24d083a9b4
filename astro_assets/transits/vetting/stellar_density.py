"""How dense a star is by its file's header, and how long a transit is for that.

On a circular orbit the period and the star's mean density alone decide how long a central transit takes
(Seager & Mallen-Ornelas 2003, ApJ 585, 1038): what takes longer crosses another, less dense star.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from astro_assets.transits.search.engine import Floats

#: Surface gravity of the Sun, log10 of cm s-2: that of the IAU 2015 nominal mass and radius.
_SOLAR_LOG_G: Final = 4.438


def stellar_density(surface_gravity: float | None, radius_sun: float | None) -> float:
    """Mean density of a star, which is as its surface gravity over its radius.

    Parameters
    ----------
    surface_gravity
        log10 of cm s-2; None where unknown.
    radius_sun
        In radii of the Sun; None where unknown.

    Returns
    -------
    float
        In units of the Sun's mean density; NaN where one of them is unknown.
    """
    if surface_gravity is None or radius_sun is None:
        return np.nan
    return float(10 ** (surface_gravity - _SOLAR_LOG_G) / radius_sun)


def duration_over_star(duration_over_solar: Floats, density_sun: Floats) -> Floats:
    """Duration of transits over that of a central transit of their own star, on a circular orbit.

    Parameters
    ----------
    duration_over_solar
        Over that of a central transit of the Sun with the same period, shape (m,).
    density_sun
        Mean density of the star in units of the Sun's, NaN where unknown, shape (m,).

    Returns
    -------
    ndarray of float64
        Shape (m,): at radius ratio k and impact parameter b the square root of (1 + k)^2 - b^2; more only
        near the apocentre of an eccentric orbit or of another star. NaN where the density is unknown.
    """
    return duration_over_solar * np.cbrt(density_sun)
