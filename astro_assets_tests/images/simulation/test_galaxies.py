"""Sersic profiles beside astropy's."""

import numpy as np
import pytest
from astropy.convolution import convolve_fft
from astropy.modeling.functional_models import Sersic2D
from scipy.special import gammainc, gammaincinv

from astro_assets.images.simulation.galaxies import (
    Galaxies,
    add_galaxies,
    blurred,
    concentration,
    draw_galaxies,
)
from astro_assets.images.simulation.psf import Psf, kernel


def one(index: float, radius: float, ratio: float = 1.0, angle: float = 0.0, at=(75.3, 74.6)) -> Galaxies:
    parts = (at[0], at[1], 18.0, radius, index, ratio, angle)
    return Galaxies(*(np.array([part]) for part in parts))


def drawn(galaxy: Galaxies, size: int = 151) -> np.ndarray:
    image = np.zeros((size, size), np.float32)
    add_galaxies(image, galaxy, np.array([1.0]))
    return image


@pytest.mark.parametrize("index", [0.5, 1, 2.5, 4, 6])
def test_half_of_the_light_is_within_the_effective_radius(index):
    assert concentration(index) == pytest.approx(gammaincinv(2 * index, 0.5), abs=2e-3)


@pytest.mark.parametrize(("index", "radius"), [(0.5, 3.0), (1.0, 4.0), (2.5, 4.0), (4.0, 5.0), (6.0, 6.0)])
@pytest.mark.parametrize("ratio", [1.0, 0.4])
def test_flux_is_conserved(index, radius, ratio):
    inside = gammainc(2 * index, concentration(index) * 7 ** (1 / index))  # within seven effective radii
    found = drawn(one(index, radius, ratio, 0.4)).sum()
    assert inside - 0.015 < found < inside + (1 - inside) * 0.6 + 0.015  # the square has corners


@pytest.mark.parametrize("index", [0.8, 2.0, 4.0, 6.0])
def test_after_the_psf_it_is_the_profile_of_astropy_sampled_finely(index):
    galaxy, fine = one(index, 4.0, 0.6, 0.7), 11
    axis = (np.arange(151 * fine) + 0.5) / fine - 0.5
    x, y = np.meshgrid(axis, axis)
    b = float(gammaincinv(2 * index, 0.5))
    model = Sersic2D(1, 4.0, index, 74.6, 75.3, 0.4, 0.7)
    truth = model(x, y).reshape(151, fine, 151, fine).mean((1, 3))
    total = 2 * np.pi * 16 * 0.6 * index * np.exp(b) * b ** (-2 * index)
    from scipy.special import gamma

    truth /= total * gamma(2 * index)
    psf = Psf(3.0, 3.0)
    expected = convolve_fft(truth, kernel(psf, 12).astype(float), boundary="fill", normalize_kernel=False)
    found = blurred(drawn(galaxy), psf)
    middle = np.s_[60:91, 60:91]
    np.testing.assert_allclose(found[middle], expected[middle], rtol=0.03, atol=0.01 * expected.max())


def test_blurring_keeps_light_and_shifts_it():
    image = np.zeros((81, 81), np.float32)
    image[40, 40] = 1000
    found = blurred(image, Psf(3.0, 4.0), 1.25, -0.5)
    assert found.sum() == pytest.approx(1000, rel=1e-3)
    rows, columns = np.mgrid[:81, :81]
    assert (found * rows).sum() / found.sum() == pytest.approx(41.25, abs=0.05)
    assert (found * columns).sum() / found.sum() == pytest.approx(39.5, abs=0.05)


def test_galaxies_are_of_all_sorts():
    galaxies = draw_galaxies(np.random.default_rng(3), (1000, 1000), 5000, 16, 21)
    assert galaxies.indices.min() >= 0.5
    assert galaxies.indices.max() <= 6
    assert 0.2 <= galaxies.axis_ratios.min() < 0.3
    assert 0.9 < galaxies.axis_ratios.max() <= 1
    bright = galaxies.magnitudes < 18.5
    assert np.median(galaxies.radii_pixels[bright]) > np.median(galaxies.radii_pixels[~bright])
    assert (galaxies.indices > 2.5).mean() == pytest.approx(0.25 * 0.9, abs=0.03)


def test_galaxies_at_and_beyond_the_edge():
    image = np.zeros((50, 50), np.float32)
    add_galaxies(image, one(4, 3.0, at=(-0.5, -0.5)), np.array([100.0]))
    assert 20 < image.sum() < 25  # a quarter
    before = image.copy()
    add_galaxies(image, one(1, 2.0, at=(-200.0, 20.0)), np.array([100.0]))
    np.testing.assert_array_equal(image, before)
