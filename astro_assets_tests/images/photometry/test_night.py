"""A night is laid upon its best frame, and all its stars are measured."""

import dataclasses

import numpy as np
import pytest

from astro_assets.images.photometry.night import LeftOut, measure_night
from astro_assets.images.photometry.robust import row_medians
from astro_assets.images.photometry.settings import MeasuringSettings, SeriesSettings
from astro_assets.images.photometry.sources import measure_frame
from astro_assets_tests.images.photometry.star_field import GAIN, SHAPE, exposure, field, light, night, turned

STARS = field(80, seed=3)
SETTINGS = SeriesSettings()


def measured(frames, settings=SETTINGS):
    return measure_night(
        frames, {name: measure_frame(one, settings.measuring) for name, one in frames.items()}, settings
    )


@pytest.fixture(scope="module")
def frames():
    return night(STARS, 10, turn_deg=np.array([0.0] * 5 + [180.0] * 5))


@pytest.fixture(scope="module")
def whole(frames):
    return measured(frames)


def test_a_night_with_a_meridian_flip_is_aligned(whole):
    assert whole.reasons == (None,) * 10
    turns = np.abs([one.rotation_deg for one in whole.alignments])
    assert sorted(np.round(turns)) == [0] * 5 + [180] * 5
    assert max(one.rms_pixels for one in whole.alignments) < 0.3


def test_every_star_is_found_once_and_its_light_is_that_put_in(whole):
    first = whole.alignments[0]
    there = first.from_reference(whole.stars.positions)
    distance = np.hypot(*(there[:, None] - STARS.positions).transpose(2, 0, 1))
    inside = np.all((STARS.positions > 8) & (STARS.positions < np.array(SHAPE[::-1]) - 8), axis=1)
    assert distance[:, inside].min(axis=0).max() < 1.0  # the first frame was shifted by half a pixel
    assert len(np.unique(distance.argmin(axis=1))) == len(there)
    biggest = row_medians(whole.flux[-1])
    owner = distance.argmin(axis=1)
    alone = ~whole.stars.is_blended & np.isfinite(biggest)
    assert alone.sum() > 40
    np.testing.assert_allclose(biggest[alone], STARS.electrons[owner][alone] / GAIN, rtol=0.05)


def test_the_order_of_frames_changes_nothing(frames, whole):
    other = measured(dict(reversed(frames.items())))
    assert other.names == whole.names
    assert other.reference == whole.reference
    np.testing.assert_array_equal(other.flux, whole.flux)
    np.testing.assert_array_equal(other.stars.positions, whole.stars.positions)


def test_frames_that_cannot_be_aligned_are_left_out_with_a_reason(frames):
    noise = dataclasses.replace(exposure(np.zeros(SHAPE), 9), mid_mjd_utc=frames["frame003"].mid_mjd_utc)
    timeless = dataclasses.replace(frames["frame004"], mid_mjd_utc=None)
    found = measured({**frames, "frame003": noise, "frame004": timeless})
    reasons = dict(zip(found.names, found.reasons, strict=True))
    assert "stars" in reasons["frame003"]
    assert reasons["frame004"] == "its time is unknown"
    assert sum(reason is None for reason in reasons.values()) == 8
    number = found.names.index("frame003")
    assert np.isnan(found.flux[:, :, number]).all()
    assert (found.left_out[:, :, number] == LeftOut.FRAME).all()


def test_pixels_that_are_no_measurements_never_count(frames, whole):
    image = frames["frame002"].image.copy()
    number = whole.names.index("frame002")
    star = int(np.nanargmax(whole.flux[0, :, number]))
    x, y = np.round(whole.places[star, number]).astype(int)
    image[y - 1 : y + 2, x + 1] = np.nan
    found = measured({**frames, "frame002": dataclasses.replace(frames["frame002"], image=image)})
    same = int(np.argmin(np.hypot(*(found.stars.positions - whole.stars.positions[star]).T)))
    assert np.isnan(found.flux[:, same, number]).all()
    assert (found.left_out[:, same, number] & LeftOut.MASKED).all()
    other = (number + 1) % 10
    assert found.flux[2, same, other] == pytest.approx(whole.flux[2, star, other], rel=0.01)


def test_saturated_stars_and_those_at_edges_are_left_out(frames):
    full = {name: dataclasses.replace(one, saturation=3000.0) for name, one in frames.items()}
    found = measured(full)
    assert (found.left_out[0] & LeftOut.SATURATED).any()
    assert (found.left_out[-1] & LeftOut.EDGE).sum() > (found.left_out[0] & LeftOut.EDGE).sum()
    assert np.isnan(found.flux[found.left_out > 0]).all()
    assert np.isfinite(found.flux[found.left_out == 0]).all()


def test_frames_without_stars_in_common_are_bridged_by_others():
    wide = field(400, seed=5, margin=260)
    frames = {}
    for number, shift in enumerate(np.linspace(-200, 200, 9)):
        places = turned(wide.positions, shift=(shift, 0))
        frames[f"f{number}"] = exposure(light(places, wide.electrons), number, number=number)
    found = measured(frames)
    assert found.reasons == (None,) * 9
    shifts = np.array([one.shift[0] for one in found.alignments])
    np.testing.assert_allclose(shifts - shifts[0], -np.linspace(0, 400, 9), atol=0.3)


@pytest.mark.parametrize(
    "change",
    [
        {"aperture_fwhms": (1.0,)},
        {"annulus_fwhms": (5.0, 9.0)},
        {"measuring": MeasuringSettings(mesh_pixels=64)},
    ],
)
def test_settings_change_measurements(frames, whole, change):
    other = measured(frames, SeriesSettings(**change))
    assert other.flux.shape != whole.flux.shape or not np.array_equal(other.flux, whole.flux, equal_nan=True)


def test_faint_stars_count_if_they_are_seen_often_enough():
    frames = night(field(150, seed=8, faintest=300), 5)
    often, ever = (
        len(measured(frames, SeriesSettings(least_presence=part)).stars.flux) for part in (1.0, 0.0)
    )
    assert often < ever


def test_what_is_no_night_is_refused(frames):
    sources = {name: measure_frame(one, MeasuringSettings()) for name, one in list(frames.items())[:2]}
    with pytest.raises(ValueError, match="different names: frame002"):
        measure_night(frames, sources, SETTINGS)
    noises = {f"n{seed}": exposure(np.zeros(SHAPE), seed, number=seed) for seed in range(3)}
    with pytest.raises(ValueError, match=r"no two of 3 frames can be aligned: .* an alignment needs 5"):
        measured(noises)
