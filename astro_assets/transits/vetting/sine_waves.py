"""Whether the star varies as a sine wave at a candidate's period, half or twice of it.

The SWEET test of Thompson et al. (2018, ApJS 235, 38, appendix A.3.2), on the flux before detrending and out
of transit. There a wave of 50 standard deviations whose amplitude exceeds the depth fails a candidate of less
than 5 days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.transits.search.engine import Floats
from astro_assets.transits.vetting.folds import Folds, divided

#: Periods of the waves over the candidate's.
RATIOS: Final = (0.5, 1.0, 2.0)
#: Out of transit is further from its middle than this, in durations.
_OUTSIDE: Final = 1.0
#: With fewer samples than this nothing is fitted.
_LEAST_SAMPLES: Final = 10
#: Nor where cosine and sine are alike, or constant, over what was observed: the part of their variances that
#: is their own.
_LEAST_OWN: Final = 1e-3


@dataclass(frozen=True, slots=True)
class SineWaves:
    """Waves of each candidate at half its period, at it, and at twice of it.

    Parameters
    ----------
    amplitude, sigma
        Half of the wave's range, relative flux, and that over its standard deviation, which takes all that is
        left for white noise: of a star that varies at another period it is too small; NaN where little is out
        of transit; shape (3, m).
    """

    amplitude: Floats
    sigma: Floats

    @property
    def clearest(self) -> Floats:
        """Amplitude of the most significant of the three, shape (m,)."""
        which = np.argmax(np.nan_to_num(self.sigma, nan=-1.0), axis=0)
        chosen: Floats = np.take_along_axis(self.amplitude, which[None, :], axis=0)[0]
        return chosen


def sine_waves(folds: Folds) -> SineWaves:
    """Fit waves to what is out of transit.

    Parameters
    ----------
    folds
        Samples of m candidates, of the flux before detrending.

    Returns
    -------
    SineWaves
        Arrays of shape (3, m).
    """
    outside = folds.where(folds.distance > _OUTSIDE)
    waves = [_wave(outside, ratio) for ratio in RATIOS]
    return SineWaves(np.array([amplitude for amplitude, _ in waves]), np.array([sigma for _, sigma in waves]))


def _wave(folds: Folds, ratio: float) -> tuple[Floats, Floats]:
    """Fit constant, cosine and sine to all candidates at once: the constant is taken off by means.

    No sum is that of a linear algebra library, so that a candidate's wave does not depend on the others.
    """
    since = folds.time - folds.epoch[folds.candidate]
    angle = 2 * np.pi * since / (ratio * folds.period[folds.candidate])
    weight = folds.weight
    total = folds.total(weight)
    cosine, sine, dip = (
        values - divided(folds.total(weight * values), total)[folds.candidate]
        for values in (np.cos(angle), np.sin(angle), folds.dip)
    )
    cc, ss, cs, dc, ds, dd = (
        folds.total(weight * one * other)
        for one, other in (
            (cosine, cosine), (sine, sine), (cosine, sine), (dip, cosine), (dip, sine), (dip, dip),
        )
    )  # fmt: skip
    counts = folds.total(np.ones(weight.size))
    determinant = cc * ss - cs * cs
    can = (counts >= _LEAST_SAMPLES) & (determinant > _LEAST_OWN * total * total)
    by = np.where(can, determinant, 0.0)
    along, across = divided(dc * ss - ds * cs, by), divided(ds * cc - dc * cs, by)
    amplitude = np.hypot(along, across)
    left = np.maximum(dd - along * dc - across * ds, 0.0)
    spread = divided(along**2 * ss - 2 * along * across * cs + across**2 * cc, by)
    variance = divided(left, counts - 3.0) * divided(spread, amplitude**2)
    return amplitude, divided(amplitude, np.sqrt(variance))
