"""The decoder in numpy, as it serves: matrices of the fit, applied without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.preparation import N_BANDS, TIMES

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Arrays = Mapping[str, NDArray[Any]]

#: As in `network`, whose weights these are.
LOG_RATES: Final = (-25.0, 12.0)
LOG_SCATTER: Final = (-5.0, 1.0)
_NO_SCATTER: Final = -30.0
_LAYERS: Final = ("trunk", "level", "waves", "of_latent", "hidden", "output")


class Decoder:
    """From the latent to log-rates and their scatter.

    Parameters
    ----------
    arrays
        Weights by name, as the fit has them; those of the encoder are not looked at.
    has_scatter
        Whether rates scatter from visit to visit.
    """

    def __init__(self, arrays: Arrays, *, has_scatter: bool) -> None:
        self.has_scatter = has_scatter
        self.weights = {
            name: np.asarray(arrays[f"decoder.{name}.weight"], np.float32).T
            for name in (*_LAYERS, "of_times")
        }
        self.biases = {name: np.asarray(arrays[f"decoder.{name}.bias"], np.float32) for name in _LAYERS}
        self.gains = np.asarray(arrays["decoder.gains"], np.float32)

    def rates(self, latent: Floats, times: NDArray[np.floating]) -> tuple[Floats, Floats]:
        """Return log-rates, (draws, bins, 3), and the log of their scatter, (draws, bins).

        Parameters
        ----------
        latent
            (draws, latent).
        times
            (bins, len(TIMES)).
        """
        told, given = np.asarray(times, np.float32), np.asarray(latent, np.float32)
        known = np.concatenate([given, _silu(self._layer("trunk", given))], axis=1)
        coefficients = self._layer("waves", known).reshape(len(latent), -1, len(TIMES))
        shapes = told @ coefficients.transpose(0, 2, 1)
        first = _silu(self._layer("of_latent", known)[:, None] + told @ self.weights["of_times"])
        added = self._layer("output", _silu(self._layer("hidden", first)))
        found = self._layer("level", known)[:, None] + shapes @ self.gains + added
        found = found.astype(np.float64)
        scatter = found[..., N_BANDS].clip(*LOG_SCATTER)
        if not self.has_scatter:
            scatter = np.full_like(scatter, _NO_SCATTER)
        return found[..., :N_BANDS].clip(*LOG_RATES), scatter

    def _layer(self, name: str, values: Floats32) -> Floats32:
        return values @ self.weights[name] + self.biases[name]


def _silu(values: Floats32) -> Floats32:
    found: Floats32 = values / (1 + np.exp(-values.clip(-60, 60)))
    return found
