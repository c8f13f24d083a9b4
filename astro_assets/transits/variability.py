"""How a star varies: the period, harmonics and amplitude of the curve that fits it best.

Fits of harmonics live here, sinusoids in `periodogram`; box-shaped signals are the business of `search`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.transits.noise import Floats
from astro_assets.transits.periodogram import Periodogram, log10_false_alarm, periodogram
from astro_assets.transits.stitching import Segment, stitching_order

#: Phase bins of a folded curve: the fourth harmonic loses 0.3 % of its amplitude in one of 100.
_PHASE_BINS: Final = 100
#: Bins into which samples are averaged, in the shortest period tried: the fourth harmonic loses a tenth.
_BINS_A_PERIOD: Final = 16
#: Numbers of harmonics that are tried.
_HARMONICS: Final = (1, 2, 4)
#: Parts of the time that are turned against each other for a trial: the fourth harmonic loses 1 % in one.
_PARTS: Final = 32
#: Trials around a candidate and then around the best, in units of the frequency resolution.
_TRIALS: Final = np.arange(-7, 8) / 10
_FINE_TRIALS: Final = np.arange(-10, 11) / 100


class VariabilitySettings(BaseModel):
    """Settings of the period search."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shortest_period_days: float = Field(
        0.02, gt=0, le=10, description="Shortest period tried, days; at least two samples long in any case."
    )
    longest_period_days: float = Field(
        100.0, gt=0, le=10000, description="Longest period tried, days; half of the data in any case."
    )
    samples_per_peak: float = Field(
        5.0, ge=2, le=100, description="Trial frequencies in one over the length of the data."
    )
    n_candidates: int = Field(
        5,
        ge=1,
        le=200,
        description="Highest peaks that are fitted with harmonics, with half and twice each.",
    )
    alias_frequencies_per_day: tuple[float, ...] = Field(
        (),
        description="Frequencies of the sampling, cycles a day: sums and differences with them are tried "
        "too. One and 1.0027379 for telescopes on the ground, none for those in space.",
    )
    most_effective_points: int = Field(
        500,
        ge=20,
        description="Curves of more samples are judged as if of so many: what remains in them is correlated, "
        "and a harmonic more must explain a real part of it.",
    )


@dataclass(frozen=True, slots=True)
class Variability:
    """The strongest periodicity of a curve.

    Parameters
    ----------
    period_days, amplitude, n_harmonics, explained
        Of the best curve of harmonics: its period, half its range (in units of the flux), how many there are,
        and the share of the variance that it explains.
    second_harmonic
        Amplitude of twice the frequency over that of the frequency.
    sinusoid_period_days, sinusoid_power, log10_false_alarm
        Of the best sinusoid: its period, its power, and the logarithm of the probability that white noise has
        as high a peak anywhere.
    scatter, skewness
        Of the curve as it is, periodic or not: standard deviation (in units of the flux), and the third
        moment over its cube, negative where dips are deeper than peaks are high.
    """

    period_days: float
    amplitude: float
    n_harmonics: int
    explained: float
    second_harmonic: float
    sinusoid_period_days: float
    sinusoid_power: float
    log10_false_alarm: float
    scatter: float
    skewness: float


