"""The map of known sources keeps neighbours together, and puts others between theirs."""

import numpy as np
import pytest

from astro_assets.xray.autoencoder.known_map import map_of, placed

RNG = np.random.default_rng(4)
CENTRES = 8 * np.eye(3, 6)
GROUP = np.repeat(np.arange(3), 40)
LATENT = (CENTRES[GROUP] + RNG.normal(size=(120, 6))).astype(np.float32)


def test_sources_of_a_group_lie_together():
    places = map_of(LATENT, 0)
    distance = np.square(places[:, None] - places[None]).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1)[:, :5]
    assert (GROUP[nearest] == GROUP[:, None]).mean() > 0.95


def test_the_same_latents_have_the_same_map():
    assert map_of(LATENT, 1).tobytes() == map_of(LATENT, 1).tobytes()


@pytest.mark.parametrize("n", [0, 1, 3, 4, 10])
def test_few_sources_have_a_map_too(n):
    places = map_of(LATENT[:n], 0)
    assert places.shape == (n, 2)
    assert np.isfinite(places).all()


def test_others_are_put_between_their_nearest():
    places = map_of(LATENT, 0)
    middles = np.array([places[group == GROUP].mean(axis=0) for group in range(3)])
    others = CENTRES + 0.3
    found = placed(others, LATENT.astype(np.float64), places)
    nearest = np.square(found[:, None] - middles[None]).sum(axis=2).argmin(axis=1)
    assert nearest.tolist() == [0, 1, 2]
    known = LATENT.astype(np.float64)
    assert placed(known[:1], known, places)[0] == pytest.approx(places[0], rel=1e-3)
