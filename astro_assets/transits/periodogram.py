"""Lomb-Scargle periodograms of light curves, and the chance that noise alone has a peak so high.

Sinusoids only: what is made of the peaks is in `variability`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.transits.noise import Floats

_FEWEST_SAMPLES: Final = 20


@dataclass(frozen=True, slots=True)
class Periodogram:
    """A Lomb-Scargle periodogram on a regular grid.

    Parameters
    ----------
    first, step
        First frequency and spacing, cycles a day.
    power
        Explained share of the weighted variance around the mean, shape (n_frequencies,).
    """

    first: float
    step: float
    power: Floats

    @property
    def frequency(self) -> Floats:
        """Trial frequencies, cycles a day."""
        return self.first + self.step * np.arange(self.power.size, dtype=np.float64)

    @property
    def last(self) -> float:
        """Highest frequency, cycles a day."""
        return self.first + self.step * (self.power.size - 1)


def periodogram(
    time: Floats,
    flux: Floats,
    flux_err: Floats,
    shortest_days: float,
    longest_days: float,
    samples_per_peak: float = 5.0,
) -> Periodogram:
    """Compute the generalised Lomb-Scargle periodogram (Zechmeister & Kuerster 2009, A&A 496, 577).

    By one fast Fourier transform of the samples spread on a grid (Barnett, Magland & af Klinteberg 2019,
    SIAM J. Sci. Comput. 41, C479), in single precision: powers are right to 1e-5, and to
    1e-2 over the number of samples.

    Parameters
    ----------
    time, flux, flux_err
        Days, increasing; flux; standard deviations; shape (n,), n at least 20.
    shortest_days, longest_days
        Range of the periods; half of the data bounds it too.
    samples_per_peak
        Fewest trial frequencies in one over the length of the data.

    Raises
    ------
    ValueError
        If there are too few samples, the flux is constant, or no period fits between the bounds.
    """
    # Compiling takes a while, and so does loading; the code location must load without either.
    from scipy.fft import fft, next_fast_len

    from astro_assets.transits.periodogram_lanes import fill_power, spread

    if time.size < _FEWEST_SAMPLES:
        raise ValueError(f"{time.size} samples are too few for a period: {_FEWEST_SAMPLES} are needed")
    if not np.ptp(flux) > 0:
        raise ValueError("the flux is constant")
    baseline = float(time[-1] - time[0])
    lowest, highest = 1 / min(longest_days, baseline / 2), 1 / shortest_days
    if highest <= lowest:
        raise ValueError(f"{baseline:.4g} d of data tell no period from {shortest_days:.4g} d up")
    # The lowest frequency is a multiple of the spacing.
    first = math.ceil(lowest * baseline * samples_per_peak * (1 - 1e-9))
    step = lowest / first
    last = max(first, math.floor(highest / step * (1 + 1e-9)))
    n_points = next_fast_len(math.ceil(_POINTS_A_FREQUENCY * last), real=True)
    grid = np.zeros(2 * n_points, np.float32)
    spread(time, flux, flux_err, step * n_points, _KERNEL, grid)
    power = np.empty(last - first + 1)
    fill_power(fft(grid.view(np.complex64)), _CORRECTION, first, power)
    return Periodogram(lowest, step, power)


def _kernel(distance: Floats) -> Floats:
    """Return what a sample adds to grid points at a distance: the exponential of a semicircle."""
    rest = np.clip(1 - (distance / (_TAPS / 2)) ** 2, 0, None)
    return np.where(rest > 0, np.exp(_SHAPE * (np.sqrt(rest) - 1)), 0.0).astype(np.float64)


def _correction(cycles: Floats) -> Floats:
    """Return one over the Fourier transform of the kernel at frequencies in cycles a grid point."""
    at = _TAPS / 2 * ((np.arange(64) + 0.5) / 32 - 1)
    waves = np.cos(2 * np.pi * np.outer(cycles, at))
    transform: Floats = np.sum(waves * _kernel(at) * (_TAPS / 64), axis=1)
    return 1 / transform


#: Grid points over which a sample is spread, as in ``periodogram_lanes``, and those before its own.
_TAPS: Final = 8
_BEFORE: Final = 3
#: Grid points for each trial frequency: twice the highest is 0.45 cycles a point.
_POINTS_A_FREQUENCY: Final = 4.4
#: Of the kernel, for which what is folded back from beyond the grid's frequencies is least then.
_SHAPE: Final = 0.97 * math.pi * _TAPS * (1 - 2 / _POINTS_A_FREQUENCY)
#: For 2048 places of a sample between two points, each part twice.
_KERNEL: Final = (
    _kernel(np.arange(2 * _TAPS) // 2 - _BEFORE - (np.arange(2048)[:, np.newaxis] + 0.5) / 2048)
    .astype(np.float32)
    .ravel()
)
_CORRECTION: Final = _correction(np.linspace(0, 0.5, 1025))


def log10_false_alarm(power: float, time: Floats, flux_err: Floats, highest: float) -> float:
    """Return the logarithm of the probability that white noise has a peak so high (Baluev 2008).

    MNRAS 385, 1279, equations 5 and 6 for the power of this module, an upper limit that is close for small
    values. Stellar noise is correlated: a small value says that a star varies, not that it is periodic.

    Parameters
    ----------
    power
        Explained share of the variance, 0 to 1.
    time, flux_err
        Times [d] and standard deviations of the samples, shape (n,).
    highest
        Highest frequency searched, cycles a day.
    """
    n = time.size
    if power >= 1:
        return -math.inf
    if power <= 0:
        return 0.0
    weight = 1 / (flux_err * flux_err)
    middle = np.average(time, weights=weight)
    width = highest * math.sqrt(4 * math.pi * float(np.average((time - middle) ** 2, weights=weight)))
    gamma = 0.5 * math.log(2 / (n - 1)) + math.lgamma((n - 1) / 2) - math.lgamma((n - 2) / 2)
    log_single = 0.5 * (n - 3) * math.log1p(-power)
    log_tau = (
        gamma + math.log(width) + 0.5 * (n - 4) * math.log1p(-power) + 0.5 * math.log(0.5 * (n - 1) * power)
    )
    if max(log_single, log_tau) < -20:  # beyond the precision of 1 - exp(-tau)
        return float(np.logaddexp(log_single, log_tau)) / math.log(10)
    tau = math.exp(min(log_tau, 700.0))
    return math.log10(max(-math.expm1(math.log1p(-math.exp(log_single)) - tau), 5e-324))
