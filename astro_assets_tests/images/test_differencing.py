"""What is left of two frames when their stars are gone."""

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.images.difference_noise import DifferencingSettings
from astro_assets.images.differencing import subtract
from astro_assets.images.frame import Frame
from astro_assets.images.psf_matching import matched, smoothed
from astro_assets.images.simulation.psf import Psf, add_point_sources


def frame(seed, fwhm, *, scale=1.0, shift=(0.0, 0.0), sky=800.0, noise=5.0, size=200, extra=()) -> Frame:
    stars = np.random.default_rng(77)
    image = np.full((size, size), sky, np.float32)
    rows, columns = stars.uniform(5, size - 6, (2, 60))
    fluxes = 10 ** stars.uniform(3, 5, 60)
    add_point_sources(image, Psf(fwhm, 3.5), rows + shift[0], columns + shift[1], scale * fluxes, 1e-2)
    for row, column, flux in extra:
        add_point_sources(image, Psf(fwhm, 3.5), row, column, flux, 1e-3)
    image += np.random.default_rng(seed).normal(0, noise, image.shape).astype(np.float32)
    return Frame(image=image, gain=50.0, saturation=60_000.0)


@pytest.mark.parametrize(("ours", "theirs"), [(4.0, 2.8), (2.8, 4.0), (3.3, 3.3)])
def test_stars_go_away_and_a_new_source_stays(ours, theirs):
    science = frame(1, ours, scale=1.4, shift=(0.15, -0.1), sky=900, extra=[(100.0, 100.0, 4000.0)])
    difference = subtract(science, frame(2, theirs, sky=300), ours, theirs)
    assert difference.matching[0] == pytest.approx(1.4, rel=0.06)  # profiles differ, not only widths
    assert difference.fwhm_pixels == max(ours, theirs)
    values = difference.significance.copy()
    assert np.unravel_index(values.argmax(), values.shape) == (100, 100)
    assert values.max() > 20
    values[88:113, 88:113] = 0
    assert np.abs(values).max() < 20  # of stars a thousand times brighter than the noise
    calm = values[smoothed((difference.reference > 30).astype(np.float32), 3.0) < 0.01]
    assert calm.size > 10_000
    assert np.abs(calm).max() < 6
    assert 0.6 < calm.std() < 1.2  # wings of sixty stars leave little sky to set the scale by


@pytest.mark.parametrize("told", [1.02, None])
@pytest.mark.parametrize("counts", [300.0, 3000.0, 30_000.0])
def test_a_cosmic_ray_of_the_reference_is_no_star_that_tells_the_scale(counts, told):
    frames = []
    for seed in (1, 2):
        image = np.random.default_rng(seed).normal(300, 5, (160, 160)).astype(np.float32)
        add_point_sources(
            image, Psf(3.3, 3.5), np.array([40.0, 80.0, 120.0]), np.array([60.0, 130.0, 90.0]), 4000.0, 1e-2
        )
        frames.append(Frame(image=image, gain=50.0, saturation=60_000.0))
    science, reference = frames
    rows, columns = 80 + np.arange(40) // 2, 20 + np.arange(40)
    reference.image[rows, columns] += np.float32(counts)
    reference.image[rows + 1, columns] += np.float32(counts)
    difference = subtract(science, reference, 3.3, 3.3, flux_scale=told)
    assert difference.matching[0] == pytest.approx(1.0, abs=0.06)
    assert np.abs(difference.significance[35:46, 55:66]).max() < 5
    assert np.abs(difference.significance[115:126, 85:96]).max() < 5


def test_the_significance_is_that_of_the_source_put_in():
    flux = 1500.0
    source = np.zeros((200, 200), np.float32)
    add_point_sources(source, Psf(3.3, 3.5), 100.0, 100.0, flux, 1e-3)
    reference = frame(2, 3.3)
    found = []
    for seed in range(40):
        plain = frame(100 + seed, 3.3)
        difference = subtract(replace(plain, image=plain.image + source), reference, 3.3, 3.3)
        told, where = difference.significance_of(source, (slice(0, 200), slice(0, 200)))
        assert where == (slice(0, 200), slice(0, 200))
        found.append(difference.significance[100, 100] - told[100, 100])
    assert abs(np.mean(found)) < 0.7  # the reference's own noise is the same each time
    assert np.std(found) == pytest.approx(np.sqrt(0.5), abs=0.2)


