"""The two telescopes of the simulated survey: how bright stars are in them, and how noisy.

Only figures live here; what happens in a sector or quarter is in `simulated_conditions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

#: Below so many stars of a mission no two missions share a number.
MOST_STARS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Telescope:
    """A photometer with its noise law.

    Parameters
    ----------
    mission
        As in the tables.
    first_number
        Number of its first simulated star, so that no two missions share one.
    first_start_btjd
        Start of the first segment [BJD_TDB - 2457000].
    cadence_s, collecting_s
        Seconds from cadence to cadence, and of light in each.
    electrons_mag_10
        Electrons a second from a star of magnitude 10.
    added_variance, added_slope, added_magnitude, added_floor
        Variance of sky, readout and pointing in an aperture at a magnitude m, in (electron/s)^2 a cadence:
        ``added_variance max(added_floor, 10^(-added_slope (m - added_magnitude)))``; bright stars have larger
        apertures.
    red_noise, red_noise_days
        Correlated noise that the mission's correction leaves, in standard deviations of the added noise of a
        cadence, and its correlation time [d].
    pointing_pixels
        Jitter of the pointing from cadence to cadence.
    limb_darkening_sun
        Quadratic coefficients of a star like the Sun in its band, near those of Claret (2017), A&A 600, A30,
        and Claret & Bloemen (2011), A&A 529, A75.
    magnitudes
        Brightest and faintest star.
    longest_period_days
        Longest orbit drawn: it is seen at least twice in a segment, gaps aside.
    """

    mission: str
    first_number: int
    first_start_btjd: float
    cadence_s: float
    collecting_s: float
    electrons_mag_10: float
    added_variance: float
    added_slope: float
    added_magnitude: float
    added_floor: float
    red_noise: float
    red_noise_days: float
    pointing_pixels: float
    limb_darkening_sun: tuple[float, float]
    magnitudes: tuple[float, float]
    longest_period_days: float

    @property
    def cadence_days(self) -> float:
        """Days from cadence to cadence."""
        return self.cadence_s / 86400

    def level(self, magnitude: float) -> float:
        """Return the electrons a second from a star."""
        return float(self.electrons_mag_10 * 10 ** (-0.4 * (magnitude - 10)))

    def noise(self, magnitude: float) -> float:
        """Return the standard deviation of one cadence [electron/s]: photons, sky, readout and pointing."""
        return float(
            np.hypot(np.sqrt(self.level(magnitude) / self.collecting_s), self.added_noise(magnitude))
        )

    def added_noise(self, magnitude: float) -> float:
        """Return the part of it that is not the star's photons."""
        growth = max(self.added_floor, 10 ** (-self.added_slope * (magnitude - self.added_magnitude)))
        return float(np.sqrt(self.added_variance * growth))

    def limb_darkening(self, teff_k: float) -> tuple[float, float]:
        """Return quadratic coefficients: cooler stars are darker at the limb, by 0.1 in 1,000 K."""
        linear, square = self.limb_darkening_sun
        return float(np.clip(linear - 1e-4 * (teff_k - 5772), 0.05, 0.7)), square


#: Noise fitted to six two-minute SPOC curves of sector 1, where a star of magnitude 10 gives 15,600 electrons
#: a second. A cadence is 60 frames of 1.98 s, of which cosmic-ray mitigation drops a fifth.
TESS_LIKE: Final = Telescope(
    mission="TESS",
    first_number=1,
    first_start_btjd=1325.295,
    cadence_s=120.0,
    collecting_s=60 * 1.98 * 0.8,
    electrons_mag_10=1.56e4,
    added_variance=57.0,
    added_slope=0.33,
    added_magnitude=10.0,
    added_floor=1.0,
    red_noise=0.21,
    red_noise_days=0.12,
    pointing_pixels=0.011,
    limb_darkening_sun=(0.30, 0.25),
    magnitudes=(7.0, 13.5),
    longest_period_days=12.0,
)
#: Noise fitted to long-cadence curves of 15 stars; a star of magnitude 12 gives 220,000 electrons a second in
#: them. A cadence is 270 frames of 6.02 s.
KEPLER_LIKE: Final = Telescope(
    mission="Kepler",
    first_number=1_000_001,
    first_start_btjd=131.5 - 2167.0,
    cadence_s=1765.463,
    collecting_s=270 * 6.02,
    electrons_mag_10=1.39e6,
    added_variance=15.0,
    added_slope=0.2,
    added_magnitude=15.5,
    added_floor=0.5,
    red_noise=0.06,
    red_noise_days=0.10,
    pointing_pixels=0.0004,
    limb_darkening_sun=(0.40, 0.26),
    magnitudes=(11.0, 16.0),
    longest_period_days=40.0,
)
TELESCOPES: Final = {telescope.mission: telescope for telescope in (TESS_LIKE, KEPLER_LIKE)}
