"""The pixels in which a star is measured: what of its light is in them, whose else, and how noisy they are.

Only apertures and their noise live here; the figures of the two telescopes are in `simulated_telescopes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from astro_assets.observations.simulated_telescopes import Telescope


@dataclass(frozen=True, slots=True)
class Aperture:
    """Pixels that are summed to measure a star.

    Parameters
    ----------
    telescope, magnitude
        Whose pixels, and the brightness of the star.
    pixels
        How many.
    captured
        Share of the star's light that falls into them; FLFRCSAP in the mission's files.
    contamination
        Light of other stars in them, over that of the star in them.
    """

    telescope: Telescope
    magnitude: float
    pixels: int
    captured: float
    contamination: float

    @property
    def crowding(self) -> float:
        """Share of the star in the light of the aperture; CROWDSAP in the mission's files."""
        return 1 / (1 + self.contamination)

    @property
    def level(self) -> float:
        """Electrons a second from the star, wherever they fall."""
        return self.telescope.level(self.magnitude)

    @property
    def background(self) -> float:
        """Electrons a second from the sky in the aperture, at its darkest."""
        return self.pixels * self.telescope.sky_electrons

    @property
    def noise(self) -> float:
        """Standard deviation of one cadence [electron/s], corrected for the light that is lost.

        Photons of all stars in the aperture, sky and readout of its pixels, and jitter of the pointing.
        """
        telescope = self.telescope
        photons = self.level * self.captured * (1 + self.contamination) / telescope.collecting_s
        jitter = telescope.jitter * self.level * self.captured
        return float(np.sqrt(photons + jitter**2 + self.pixels * telescope.pixel_variance) / self.captured)

    @property
    def pixel_noise(self) -> float:
        """The part of it that pixels have without any star."""
        return float(np.sqrt(self.pixels * self.telescope.pixel_variance) / self.captured)


def draw_aperture(rng: np.random.Generator, telescope: Telescope, magnitude: float) -> Aperture:
    """Draw the aperture of a star.

    Brighter stars have larger apertures that lose less of the light. Contamination grows as the star gets
    fainter, and crowded stars have tighter apertures. Stars of one magnitude scatter as real ones do.
    """
    scatter = rng.standard_normal(3)
    fainter = magnitude - telescope.aperture_magnitude
    mean = telescope.aperture_pixels * 10 ** (-telescope.aperture_slope * fainter)
    pixels = max(telescope.fewest_pixels, mean) * np.exp(0.15 * scatter[0])
    contamination = 10 ** (
        telescope.crowding_dex + 0.4 * (magnitude - 12) + telescope.crowding_scatter_dex * scatter[1]
    )
    contamination = min(float(contamination), 1.0)
    lost = telescope.lost_light * 10 ** (telescope.lost_slope * fainter) * np.exp(0.2 * scatter[2])
    captured = (1 - min(float(lost), 0.45)) / (1 + contamination) ** 0.8
    return Aperture(telescope, magnitude, round(float(pixels)), float(captured), contamination)
