"""The figures of the telescopes agree with what real curves show."""

from __future__ import annotations

import pytest

from astro_assets.observations.simulated_telescopes import KEPLER_LIKE, TELESCOPES, TESS_LIKE, Telescope


@pytest.mark.parametrize(
    ("telescope", "magnitude", "electrons"),
    [
        # Median flux in real files: TIC 270501383, TIC 38846515, TIC 25155310.
        (TESS_LIKE, 8.0553, 98180),
        (TESS_LIKE, 10.307, 12077),
        (TESS_LIKE, 10.555, 9247),
        # KIC 7778621, KIC 11656721, KIC 10424789.
        (KEPLER_LIKE, 13.367, 62749),
        (KEPLER_LIKE, 14.748, 17290),
        (KEPLER_LIKE, 14.961, 13600),
    ],
)
def test_stars_are_as_bright_as_real_ones(telescope: Telescope, magnitude: float, electrons: float) -> None:
    assert telescope.level(magnitude) == pytest.approx(electrons, rel=0.1)


def test_cool_stars_are_darker_at_the_limb() -> None:
    for telescope in TELESCOPES.values():
        cool, hot = telescope.limb_darkening(4000)[0], telescope.limb_darkening(7000)[0]
        assert 0 < hot < telescope.limb_darkening_sun[0] < cool < 1