def measure_variability(
    time: Floats, flux: Floats, flux_err: Floats, settings: VariabilitySettings
) -> Variability:
    """Find the strongest period: peaks of the periodogram, fitted with harmonics.

    A sinusoid alone finds half the period of many binaries, and aliases of pulsators seen at night. The
    highest peaks, their halves, doubles and aliases are fitted with 1, 2 and 4 harmonics; the lowest Bayesian
    information criterion wins (Schwarz 1978, Ann. Stat. 6, 461).

    Parameters
    ----------
    time, flux, flux_err
        Days, increasing; flux; standard deviations; shape (n,).
    settings
        Frequencies tried.

    Raises
    ------
    ValueError
        As :func:`periodogram`.
    """
    shortest = settings.shortest_period_days
    if not settings.alias_frequencies_per_day:  # from the ground, nights in a row set no limit
        shortest = max(shortest, 2 * float(np.median(np.diff(time))))
    longest, density = settings.longest_period_days, settings.samples_per_peak
    spectrum = periodogram(time, flux, flux_err, shortest, longest, density)
    best = int(np.argmax(spectrum.power))
    power = min(float(spectrum.power[best]), 1.0)
    candidates = _candidates(spectrum, settings)
    curve = _Weighted.of(time, flux, flux_err)
    averaged = curve.averaged(1 / (max(candidates) * _BINS_A_PERIOD))
    n, variance = min(averaged.time.size, settings.most_effective_points), averaged.variance

    def fit(center: float, offsets: Floats) -> tuple[float, float, int]:
        """Return the lowest criterion of trials around a frequency, none beyond those of the periodogram."""
        trials = np.clip(center + offsets / averaged.baseline, spectrum.first, spectrum.last)
        explained, _ = averaged.fitted(center, trials, _HARMONICS)
        left = (1 - explained / variance).clip(min=1e-12)
        criterion = n * np.log(left) + 2 * math.log(n) * np.array(_HARMONICS)
        trial, number = np.unravel_index(np.argmin(criterion), criterion.shape)
        return float(criterion[trial, number]), float(trials[trial]), _HARMONICS[number]

    # Of equal ones, the first in the order of candidates.
    _, rough, _ = min((fit(center, _TRIALS) for center in candidates), key=itemgetter(0))
    _, frequency, harmonics = fit(rough, _FINE_TRIALS)
    explained, fitted = curve.fitted(frequency, np.array([frequency]), (harmonics,))
    coefficients = fitted[0, 0]
    amplitudes = np.hypot(coefficients[1::2], coefficients[2::2])
    deviation = flux - flux.mean()
    scatter = math.sqrt(float(np.mean(deviation * deviation)))
    return Variability(
        period_days=1 / frequency,
        amplitude=float(np.ptp(np.sum(_WAVES[:, : coefficients.size] * coefficients, axis=1))) / 2,
        n_harmonics=harmonics,
        explained=float(explained[0, 0]) / curve.variance,
        second_harmonic=float(amplitudes[1] / amplitudes[0]) if harmonics > 1 else 0.0,
        sinusoid_period_days=1 / float(spectrum.frequency[best]),
        sinusoid_power=power,
        log10_false_alarm=log10_false_alarm(power, time, flux_err, spectrum.last),
        scatter=scatter,
        skewness=float(np.mean(deviation * deviation * deviation)) / scatter**3,
    )


def variability_row(segments: Sequence[Segment], settings: VariabilitySettings) -> dict[str, Any]:
    """Stitch a target's segments, each relative to its median, and measure: columns of ``variability``.

    Raises
    ------
    ValueError
        If no segment has 20 samples, or as :func:`periodogram`.
    """
    used = stitching_order(segments)
    if not used:
        raise ValueError("no segment has enough samples to measure variability")
    time, flux, flux_err = (
        np.concatenate([getattr(segment, name) for segment in used]) for name in ("time", "flux", "flux_err")
    )
    usable = np.isfinite(flux_err) & (flux_err > 0)
    typical = float(np.median(flux_err[usable])) if usable.any() else 1.0
    found = measure_variability(time, flux, np.where(usable, flux_err, typical), settings)
    return {
        "n_points": int(time.size),
        "baseline_days": float(time[-1] - time[0]),
        "period_days": found.period_days,
        "amplitude_ppm": 1e6 * found.amplitude,
        "n_harmonics": found.n_harmonics,
        "explained": found.explained,
        "second_harmonic": found.second_harmonic,
        "sinusoid_period_days": found.sinusoid_period_days,
        "sinusoid_power": found.sinusoid_power,
        "log10_false_alarm": found.log10_false_alarm,
        "scatter_ppm": 1e6 * found.scatter,
        "skewness": found.skewness,
    }


