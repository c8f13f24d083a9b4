"""What the network is shown: the same in training and serving, of any shape, with the sky left in."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.frame import Frame
from astro_assets.images.quality.night_sets import frames_of, measured_night, network_examples, recipe_of
from astro_assets.images.quality.preprocessing import (
    N_TILES,
    SCALARS,
    TILE,
    TILE_CHANNELS,
    WHOLE,
    WHOLE_CHANNELS,
    inputs_of,
)
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


def test_training_and_serving_make_the_same_tensors():
    """From the frame alone, as a stranger has it, to the bit."""
    recipe = recipe_of(SMALL, "network", 0)
    trained, _ = network_examples([recipe])
    served = [inputs_of(replace(one.frame)) for one in frames_of(recipe)]
    assert all(same(one, other) for one, other in zip(trained, served, strict=True))
    other = recipe_of(SMALL, "test", 0)
    measured = measured_night(other, SMALL.measuring).inputs
    frames = [one.frame for one in frames_of(other)]
    assert all(same(one, inputs_of(frame)) for one, frame in zip(measured, frames, strict=True))


def test_stars_keep_their_pixels(night):
    frame = night[8].frame
    found = inputs_of(frame)
    rows, columns = frame.image.shape
    in_frame = np.arcsinh(frame.image)
    # A tile is a part of the frame: its brightest pixel and its neighbours stand there as they do in it.
    tile = np.sinh(found.tiles[4, 0])
    row, column = np.unravel_index(tile.argmax(), tile.shape)
    part = frame.image[rows // 3 : 2 * rows // 3, columns // 3 : 2 * columns // 3]
    top, left = np.unravel_index(part.argmax(), part.shape)
    if 3 < row < TILE - 3 and 3 < column < TILE - 3 and 3 < top < part.shape[0] - 3:
        ours = tile[row - 1 : row + 2, column - 1 : column + 2]
        theirs = part[top - 1 : top + 2, left - 1 : left + 2]
        assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.999
    assert in_frame.shape == frame.image.shape


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
