"""Evidence by importance: what it estimates, and that it does so from below."""

import numpy as np
import pytest

from astro_assets.xray.autoencoder.evidence import Posterior, log_likelihoods, normals_of, posterior_of
from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.autoencoder.settings import AutoencoderSettings, ScoringSettings
from astro_assets.xray.poisson import log_mean_exp
from astro_assets_tests.xray.autoencoder.conftest import SMALL
from astro_assets_tests.xray.made_curves import made


def test_more_draws_give_more_evidence_on_average(model: TrainedAutoencoder):
    curve = prepare(made("red", 1, bins=20, counts_a_bin=10).light_curve)
    drawn = np.random.default_rng(3).standard_normal((6400, SMALL.network.latent))
    weights = posterior_of(model.decoder, model.encode(curve), curve, drawn).log_weights
    by_draws = [log_mean_exp(weights.reshape(-1, n)).mean() for n in (1, 4, 16, 64, 6400)]
    assert np.all(np.diff(by_draws) > 0)


def test_it_is_the_average_of_the_likelihood_over_the_prior(model: TrainedAutoencoder):
    curve = prepare(made("constant", 1, bins=3, counts_a_bin=3).light_curve)
    rng = np.random.default_rng(0)
    latent = rng.standard_normal((60_000, SMALL.network.latent))
    likelihood = log_likelihoods(model.decoder, curve, *model.decoder.rates(latent, curve.times)).sum(axis=1)
    expected = np.log(np.exp(likelihood - likelihood.max()).mean()) + likelihood.max()
    settings = SMALL.model_copy(update={"scoring": ScoringSettings(samples=4000)})
    found = posterior_of(model.decoder, model.encode(curve), curve, normals_of(settings))
    assert found.log_evidence == pytest.approx(expected, abs=0.3)


def test_weights_are_shares():
    one = Posterior(
        mean=np.zeros(2),
        log_variance=np.zeros(2),
        log_rate=np.zeros((4, 1, 3)),
        log_scatter=np.zeros((4, 1)),
        log_prior_ratio=np.array([0.0, 0.0, -800.0, 0.0]),
        log_likelihoods=np.full((4, 1), -2000.0),
    )
    assert one.weights.sum() == pytest.approx(1)
    assert one.effective_draws == pytest.approx(3)
    assert one.log_evidence == pytest.approx(-2000 + np.log(0.75))


def test_draws_are_in_pairs_and_always_the_same():
    settings = AutoencoderSettings(scoring=ScoringSettings(samples=9))
    drawn = normals_of(settings)
    assert drawn.shape == (10, 40)
    assert np.abs(drawn.sum(axis=0)).max() < 1e-12
    assert drawn.tobytes() == normals_of(settings).tobytes()
