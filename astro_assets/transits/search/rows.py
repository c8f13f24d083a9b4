"""A found signal as a row of the table of candidates.

Only names and units live here; what is measured is in the search's other modules.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from astro_assets.transits.search.measured_signal import Signal
from astro_assets.transits.search.peaks import highest_of_groups
from astro_assets.transits.search.settings import SearchSettings

#: Points of a stored periodogram.
_PERIODOGRAM_POINTS: Final = 2000
_PPM: Final = 1e6


def candidate_row(
    search_id: str, rank: int, signal: Signal, baseline_days: float, settings: SearchSettings
) -> dict[str, Any]:
    """Return a signal as columns of ``transit_candidates``, in the units that people read."""
    found = signal.statistics
    is_sinusoid = found.snr_beyond_sinusoid < settings.detection_threshold
    transit = signal.transit
    periods, power = highest_of_groups(signal.periods, signal.power, _PERIODOGRAM_POINTS)
    return {
        "rank": rank,
        "period_days": signal.box.period,
        "period_uncertainty_days": transit.period_err,
        "epoch_btjd": signal.box.epoch,
        "epoch_uncertainty_days": signal.epoch_err,
        "duration_hours": 24 * transit.duration,
        "ingress_fraction": transit.ingress / transit.duration,
        "depth_ppm": _PPM * transit.depth,
        "snr": found.snr,
        "snr_without_strongest": found.snr_without_strongest,
        "snr_beyond_sinusoid": found.snr_beyond_sinusoid,
        "brightening_snr": found.brightening_snr,
        "depth_constancy": found.depth_constancy,
        "is_contact_binary": found.is_contact_binary and is_sinusoid,
        "sde": signal.sde,
        "log10_false_alarm": signal.log10_false_alarm,
        "detection_statistic": signal.detection_statistic,
        "is_detected": settings.detects(signal.detection_statistic, signal.log10_false_alarm),
        "n_transits": found.n_transits,
        "n_points_in_transit": found.n_points,
        "depth_odd_ppm": _PPM * found.depth_odd,
        "depth_odd_err_ppm": _PPM * found.depth_odd_err,
        "depth_even_ppm": _PPM * found.depth_even,
        "depth_even_err_ppm": _PPM * found.depth_even_err,
        "odd_even_sigma": found.odd_even_sigma,
        "secondary_depth_ppm": _PPM * found.secondary_depth,
        "secondary_phase": found.secondary_phase,
        "secondary_snr": found.secondary_snr,
        "harmonic_of": f"{search_id}.{signal.harmonic[0] + 1:02d}" if signal.harmonic else None,
        "harmonic_ratio": str(signal.harmonic[1]) if signal.harmonic else None,
        "baseline_days": baseline_days,
        "periodogram": {"period_days": periods.astype(np.float32), "power": power.astype(np.float32)},
    }
