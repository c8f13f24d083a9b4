"""From light curves to what the encoder reads and what the decoder is told: the one path of fits and scores.

Only arrays are made here; nothing is fitted and no curve knows of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.light_curve import LightCurve

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

#: Bands of the model, keV: eROSITA's of this survey. A curve of fewer bands takes the nearest of them.
BANDS_KEV: Final = ((0.2, 0.6), (0.6, 2.3), (2.3, 5.0))
N_BANDS: Final = len(BANDS_KEV)
_OF_BAND: Final = ("rate", "error_minus", "error_plus", "log_exposure", "background", "is_known")
#: What is read of a bin, in order.
FEATURES: Final = (*(f"{name}_{band}" for name in _OF_BAND for band in range(N_BANDS)), "log_step")
#: What is read of a whole curve.
SUMMARIES: Final = (
    *(f"log_rate_{band}" for band in range(N_BANDS)),
    *(f"log_counts_{band}" for band in range(N_BANDS)),
    *(f"is_known_{band}" for band in range(N_BANDS)),
    "log_bins",
    "log_span",
)
_INDEX_WAVES, _TIME_WAVES = 16, 8
#: What the decoder is told of a bin: waves along the bins and along time, steps to both sides, exposure.
TIMES: Final = (
    *(f"index_wave_{wave}" for wave in range(1, _INDEX_WAVES + 1)),
    *(f"time_wave_{wave}" for wave in range(1, _TIME_WAVES + 1)),
    "log_step",
    "log_next_step",
    "log_exposure",
    "log_bins",
    "log_span",
)
#: Bins of a band with less of their exposure are left out, as Buchner et al. (2022) do: at a field's edge and
#: where a visit begins or ends within a bin, counts and the exposure that is told do not agree.
LEAST_FRACTION: Final = 0.1
#: Bins with exposure that are taken; more would fill the memory.
MOST_BINS: Final = 20_000
#: Counts of a bin; no telescope counts more in one, and sums of more lose what single counts tell.
MOST_COUNTS: Final = 1e9
#: Seconds: of a scan of eROSITA's survey, from one to the next, and in which rates are taken not to scatter.
_SCAN_S, _STEP_S, _VISIT_S = 40.0, 14_400.0, 60.0
#: Mean of background counts k is this much above k (Jeffreys' prior); see `losses`.
_JEFFREYS: Final = 0.5


class PreparationError(ValueError):
    """A light curve that the autoencoder cannot read; the text says why."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A light curve as the networks see it: bins without exposure left out, bands in the model's places.

    Parameters
    ----------
    features
        float32, (n_bins, len(FEATURES)).
    summary
        float32, (len(SUMMARIES),).
    times
        float32, (n_bins, len(TIMES)); made of times and exposures alone, never of counts.
    counts, exposure_s, background
        float64, (n_bins, 3): counts, effective exposure, background counts expected among them. All 0 where
        a bin of a band is not known.
    is_known
        Boolean, (n_bins, 3): there are counts, and exposure.
    visits
        int64, (n_bins,), from 0: bins of one visit share what rates scatter by.
    bins
        int64, (n_bins,): which bin of the light curve each is.
    """

    features: Floats32
    summary: Floats32
    times: Floats32
    counts: Floats
    exposure_s: Floats
    background: Floats
    is_known: NDArray[np.bool_]
    visits: NDArray[np.int64]
    bins: NDArray[np.int64]

    @property
    def n_bins(self) -> int:
        """Bins with exposure."""
        return len(self.features)

    @property
    def has_counts(self) -> bool:
        """Whether there is anything to tell the likelihood of."""
        return bool(self.is_known.any())


def prepare(curve: LightCurve) -> Prepared:
    """Prepare a light curve.

    Rates and errors are taken from the counts where there are counts, so that they mean the same for every
    mission (errors after Gehrels 1986, ApJ 303, 336), and else as the file has them.

    Raises
    ------
    PreparationError
        If it has more than three bands, 20,000 bins with exposure or a billion counts in a bin, or nothing in
        any bin.
    """
    slots = slots_of(curve.bands_kev)
    exposed = curve.fractional_exposure > LEAST_FRACTION
    has_counts = exposed & np.isfinite(curve.counts)
    has_rate = exposed & np.isfinite(curve.rate) & np.isfinite(curve.rate_error_minus + curve.rate_error_plus)
    bins = np.flatnonzero(exposed.any(axis=1))
    if not (has_counts | has_rate).any():
        raise PreparationError("no bin has both exposure and counts or a rate")
    if bins.size > MOST_BINS:
        raise PreparationError(f"{bins.size} bins with exposure; {MOST_BINS} are taken at most: rebin it")

    def placed(values: Floats | NDArray[np.bool_]) -> Floats:
        found = np.zeros((bins.size, N_BANDS))
        found[:, slots] = values[bins]
        return found

    for name, counted in (("counts", curve.counts), ("background counts", curve.background_counts)):
        if (most := float(np.where(exposed, np.nan_to_num(counted), 0.0).max())) > MOST_COUNTS:
            raise PreparationError(f"{most:.3g} {name} in a bin; {MOST_COUNTS:.0e} are taken at most")
    is_known = placed(has_counts) > 0
    exposure = placed(curve.exposure_s) * is_known
    background = placed(curve.background_ratio * (curve.background_counts + _JEFFREYS)) * is_known
    counts = placed(np.where(has_counts, curve.counts, 0.0))
    rate, minus, plus = _rates(curve, has_counts, has_rate)
    is_read = placed(has_counts | has_rate) > 0
    values = _Rates(placed(rate), placed(minus), placed(plus), placed(curve.exposure_s), background, is_read)
    time, width = curve.time_s[bins], curve.width_s[bins]
    return Prepared(
        features=_features(values, time),
        summary=_summary(values, time),
        times=_times(time, width, values.exposure),
        counts=counts,
        exposure_s=exposure,
        background=background,
        is_known=is_known,
        visits=visits_of(time),
        bins=bins,
    )


def visits_of(time_s: Floats) -> NDArray[np.int64]:
    """Return the visit of each bin: a visit lasts a minute, as one of eROSITA's survey, some 40 s, does."""
    visits = np.zeros(time_s.size, np.int64)
    first = time_s[0]
    for row in range(1, time_s.size):
        is_new = time_s[row] - first > _VISIT_S
        visits[row] = visits[row - 1] + is_new
        first = time_s[row] if is_new else first
    return visits


