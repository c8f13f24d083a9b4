"""Latents in use."""

import numpy as np
import pytest

from astro_assets.xray.autoencoder.usage import divergences, latent_scale, usage_of


def test_latents_are_in_use_if_their_means_vary():
    rng = np.random.default_rng(1)
    means = rng.standard_normal((500, 5)) * np.array([1.0, 0.3, 0.05, 0.0, 0.2])
    divergences = np.tile([2.0, 0.5, 0.0, 0.0, 0.1], (500, 1))
    found = usage_of(means, divergences)
    assert found.active_units == 3
    assert found.divergence == pytest.approx([2.0, 0.5, 0.1, 0.0, 0.0])


def test_distances_are_of_what_latents_say():
    rng = np.random.default_rng(2)
    means = rng.standard_normal((400, 4)) * np.array([2.0, 0.8, 0.1, 0.0])
    log_variances = np.tile([-3.0, -1.0, 0.0, 0.0], (400, 1))
    scale = latent_scale(means, log_variances)
    assert (scale > 0).tolist() == [True, True, False, False]
    assert (means * scale)[:, :2].std(axis=0) == pytest.approx(1)
    alone = latent_scale(1e-3 * means, np.zeros((400, 4)))
    assert (alone > 0).sum() == 1, "one is kept, however little it says"


def test_divergence_is_that_of_two_normal_distributions():
    found = divergences(np.array([[0.0, 1.0]]), np.array([[0.0, np.log(4.0)]]))
    assert found.tolist() == [[0.0, pytest.approx(0.5 * (1 + 4 - 1 - np.log(4)))]]
