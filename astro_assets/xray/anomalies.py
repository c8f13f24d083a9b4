"""Anomalies of known significance, put into simulated sources: what a score of anomalies is judged on.

Only rates are changed and counts drawn again; what finds them is elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.rates import net_rates

Floats = NDArray[np.float64]

#: Places that are tried until the significance is reached somewhere; a faint source's dip may have none.
_TRIES: Final = 12
#: Bounds of the logarithm of the factor at the peak, nats.
_BRIGHTEST, _FAINTEST = 8.0, -8.0
_HALVINGS: Final = 50


class Anomaly(StrEnum):
    """What is put in."""

    FLARE = "flare"
    DIP = "dip"
    STATE_CHANGE = "state_change"


@dataclass(frozen=True, slots=True)
class Changed:
    """A light curve with an anomaly.

    Parameters
    ----------
    light_curve
        Counts drawn again.
    log_factor
        By which rates are changed at the peak, nats.
    bins
        Boolean, (n_bins,): where they are changed by more than a twentieth of that.
    """

    light_curve: LightCurve
    log_factor: float
    bins: NDArray[np.bool_]


def changed(
    curve: LightCurve,
    rate: Floats,
    background_rate: Floats,
    anomaly: Anomaly,
    significance: float,
    rng: np.random.Generator,
) -> Changed | None:
    """Put an anomaly of a significance into a source of known rates.

    The significance is that of :func:`significance_of`: what a test would see, by Poisson noise alone, that
    knew the source and the anomaly but for its strength and the source's level. Of a source that varies by
    itself it is an upper limit.

    Parameters
    ----------
    curve
        Of which bins and exposures are taken.
    rate, background_rate
        Counts a second, (n_bins, n_bands).

    Returns
    -------
    Changed or None
        None if no place was found where it can be so significant, as no dip of a faint source can.
    """
    exposure = curve.exposure_s
    visits = _visits(curve)
    background = curve.background_ratio * background_rate * exposure
    for _ in range(_TRIES):
        shape = _SHAPES[anomaly](visits, rng)[:, np.newaxis]
        most = _FAINTEST if anomaly is Anomaly.DIP else _BRIGHTEST
        if anomaly is Anomaly.STATE_CHANGE and rng.random() < 0.5:
            most = _FAINTEST

        def significance_at(log_factor: float, shape: Floats = shape) -> float:
            return significance_of(rate * exposure, background, np.exp(log_factor * shape))

        if significance_at(most) < significance:
            continue
        low, high = 0.0, most
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if significance_at(middle) < significance else (low, middle)
        factor = np.exp(high * shape)
        counts = rng.poisson(rate * factor * exposure + background).astype(np.float64)
        rates = net_rates(counts, curve.background_counts, curve.background_ratio, exposure)
        found = replace(
            curve,
            counts=counts,
            rate=rates.rate,
            rate_error_minus=rates.error_minus,
            rate_error_plus=rates.error_plus,
        )
        return Changed(found, high, shape[:, 0] > 0.05)
    return None


def significance_of(source: Floats, background: Floats, factor: Floats) -> float:
    """Return by how many sigma expected counts with a factor differ from those of any level without it.

    The root of twice the log of the likelihood ratio (Cash 1979, ApJ 228, 939), were the counts as expected;
    the level of each band is that which explains them best, since nobody is told it: by how much two states
    differ is told from both of them.

    Parameters
    ----------
    source, background
        Expected counts, (n_bins, n_bands).
    factor
        Of the source's, shape that goes with them.
    """
    raised = source * factor
    level = raised.sum(axis=0) / np.maximum(source.sum(axis=0), 1e-30)
    usual = np.maximum(source * level + background, 1e-30)
    other = np.maximum(raised + background, 1e-30)
    ratio = other * np.log(other / usual) - (other - usual)
    return float(np.sqrt(2 * max(float(ratio.sum()), 0.0)))


def _visits(curve: LightCurve) -> Floats:
    """Return how many visits a bin comes after the first that saw anything; NaN where nothing was seen."""
    seen = (curve.exposure_s > 0).any(axis=1)
    is_new = np.diff(curve.time_s[seen], prepend=-np.inf) > 1800.0
    found = np.full(curve.time_s.size, np.nan)
    found[seen] = np.cumsum(is_new) - 1
    return found


def _flare(visits: Floats, rng: np.random.Generator) -> Floats:
    """Return a sudden rise and an exponential decay in up to four visits."""
    peak, decay = rng.integers(int(np.nanmax(visits)) + 1), np.exp(rng.uniform(np.log(0.3), np.log(4)))
    return np.where(visits >= peak, np.exp(-np.maximum(visits - peak, 0) / decay), 0.0)


def _dip(visits: Floats, rng: np.random.Generator) -> Floats:
    """Return up to six visits, at most a third of the curve."""
    n = int(np.nanmax(visits)) + 1
    length = min(int(np.exp(rng.uniform(0, np.log(6.99)))), max(n // 3, 1))
    first = rng.integers(n - length + 1)
    return np.where((visits >= first) & (visits < first + length), 1.0, 0.0)


def _state_change(visits: Floats, rng: np.random.Generator) -> Floats:
    """Return what comes after a visit in the middle three fifths."""
    n = int(np.nanmax(visits)) + 1
    return np.where(visits >= max(int(n * rng.uniform(0.2, 0.8)), 1), 1.0, 0.0)


_SHAPES: Final[dict[Anomaly, Callable[[Floats, np.random.Generator], Floats]]] = {
    Anomaly.FLARE: _flare,
    Anomaly.DIP: _dip,
    Anomaly.STATE_CHANGE: _state_change,
}
