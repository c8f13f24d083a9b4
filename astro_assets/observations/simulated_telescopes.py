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
        Start of the first segment, for Kepler quarter 0 [BJD_TDB - 2457000].
    cadence_s, collecting_s
        Seconds from cadence to cadence, and of light in each.
    electrons_mag_10
        Electrons a second from a star of magnitude 10.
    aperture_magnitude, aperture_pixels, aperture_slope, fewest_pixels
        Pixels of the aperture of a star of ``aperture_magnitude``, their decrease in dex a magnitude, and how
        many the faintest stars have.
    lost_light, lost_slope
        Share of the light of a star of ``aperture_magnitude`` that falls beside its aperture, and its
        growth in dex a magnitude.
    crowding_dex, crowding_scatter_dex
        Light of other stars in the aperture over that of a star of magnitude 12, median and scatter of its
        logarithm.
    sky_electrons
        Electrons a second that the darkest sky gives in a pixel.
    pixel_variance
        Variance of a pixel without stars, sky and readout together, in (electron/s)^2 a cadence.
    jitter
        Noise of the flux by jitter of the pointing from cadence to cadence, as a fraction.
    red_noise, red_noise_days
        Correlated noise that the mission's correction leaves, in standard deviations of the noise of the
        pixels in a cadence, and its correlation time [d].
    pointing_pixels
        Jitter of the pointing from cadence to cadence.
    limb_darkening_sun
        Quadratic coefficients of a star like the Sun in its band, near those of Claret (2017), A&A 600, A30,
        and Claret & Bloemen (2011), A&A 529, A75.
    magnitudes
        Brightest and faintest star.
    longest_period_days
        Longest orbit drawn: it is seen at least twice in a segment, gaps aside.
    segments
        Sectors or quarters of a survey, all of full length.
    """

    mission: str
    first_number: int
    first_start_btjd: float
    cadence_s: float
    collecting_s: float
    electrons_mag_10: float
    aperture_magnitude: float
    aperture_pixels: float
    aperture_slope: float
    fewest_pixels: float
    lost_light: float
    lost_slope: float
    crowding_dex: float
    crowding_scatter_dex: float
    sky_electrons: float
    pixel_variance: float
    jitter: float
    red_noise: float
    red_noise_days: float
    pointing_pixels: float
    limb_darkening_sun: tuple[float, float]
    magnitudes: tuple[float, float]
    longest_period_days: float
    segments: range

    @property
    def cadence_days(self) -> float:
        """Days from cadence to cadence."""
        return self.cadence_s / 86400

    def level(self, magnitude: float) -> float:
        """Return the electrons a second from a star."""
        return float(self.electrons_mag_10 * 10 ** (-0.4 * (magnitude - 10)))

    def limb_darkening(self, teff_k: float) -> tuple[float, float]:
        """Return quadratic coefficients: cooler stars are darker at the limb, by 0.1 in 1,000 K."""
        linear, square = self.limb_darkening_sun
        return float(np.clip(linear - 1e-4 * (teff_k - 5772), 0.05, 0.7)), square


#: As in six two-minute SPOC curves of sector 1: pixels, captured light and crowding by their headers and
#: aperture masks, sky by SAP_BKG, noise by their scatter. A star of magnitude 10 gives 15,600 electrons a
#: second in them. A cadence is 60 frames of 1.98 s, of which cosmic-ray mitigation drops a fifth.
TESS_LIKE: Final = Telescope(
    mission="TESS",
    first_number=1,
    first_start_btjd=1325.295,
    cadence_s=120.0,
    collecting_s=60 * 1.98 * 0.8,
    electrons_mag_10=1.56e4,
    aperture_magnitude=8.0,
    aperture_pixels=24.0,
    aperture_slope=0.17,
    fewest_pixels=6.5,
    lost_light=0.06,
    lost_slope=0.13,
    crowding_dex=-0.8,
    crowding_scatter_dex=0.4,
    sky_electrons=100.0,
    pixel_variance=2.2,
    jitter=1.4e-4,
    red_noise=0.27,
    red_noise_days=0.12,
    pointing_pixels=0.011,
    limb_darkening_sun=(0.30, 0.25),
    magnitudes=(7.0, 13.5),
    longest_period_days=12.0,
    segments=range(1, 100),
)
#: As in long-cadence curves of six stars, noise as in those of 12; a star of magnitude 12 gives 220,000
#: electrons a second in them. A cadence is 270 frames of 6.02 s. Quarters 0 and 1 were shorter ones.
KEPLER_LIKE: Final = Telescope(
    mission="Kepler",
    first_number=1_000_001,
    first_start_btjd=120.5 - 2167.0,
    cadence_s=1765.463,
    collecting_s=270 * 6.02,
    electrons_mag_10=1.39e6,
    aperture_magnitude=11.5,
    aperture_pixels=20.0,
    aperture_slope=0.17,
    fewest_pixels=4.0,
    lost_light=0.045,
    lost_slope=0.17,
    crowding_dex=-3.2,
    crowding_scatter_dex=1.0,
    sky_electrons=165.0,
    pixel_variance=1.9,
    jitter=4e-5,
    red_noise=0.22,
    red_noise_days=0.10,
    pointing_pixels=0.0004,
    limb_darkening_sun=(0.40, 0.26),
    magnitudes=(11.0, 16.0),
    longest_period_days=40.0,
    segments=range(2, 18),
)
TELESCOPES: Final = {telescope.mission: telescope for telescope in (TESS_LIKE, KEPLER_LIKE)}
