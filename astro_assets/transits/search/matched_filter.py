"""Single transits in noise that is not white: how deep one would be at each time, and how sure that is.

The adaptive matched filter of Jenkins (2002), ApJ 575, 493, lives here; whether transits repeat is asked in
`ranking`, and which of them happened once in `single_transits`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.noise import robust_scatter
from astro_assets.transits.search.engine import Curve, Floats
from astro_assets.transits.search.grid import Bins, binned_means

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
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.event_lanes import set_events, set_kernels

    bins = binned_means(curve, max(step_days, curve.cadence_days))
    finer = math.ceil(bins.step / _LONGEST_STEP)
    templates = _templates(bins.step, tuple(durations.tolist()), finer)
    reach = templates.shape[1] // 2
    whitened, correlation = _whitened(bins, noise_from, 2 * reach)
    kernels = np.empty_like(templates)
    set_kernels(templates, correlation, kernels)
    n_bins = bins.weight.size
    dips, weights = np.zeros((2, n_bins + 2 * reach), np.float32)
    dips[reach : reach + n_bins], weights[reach : reach + n_bins] = -whitened, bins.weight
    least = _LEAST_SEEN * float(np.median(bins.weight[bins.weight > 0])) * kernels.sum(axis=1)
    strength, information = np.empty((2, len(templates), n_bins), np.float32)
    of_flux, of_coverage, bound = (values.astype(np.float32) for values in (templates, kernels, least))
    set_events(dips, weights, of_flux, of_coverage, bound, strength, information)
    strength, information = (
        values.reshape(-1, finer, n_bins).transpose(0, 2, 1).reshape(-1, n_bins * finer)
        for values in (strength, information)
    )
    return SingleEvents(bins.start + 0.5 * bins.step, bins.step / finer, durations, strength, information)


def _whitened(bins: Bins, noise_from: Curve | None, n_lags: int) -> tuple[Floats, Floats]:
    """Take each frequency in units of its noise.

    Returns
    -------
    whitened : ndarray of float64, shape (n,)
        Flux times the inverse covariance of its noise.
    correlation : ndarray of float64, shape (n_lags + 1,)
        A row of that matrix from its diagonal on, for bins of unit weight.
    """
    from scipy import fft

    n_bins = bins.weight.size
    size = fft.next_fast_len(n_bins + n_lags, real=True)
    scaled, amplitude = _scaled(bins)
    values, seen = scaled, amplitude > 0
    if noise_from is not None:
        values, other = _scaled(binned_means(noise_from, bins.step))
        seen = other > 0
    response = 1 / noise_power(values, seen, size)
    of_white = fft.irfft(fft.rfft(scaled, size) * response, size)
    return amplitude * of_white[:n_bins], fft.irfft(response, size)[: n_lags + 1]


def _scaled(bins: Bins) -> tuple[Floats, Floats]:
    """Flux less its mean over its white noise, and the inverse of that; zeros where nothing is."""
    amplitude = np.sqrt(bins.weight)
    level = float(np.sum(bins.weight * bins.mean) / np.sum(bins.weight))
    return amplitude * (bins.mean - level), amplitude


def noise_power(scaled: Floats, seen: NDArray[np.bool_], size: int) -> Floats:
    """Power of the noise at each frequency of a real Fourier transform, that of white noise being 1.

    Parameters
    ----------
    scaled
        Values over their white noise, 0 where nothing was seen, shape (n,).
    seen
        Where something was, shape (n,).
    size
        Length of the transform, at least n.

    Returns
    -------
    ndarray of float64, shape (size // 2 + 1,)
        Never rising with frequency.
    """
    from scipy import fft, optimize

    limit = _CLIP_SIGMA * robust_scatter(scaled[seen])
    if not limit > 0:  # most values are the same: nothing is known of the noise
        return np.ones(size // 2 + 1)
    power = np.abs(fft.rfft(scaled.clip(-limit, limit), size)) ** 2 / np.count_nonzero(seen)
    bands = _bands(power.size)
    means = np.add.reduceat(power, bands.first) / bands.count
    means = optimize.isotonic_regression(means, weights=bands.count, increasing=False).x
    return np.asarray(np.exp(np.interp(bands.frequency, bands.middle, np.log(means))), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Bands:
    """Frequencies that are averaged: the first of each band, and how many; middles and all, logarithms."""

    first: NDArray[np.int64]
    count: NDArray[np.int64]
    middle: Floats
    frequency: Floats


@lru_cache(maxsize=8)
def _bands(n_frequencies: int) -> _Bands:
    n_bands = int(np.log(n_frequencies / 4) / np.log(_BAND_RATIO)) + 1
    edges = np.unique(np.concatenate([[1], np.geomspace(4, n_frequencies, n_bands + 1).astype(np.int64)]))
    middle = np.log(0.5 * (edges[1:] + edges[:-1] - 1))
    return _Bands(edges[:-1], np.diff(edges), middle, np.log(np.arange(n_frequencies).clip(min=1)))


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


@lru_cache(maxsize=8)
def _templates(step: float, durations: tuple[float, ...], finer: int) -> Floats:
    """Return transits of each duration at so many times of a bin, averaged over bins: shape (rows, bins).

    Duration after duration; the first of each is in the middle of the middle bin.
    """
    reach = math.ceil(0.5 * max(durations) / step + 1.5)
    fine = (np.arange((2 * reach + 1) * _FINENESS) + 0.5) / _FINENESS - reach - 0.5
    offsets = fine - np.arange(finer)[:, np.newaxis] / finer
    shapes = transit_shape(offsets * step / np.array(durations)[:, np.newaxis, np.newaxis])
    templates: Floats = shapes.reshape(len(durations) * finer, -1, _FINENESS).mean(axis=2)
    return templates
