"""What the network is shown: the same in training and serving, within bounds whatever comes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.differencing import subtract
from astro_assets.images.segmentation.preprocessing import CHANNELS, inputs_of
from astro_assets.images.segmentation.scene_sets import example_of, scene_of
from astro_assets.images.segmentation.segmenter import Segmenter
from astro_assets.images.simulation.scene import simulate_scene
from astro_assets.images.simulation.settings import SceneSettings
from astro_assets_tests.images.segmentation.conftest import SMALL


@settings(max_examples=12)
@given(
    st.integers(0, 10_000),
    st.integers(33, 90),
    st.integers(40, 80),
    st.floats(0, 500),
)
def test_serving_makes_the_tensor_that_training_makes(seed, rows, columns, bad_columns):
    """From the frames alone, as a stranger has them, to the bit."""
    scene = simulate_scene(SceneSettings(rows=rows, columns=columns, bad_columns=bad_columns), seed)
    served = subtract(
        scene.science,
        scene.reference,
        scene.science_fwhm_pixels,
        scene.reference_fwhm_pixels,
        SceneSettings().differencing,
        scene.flux_scale,
    )
    tensor = inputs_of(scene.difference)
    assert inputs_of(served).tobytes() == tensor.tobytes()
    assert tensor.shape == (len(CHANNELS), rows, columns)
    assert tensor.dtype == np.float32
    assert np.isfinite(tensor).all()
    missing = scene.difference.is_missing
    np.testing.assert_array_equal(tensor[-1] == 1, missing)
    assert (tensor[:-1, missing] == 0).all()


def test_training_shows_this_tensor():
    scene = scene_of(SMALL, "train", 3)
    assert example_of(SMALL, "train", 3).inputs.tobytes() == inputs_of(scene.difference).tobytes()


def test_the_served_difference_is_that_of_the_manifest(segmenter: Segmenter, scene):
    found = segmenter.segment(
        scene.science,
        scene.reference,
        scene.science_fwhm_pixels,
        scene.reference_fwhm_pixels,
        scene.flux_scale,
    )
    assert inputs_of(found.difference).tobytes() == inputs_of(scene.difference).tobytes()


def test_channels_are_in_units_of_noise(scene):
    tensor = inputs_of(scene.difference)
    sky = (scene.truth.labels == 0) & ~scene.difference.is_missing & (scene.difference.reference < 2)
    for channel in ("difference", "significance"):
        values = np.sinh(tensor[CHANNELS.index(channel)][sky])
        assert values.std() == pytest.approx(1, abs=0.3)
