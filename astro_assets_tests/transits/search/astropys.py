"""astropy's box least squares as a spectrum of ours: slow, and what the survey engine is compared with.

No test lives here.
"""

import numpy as np
from astropy.timeseries import BoxLeastSquares

from astro_assets.transits.noise import red_noise_factor
from astro_assets.transits.search.engine import Spectrum
from astro_assets.transits.search.periods import ofir_periods, transit_duration_days

OVERSAMPLING = 3.0
#: Periods are tried in so many groups, each with its own durations.
N_BANDS = 9


def astropys_spectrum(curve, period_range, duration_factors):
    """Return the strongest box at each period of Ofir's grid, red noise at its duration counted."""
    periods = ofir_periods(curve.baseline_days, *period_range, OVERSAMPLING)
    model = BoxLeastSquares(curve.time, curve.flux, curve.flux_err)
    bands = []
    for some in np.array_split(periods, N_BANDS):
        central = transit_duration_days(some[[0, -1]])
        longest = min(duration_factors[1] * central[1], 0.45 * some[0])
        durations = np.geomspace(max(duration_factors[0] * central[0], curve.cadence_days), longest, 9)
        bands.append(model.power(some, durations, objective="snr", oversample=5))
    power, duration = (
        np.concatenate([getattr(band, name) for band in bands]) for name in ("power", "duration")
    )
    nodes = np.geomspace(duration.min(), duration.max(), 12)
    samples = curve.time, curve.flux, curve.weight, curve.cadence_days
    noise = [red_noise_factor(*samples, node) for node in nodes]
    return Spectrum(periods, power / np.interp(np.log(duration), np.log(nodes), noise), duration)
