"""The network that does not know the order of bins."""

from dataclasses import replace

import numpy as np

from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.baselines.set_network import fit_set_network
from astro_assets_tests.xray.autoencoder.conftest import SMALL
from astro_assets_tests.xray.made_curves import usual


def test_it_is_fitted_and_tells_evidence():
    curves = [one.light_curve for one in usual(60, 1)]
    settings = SMALL.model_copy(update={"epochs": 3})
    found = fit_set_network(curves[10:], curves[:10], settings)
    first = prepare(curves[0])
    assert np.isfinite(found.log_evidence(first))
    order = np.random.default_rng(1).permutation(first.n_bins)
    shuffled = replace(first, features=first.features[order])
    one, other = (found.posterior(curve) for curve in (first, shuffled))
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-5)
    scaled = replace(first, features=1.5 * first.features)
    assert np.abs(found.posterior(scaled).mean - one.mean).max() > 1e-3
