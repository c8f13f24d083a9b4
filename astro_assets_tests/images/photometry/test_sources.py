"""Sources of a frame, and its measures."""

import dataclasses

import numpy as np
import pytest
import sep

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.frame_sources import SourceFlag
from astro_assets.images.photometry.settings import MeasuringSettings
from astro_assets.images.photometry.sources import measure_frame
from astro_assets_tests.images.photometry.star_field import SHAPE, exposure, field, light

SETTINGS = MeasuringSettings()
STARS = field(60, margin=-15)


def frame(seed=1, fwhm=3.0, elongation=1.0):
    return exposure(light(STARS.positions, STARS.electrons, fwhm, elongation), seed)


def nearest(sources, place):
    return int(np.argmin(np.hypot(sources.x - place[0], sources.y - place[1])))


def test_stars_are_found_where_they_are_and_no_others():
    sources = measure_frame(frame(), SETTINGS)
    distance = np.hypot(
        sources.x[:, None] - STARS.positions[:, 0], sources.y[:, None] - STARS.positions[:, 1]
    )
    assert sources.x.size == len(STARS.positions)
    assert distance.min(axis=1).max() < 0.3
    assert np.median(distance.min(axis=1)) < 0.06
    assert (np.diff(sources.flux) <= 0).all()
    assert (sources.flags == 0).mean() > 0.9


def test_measures_tell_focus_and_trailing():
    round_one, blurred, trailed = (
        measure_frame(frame(fwhm=fwhm, elongation=elongation), SETTINGS).measures
        for fwhm, elongation in ((3.0, 1.0), (4.5, 1.0), (3.0, 1.6))
    )
    assert round_one.fwhm_pixels == pytest.approx(3.07, rel=0.05)
    assert blurred.fwhm_pixels == pytest.approx(4.55, rel=0.05)
    assert round_one.elongation < 1.1
    assert trailed.elongation > 1.4
    assert trailed.direction_coherence > 0.9
    assert abs(trailed.direction_deg) < 5
    assert round_one.direction_coherence < 0.5
    assert round_one.n_stars == 60
    assert round_one.saturated_fraction == round_one.masked_fraction == 0


def test_a_gradient_of_the_sky_is_measured():
    one = frame()
    slope = np.linspace(0, 50, SHAPE[1], dtype=np.float32)
    tilted = measure_frame(dataclasses.replace(one, image=one.image + slope), SETTINGS).measures
    assert tilted.background_gradient == pytest.approx(50, rel=0.1)
    assert measure_frame(one, SETTINGS).measures.background_gradient < 5


def test_hot_pixels_are_no_stars():
    clean = frame()
    rng = np.random.default_rng(5)
    image = clean.image.copy()
    rows, columns = rng.integers(5, 235, 40), rng.integers(5, 315, 40)
    image[rows, columns] += rng.uniform(200, 20_000, 40).astype(np.float32)
    sources = measure_frame(dataclasses.replace(clean, image=image), SETTINGS)
    assert sources.is_star().sum() == pytest.approx(60, abs=2)
    assert sources.measures.n_hot_pixels >= 36
    assert sources.measures.fwhm_pixels == pytest.approx(
        measure_frame(clean, SETTINGS).measures.fwhm_pixels, rel=0.03
    )


def test_there_is_room_for_a_frame_that_is_above_the_threshold_everywhere():
    # As one with many hot columns is, beside the little noise that is left between them.
    image = np.random.default_rng(3).normal(500, 5, (700, 700)).astype(np.float32)
    measure_frame(Frame(image=image), SETTINGS)
    assert sep.get_extract_pixstack() >= image.size


def test_flags_say_what_speaks_against_a_source():
    positions = np.array(
        [[60.0, 60.0], [160.0, 60.0], [165.0, 60.0], [2.0, 120.0], [250.0, 180.0], [100.0, 180.0]]
    )
    image = exposure(light(positions, [4e5, 4e4, 3e4, 4e4, 4e4, 4e4]), 2).image
    image[178:183, 246:248] = np.nan
    one = dataclasses.replace(exposure(np.zeros(SHAPE), 2), image=image, saturation=5000.0)
    sources = measure_frame(one, SETTINGS)
    flags = [sources.flags[nearest(sources, place)] for place in positions]
    assert flags[0] == SourceFlag.SATURATED
    assert flags[1] & flags[2] & SourceFlag.BLENDED
    assert flags[3] & SourceFlag.EDGE
    assert flags[4] & SourceFlag.EDGE
    assert flags[5] == 0


@pytest.mark.parametrize(
    "change", [{"detection_sigma": 30.0}, {"least_pixels": 30}, {"most_sources": 10}, {"mesh_pixels": 8}]
)
def test_settings_change_what_is_found(change):
    usual, other = (measure_frame(frame(), one) for one in (SETTINGS, MeasuringSettings(**change)))
    assert usual.flux.size != other.flux.size or not np.array_equal(usual.flux, other.flux)


def test_the_part_of_the_saturation_that_is_linear_is_a_setting():
    one = dataclasses.replace(frame(), saturation=6000.0)
    n_full = [
        np.count_nonzero(
            measure_frame(one, MeasuringSettings(linear_fraction=part)).flags & SourceFlag.SATURATED
        )
        for part in (0.2, 1.0)
    ]
    assert n_full[0] > n_full[1]


def test_an_empty_frame_has_no_sources_and_says_so():
    sources = measure_frame(exposure(np.zeros(SHAPE), 3), SETTINGS)
    assert sources.measures.n_stars <= 2
    assert sources.x.size <= 2
    assert np.isfinite(sources.measures.background_noise)
