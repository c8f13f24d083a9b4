"""What filters and models may ask of a packet: its own numbers, and what its history tells.

Every feature is listed and worked out here; what is decided by them is up to `filters`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, degrees, isfinite, nan, radians, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.alerts.fields import FIELDS
from astro_assets.images.alerts.packets import ForcedPhotometry, Packet

Floats = NDArray[np.float64]

#: Counts up whenever a feature is worked out otherwise than before: filters name the set they were made for.
FEATURE_SET: Final = 1
#: Galactic north pole, ICRS (Hipparcos catalogue, ESA 1997, vol. 1, sect. 1.5.3), degrees.
_POLE_RA_DEG, _POLE_DEC_DEG = 192.85948, 27.12825
#: Detections that long before the alert count for rates and scatters, days.
_RECENT_DAYS: Final = 30.0
#: Of two bands, observed that close to one another, a colour is made, days.
_COLOUR_DAYS: Final = 1.0
_FORCED_SIGMA: Final = 5.0
#: Standard deviation of a magnitude that stands for one of the flux: 2.5 / ln 10.
_MAGNITUDES: Final = 1.0857362


@dataclass(frozen=True, slots=True)
class Feature:
    """A number that filters may ask for; NaN where a packet does not tell."""

    name: str
    description: str


_DERIVED: Final = (
    Feature("galactic_latitude_deg", "Of the candidate"),
    Feature("snr", "Of the PSF magnitude: 1.0857 over its standard deviation"),
    Feature("magnitude_below_limit", "Limiting magnitude less magnitude: how far above the noise"),
    Feature("n_history", "Detections in the packet before this one"),
    Feature("n_history_limits", "Upper limits in the packet before this detection"),
    Feature("n_nights", "Nights with a detection, this one included (days of MJD)"),
    Feature("age_days", "Since the first detection at this place, in the packet or counted by the survey"),
    Feature("days_since_previous", "Since the latest earlier detection in the packet"),
    Feature("days_since_limit", "From the latest upper limit before all detections to the first of them"),
    Feature("rise_rate_mag_day", "Slope of magnitudes in the alert's band in 30 days; negative brightens"),
    Feature("amplitude_mag", "Of the alert's band in 30 days, this detection included"),
    Feature("scatter_mag", "Standard deviation of the same"),
    Feature("excess_scatter", "Reduced chi squared of the same about their weighted mean"),
    Feature("peak_magnitude", "Brightest detection in the alert's band, this one included"),
    Feature("days_since_peak", "Since that detection"),
    Feature("colour_mag", "g - r: of the alert and the other band's nearest detection within 1 day"),
    Feature("fraction_positive", "Of the detections in the packet, this one included, that brightened"),
    Feature("median_real_bogus", "Of the earlier detections"),
    Feature("detected_fraction", "Detections of all entries in the packet, this one included"),
    Feature("n_forced_detections", "Forced fluxes above 5 sigma"),
    Feature("highest_forced_snr", "Of forced photometry"),
)
#: All of them: every standard field, and what is derived of these and the history.
FEATURES: Final = (*(Feature(one.name, one.description) for one in FIELDS), *_DERIVED)
FEATURE_NAMES: Final = tuple(one.name for one in FEATURES)


def features_of(packet: Packet) -> dict[str, float]:
    """Work out every feature of a packet, in the order of `FEATURES`; NaN for what it does not tell."""
    values = packet.values
    history = packet.history
    now, magnitude = values["mjd_utc"], values["magnitude"]
    is_seen, is_earlier = np.isfinite(history.magnitude), ~(history.mjd_utc >= now)
    is_detection = is_seen & is_earlier  # brokers add what came after the alert
    times = history.mjd_utc[is_detection]
    limits = history.mjd_utc[~is_seen & is_earlier]
    first = _least((*times[:1].tolist(), now, values["first_detection_mjd_utc"]))
    earlier = limits[limits < _least((*times[:1].tolist(), now))]
    signs = np.append(history.is_positive[is_detection], values["is_positive"])
    return {
        **values,
        "galactic_latitude_deg": galactic_latitude_deg(values["ra_deg"], values["dec_deg"]),
        "snr": _MAGNITUDES / error if (error := values["magnitude_err"]) > 0 else nan,
        "magnitude_below_limit": values["limiting_magnitude"] - magnitude,
        "n_history": float(times.size),
        "n_history_limits": float(limits.size),
        "n_nights": float(len({int(time) for time in (*times.tolist(), now) if isfinite(time)})),
        "age_days": now - first,
        "days_since_previous": now - float(times[-1]) if times.size else nan,
        "days_since_limit": _least((*times[:1].tolist(), now)) - float(earlier[-1]) if earlier.size else nan,
        **_of_band(packet, is_detection),
        "colour_mag": _colour(packet, is_detection),
        "fraction_positive": _mean(signs),
        "median_real_bogus": _median(history.real_bogus[is_detection]),
        "detected_fraction": (times.size + 1) / (int(is_earlier.sum()) + 1),
        **_of_forced(packet.forced, now),
    }


def galactic_latitude_deg(ra_deg: float, dec_deg: float) -> float:
    """Return the galactic latitude of a place given in ICRS; NaN of NaN."""
    dec, pole = radians(dec_deg), radians(_POLE_DEC_DEG)
    sine = sin(dec) * sin(pole) + cos(dec) * cos(pole) * cos(radians(ra_deg - _POLE_RA_DEG))
    return degrees(asin(max(-1.0, min(1.0, sine)))) if isfinite(sine) else nan


def _of_band(packet: Packet, is_detection: NDArray[np.bool_]) -> dict[str, float]:
    """Describe the detections in the alert's band, this one included."""
    history, now = packet.history, packet.values["mjd_utc"]
    taken = is_detection & (history.band == packet.band)
    times = np.append(history.mjd_utc[taken], now)
    magnitudes = np.append(history.magnitude[taken], packet.values["magnitude"])
    errors = np.append(history.magnitude_err[taken], packet.values["magnitude_err"])
    if not (isfinite(magnitudes[-1]) and isfinite(now)):
        names = ("rise_rate_mag_day", "amplitude_mag", "scatter_mag", "excess_scatter")
        return dict.fromkeys((*names, "peak_magnitude", "days_since_peak"), nan)
    peak = int(np.argmin(magnitudes))
    recent = times >= now - _RECENT_DAYS
    seen = magnitudes[recent]
    return {
        "rise_rate_mag_day": _slope(times[recent] - now, seen),
        "amplitude_mag": float(seen.max() - seen.min()),
        "scatter_mag": float(seen.std()) if seen.size > 1 else nan,
        "excess_scatter": _reduced_chi_squared(seen, errors[recent]),
        "peak_magnitude": float(magnitudes[peak]),
        "days_since_peak": float(now - times[peak]),
    }


