"""What the detector and the sky add."""

import numpy as np
import pytest

from astro_assets.images.simulation.artefacts import (
    Patch,
    cosmic_ray,
    dust,
    ghost,
    hot_pixel,
    satellite_trail,
)
from astro_assets.images.simulation.psf import Psf

SHAPE = (200, 240)


def test_cosmic_rays_are_sharp_tracks_of_all_lengths():
    rng = np.random.default_rng(1)
    rays = [cosmic_ray(rng, SHAPE) for _ in range(400)]
    pixels = np.array([(ray.electrons > 0).sum() for ray in rays])
    charge = np.array([ray.electrons.sum() for ray in rays])
    length = np.array([np.hypot(*ray.electrons.shape) for ray in rays])
    assert np.median(pixels) < 12
    assert (length > 12).any()
    assert pixels.max() < 400
    # Straight down through 39 micrometres at 80 electrons a micrometre.
    assert 1000 < np.median(charge) < 10_000
    # Tracks are as wide as charge diffuses, far narrower than any PSF: pixels grow with the length alone.
    assert (pixels < 6 + 4 * length).all()
    assert pixels[length > 12].max() < 0.4 * (length**2)[length > 12].max()


def test_a_hot_pixel_is_one_pixel():
    patch = hot_pixel(np.random.default_rng(2), SHAPE, 60.0)
    assert patch.electrons.shape == (1, 1)
    assert 60 <= patch.electrons[0, 0] <= 60_000
    assert patch.within(SHAPE) is not None


def test_a_satellite_trail_crosses_the_frame_as_wide_as_the_psf():
    psf = Psf(4.0, 3.0)
    for seed in range(6):
        image = satellite_trail(np.random.default_rng(seed), SHAPE, psf, 100.0).electrons
        assert image.shape == SHAPE
        assert 90 < image.max() <= 100.1
        bright = image > 50
        if bright.sum() < 400:  # it flashes, and is half as bright somewhere
            continue
        rows, columns = np.nonzero(bright)
        spread = np.linalg.eigvalsh(np.cov(rows, columns))
        assert spread[0] < 3
        assert spread[1] > 500


def test_a_ghost_is_a_disc_with_a_hole():
    found = [ghost(np.random.default_rng(seed), SHAPE, 20.0) for seed in range(5)]
    for patch in found:
        image = patch.electrons
        middle = image[image.shape[0] // 2, image.shape[1] // 2]
        assert image.max() == pytest.approx(22, abs=4)
        assert middle < 0.3 * image.max()
        assert abs(image[0, :]).max() < 0.5
        assert (image >= -1e-3).all()


def test_dust_takes_light_in_a_ring():
    shadow = dust(np.random.default_rng(3), SHAPE, 0.02)
    assert shadow.min() == pytest.approx(0.98, abs=0.002)
    assert shadow.max() <= 1 + 1e-6
    assert (shadow > 0.999).mean() > 0.5


def test_patches_are_cut_at_the_frame():
    patch = Patch(-2, 3, np.arange(20, dtype=np.float32).reshape(4, 5))
    inside = patch.within((10, 6))
    assert inside is not None
    assert (inside.row, inside.column) == (0, 3)
    np.testing.assert_array_equal(inside.electrons, [[10, 11, 12], [15, 16, 17]])
    assert Patch(-9, 0, np.ones((3, 3), np.float32)).within((10, 10)) is None
