"""How much noisier boxes as long as a transit are than white noise makes them, out of transit."""

from __future__ import annotations

from astro_assets.transits.noise import red_noise_factor
from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve


def red_noise_out_of_transit(curve: Curve, box: Box) -> float:
    """Measure the noise of boxes as long as the transit, in time (Pont et al. 2006, MNRAS 373, 231).

    Parameters
    ----------
    curve
        Any values with white errors.
    box
        What is left out: all within one and a half durations of a transit's middle, less for periods of less
        than six durations.

    Returns
    -------
    float
        At least 1; 1 with fewer than 10 boxes.
    """
    widths = min(max(0.5 * box.period / box.duration, 1.0), 3.0)
    out = curve.where(~box.covers(curve.time, widths))
    if not out.time.size:
        return 1.0
    return red_noise_factor(out.time, out.flux, out.weight, out.cadence_days, box.duration)
