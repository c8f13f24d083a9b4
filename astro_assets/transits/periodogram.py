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

    By nifty-ls (Garrison et al. 2024, RNAAS 8, 250), in one thread, so that the result never depends on how
    many there are.

    Parameters
    ----------
    time, flux, flux_err
        Days, increasing; flux; standard deviations; shape (n,), n at least 20.
    shortest_days, longest_days
        Range of the periods; half of the data bounds it too.
    samples_per_peak
        Trial frequencies in one over the length of the data.

    Raises
    ------
    ValueError
        If there are too few samples, the flux is constant, or no period fits between the bounds.
    """
    import nifty_ls

    if time.size < _FEWEST_SAMPLES:
        raise ValueError(f"{time.size} samples are too few for a period: {_FEWEST_SAMPLES} are needed")
    if not np.ptp(flux) > 0:
        raise ValueError("the flux is constant")
    baseline = float(time[-1] - time[0])
    first, last = 1 / min(longest_days, baseline / 2), 1 / shortest_days
    if last <= first:
        raise ValueError(f"{baseline:.4g} d of data tell no period from {shortest_days:.4g} d up")
    n = int(np.ceil((last - first) * baseline * samples_per_peak)) + 1
    result = nifty_ls.lombscargle(
        time - time[0],
        flux,
        flux_err,
        fmin=first,
        fmax=last,
        Nf=n,
        backend="finufft",
        nthreads=1,
    )
    return Periodogram(first, (last - first) / (n - 1), np.asarray(result.power, dtype=np.float64))


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
    weight = flux_err**-2.0
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
