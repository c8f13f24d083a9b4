"""A trained autoencoder as it serves: an encoder on onnxruntime and a decoder in numpy, in one file.

How it comes about is in `training`; what it says of a curve's changes is in `changes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.decoding import Decoder
from astro_assets.xray.autoencoder.model_file import Manifest, Memory, contents_of
from astro_assets.xray.autoencoder.preparation import Prepared
from astro_assets.xray.poisson import log_mean_exp, log_normaliser, poisson_terms, scattered_terms, starts_of

Floats = NDArray[np.float64]

_NORMALS_SEED: Final = 20_230_517
_LOG_TWO_PI: Final = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True)
class Posterior:
    """Draws of a curve's latent with the weights that make them draws of its posterior.

    Parameters
    ----------
    mean, log_variance
        What the encoder says, (latent,).
    log_rate, log_scatter
        Of each draw, (draws, bins, 3) and (draws, bins).
    log_prior_ratio
        Log of prior over proposal at each draw, (draws,).
    log_likelihoods
        Of the visits at each draw, (draws, visits), counts' factorials included.
    """

    mean: Floats
    log_variance: Floats
    log_rate: Floats
    log_scatter: Floats
    log_prior_ratio: Floats
    log_likelihoods: Floats

    @property
    def log_weights(self) -> Floats:
        """Log of unnormalised importance weights, (draws,)."""
        return self.log_prior_ratio + self.log_likelihoods.sum(axis=1)

    @property
    def log_evidence(self) -> float:
        """Log of the probability of the counts, nats, by importance weighting.

        Burda, Grosse & Salakhutdinov (2016, ICLR): from below, the closer the more draws.
        """
        return float(log_mean_exp(self.log_weights))

    @property
    def weights(self) -> Floats:
        """Normalised weights of the draws."""
        weights = np.exp(self.log_weights - self.log_weights.max())
        return np.asarray(weights / weights.sum(), np.float64)

    @property
    def effective_draws(self) -> float:
        """How many equal draws would be worth as much."""
        return float(1 / np.square(self.weights).sum())


class TrainedAutoencoder:
    """An autoencoder, opened.

    Parameters
    ----------
    manifest
        What the file says of itself.
    arrays
        Weights by name.
    memory
        Known sources and calibration scores.
    graph
        The encoder, ONNX.
    """

    def __init__(
        self, manifest: Manifest, arrays: dict[str, NDArray[Any]], memory: Memory, graph: bytes
    ) -> None:
        self.manifest, self.memory = manifest, memory
        self.decoder = Decoder(arrays, has_scatter=manifest.settings.network.has_scatter)
        self._session = session_of(graph)

    @cached_property
    def normals(self) -> Floats:
        """Draws of a standard normal distribution, in pairs of opposite ones, (draws, latent).

        The same for every curve: no score depends on those that were asked for before.
        """
        settings = self.manifest.settings
        half = -(-settings.scoring.samples // 2)
        drawn = np.random.default_rng(_NORMALS_SEED).standard_normal((half, settings.network.latent))
        return np.concatenate([drawn, -drawn])

    def encode(self, curve: Prepared) -> tuple[Floats, Floats]:
        """Return mean and log-variance of a curve's latent, (latent,)."""
        inputs = {"features": curve.features[None], "summary": curve.summary[None]}
        mean, log_variance = self._session.run(None, inputs)
        return mean[0].astype(np.float64), log_variance[0].astype(np.float64)

    def posterior(self, curve: Prepared) -> Posterior:
        """Return weighted draws of a curve's latent and the rates that they give."""
        mean, log_variance = self.encode(curve)
        latent = mean + np.exp(log_variance / 2) * self.normals
        log_rate, log_scatter = self.decoder.rates(latent, curve.times)
        log_prior = -0.5 * (np.square(latent) + _LOG_TWO_PI).sum(axis=1)
        log_proposal = -0.5 * (np.square(self.normals) + log_variance + _LOG_TWO_PI).sum(axis=1)
        found = self.log_likelihoods(curve, log_rate, log_scatter)
        return Posterior(mean, log_variance, log_rate, log_scatter, log_prior - log_proposal, found)

    def log_likelihoods(self, curve: Prepared, log_rate: Floats, log_scatter: Floats) -> Floats:
        """Return the log-likelihood of each visit of a curve at given rates, (..., visits)."""
        expected = np.exp(log_rate) * curve.exposure_s
        counts, background, known = curve.counts, curve.background, curve.is_known
        starts = starts_of(curve.visits)
        if self.decoder.has_scatter:
            terms = scattered_terms(expected, log_scatter, counts, background, known, curve.visits)
        else:
            terms = np.add.reduceat(poisson_terms(expected + background, counts, known), starts, axis=-1)
        return terms - np.add.reduceat(log_normaliser(counts, known), starts)


def open_autoencoder(source: bytes | Path) -> TrainedAutoencoder:
    """Open an autoencoder's file.

    Raises
    ------
    AutoencoderFileError
        If it is none.
    """
    return TrainedAutoencoder(*contents_of(source if isinstance(source, bytes) else source.read_bytes()))


def session_of(graph: bytes) -> Any:
    """Open a graph on one thread, whose sums then do not depend on the machine's cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