def _slope(times: Floats, values: Floats) -> float:
    centred = times - times.mean()
    spread = float(centred @ centred)
    return float(centred @ values) / spread if spread > 1e-6 else nan


def _reduced_chi_squared(values: Floats, errors: Floats) -> float:
    usable = errors > 0
    if usable.sum() < 2:
        return nan
    weights = errors[usable] ** -2.0
    mean = float(weights @ values[usable]) / float(weights.sum())
    return float(weights @ (values[usable] - mean) ** 2) / (int(usable.sum()) - 1)


def _colour(packet: Packet, is_detection: NDArray[np.bool_]) -> float:
    sign = {"g": 1.0, "r": -1.0}.get(packet.band)
    if sign is None:
        return nan
    history, now = packet.history, packet.values["mjd_utc"]
    other = np.flatnonzero(is_detection & (history.band == ("r" if packet.band == "g" else "g")))
    if not other.size:
        return nan
    apart = np.abs(history.mjd_utc[other] - now)
    nearest = int(np.argmin(apart))
    if not apart[nearest] <= _COLOUR_DAYS:
        return nan
    return sign * (packet.values["magnitude"] - float(history.magnitude[other[nearest]]))


def _of_forced(forced: ForcedPhotometry, now: float) -> dict[str, float]:
    usable = (forced.flux_err > 0) & ~(forced.mjd_utc > now)
    snr = forced.flux[usable] / forced.flux_err[usable]
    snr = snr[np.isfinite(snr)]
    if not snr.size:
        return {"n_forced_detections": nan, "highest_forced_snr": nan}
    return {
        "n_forced_detections": float((snr > _FORCED_SIGMA).sum()),
        "highest_forced_snr": float(snr.max()),
    }


def _least(values: tuple[float, ...]) -> float:
    return min((value for value in values if isfinite(value)), default=nan)


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else nan


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else nan