def test_a_part_is_filtered_as_in_the_whole():
    difference = subtract(frame(1, 2.8), frame(2, 4.0), 2.8, 4.0)
    patch = np.random.default_rng(3).random((9, 7)).astype(np.float32)
    whole = np.zeros((200, 200), np.float32)
    whole[50:59, 90:97] = patch
    part, where = difference.significance_of(patch, (slice(50, 59), slice(90, 97)))
    expected, _ = difference.significance_of(whole, (slice(0, 200), slice(0, 200)))
    np.testing.assert_allclose(part, expected[where], atol=1e-6)
    assert expected.sum() == pytest.approx(part.sum(), rel=1e-4)


def test_missing_and_saturated_pixels_are_no_measurement():
    science, reference = frame(1, 3.0), frame(2, 4.0)
    science.image[40:44, 60] = np.nan
    science.image[120, 120] = 1e6
    reference.image[:, 150] = np.nan
    difference = subtract(science, reference, 3.0, 4.0)
    assert difference.is_missing[40:44, 60].all()
    assert difference.is_missing[120, 120]
    assert difference.is_missing[:, 150].all()
    assert difference.is_missing.mean() < 0.05
    for image in (difference.difference, difference.significance, difference.science):
        assert np.isfinite(image).all()
    assert (difference.difference[difference.is_missing] == 0).all()
    assert (difference.significance[difference.is_missing] == 0).all()
    assert np.abs(difference.significance).max() < 15  # a bright star; a hole would be hundreds


def test_photons_of_stars_and_errors_of_their_subtraction_count_as_noise():
    science, reference = frame(1, 3.3), frame(2, 3.3)
    plain = subtract(science, reference, 3.3, 3.3, DifferencingSettings(registration_pixels=0, scale_error=0))
    careful = subtract(science, reference, 3.3, 3.3)
    photons = subtract(replace(science, gain=0.5), reference, 3.3, 3.3)
    star = np.unravel_index(plain.reference.argmax(), plain.reference.shape)
    assert careful.weight[star] < plain.weight[star]
    assert photons.weight[star] < careful.weight[star]
    sky = plain.reference < 1
    np.testing.assert_allclose(careful.weight[sky], plain.weight[sky], rtol=0.2)


def test_a_gain_that_is_not_known_is_that_of_the_sky():
    rng = np.random.default_rng(5)
    image = rng.poisson(400, (128, 128)).astype(np.float32)
    known = Frame(image=image, gain=1.0)
    reference = Frame(image=rng.poisson(400, (128, 128)).astype(np.float32), gain=1.0)
    unknown = subtract(replace(known, gain=None), reference, 3, 3)
    np.testing.assert_allclose(unknown.weight, subtract(known, reference, 3, 3).weight, rtol=0.05)


def test_matching_is_linear():
    image = np.random.default_rng(6).random((20, 30)).astype(np.float32)
    assert matched(image, (1.0, *[0.0] * 7), 3.0) == pytest.approx(image)
    ramp = np.arange(20, dtype=np.float32)[:, None] * np.ones(30, np.float32)
    assert matched(ramp, (2.0, 0.5, 3.0, 4.0, 5.0, 6.0, 0.0, 7.0), 3.0)[5, 5] == pytest.approx(2 * 5 + 0.5)
    bowl = (np.arange(20, dtype=np.float32)[:, None] - 9) ** 2 * np.ones(30, np.float32)
    assert matched(bowl, (1.0, 0.0, 0.0, 0.5, 9.0, 9.0, 0.0, 9.0), 3.0)[9, 15] == pytest.approx(0.5 * 2)
    point = np.zeros((41, 41), np.float32)
    point[20, 20] = 1
    wide = matched(point, (1.0, *[0.0] * 5, 1.0, 0.0), 4.0)
    assert wide == pytest.approx(smoothed(point, 2.4))
    assert smoothed(image, 0.0) is image
    assert smoothed(np.ones((40, 40), np.float32), 2.0)[20, 20] == pytest.approx(1, rel=1e-3)
    assert smoothed(np.ones((40, 40), np.float32), 2.0)[0, 20] < 0.7
    assert smoothed(np.ones((40, 40), np.float32), 2.0, "nearest")[0, 20] == pytest.approx(1, rel=1e-3)


