"""The search of one star: strongest signal, mask it, search again.

The order of steps lives here; each step is in its own module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.binning import binned
from astro_assets.transits.search.box_least_squares import BoxLeastSquares
from astro_assets.transits.search.engine import Curve, Engine, Floats, Spectrum, SpectrumEngine
from astro_assets.transits.search.folded_boxes import Box, TransitStatistics, detection_statistic, measure
from astro_assets.transits.search.harmonics import harmonic_relation
from astro_assets.transits.search.peaks import (
    detrended_power,
    distinct_peaks,
    signal_detection_efficiency,
)
from astro_assets.transits.search.refinement import Limits, Measured, located, refine, right_alias
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.survey import SurveyEngine
from astro_assets.transits.search.trapezoid import Trapezoid, fit_trapezoid

#: Sees a few dozen periods only.
REFINING_ENGINE: Final[Engine] = BoxLeastSquares(phase_oversampling=15)
#: With less of the data left than this part, gaps at every transit make periods of their own.
_LEAST_LEFT: Final = 0.5
#: Single dips that are masked before a star's search ends.
_MOST_DIPS: Final = 3


@dataclass(frozen=True, slots=True)
class Signal:
    """One periodic signal of a star.

    Parameters
    ----------
    box
        Best box; its epoch is the middle of the observed transit nearest to the middle of the data.
    transit
        Fitted trapezoid.
    epoch_err
        Standard deviation of the box's epoch, days; NaN if the fit failed.
    statistics
        What the data say about the box.
    sde
        Signal detection efficiency of the peak.
    harmonic
        Position of a stronger signal with a commensurable period, and the ratio to it.
    periods, power
        The spectrum in which it was found, red noise taken off, shape (n,).
    """

    box: Box
    transit: Trapezoid
    epoch_err: float
    statistics: TransitStatistics
    sde: float
    harmonic: tuple[int, Fraction] | None
    periods: Floats
    power: Floats

    @property
    def detection_statistic(self) -> float:
        """The number that the threshold cuts."""
        return detection_statistic(self.statistics)


def find_signals(
    curve: Curve, settings: SearchSettings, engine: SpectrumEngine | None = None
) -> list[Signal]:
    """Find up to ``max_signals`` periodic signals, strongest first.

    Each is masked before the next search, and so are dips that happened once and are strong enough to hide
    what is periodic. The search ends at the first signal whose detection statistic is below
    ``statistic_floor``, at a binary in contact, whose waves are no signals of their own, and where most of
    the data is masked.

    Parameters
    ----------
    curve
        Detrended light curve.
    settings
        Ranges, grids and limits.
    engine
        Makes the spectra; the survey engine by default.

    Returns
    -------
    list of Signal
        Empty when nothing reaches the floor.
    """
    engine = engine or SurveyEngine(settings.bin_minutes / 1440)
    signals: list[Signal] = []
    left = curve
    dips = 0
    while len(signals) < settings.max_signals:
        found = _strongest(left, settings, engine)
        if isinstance(found, Signal) and found.detection_statistic >= settings.statistic_floor:
            signals.append(found)
            wide = replace(found.box, duration=max(found.box.duration, found.transit.duration))
            left = left.where(~wide.covers(left.time, settings.mask_durations))
            if found.statistics.is_contact_binary or left.time.size < _LEAST_LEFT * curve.time.size:
                break
        elif isinstance(found, _Dip) and dips < _MOST_DIPS:
            dips += 1
            left = left.where(~found.covers(left.time))
        else:
            break
    return _ranked(signals, curve.baseline_days)


def _ranked(signals: list[Signal], baseline_days: float) -> list[Signal]:
    """Order signals by strength, whatever the order of finding, and relate each to the stronger ones."""
    ranked = sorted(signals, key=lambda signal: -signal.detection_statistic)
    boxes = [signal.box for signal in ranked]
    return [
        replace(signal, harmonic=harmonic_relation(signal.box, boxes[:position], baseline_days))
        for position, signal in enumerate(ranked)
    ]


@dataclass(frozen=True, slots=True)
class _Dip:
    """A dip that happened once: its time and width, days."""

    time: float
    duration: float

    def covers(self, time: Floats) -> NDArray[np.bool_]:
        """Whether each time is within one duration of the dip."""
        return np.abs(time - self.time) < self.duration


def _strongest(curve: Curve, settings: SearchSettings, engine: SpectrumEngine) -> Signal | _Dip | None:
    """Find the signal with the highest detection statistic among the highest peaks of the periodogram.

    Returns
    -------
    Signal, _Dip or None
        The dip where peaks are the aliases of a single one, which hides what is periodic. None when the curve
        is too short for the shortest period, or no peak has enough observed transits and reaches the floor.
    """
    period_range = (
        settings.shortest_period_days, min(settings.longest_period_days, curve.baseline_days / 2)
    )  # fmt: skip
    if period_range[1] <= period_range[0]:
        return None
    factors = settings.shortest_duration_factor, settings.longest_duration_factor
    limits = Limits(period_range, factors, settings.min_transits)
    coarse = binned(curve, settings.bin_minutes / 1440)
    spectrum = engine(coarse, limits.periods, limits.duration_factors)
    height = detrended_power(spectrum.power)
    peaks = [
        refine(
            coarse, _box(coarse, spectrum, peak), _spacing(spectrum.periods, peak), limits, REFINING_ENGINE
        )
        for peak in distinct_peaks(spectrum, height, settings.n_peaks, coarse.baseline_days)
    ]
    refined = [found for found in peaks if found]
    dip = _single_dip(refined, settings.statistic_floor)
    if dip is not None:
        return dip
    best = max(refined, key=lambda found: found.statistic, default=None)
    if best is None or best.statistic < settings.statistic_floor:
        return None
    best = right_alias(coarse, best, limits, REFINING_ENGINE)
    return _finished(curve, best, spectrum, limits)


def _single_dip(refined: Sequence[Measured], floor: float) -> _Dip | None:
    """Return the dip that makes the strongest peak, if that peak is nothing without it."""
    best = max(refined, key=lambda found: found.statistics.snr, default=None)
    if best is None or best.statistics.snr < floor:
        return None
    if best.statistics.snr_without_strongest > 0.5 * best.statistics.snr:
        return None
    return _Dip(best.box.epoch + best.statistics.strongest * best.box.period, best.box.duration)


def _box(curve: Curve, spectrum: Spectrum, peak: int) -> Box:
    return located(curve, float(spectrum.periods[peak]), float(spectrum.duration[peak]))


def _spacing(periods: Floats, index: int) -> float:
    """Largest distance to a neighbouring trial period, days."""
    near = periods[max(index - 1, 0) : index + 2]
    return float(np.diff(near).max())


def _finished(curve: Curve, found: Measured, spectrum: Spectrum, limits: Limits) -> Signal | None:
    """Refine on all samples, fit the transit's shape, and set the epoch to the transit nearest the middle."""
    half_width = found.box.duration * found.box.period / curve.baseline_days / 3
    fine = refine(curve, found.box, half_width, limits, REFINING_ENGINE) or found
    transit = fit_trapezoid(curve, fine.box, fine.statistics.depth, fine.statistics.noise_factor)
    box = Box(transit.period, transit.epoch, fine.box.duration)
    numbers = measure(curve, box).transit_numbers
    if not numbers.size:
        return None
    middle = 0.5 * (curve.time[0] + curve.time[-1])
    times = box.epoch + numbers * box.period
    epoch, epoch_err = transit.near(int(numbers[np.argmin(np.abs(times - middle))]))
    box = replace(box, epoch=epoch)
    sde = signal_detection_efficiency(spectrum.power)
    nearest = int(np.argmin(np.abs(np.log(spectrum.periods / box.period))))
    return Signal(
        box=box,
        transit=transit,
        epoch_err=epoch_err,
        statistics=measure(curve, box),
        sde=float(sde[max(nearest - 2, 0) : nearest + 3].max()),
        harmonic=None,
        periods=spectrum.periods,
        power=spectrum.power,
    )
