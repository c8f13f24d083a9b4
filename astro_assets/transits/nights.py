"""Nights of photometry from frames, joined to one curve of a target.

Their trends were removed where their frames were measured; nothing is filtered here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from astro_assets.transits.detrend import DetrendedCurve
from astro_assets.transits.noise import Floats, median, point_scatter


@dataclass(frozen=True, slots=True)
class Night:
    """A target's light curve of one night; arrays of shape (n,).

    Parameters
    ----------
    time
        BTJD, days, strictly increasing.
    flux, flux_err
        Relative, trends removed; standard deviations.
    trend
        What was divided out.
    cadence_s
        Time between frames.
    """

    time: Floats
    flux: Floats
    flux_err: Floats
    trend: Floats
    cadence_s: float


def joined_nights(nights: Sequence[Night]) -> DetrendedCurve:
    """Join a target's nights in order of time; where two telescopes saw it at once, both count.

    Parameters
    ----------
    nights
        At least one, in any order.
    """
    ordered = sorted(nights, key=lambda night: float(night.time[0]))
    sizes = [night.time.size for night in ordered]
    number = np.repeat(np.arange(len(ordered), dtype=np.int32), sizes)
    names = ("time", "flux", "flux_err", "trend")
    samples = np.stack([np.concatenate([getattr(night, name) for night in ordered]) for name in names])
    # Times of two telescopes may fall together; a curve has each once.
    times, places = np.unique(samples[0], return_index=True)
    _, flux, flux_err, trend = samples[:, places]
    return DetrendedCurve(
        time=times,
        flux=flux,
        flux_err=flux_err,
        trend=trend,
        segment=number[places],
        segments=tuple(range(len(ordered))),
        cadence_s=median(np.repeat([night.cadence_s for night in ordered], sizes)),
        scatter=point_scatter(flux),
        n_clipped=0,
        n_edge=0,
    )
