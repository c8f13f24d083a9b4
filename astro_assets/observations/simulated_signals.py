"""Eclipses of the simulated survey: limb-darkened transits and binaries with secondary eclipses.

Only the light of one orbit lives here; which orbits stars have is drawn in `simulated_orbits`, spots,
pulsations and flares are in `simulated_variability`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Times = NDArray[np.float64]

#: Exposures longer than this share of a day are integrated over this many points.
_LONG_EXPOSURE_DAYS, _POINTS_AN_EXPOSURE = 0.01, 9


@dataclass(frozen=True, slots=True)
class Eclipses:
    """Two bodies that eclipse each other, seen as one point of light.

    The primary eclipse is that of the limb-darkened larger star (Mandel & Agol 2002, ApJ 580, L171, by
    batman, Kreidberg 2015, PASP 127, 1161); the smaller body's disc is uniform.

    Parameters
    ----------
    kind
        ``planet``, ``eclipsing_binary`` or ``background_binary``.
    period_days, epoch_btjd
        Orbital period [d], and a mid-time of the primary eclipse [BJD_TDB - 2457000].
    radius_ratio
        Radius of the smaller body over the larger's, at most 1.
    scaled_axis
        Semi-major axis in radii of the larger star.
    impact
        Impact parameter of the primary eclipse, in radii of the larger star.
    limb_darkening
        Coefficients of the quadratic law.
    light_ratio
        Light of the smaller body over the larger's; 0 for a planet.
    eccentricity, periastron_deg
        Of the orbit; the argument of periastron is that of the larger star's ascending orbit.
    ellipsoidal
        Semi-amplitude of the tidal distortion, as a fraction of the flux.
    """

    kind: str
    period_days: float
    epoch_btjd: float
    radius_ratio: float
    scaled_axis: float
    impact: float
    limb_darkening: tuple[float, float]
    light_ratio: float = 0.0
    eccentricity: float = 0.0
    periastron_deg: float = 90.0
    ellipsoidal: float = 0.0

    def flux(self, time: Times, exposure_days: float = 0.0) -> Times:
        """Return the relative flux at some times [BTJD], 1 outside eclipse and distortion.

        Parameters
        ----------
        time
            Middles of exposures, shape (n,).
        exposure_days
            Their length; long ones smear the eclipse.
        """
        flux = 1.0 - self._lost(time, exposure_days, self.epoch_btjd, is_primary=True)
        if self.light_ratio > 0:
            flux -= self._lost(time, exposure_days, self._secondary_btjd(), is_primary=False)
        if self.ellipsoidal > 0:
            # Brightest at quadrature, when the stretched stars show their long side.
            flux -= self.ellipsoidal * np.cos(4 * np.pi * (time - self.epoch_btjd) / self.period_days)
        return flux

    @property
    def depth(self) -> float:
        """Fraction of the light that is lost in the middle of the primary eclipse."""
        return float(self._lost(np.array([self.epoch_btjd]), 0.0, self.epoch_btjd, is_primary=True)[0])

    @property
    def secondary_depth(self) -> float:
        """The same of the secondary eclipse; 0 for a planet."""
        if self.light_ratio == 0:
            return 0.0
        middle = self._secondary_btjd()
        return float(self._lost(np.array([middle]), 0.0, middle, is_primary=False)[0])

    @property
    def secondary_phase(self) -> float:
        """Orbital phase of the secondary eclipse, 0 to 1."""
        return ((self._secondary_btjd() - self.epoch_btjd) / self.period_days) % 1.0

    @property
    def duration_days(self) -> float:
        """First to last contact of the primary eclipse [d]."""
        return self._chord(1 + self.radius_ratio)

    @property
    def ingress_days(self) -> float:
        """First to second contact [d]; half the duration of a grazing eclipse."""
        if self.impact >= 1 - self.radius_ratio:
            return self.duration_days / 2
        return (self.duration_days - self._chord(1 - self.radius_ratio)) / 2

    def _lost(self, time: Times, exposure_days: float, middle: float, *, is_primary: bool) -> Times:
        """Return the lost fraction of the light; only samples near the eclipse are computed."""
        import batman

        half = self.period_days / 2
        distance = np.abs((time - middle + half) % self.period_days - half)
        # The other eclipse of an eccentric orbit may last longer, by (1 + e) / (1 - e) at most.
        stretch = (1 + self.eccentricity) / (1 - self.eccentricity)
        near = distance < 0.6 * stretch * self.duration_days + exposure_days
        lost = np.zeros(len(time))
        if not near.any():
            return lost
        is_long = exposure_days > _LONG_EXPOSURE_DAYS
        model = batman.TransitModel(
            self._parameters(),
            np.ascontiguousarray(time[near]),
            transittype="primary" if is_primary else "secondary",
            supersample_factor=_POINTS_AN_EXPOSURE if is_long else 1,
            exp_time=exposure_days if is_long else 0.0,
        )
        light = model.light_curve(self._parameters())
        whole = 1.0 if is_primary else 1.0 + self.light_ratio
        lost[near] = (whole - light) / (1.0 + self.light_ratio)
        return lost

    def _parameters(self) -> Any:
        """Return the orbit as batman wants it."""
        import batman

        orbit = batman.TransitParams()
        sine = self.eccentricity * np.sin(np.radians(self.periastron_deg))
        cosine = self.impact / self.scaled_axis * (1 + sine) / (1 - self.eccentricity**2)
        orbit.t0, orbit.per, orbit.rp, orbit.a = (
            self.epoch_btjd,
            self.period_days,
            self.radius_ratio,
            self.scaled_axis,
        )
        orbit.inc = float(np.degrees(np.arccos(cosine)))
        orbit.ecc, orbit.w = self.eccentricity, self.periastron_deg
        orbit.limb_dark, orbit.u = "quadratic", list(self.limb_darkening)
        orbit.fp, orbit.t_secondary = self.light_ratio, self._secondary_btjd()
        return orbit

    def _secondary_btjd(self) -> float:
        """Return the mid-time of the secondary eclipse that follows the epoch.

        To first order in e cos(w), as in Winn (2010), arXiv:1001.2010, equation 33, would be an hour off for
        the orbits drawn here, so Kepler's equation is solved between the two conjunctions.
        """
        e, w = self.eccentricity, np.radians(self.periastron_deg)
        anomalies = np.array([np.pi / 2 - w, 3 * np.pi / 2 - w])
        eccentric = 2 * np.arctan2(
            np.sqrt(1 - e) * np.sin(anomalies / 2), np.sqrt(1 + e) * np.cos(anomalies / 2)
        )
        mean = eccentric - e * np.sin(eccentric)
        return self.epoch_btjd + float((mean[1] - mean[0]) / (2 * np.pi) % 1.0) * self.period_days

    def _chord(self, reach: float) -> float:
        """Return how long the centres are closer than `reach` stellar radii [d] (Winn 2010, eq. 14-16)."""
        sine = self.eccentricity * np.sin(np.radians(self.periastron_deg))
        slowed = np.sqrt(1 - self.eccentricity**2) / (1 + sine)
        separation = self.scaled_axis * (1 - self.eccentricity**2) / (1 + sine)
        height = np.sqrt(1 - (self.impact / separation) ** 2)
        chord = np.sqrt(reach**2 - self.impact**2)
        return float(self.period_days / np.pi * np.arcsin(chord / (self.scaled_axis * height)) * slowed)
