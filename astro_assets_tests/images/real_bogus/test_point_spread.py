"""Point sources on pixels: their total, width, and the noise that a fit gathers."""

from __future__ import annotations

import numpy as np
import pytest
from photutils.psf import MoffatPSF

from astro_assets.images.real_bogus.point_spread import MOFFAT_BETA, moffat, noise_pixels


@pytest.mark.parametrize("fwhm", [1.8, 2.5, 4.0])
def test_it_is_that_of_photutils(fwhm):
    y, x = np.mgrid[:41, :41] + 0.0
    alpha = fwhm / (2 * np.sqrt(2 ** (1 / MOFFAT_BETA) - 1))
    fine = np.mean(
        [
            MoffatPSF(flux=1, x_0=19.7, y_0=20.4, alpha=alpha, beta=MOFFAT_BETA)(x + dx, y + dy)
            for dx in (-1 / 3, 0, 1 / 3)
            for dy in (-1 / 3, 0, 1 / 3)
        ],
        axis=0,
    )
    np.testing.assert_allclose(moffat(41, 20.4, 19.7, fwhm), fine, rtol=1e-9)


def test_all_light_is_there():
    assert moffat(401, 200.2, 199.6, 3.0).sum() == pytest.approx(1, abs=1e-3)
    assert moffat(401, 200.2, 199.6, 3.0, 0.3, 1.0).sum() == pytest.approx(1, abs=1e-3)


def test_elongation_points_where_it_should():
    image = moffat(41, 20, 20, 4.0, 0.4, 0.0)
    assert image[20, 25] > 1.5 * image[25, 20]
    turned = moffat(41, 20, 20, 4.0, 0.4, np.pi / 2)
    np.testing.assert_allclose(turned, image.T, atol=1e-12)


@pytest.mark.parametrize("fwhm", [3.0, 5.0])
def test_noise_of_a_fit(fwhm):
    profile = moffat(201, 100, 100, fwhm)
    assert noise_pixels(fwhm) == pytest.approx(1 / (profile**2).sum(), rel=0.08)
