"""Rates of a source with asymmetric errors, from counts in its aperture and in one of background.

Only this arithmetic lives here; it serves files that tell counts alone, and the simulator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astro_assets.xray.light_curve import Floats


@dataclass(frozen=True, slots=True)
class Rates:
    """Net rates; all of the shape of what they were made of, NaN where nothing was exposed.

    Parameters
    ----------
    rate
        Counts a second of full exposure, without background.
    error_minus, error_plus
        One standard deviation down and up.
    """

    rate: Floats
    error_minus: Floats
    error_plus: Floats


def net_rates(
    counts: Floats, background_counts: Floats, background_ratio: Floats, exposure_s: Floats
) -> Rates:
    """Return net rates with the errors of Gehrels (1986, ApJ 303, 336), equations 7 and 14 for 1 sigma.

    The errors of source and background counts are added in quadrature, the upper one of the source to the
    lower one of the background and the other way round.

    Parameters
    ----------
    counts, background_counts
        In the apertures of source and background; NaN where unknown.
    background_ratio
        Of the apertures' areas, source over background.
    exposure_s
        Effective, in seconds.
    """
    exposed = np.where(exposure_s > 0, exposure_s, np.nan)
    (low, high), (low_background, high_background) = _errors(counts), _errors(background_counts)
    return Rates(
        (counts - background_ratio * background_counts) / exposed,
        np.hypot(low, background_ratio * high_background) / exposed,
        np.hypot(high, background_ratio * low_background) / exposed,
    )


def _errors(counts: Floats) -> tuple[Floats, Floats]:
    """Return how far down and up one standard deviation reaches; of no count none is below it, so as up."""
    plus = 1 + np.sqrt(counts + 0.75)
    some = np.where(counts > 0, counts, 1.0)
    lower = some * (1 - 1 / (9 * some) - 1 / (3 * np.sqrt(some))) ** 3
    return np.where(counts > 0, counts - lower, plus), plus
