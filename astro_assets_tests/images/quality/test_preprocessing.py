"""What the network is shown: the same in training and serving, of any shape, with the sky left in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from astro_assets.images.frame import Frame
from astro_assets.images.quality.files import Reading
from astro_assets.images.quality.night_sets import (
    ROLES,
    NightRecipe,
    frames_of,
    measured_night,
    network_examples,
)
from astro_assets.images.quality.preprocessing import (
    N_TILES,
    SCALARS,
    TILE,
    TILE_CHANNELS,
    WHOLE,
    WHOLE_CHANNELS,
    inputs_of,
)
from astro_assets.images.simulation.night import NightSettings
from astro_assets_tests.images.made_images import image_file
from astro_assets_tests.images.quality.conftest import SMALL


def same(one, other) -> bool:
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in one.__slots__)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 150),
    st.integers(1, 150),
    st.integers(0, 10_000),
    st.floats(0, 0.9),
    st.sampled_from([None, 30.0]),
)
def test_any_frame_gives_finite_tensors_of_one_shape(rows, columns, seed, missing, exposure_s):
    rng = np.random.default_rng(seed)
    image = rng.normal(10 ** rng.uniform(0, 4), 10 ** rng.uniform(-1, 2), (rows, columns)).astype(np.float32)
    image[rng.random(image.shape) < missing] = np.nan
    image[rows // 2, columns // 2] = 7
    found = inputs_of(Frame(image=image, exposure_s=exposure_s))
    assert found.tiles.shape == (N_TILES, len(TILE_CHANNELS), TILE, TILE)
    assert found.whole.shape == (len(WHOLE_CHANNELS), WHOLE, WHOLE)
    assert found.scalars.shape == (len(SCALARS),)
    for name in found.__slots__:
        assert getattr(found, name).dtype == np.float32
        assert np.isfinite(getattr(found, name)).all()
    # Read-only, in another memory order: the same bytes.
    assert same(found, inputs_of(Frame(image=np.asfortranarray(image), exposure_s=exposure_s)))


def through_a_file(frame: Frame, path: Path, **cards: object) -> Frame:
    """Return a frame as serving has it: out of a FITS file, by the headers alone."""
    told = {"OBJECT": "field", "EXPTIME": frame.exposure_s, "GAIN": frame.gain, "MJD-OBS": 60000.0} | cards
    written = image_file(path, frame.image, **{name: value for name, value in told.items() if value})
    return Reading().read(written).frame


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(64, 140),
    columns=st.integers(64, 140),
    sky_electrons=st.floats(10, 20_000),
    exposure_s=st.integers(1, 3600),
    seed=st.integers(0, 10**6),
    role=st.sampled_from(sorted(ROLES)),
)
def test_training_and_serving_make_the_same_tensors(
    tmp_path, assessor, *, rows, columns, sky_electrons, exposure_s, seed, role
):
    """From the recipe as a training has them, and from files as a stranger has them, to the bit."""
    night = NightSettings(
        rows=rows, columns=columns, frames=2, sky_electrons=sky_electrons, exposure_s=float(exposure_s)
    )
    recipe = NightRecipe(role=role, seed=(seed,), settings=night)
    if role == "network":
        trained, _ = network_examples([recipe])
    else:
        try:
            trained = measured_night(recipe, SMALL.measuring).inputs
        except ValueError:  # no frame shows a star: a training does not see this night
            reject()
    for number, (one, simulated) in enumerate(zip(trained, frames_of(recipe), strict=True)):
        served = through_a_file(simulated.frame, tmp_path / f"{number}.fits")
        assert same(one, inputs_of(served))
        logits, features = assessor.seen(one)
        look = assessor.look(served)
        assert (look.network[0].tobytes(), look.network[1].tobytes()) == (
            logits.tobytes(),
            features.tobytes(),
        )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(5, 150),
    columns=st.integers(5, 150),
    level=st.floats(-100, 60_000),
    noise=st.floats(0.1, 300),
    missing=st.floats(0, 0.9),
    seed=st.integers(0, 10**6),
    exposure_s=st.sampled_from([None, 0.5, 30.0, 3600.0]),
    is_whole=st.booleans(),
)
def test_a_file_changes_no_tensor(
    tmp_path, *, rows, columns, level, noise, missing, seed, exposure_s, is_whole
):
    rng = np.random.default_rng(seed)
    image = rng.normal(level, noise, (rows, columns)).astype(np.float32)
    image = np.round(image) if is_whole else image
    image[rng.random(image.shape) < missing] = np.nan
    image[rows // 2, columns // 2] = level + 100 * noise
    frame = Frame(image, exposure_s=exposure_s, gain=1.5)
    assert same(inputs_of(frame), inputs_of(through_a_file(frame, tmp_path / "frame.fits")))
    # A count more in one pixel, and another exposure, are seen: equal tensors are no matter of course.
    other = image.copy()
    other[rows // 2, columns // 2] += np.float32(50 * noise + 10)
    assert not same(inputs_of(frame), inputs_of(replace(frame, image=other)))
    assert not same(inputs_of(frame), inputs_of(through_a_file(frame, tmp_path / "frame.fits", EXPTIME=77.0)))


def test_stars_keep_their_pixels(night):
    frame = night[8].frame
    found = inputs_of(frame)
    rows, columns = frame.image.shape
    # A tile is a part of the frame: its brightest pixel and its neighbours stand there as they do in it.
    tile = np.sinh(found.tiles[4, 0])
    row, column = np.unravel_index(tile.argmax(), tile.shape)
    part = frame.image[rows // 3 : 2 * rows // 3, columns // 3 : 2 * columns // 3]
    top, left = np.unravel_index(part.argmax(), part.shape)
    assert 1 <= row < TILE - 1
    assert 1 <= column < TILE - 1
    ours = tile[row - 1 : row + 2, column - 1 : column + 2]
    theirs = part[top - 1 : top + 2, left - 1 : left + 2]
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.999


def test_the_level_of_the_sky_is_shown(night):
    frame = night[8].frame
    brighter = replace(frame, image=frame.image + np.float32(3000))
    one, other = inputs_of(frame), inputs_of(brighter)
    assert other.scalars[SCALARS.index("level_counts")] > one.scalars[SCALARS.index("level_counts")]
    level = WHOLE_CHANNELS.index("level")
    assert other.whole[level].mean() > one.whole[level].mean() + 0.1
    np.testing.assert_allclose(one.tiles, other.tiles, atol=0.02)


@pytest.mark.parametrize("image", [np.full((40, 40), np.nan), np.zeros((0, 3)), np.zeros(9)])
def test_what_is_no_picture_is_refused(image):
    with pytest.raises(ValueError, match="frame"):
        inputs_of(Frame(image=image.astype(np.float32)))
