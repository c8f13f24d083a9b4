"""A signal of a star: everything that is known of it once its period is.

What is measured of one signal lives here; which signals there are is decided in `signals`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from astro_assets.transits.search.binning import binned
from astro_assets.transits.search.boxes import Box, transits_of
from astro_assets.transits.search.engine import Curve, Floats, Spectrum
from astro_assets.transits.search.folded_boxes import TransitStatistics, detection_statistic, measure
from astro_assets.transits.search.peaks import detrended_power, signal_detection_efficiency
from astro_assets.transits.search.refinement import Fitted, Limits, refine
from astro_assets.transits.search.trapezoid import Trapezoid, fit_trapezoid

#: Shapes and phases are looked at in bins of this part of a transit, or in samples where these are longer.
_BINS_A_TRANSIT: Final = 20


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
    peak
        Height of the spectrum at the period.
    log10_false_alarm
        Logarithm of the probability that noise has such a peak in its spectrum.
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
    peak: float
    log10_false_alarm: float
    harmonic: tuple[int, Fraction] | None
    periods: Floats
    power: Floats

    @property
    def detection_statistic(self) -> float:
        """The number that the threshold cuts."""
        return detection_statistic(self.statistics)


def measured_signal(
    curve: Curve, found: Fitted, spectrum: Spectrum, seen_days: float, limits: Limits
) -> Signal | None:
    """Refine on fine bins, fit the transit's shape, and set the epoch to the transit nearest the middle.

    Parameters
    ----------
    curve
        Stronger signals masked.
    found
        At the right alias.
    spectrum
        In which it was found.
    seen_days
        Period at which the spectrum shows it, if its own is longer than all that were searched.
    limits
        Durations and transits allowed.

    Returns
    -------
    Signal or None
        None where no transit of the fitted ephemeris is observed.
    """
    half_width = found.box.duration * found.box.period / curve.baseline_days / 3
    bins = binned(curve, found.box.duration / _BINS_A_TRANSIT)
    fine = refine(bins, found.box, half_width, limits) or found
    transit = fit_trapezoid(bins, fine.box, fine.transits.depth, fine.transits.noise_factor)
    box = Box(transit.period, transit.epoch, fine.box.duration)
    transits = transits_of(curve, box)
    if not transits.n_transits:
        return None
    middle = 0.5 * (curve.time[0] + curve.time[-1])
    times = box.epoch + transits.numbers * box.period
    central = int(transits.numbers[np.argmin(np.abs(times - middle))])
    epoch, epoch_err = transit.near(central)
    box, transits = replace(box, epoch=epoch), replace(transits, numbers=transits.numbers - central)
    shown = box.period if box.period <= spectrum.periods[-1] else seen_days
    nearest = int(np.argmin(np.abs(np.log(spectrum.periods / shown))))
    near = slice(max(nearest - 2, 0), nearest + 3)
    return Signal(
        box=box,
        transit=transit,
        epoch_err=epoch_err,
        statistics=measure(bins, box, transits),
        sde=float(signal_detection_efficiency(detrended_power(spectrum.power))[near].max()),
        peak=float(spectrum.power[near].max()),
        log10_false_alarm=np.nan,
        harmonic=None,
        periods=spectrum.periods,
        power=spectrum.power,
    )
