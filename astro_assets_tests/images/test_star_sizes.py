"""The seeing, measured."""

from pathlib import Path

import numpy as np
import pytest

from astro_assets.images.frame import Frame
from astro_assets.images.simulation.psf import Psf, add_point_sources
from astro_assets.images.star_sizes import fwhm_pixels, star_profile


def field(fwhm: float, beta: float, seed: int = 1, n: int = 40) -> Frame:
    rng = np.random.default_rng(seed)
    image = rng.normal(300, 5, (240, 260)).astype(np.float32)
    rows, columns = rng.uniform(10, 230, n), rng.uniform(10, 250, n)
    add_point_sources(image, Psf(fwhm, beta), rows, columns, 10 ** rng.uniform(3.3, 4.8, n), 0.05)
    return Frame(image=image, saturation=2e4)


@pytest.mark.parametrize("fwhm", [2.3, 3.2, 5.0])
@pytest.mark.parametrize("beta", [2.5, 4.5])
def test_the_seeing_is_measured(fwhm, beta):
    found, exponent = star_profile(field(fwhm, beta))
    assert found == pytest.approx(fwhm, rel=0.06)
    assert exponent == pytest.approx(beta, rel=0.25)


def test_saturated_stars_and_cosmic_rays_do_not_matter():
    frame = field(3.2, 3.0)
    rng = np.random.default_rng(2)
    frame.image[rng.integers(0, 240, 60), rng.integers(0, 260, 60)] += 3000
    add_point_sources(frame.image, Psf(9.0), 120, 120, 3e6, 1.0)
    frame.image[30:33, 40] = np.nan
    assert fwhm_pixels(frame) == pytest.approx(3.2, rel=0.08)


def test_an_empty_frame_has_no_seeing():
    rng = np.random.default_rng(3)
    with pytest.raises(ValueError, match="stars can be measured"):
        fwhm_pixels(Frame(image=rng.normal(0, 1, (100, 100)).astype(np.float32)))


def test_the_seeing_of_a_real_frame(shared_data: Path):
    from astropy.io import fits

    with fits.open(shared_data / "fits_images" / "photutils" / "M6707HH.fits") as file:
        image = file[0].data.astype(np.float32)
    assert 3.0 < fwhm_pixels(Frame(image=image)) < 6.0
