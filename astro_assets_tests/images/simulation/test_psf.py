"""Point sources: their flux, shape and place."""

import numpy as np
import pytest
from astropy.modeling.functional_models import Moffat2D
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.images.simulation.psf import Part, Psf, add_point_sources, kernel


def drawn(psf: Psf, flux: float = 1.0, faintest: float = 1e-9, size: int = 161, **trail) -> np.ndarray:
    image = np.zeros((size, size), np.float32)
    add_point_sources(image, psf, size // 2 + 0.3, size // 2 - 0.2, flux, faintest, **trail)
    return image


@given(
    fwhm=st.floats(2.0, 6.0),
    beta=st.floats(2.5, 5.0),
    elongation=st.floats(1.0, 1.6),
    angle=st.floats(0, np.pi),
    trail=st.floats(0, 8),
)
def test_flux_is_conserved_whatever_the_shape(fwhm, beta, elongation, angle, trail):
    psf = Psf(fwhm, beta, elongation, angle, trail)
    expected = psf.enclosed(80)
    assert drawn(psf).sum() == pytest.approx(expected, abs=0.012)
    assert kernel(psf, 30).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("fwhm", "beta"), [(2.5, 2.5), (4.0, 4.765)])
def test_the_profile_is_that_of_astropy(fwhm, beta):
    psf = Psf(fwhm, beta)
    rows, columns = np.mgrid[:161, :161]
    model = Moffat2D(1, 80 - 0.2, 80 + 0.3, psf.alpha_pixels, beta)
    expected = model(columns, rows) * (beta - 1) / (np.pi * psf.alpha_pixels**2)
    assert model.fwhm == pytest.approx(fwhm)
    np.testing.assert_allclose(drawn(psf), expected, rtol=2e-4, atol=1e-9)


def test_enclosed_flux_is_what_pixels_hold():
    psf = Psf(3.5, 3.0)
    image = drawn(psf)
    rows, columns = np.mgrid[:161, :161]
    distance = np.hypot(rows - 80.3, columns - 79.8)
    for radius in (6, 12, 25):
        assert image[distance < radius].sum() == pytest.approx(psf.enclosed(radius), abs=0.01)


def test_noise_pixels_are_one_over_the_sum_of_squares():
    psf = Psf(3.5, 3.0)
    assert 1 / (drawn(psf).astype(float) ** 2).sum() == pytest.approx(psf.noise_pixels(), rel=0.01)


def test_elongation_and_its_direction():
    image = drawn(Psf(4, 3.5, elongation=1.5, angle_rad=np.pi / 6)).astype(float)
    rows, columns = np.mgrid[:161, :161]
    bright = image * (image > 0.05 * image.max())
    y, x = rows - 80.3, columns - 79.8
    xx, yy, xy = ((bright * part).sum() / bright.sum() for part in (x * x, y * y, x * y))
    assert 0.5 * np.arctan2(2 * xy, xx - yy) == pytest.approx(np.pi / 6, abs=0.02)
    roots = np.linalg.eigvalsh([[xx, xy], [xy, yy]])
    assert np.sqrt(roots[1] / roots[0]) == pytest.approx(1.5, abs=0.05)


def test_a_trail_is_as_long_as_it_says():
    image = drawn(Psf(2.5, 4.0), trail_pixels=20.0, trail_angle_rad=0.0)
    along = image.sum(axis=0)
    half = along > along.max() / 2
    assert half.sum() == pytest.approx(20, abs=1)
    assert (image.sum(axis=1) > image.sum(axis=1).max() / 2).sum() <= 3


def test_the_psf_grows_and_stretches_towards_the_corner():
    psf = Psf(3.0, 3.0, field_growth=0.3, field_elongation=0.3)
    middle, corner = (psf.shapes(np.array([at]), np.array([at]), (201, 201)) for at in (100.0, 199.0))

    def size_and_stretch(shape):
        a, b, c = (float(part[0]) for part in shape)
        roots = np.linalg.eigvalsh([[a, b], [b, c]])
        return 1 / np.sqrt(np.sqrt(roots.prod())), np.sqrt(roots[1] / roots[0])

    assert size_and_stretch(middle) == (pytest.approx(psf.alpha_pixels), pytest.approx(1.0))
    size, stretch = size_and_stretch(corner)
    assert size == pytest.approx(1.3 * psf.alpha_pixels, rel=0.02)
    assert stretch == pytest.approx(1.3**2, rel=0.02)  # of radii; their logarithms add at twice the angle


def test_a_part_of_a_frame_is_drawn_as_in_the_frame():
    psf = Psf(3.0, 3.0, 1.1, 0.3, field_growth=0.2, field_elongation=0.2)
    whole, part = np.zeros((60, 70), np.float32), np.zeros((20, 25), np.float32)
    add_point_sources(whole, psf, [15.2, 22.0], [30.7, 41.0], [1e4, 500], 1e-3)
    add_point_sources(part, psf, [5.2, 12.0], [10.7, 21.0], [1e4, 500], 1e-3, part=Part((60, 70), 10, 20))
    np.testing.assert_allclose(part, whole[10:30, 20:45], rtol=1e-4, atol=1e-3)


def test_sources_add_up_and_outside_ones_shine_in():
    psf = Psf(3.0)
    one, other, both, outside = np.zeros((4, 40, 40), np.float32)
    add_point_sources(one, psf, 10, 10, 50, 1e-4)
    add_point_sources(other, psf, 20, 25, -30, 1e-4)
    add_point_sources(both, psf, [10, 20], [10, 25], [50, -30], 1e-4)
    np.testing.assert_allclose(both, one + other, atol=1e-4)
    add_point_sources(outside, psf, -2, 20, 1e4, 1e-3)
    assert outside[0, 20] > 50
    add_point_sources(outside, psf, -500, 20, 1e4, 1e-3)
    assert np.isfinite(outside).all()