def _candidates(spectrum: Periodogram, settings: VariabilitySettings) -> list[float]:
    """Return frequencies worth a fit, the highest peaks first, each with its multiples and aliases."""
    power = np.concatenate([[-np.inf], spectrum.power, [-np.inf]])
    peaks = np.flatnonzero((power[1:-1] >= power[:-2]) & (power[1:-1] > power[2:]))
    highest = peaks[np.argsort(-spectrum.power[peaks], kind="stable")][: settings.n_candidates]
    found: list[float] = []
    for peak in spectrum.frequency[highest]:
        aliases = [
            abs(peak + sign * alias) for alias in settings.alias_frequencies_per_day for sign in (1, -1)
        ]
        for frequency in (peak, *aliases, 2 * peak, peak / 2):
            is_new = all(abs(frequency - other) > spectrum.step for other in found)
            if is_new and spectrum.first <= frequency <= spectrum.last:
                found.append(float(frequency))
    return found


@dataclass(frozen=True, slots=True)
class _Weighted:
    """Times, deviations from the mean, and weights whose sum is 1; arrays of shape (n,)."""

    time: Floats
    deviation: Floats
    weight: Floats

    @classmethod
    def of(cls, time: Floats, flux: Floats, flux_err: Floats) -> _Weighted:
        weight = 1 / (flux_err * flux_err)
        weight /= weight.sum()
        return cls(time, flux - float(np.sum(weight * flux)), weight)

    @property
    def baseline(self) -> float:
        return float(self.time[-1] - self.time[0])

    @property
    def variance(self) -> float:
        # Not a dot product: that of many samples depends on the number of threads.
        return float(np.sum(self.weight * self.deviation**2))

    def averaged(self, width: float) -> _Weighted:
        """Return averages over bins of time; trials on them are as good, and there are fewer."""
        place = ((self.time - self.time[0]) / width).astype(np.int64)
        place = np.cumsum(np.diff(place, prepend=place[0]) > 0)  # bins without samples do not count
        weight = np.bincount(place, self.weight).astype(np.float64)
        time, deviation = (
            np.bincount(place, self.weight * values) / weight for values in (self.time, self.deviation)
        )
        return _Weighted(time, deviation, weight)

    def fitted(self, center: float, trials: Floats, harmonics: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Fit harmonics at frequencies near one that all samples are folded at once.

        Parameters
        ----------
        center
            Where samples are folded, in parts of the time that are then turned against each other.
        trials
            Frequencies; at most about one over the length of the data away, shape (n_trials,).
        harmonics
            How many are fitted, one number after the other.

        Returns
        -------
        explained : ndarray of float64, shape (n_trials, n_numbers)
            Weighted variance that the fit explains.
        coefficients : ndarray of float64, shape (n_trials, n_numbers, n_terms)
            A constant, then a sine and a cosine for each harmonic; 0 beyond those fitted.
        """
        # Compiling takes a while; the code location must load without it.
        from astro_assets.transits import variability_loops

        n_parts, n_terms = (_PARTS if trials.size > 1 else 1), 2 * harmonics[-1] + 1
        folded = np.empty((2, n_parts, _PHASE_BINS))
        moments = np.empty((2, n_parts, 2 * n_terms - 1))
        explained = np.empty((trials.size, len(harmonics)))
        coefficients = np.zeros((*explained.shape, n_terms))
        since = self.time - self.time[0]
        variability_loops.fold(since, self.deviation, self.weight, center, self.baseline, folded)
        waves = np.ascontiguousarray(_WAVES[:, : moments.shape[2]])
        variability_loops.fill_moments(folded, waves, moments)
        variability_loops.fit_trials(
            moments, trials - center, self.baseline, np.array(harmonics), explained, coefficients
        )
        return explained, coefficients


def _waves() -> Floats:
    phase = (np.arange(_PHASE_BINS) + 0.5) / _PHASE_BINS
    angles = 2 * np.pi * np.outer(phase, np.arange(1, 2 * _HARMONICS[-1] + 1))
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(_PHASE_BINS, -1)
    return np.column_stack([np.ones(_PHASE_BINS), waves]).astype(np.float64)


#: A constant, then a sine and a cosine for each harmonic, at the middles of the phase bins.
_WAVES: Final = _waves()