def slots_of(bands_kev: Sequence[tuple[float, float]]) -> list[int]:
    """Return the place of each band of a curve among the model's, in order, by their middle energies.

    Raises
    ------
    PreparationError
        If there are more than three.
    """
    if len(bands_kev) > N_BANDS:
        raise PreparationError(f"{len(bands_kev)} energy bands; the model has {N_BANDS}")
    if len(bands_kev) == N_BANDS:
        return list(range(N_BANDS))
    middles, own = (np.log(np.array(bands) + 1e-3).mean(axis=1) for bands in (BANDS_KEV, bands_kev))
    places = combinations(range(N_BANDS), len(bands_kev))
    return list(min(places, key=lambda place: float(np.abs(middles[list(place)] - own).sum())))


def without(curve: LightCurve, is_hidden: NDArray[np.bool_]) -> LightCurve:
    """Return a curve that does not tell its counts and rates where they are hidden, (n_bins, n_bands).

    Its bins and exposures stay, so that the decoder is told the same of it.
    """
    return replace(
        curve,
        counts=np.where(is_hidden, np.nan, curve.counts),
        rate=np.where(is_hidden, np.nan, curve.rate),
        rate_error_minus=np.where(is_hidden, np.nan, curve.rate_error_minus),
        rate_error_plus=np.where(is_hidden, np.nan, curve.rate_error_plus),
    )


