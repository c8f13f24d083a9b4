"""Apertures hold what those of real files hold, with their noise."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.observations.simulated_apertures import Aperture, draw_aperture
from astro_assets.observations.simulated_telescopes import KEPLER_LIKE, TESS_LIKE, Telescope

#: Real files: telescope, magnitude, pixels, FLFRCSAP, CROWDSAP, and the scatter of one cadence in ppm.
REAL = [
    (TESS_LIKE, 8.0553, 24, 0.952, 0.996, 374),  # TIC 270501383
    (TESS_LIKE, 9.848, 11, 0.858, 0.996, 897),  # TIC 231670397
    (TESS_LIKE, 10.307, 12, 0.869, 0.933, 1176),  # TIC 38846515
    (TESS_LIKE, 10.555, 9, 0.846, 0.973, 1306),  # TIC 25155310
    (TESS_LIKE, 11.632, 6, 0.566, 0.736, 3490),  # TIC 281459670
    (TESS_LIKE, 12.352, 7, 0.767, 0.881, 4109),  # TIC 231663901
    (KEPLER_LIKE, 14.961, 5, 0.801, 1.0, 358),  # KIC 10424789
    (KEPLER_LIKE, 15.679, 4, 0.711, 1.0, 669),  # KIC 2556081
]


@pytest.mark.parametrize(("telescope", "magnitude", "pixels", "captured", "crowding", "scatter_ppm"), REAL)
def test_noise_is_that_of_real_files(
    telescope: Telescope, magnitude: float, pixels: int, captured: float, crowding: float, scatter_ppm: float
) -> None:
    aperture = Aperture(telescope, magnitude, pixels, captured, 1 / crowding - 1)
    assert aperture.crowding == pytest.approx(crowding)
    assert 1e6 * aperture.noise / aperture.level == pytest.approx(scatter_ppm, rel=0.15)
    assert 0 < aperture.pixel_noise < aperture.noise


@pytest.mark.parametrize(("telescope", "magnitude", "pixels", "captured", "crowding", "scatter_ppm"), REAL)
def test_apertures_that_are_drawn_include_the_real_ones(
    telescope: Telescope, magnitude: float, pixels: int, captured: float, crowding: float, scatter_ppm: float
) -> None:
    drawn = [draw_aperture(np.random.default_rng(seed), telescope, magnitude) for seed in range(400)]
    values = {
        "pixels": (pixels, [one.pixels for one in drawn]),
        "captured": (captured, [one.captured for one in drawn]),
        "crowding": (crowding, [one.crowding for one in drawn]),
        "scatter": (scatter_ppm, [1e6 * one.noise / one.level for one in drawn]),
    }
    for name, (real, found) in values.items():
        low, high = np.percentile(found, [1, 99])
        # A twentieth for what apertures do not decide.
        assert 0.95 * low <= real <= 1.05 * high, name


@pytest.mark.parametrize("telescope", [TESS_LIKE, KEPLER_LIKE])
def test_faint_stars_have_small_crowded_apertures(telescope: Telescope) -> None:
    bright, faint = (
        [draw_aperture(np.random.default_rng(seed), telescope, magnitude) for seed in range(100)]
        for magnitude in telescope.magnitudes
    )
    for name, is_larger in (("pixels", True), ("captured", True), ("crowding", True), ("background", True)):
        medians = [np.median([getattr(one, name) for one in group]) for group in (bright, faint)]
        assert (medians[0] > medians[1]) == is_larger, name
    assert all(0 < one.captured < 1 for one in bright + faint)
