"""The noise laws agree with what real curves show."""

from __future__ import annotations

import pytest

from astro_assets.observations.simulated_telescopes import KEPLER_LIKE, TELESCOPES, TESS_LIKE, Telescope


@pytest.mark.parametrize(
    ("telescope", "magnitude", "electrons", "scatter_ppm"),
    [
        # Median flux and scatter of one cadence in real files: TIC 270501383, TIC 38846515, TIC 25155310.
        (TESS_LIKE, 8.0553, 98180, 374),
        (TESS_LIKE, 10.307, 12077, 1182),
        (TESS_LIKE, 10.555, 9247, 1304),
        # KIC 7778621, KIC 11656721, KIC 10424789.
        (KEPLER_LIKE, 13.367, 62749, 135),
        (KEPLER_LIKE, 14.748, 17290, 363),
        (KEPLER_LIKE, 14.961, 13600, 390),
    ],
)
def test_stars_are_as_bright_and_noisy_as_real_ones(
    telescope: Telescope, magnitude: float, electrons: float, scatter_ppm: float
) -> None:
    assert telescope.level(magnitude) == pytest.approx(electrons, rel=0.1)
    assert 1e6 * telescope.noise(magnitude) / telescope.level(magnitude) == pytest.approx(
        scatter_ppm, rel=0.15
    )
    assert 0 < telescope.added_noise(magnitude) < telescope.noise(magnitude)


def test_cool_stars_are_darker_at_the_limb() -> None:
    for telescope in TELESCOPES.values():
        cool, hot = telescope.limb_darkening(4000)[0], telescope.limb_darkening(7000)[0]
        assert 0 < hot < telescope.limb_darkening_sun[0] < cool < 1
