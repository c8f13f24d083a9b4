"""A trained autoencoder as it serves: an encoder on onnxruntime and a decoder in numpy, in one file.

How it comes about is in `training`; what it says of a curve's changes is in `changes`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.decoding import Decoder
from astro_assets.xray.autoencoder.evidence import Posterior, normals_of, posterior_of
from astro_assets.xray.autoencoder.model_file import Manifest, Memory, contents_of
from astro_assets.xray.autoencoder.preparation import Prepared
from astro_assets.xray.constant_rate import ConstantRate

Floats = NDArray[np.float64]


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
        self.constant = ConstantRate(np.array(manifest.constant_mean), np.array(manifest.constant_spread))
        self.normals = normals_of(manifest.settings)
        self._session = session_of(graph)

    def encode(self, curve: Prepared) -> tuple[Floats, Floats]:
        """Return mean and log-variance of a curve's latent, (latent,)."""
        inputs = {"features": curve.features[None], "summary": curve.summary[None]}
        mean, log_variance = self._session.run(None, inputs)
        return mean[0].astype(np.float64), log_variance[0].astype(np.float64)

    def posterior(self, curve: Prepared) -> Posterior:
        """Return weighted draws of a curve's latent and the rates that they give."""
        return posterior_of(self.decoder, self.encode(curve), curve, self.normals)

    def log_evidence(self, curve: Prepared) -> float:
        """Return the log of the probability of a curve's counts, nats."""
        return self.posterior(curve).log_evidence


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
