"""What stars must scatter."""

import numpy as np
import pytest

from astro_assets.images.photometry.noise_model import estimate_gain, scintillation


def test_scintillation_of_a_metre_at_sea_level():
    """Young's formula with Osborn's factor: 10e-6 * 1.5^2 / 60 at one metre, the zenith and 60 s."""
    one, high, low = (
        scintillation(np.array([60.0]), np.array([airmass]), 1.0, elevation)[0]
        for airmass, elevation in ((1.0, 0.0), (1.0, 8000.0), (2.0, 0.0))
    )
    assert one == pytest.approx(np.sqrt(1e-5 * 2.25 / 60))
    assert high == pytest.approx(one / np.e)
    assert low == pytest.approx(one * 2**1.5)


@pytest.mark.parametrize(("gain", "floor"), [(1.5, 0.0), (8.0, 0.003)])
def test_the_gain_comes_back_from_scatters(gain, floor):
    rng = np.random.default_rng(0)
    flux = 10 ** rng.uniform(3, 5, 150)
    sky = np.full(150, 900.0)
    variance = (flux / gain + sky + (floor * flux) ** 2) * rng.chisquare(60, 150) / 60
    variance[:8] *= 30  # variable stars
    found = estimate_gain(flux, variance, sky)
    assert found is not None
    assert found.gain == pytest.approx(gain, rel=0.15)
    assert abs(found.gain - gain) < 4 * found.gain_error
    assert found.floor == pytest.approx(floor, abs=0.001)
    assert found.n_stars > 120


def test_few_stars_tell_no_gain():
    few = np.full(5, 1000.0)
    assert estimate_gain(few, few, few) is None
