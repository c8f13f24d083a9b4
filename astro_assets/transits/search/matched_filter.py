"""Single transits in noise that is not white: how deep one would be at each time, and how sure that is.

The adaptive matched filter of Jenkins (2002), ApJ 575, 493, lives here; whether transits repeat is asked in
`ranking`, and which of them happened once in `single_transits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.noise import robust_scatter
from astro_assets.transits.search.engine import Curve, Floats
from astro_assets.transits.search.grid import Grid, gridded

Singles = NDArray[np.float32]

#: Of a transit's information at least this part must be observed.
_LEAST_SEEN: Final = 0.4
#: What is further out than this many standard deviations says nothing about the noise.
_CLIP_SIGMA: Final = 4.0
#: Frequencies within this ratio are averaged for the noise's power.
_BAND_RATIO: Final = 1.5
#: Transits are tried in steps of at most this, days.
_LONGEST_STEP: Final = 15.5 / 1440
#: The template: quadratic limb darkening of a star like the Sun in red light, the impact parameter, the
#: planet's radius in units of the star's, and the strips in which it is cut.
_LIMB_DARKENING: Final = (0.4, 0.25)
_IMPACT: Final = 0.35
_RADIUS: Final = 0.07
_STRIPS: Final = 8
#: Points a bin of the template before it is averaged over the bin.
_FINENESS: Final = 16


@dataclass(frozen=True, slots=True)
class SingleEvents:
    """What one transit would be at each time: arrays of shape (durations, times).

    Parameters
    ----------
    start, step
        Mid-time of the first transit and distance to the next, days.
    durations
        First to last contact, days, shape (durations,).
    strength
        Depth times its information.
    information
        Inverse variance of the depth; 0 where too little of the transit is observed.
    """

    start: float
    step: float
    durations: Floats
    strength: Singles
    information: Singles

    @property
    def snr(self) -> Floats:
        """Signal-to-noise ratio of the depth; 0 where too little is observed."""
        return self.strength / np.sqrt(np.where(self.information > 0, self.information, 1.0))


def single_events(
    curve: Curve, durations: Floats, step_days: float, noise_from: Curve | None = None
) -> SingleEvents:
    """Fit a limb-darkened transit of each duration at each time.

    Noise is taken to be stationary; its power is measured in the curve itself, so that slow variations weigh
    less than fast ones. Below the frequency at which noise is strongest it is taken to be as strong: what
    detrending took away was noise and transit alike.

    Parameters
    ----------
    curve
        Detrended, at least one sample.
    durations
        First to last contact, days, shape (durations,).
    step_days
        Width of the bins in which the curve is averaged; the cadence where that is longer.
    noise_from
        Where noise is measured: the curve without what is known not to be noise. By default all of it.
    """
    from scipy import fft

    grid = gridded(curve, max(step_days, curve.cadence_days))
    finer = int(np.ceil(grid.step / _LONGEST_STEP))
    n_bins = grid.residual.size
    size = 1 << int(n_bins + np.ceil(4 * durations[-1] / grid.step)).bit_length()
    scaled, amplitude = _scaled(grid, size)
    seen = amplitude[:n_bins] > 0
    if noise_from is None:
        response = 1 / noise_power(scaled, amplitude > 0)
    else:
        values, weights = _scaled(gridded(noise_from, grid.step), size)
        response = 1 / noise_power(values, weights > 0)
    whitened = fft.rfft(amplitude * fft.irfft(fft.rfft(scaled) * response, size))
    coverage = fft.rfft(amplitude * amplitude)
    templates, transformed = _templates(size, grid.step, tuple(durations.tolist()))
    kernels = templates * fft.irfft(response * transformed, size)
    least = _LEAST_SEEN * float(np.median(grid.weight[seen])) * kernels.sum(axis=1, keepdims=True)
    strength = -_correlated(whitened, transformed, finer)[:, : finer * n_bins]
    information = _correlated(coverage, fft.rfft(kernels), finer)[:, : finer * n_bins]
    unknown = information <= least
    strength[unknown] = information[unknown] = 0.0
    return SingleEvents(grid.start + 0.5 * grid.step, grid.step / finer, durations, strength, information)


def _scaled(grid: Grid, size: int) -> tuple[Floats, Floats]:
    """Values over their white noise and the inverse of that, but for a factor; zeros where nothing is."""
    amplitude, scaled = np.zeros(size), np.zeros(size)
    amplitude[: grid.weight.size] = np.sqrt(grid.weight)
    seen = np.flatnonzero(amplitude)
    scaled[seen] = grid.residual[seen] / amplitude[seen]
    return scaled, amplitude


def noise_power(scaled: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Power of the noise at each frequency of a real Fourier transform, that of white noise being 1.

    Parameters
    ----------
    scaled
        Values over their white noise, 0 where nothing was seen, shape (n,).
    seen
        Where something was, shape (n,).

    Returns
    -------
    ndarray of float64, shape (n // 2 + 1,)
        Never rising with frequency.
    """
    from scipy import fft, optimize

    limit = _CLIP_SIGMA * robust_scatter(scaled[seen])
    if not limit > 0:  # most values are the same: nothing is known of the noise
        return np.ones(scaled.size // 2 + 1)
    power = np.abs(fft.rfft(scaled.clip(-limit, limit))) ** 2 / np.count_nonzero(seen)
    n_bands = int(np.log(power.size / 4) / np.log(_BAND_RATIO)) + 1
    edges = np.unique(np.concatenate([[1], np.geomspace(4, power.size, n_bands + 1).astype(np.int64)]))
    means = np.add.reduceat(power, edges[:-1])
    counts = np.diff(edges)
    means = optimize.isotonic_regression(means / counts, weights=counts, increasing=False).x
    middle = np.log(0.5 * (edges[1:] + edges[:-1] - 1))
    frequency = np.log(np.arange(power.size).clip(min=1))
    return np.asarray(np.exp(np.interp(frequency, middle, np.log(means))), dtype=np.float64)


def transit_shape(phase: Floats) -> Floats:
    """Depth of a planet's transit, 1 in the middle, at times in units of the duration from it.

    The planet's disc is cut in strips across its path, each as dark as the star where its middle is.
    """
    across = _RADIUS * (2 * (np.arange(_STRIPS) + 0.5) / _STRIPS - 1)
    lengths = np.sqrt(_RADIUS**2 - across**2)
    along = 2 * np.sqrt((1 + _RADIUS) ** 2 - _IMPACT**2) * np.append(phase, 0.0)
    distance = _IMPACT**2 + (along[:, None] + across) ** 2
    edge = 1 - np.sqrt((1 - distance).clip(min=0))
    first, second = _LIMB_DARKENING
    light = np.where(distance < 1, 1 - first * edge - second * edge**2, 0.0)
    shape = (light * lengths).sum(axis=1)
    return np.asarray(shape[:-1] / shape[-1], dtype=np.float64)


@lru_cache(maxsize=2)  # those of years take 60 MB; stars that were observed together have the same
def _templates(size: int, step: float, durations: tuple[float, ...]) -> tuple[Floats, NDArray[np.complex128]]:
    """Return a transit of each duration on a circle of bins, and their Fourier transforms."""
    from scipy import fft

    templates = np.stack([_template(size, step, duration) for duration in durations])
    return templates, fft.rfft(templates)


def _template(size: int, step: float, duration: float) -> Floats:
    """Return a transit in the middle of bin 0 of a circle of bins, averaged over each."""
    reach = int(np.ceil(0.5 * duration / step + 0.5))
    fine = (np.arange((2 * reach + 1) * _FINENESS) + 0.5) / _FINENESS - reach - 0.5
    means = transit_shape(fine * step / duration).reshape(-1, _FINENESS).mean(axis=1)
    template = np.zeros(size)
    template[np.arange(-reach, reach + 1)] = means
    return template


def _correlated(transformed: NDArray[np.complex128], kernels: NDArray[np.complex128], finer: int) -> Singles:
    """Correlate with each kernel, at so many times a bin."""
    from scipy import fft

    product = (transformed * np.conj(kernels)).astype(np.complex64)
    size = 2 * (transformed.size - 1)
    return np.asarray(finer * fft.irfft(product, finer * size), dtype=np.float32)
