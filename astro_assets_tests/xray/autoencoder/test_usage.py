"""Latents in use."""

import numpy as np
import pytest

from astro_assets.xray.autoencoder.usage import usage_of


def test_latents_are_in_use_if_their_means_vary():
    rng = np.random.default_rng(1)
    means = rng.standard_normal((500, 5)) * np.array([1.0, 0.3, 0.05, 0.0, 0.2])
    divergences = np.tile([2.0, 0.5, 0.0, 0.0, 0.1], (500, 1))
    found = usage_of(means, divergences)
    assert found.active_units == 3
    assert found.divergence == pytest.approx([2.0, 0.5, 0.1, 0.0, 0.0])
