"""A small autoencoder, trained once a session for all of these tests."""

import pytest

from astro_assets.xray.autoencoder.model import TrainedAutoencoder, open_autoencoder
from astro_assets.xray.autoencoder.settings import AutoencoderSettings, NetworkSettings, ScoringSettings
from astro_assets.xray.autoencoder.source import Source
from astro_assets.xray.autoencoder.training import Fitted, fit
from astro_assets_tests.xray.made_curves import usual

SMALL = AutoencoderSettings(
    network=NetworkSettings(hidden=12, layers=1, dropout=0.0, latent=6, decoder_width=16),
    scoring=ScoringSettings(samples=16, clusters_of=5),
    curves=160,
    calibration_curves=50,
    epochs=30,
    has_set_network=False,
    batch=32,
    learning_rate=1e-2,
    averaging=0.9,
)


def sources(n: int, seed: int) -> list[Source]:
    return [
        Source(f"SIM {seed}-{i}", one.light_curve, one.kind, one.rate, one.background_rate)
        for i, one in enumerate(usual(n, seed))
    ]


@pytest.fixture(scope="session")
def fitted() -> Fitted:
    return fit(sources(SMALL.curves, 1), sources(SMALL.calibration_curves, 2), SMALL)


@pytest.fixture(scope="session")
def model(fitted: Fitted) -> TrainedAutoencoder:
    return open_autoencoder(fitted.file)