def starry(psf: Psf, seed: int, size: int = 200) -> Frame:
    stars = np.random.default_rng(8)
    image = np.full((size, size), 500, np.float32)
    rows, columns = stars.uniform(-3, size + 2, (2, 90))
    add_point_sources(image, psf, rows, columns, 10 ** stars.uniform(3, 5, 90), 1e-2)
    image += np.random.default_rng(seed).normal(0, 5, image.shape).astype(np.float32)
    return Frame(image=image, gain=50.0, saturation=60_000.0)


@pytest.mark.parametrize(
    "science",
    [Psf(3.0, 3.5, elongation=1.12, angle_rad=0.6), Psf(3.0, 2.6), Psf(4.2, 4.5)],
    ids=["elongated", "with wings", "broad"],
)
def test_stars_of_another_shape_are_subtracted(science):
    difference = subtract(
        starry(science, 1), starry(Psf(3.0, 3.5), 2), science.fwhm_pixels, 3.0, flux_scale=1.0
    )
    light = difference.reference > 30
    assert light.sum() > 500
    # With scale, shift and Laplacian alone it is 4 to 5.
    assert np.sqrt((difference.significance[light & ~difference.is_missing] ** 2).mean()) < 1.5


def test_light_that_is_lost_beyond_the_edge_and_in_holes_is_not_trusted():
    sharp, broad = starry(Psf(2.4, 3.5), 1), starry(Psf(4.5, 3.5), 2)
    broad.image[:, 120] = np.nan
    sharp.image[60:140, 30] = np.nan
    found = subtract(sharp, broad, 2.4, 4.5, flux_scale=1.0)
    assert np.abs(found.significance).max() < 10
    inner = np.median(found.weight[20:-20, 20:-20])
    row, column = np.unravel_index(np.argmax(np.where(found.is_missing, 0, found.reference)[:, :2]), (200, 2))
    assert found.weight[row, column] < 0.1 * inner  # a star at the edge


def test_trust_makes_the_scatter_in_badly_subtracted_stars_that_of_noise():
    """A star that does not vary differs from the sky by nothing but its noise, however wrong the PSF is."""
    science = starry(Psf(3.0, 3.5, field_growth=0.25, field_elongation=0.25), 1)
    reference = starry(Psf(3.0, 3.5), 2)
    difference = subtract(science, reference, 3.0, 3.0, flux_scale=1.0)
    stars = (difference.reference > 30) & ~difference.is_missing

    def scatter(image):
        return 1.4826 * np.median(np.abs(image[stars]))

    assert scatter(difference.significance) > 1.5
    assert scatter(difference.trusted) < 1.2
    assert (difference.trust <= 1).all()
    assert difference.trust[difference.reference < 1].min() > 0.5
    assert difference.trust[stars].max() < 0.99
    blind = subtract(
        science, reference, 3.0, 3.0, DifferencingSettings(registration_pixels=0, scale_error=0), 1.0
    )
    assert (blind.trust == 1).all()


def test_charge_flows_to_the_neighbours_of_saturated_pixels():
    science = frame(1, 3.0)
    science.image[120, 120] = 1e6
    science.image[121, 120] = 3000  # a spill that itself is not saturated
    found = subtract(science, frame(2, 3.0), 3.0, 3.0)
    assert found.is_missing[119:122, 119:122].all()
    assert np.abs(found.significance[115:126, 115:126]).max() < 6


@pytest.mark.parametrize(
    ("science", "reference", "fwhm", "message"),
    [
        (np.ones((30, 30)), np.ones((30, 31)), 3.0, "shape"),
        (np.ones((10, 30)), np.ones((10, 30)), 3.0, "too small"),
        (np.ones((30, 30)), np.ones((30, 30)), 0.0, "FWHM"),
        (np.ones((30, 30)), np.ones((30, 30)), np.nan, "FWHM"),
        (np.full((30, 30), np.nan), np.ones((30, 30)), 3.0, "single measured"),
        (np.ones(30), np.ones(30), 3.0, "shape"),
    ],
)
def test_what_cannot_be_subtracted_is_refused(science, reference, fwhm, message):
    frames = (Frame(image=one.astype(np.float32)) for one in (science, reference))
    with pytest.raises(ValueError, match=message):
        subtract(*frames, fwhm, 3.0)


def test_frames_without_noise_do_not_divide_by_it():
    image = np.full((64, 64), 100, np.float32)
    found = subtract(Frame(image=image), Frame(image=image), 3.0, 3.0)
    assert np.isfinite(found.significance).all()
