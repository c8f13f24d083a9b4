"""Frames of any size, tile by tile: the result of a pixel does not depend on its tile."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from astro_assets.images.segmentation.network import SegmentationNetwork, reach_pixels
from astro_assets.images.segmentation.settings import NetworkSettings
from astro_assets.images.segmentation.tiling import apply_tiled

NETWORK = NetworkSettings(width=4, blocks=1, deep_blocks=1)


def network(of: NetworkSettings = NETWORK):
    torch.manual_seed(3)
    made = SegmentationNetwork(of).eval()

    def apply(part):
        with torch.no_grad():
            return made(torch.as_tensor(part)).numpy()

    return apply


@settings(max_examples=12)
@given(
    st.integers(1, 150),
    st.integers(1, 150),
    st.sampled_from([8, 16, 40, 64, 512]),
)
def test_tiles_give_what_the_whole_frame_gives(rows, columns, tile):
    inputs = np.random.default_rng(rows).normal(0, 2, (5, rows, columns)).astype(np.float32)
    inputs[-1] = 0
    whole = apply_tiled(network(), inputs, reach_pixels(NETWORK), 4096)
    assert whole.shape == (10, rows, columns)
    np.testing.assert_allclose(apply_tiled(network(), inputs, reach_pixels(NETWORK), tile), whole, atol=2e-5)


@pytest.mark.parametrize("of", [NETWORK, NetworkSettings(width=4, blocks=2, deep_blocks=2)], ids=str)
def test_nothing_reaches_farther_than_it_says(of):
    apply, reach = network(of), reach_pixels(of)
    size = 2 * reach + 64
    inputs = np.random.default_rng(1).normal(0, 1, (1, 5, size, size)).astype(np.float32)
    size -= size % 8
    inputs = inputs[..., :size, :size]
    changed = inputs.copy()
    middle = size // 2
    changed[0, :, middle, middle] += 100
    moved = np.abs(apply(np.ascontiguousarray(changed)) - apply(np.ascontiguousarray(inputs)))[0].max(axis=0)
    rows, columns = np.nonzero(moved > 1e-6)
    farthest = max(np.abs(rows - middle).max(), np.abs(columns - middle).max())
    assert reach / 3 < farthest <= reach


def test_padding_is_marked_as_missing():
    seen = []

    def apply(part):
        seen.append(part)
        return part

    apply_tiled(apply, np.zeros((5, 10, 13), np.float32), 8, 512)
    assert seen[0].shape == (1, 5, 16, 16)
    assert seen[0][0, -1].sum() == 16 * 16 - 10 * 13


@pytest.mark.parametrize(("shape", "tile"), [((5, 0, 8), 64), ((5, 8, 8), 12), ((5, 8, 8), 0)])
def test_impossible_tiles_are_refused(shape, tile):
    with pytest.raises(ValueError, match="pixels"):
        apply_tiled(network(), np.zeros(shape, np.float32), 8, tile)


@pytest.mark.parametrize(
    "of",
    [NetworkSettings(), NETWORK, NetworkSettings(width=9, growth=1.5, blocks=3, deep_blocks=0)],
    ids=str,
)
def test_the_network_is_as_large_as_its_settings_say(of):
    assert of.n_parameters == sum(weights.numel() for weights in SegmentationNetwork(of).parameters())
    assert of.n_parameters < 500_000


def test_a_large_network_is_refused():
    with pytest.raises(ValidationError, match="take a smaller width"):
        NetworkSettings(width=128)
