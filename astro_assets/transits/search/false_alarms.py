"""How likely it is that noise alone makes so high a peak somewhere in a spectrum.

Extreme-value statistics of spectra live here; which spectrum stands for the noise is decided by the caller.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from astro_assets.transits.search.engine import Floats

#: A spectrum is divided in so many blocks of neighbouring trials.
N_BLOCKS: Final = 64
#: Their maxima are described by two quantiles: most of them are noise in a star with signals, too.
_LOW_QUANTILE: Final = 0.02
_HIGH_QUANTILE: Final = 0.9
#: Where in the order of the maxima each is.
_PLACES: Final = np.linspace(0, 1, N_BLOCKS)
#: Half the square of the highest lies above the high quantile by this part of their distance ...
_SPREADS: Final = 0.3
#: ... and this, and scatters by this, as a Gumbel distribution. Fitted to the spectra of 7,200 simulated
#: curves (white, with 0.3 and 0.6 of red noise, each as it is and detrended) and of 1,104 real quiet ones
#: (KIC 2556081, 7660594 and 10424789), inverted and scrambled: seeds 20 to 22 of
#: `benchmarks/bench_false_alarms.py`. With other seeds, its default among them, and for real quiet stars that
#: had no part in it (KIC 5899262 and 8417738) the probabilities are uniform.
_LOCATION: Final = 0.43
_SCALE: Final = 0.913


def log10_false_alarm(noise: Floats, peak: float) -> float:
    """Return the logarithm of the probability that the highest peak of noise is at least so high.

    Of numbers whose distribution falls as that of normal ones, half the square of the maximum has a Gumbel
    distribution (Coles 2001, section 3.1). Where it lies is told by the maxima of blocks of the star's own
    spectrum: they see its red noise and its gaps, and how many trials are independent. The blocks of several
    cycles of a period are not independent, so that the constants are calibrated.

    Parameters
    ----------
    noise
        Spectrum of the star without its signals, in order of period, shape (n,).
    peak
        Height asked about.

    Returns
    -------
    float
        At most 0; NaN for a spectrum that is too short.
    """
    if noise.size < N_BLOCKS:
        return math.nan
    edges = np.linspace(0, noise.size, N_BLOCKS + 1).astype(np.int64)
    maxima = 0.5 * np.maximum.reduceat(noise, edges[:-1]) ** 2
    low, high = np.interp((_LOW_QUANTILE, _HIGH_QUANTILE), _PLACES, np.sort(maxima)).tolist()
    above = 0.5 * peak * peak - high - _SPREADS * (high - low)
    exponent = (above - _LOCATION) / _SCALE
    # For rare peaks the logarithm is the exponent itself, long before a float is too small for the rest.
    if exponent > 30:
        return -exponent / math.log(10)
    return math.log10(-math.expm1(-math.exp(-exponent)))