@dataclass(frozen=True, slots=True)
class _Rates:
    rate: Floats
    minus: Floats
    plus: Floats
    exposure: Floats
    background: Floats
    is_read: NDArray[np.bool_]

    def level(self) -> Floats:
        """Return the mean rate of each band, by exposure: at least what one count would be."""
        exposure = np.where(self.is_read, self.exposure, 0.0)
        total = exposure.sum(axis=0)
        mean = (np.where(self.is_read, self.rate, 0.0) * exposure).sum(axis=0) / np.maximum(total, 1e-30)
        # The smallest error is that of a bin without counts where there is one.
        error = np.where(self.is_read, self.plus, np.inf).min(axis=0, initial=np.inf)
        least = np.where(np.isfinite(error), error, 1.0) / np.maximum(self.is_read.sum(axis=0), 1)
        return np.asarray(np.maximum(mean, np.maximum(least, 1e-12)), np.float64)

    def effective_counts(self) -> Floats:
        """Return how many counts without background would know each band's rate as well."""
        variance = np.where(self.is_read, self.exposure * (self.plus + self.minus) / 2, 0.0) ** 2
        total = np.where(self.is_read, self.exposure, 0.0).sum(axis=0)
        squares: Floats = np.square(self.level() * total) / np.maximum(variance.sum(axis=0), 1e-30)
        return squares


def _rates(
    curve: LightCurve, has_counts: NDArray[np.bool_], has_rate: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats]:
    exposure = np.where(has_counts, curve.exposure_s, 1.0)
    counts = np.where(has_counts, curve.counts, 0.0)
    scatter = np.square(curve.background_ratio) * curve.background_counts
    rate = (counts - curve.background_ratio * curve.background_counts) / exposure
    plus = np.sqrt(np.square(1 + np.sqrt(counts + 0.75)) + scatter) / exposure
    minus = np.sqrt(np.maximum(counts - 0.25, 0.75) + scatter) / exposure
    ours = (rate, minus, plus)
    told = (curve.rate, curve.rate_error_minus, curve.rate_error_plus)
    found = [
        np.where(has_counts, one, np.where(has_rate, other, 0.0))
        for one, other in zip(ours, told, strict=True)
    ]
    return found[0], found[1], found[2]


def _features(values: _Rates, time: Floats) -> Floats32:
    level = values.level()
    exposure = np.where(values.is_read, values.exposure, 1.0)
    errors = [np.log(np.maximum(one, 1e-30) / level) / 2 for one in (values.minus, values.plus)]
    parts = [
        np.arcsinh(values.rate / level),
        *errors,
        np.log10(exposure / _SCAN_S),
        np.arcsinh(values.background / exposure / level),
    ]
    parts = [np.where(values.is_read, part.clip(-6, 6), 0.0) for part in parts]
    step = _log_steps(time)[:, None]
    return np.concatenate([*parts, values.is_read, step], axis=1).astype(np.float32)


def _summary(values: _Rates, time: Floats) -> Floats32:
    is_known = values.is_read.any(axis=0)
    rates = np.where(is_known, np.log(values.level()).clip(-28, 28), 0.0) / 2
    counts = np.where(is_known, np.log1p(values.effective_counts()).clip(0, 20), 0.0) / 4
    return np.concatenate([rates, counts, is_known, _lengths(time)]).astype(np.float32)


def _times(time: Floats, width: Floats, exposure: Floats) -> Floats32:
    n = time.size
    along = np.linspace(0, 1, n) if n > 1 else np.zeros(1)
    span = time[-1] - time[0]
    share = (time - time[0]) / span if span > 0 else np.zeros(n)
    waves = [np.cos(np.pi * wave * along) for wave in range(1, _INDEX_WAVES + 1)]
    waves += [np.cos(np.pi * wave * share) for wave in range(1, _TIME_WAVES + 1)]
    step = _log_steps(time)
    seen = np.log10(np.maximum(exposure.max(axis=1), 1e-3 * width) / _SCAN_S).clip(-4, 4)
    lengths = [np.full(n, value) for value in _lengths(time)]
    columns = [*waves, step, np.append(step[1:], 0.0), seen, *lengths]
    return np.stack(columns, axis=1).astype(np.float32)


def _log_steps(time: Floats) -> Floats:
    steps = np.append(_STEP_S, np.diff(time))
    return np.asarray(np.log10(np.maximum(steps, 1e-6) / _STEP_S).clip(-6, 6), np.float64)


def _lengths(time: Floats) -> tuple[float, float]:
    span = max(float(time[-1] - time[0]), 1.0)
    return float(np.log10(time.size)) - 1.5, float(np.log10(span / _STEP_S).clip(-6, 6)) / 2
