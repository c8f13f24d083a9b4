"""The network that does not know the order of bins."""

import numpy as np

from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.baselines.set_network import fit_set_network
from astro_assets_tests.xray.autoencoder.conftest import SMALL
from astro_assets_tests.xray.made_curves import usual


def test_it_is_fitted_and_tells_evidence():
    curves = [one.light_curve for one in usual(60, 1)]
    settings = SMALL.model_copy(update={"epochs": 3})
    found = fit_set_network(curves[10:], curves[:10], settings)
    assert found.settings.network.reader == "set"
    first = prepare(curves[0])
    assert np.isfinite(found.log_evidence(first))
    assert found.log_evidence(first) == found.log_evidence(first)
    assert found.posterior(first).log_evidence < 0
