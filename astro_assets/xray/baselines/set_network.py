"""The autoencoder without recurrence: the same likelihood and decoder, fitted to bins read without order.

What it lacks is what the GRU is for; all else being equal, the difference is what the GRU brings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.decoding import Decoder
from astro_assets.xray.autoencoder.evidence import Posterior, normals_of, posterior_of
from astro_assets.xray.autoencoder.preparation import Prepared
from astro_assets.xray.autoencoder.settings import AutoencoderSettings
from astro_assets.xray.light_curve import LightCurve

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SetNetwork:
    """A fitted network.

    Parameters
    ----------
    settings
        Of its training.
    network
        Its encoder, torch.
    decoder
        Its decoder.
    """

    settings: AutoencoderSettings
    network: Any
    decoder: Decoder

    def posterior(self, curve: Prepared) -> Posterior:
        """Return weighted draws of a curve's latent."""
        import torch

        from astro_assets.xray.autoencoder.batches import batch_of

        batch = batch_of([curve])
        with torch.no_grad():
            mean, log_variance = self.network.encoder(batch.features, batch.summary, batch.lengths)
        encoded = mean[0].numpy().astype(np.float64), log_variance[0].numpy().astype(np.float64)
        return posterior_of(self.decoder, encoded, curve, normals_of(self.settings))

    def log_evidence(self, curve: Prepared) -> float:
        """Return the log of the probability of a curve's counts, nats."""
        return self.posterior(curve).log_evidence


def fit_set_network(
    training: Sequence[LightCurve],
    validation: Sequence[LightCurve],
    settings: AutoencoderSettings,
    folder: Path | None = None,
) -> SetNetwork:
    """Fit the network as an autoencoder is fitted, but for what reads the curves.

    Parameters
    ----------
    training, validation, settings, folder
        See :func:`astro_assets.xray.autoencoder.fitting.fit_network`.
    """
    from astro_assets.xray.autoencoder.fitting import fit_network
    from astro_assets.xray.autoencoder.network import network_of

    weights, _ = fit_network(training, validation, settings, folder, reader="set")
    network = network_of(settings.network, weights, "set")
    return SetNetwork(settings, network, Decoder(weights, has_scatter=settings.network.has_scatter))
