"""The search of stars: strongest signal of each, mask it, search again.

The order of steps lives here; each step is in its own module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.binning import binned
from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve, Floats, Spectrum, SpectrumEngine
from astro_assets.transits.search.false_alarms import log10_false_alarm
from astro_assets.transits.search.folded_boxes import significance
from astro_assets.transits.search.harmonics import harmonic_relation
from astro_assets.transits.search.matched_filter import single_events
from astro_assets.transits.search.measured_signal import Signal, measured_signal
from astro_assets.transits.search.peaks import distinct_peaks
from astro_assets.transits.search.ranking import Evidence, event_durations, log_odds
from astro_assets.transits.search.refinement import LEAST_RATIO, Fitted, Limits, located, refine, right_alias
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.survey import SurveyEngine

#: With less of the data left than this part, gaps at every transit make periods of their own.
_LEAST_LEFT: Final = 0.5
#: A peak below this part of the floor is not refined: the grid keeps nearly all of a signal's strength, 98 %
#: of most and less than this of 4 % of injected ones.
_LEAST_OF_FLOOR: Final = 0.85
#: So many of the most likely peaks are refined.
_MOST_REFINED: Final = 5
#: From this ratio on the highest peak is beyond doubt: there is no choice to be made between chance and it.
_CLEAR: Final = 14.0
#: Single dips that are masked before a star's search ends.
_MOST_DIPS: Final = 3


def find_signals(
    curves: Sequence[Curve], settings: SearchSettings, engine: SpectrumEngine | None = None
) -> list[list[Signal]]:
    """Find up to ``max_signals`` periodic signals of each star, the most certain first.

    Each is masked before the next search, and so are dips that happened once and are strong enough to hide
    what is periodic. The search ends at the first signal whose detection statistic is below
    ``statistic_floor``, at a binary in contact, whose waves are no signals of their own, and where most of
    the data is masked.

    Parameters
    ----------
    curves
        Detrended light curves. A star's signals do not depend on the others.
    settings
        Ranges, grids and limits.
    engine
        Makes the spectra; the survey engine by default.

    Returns
    -------
    list of list of Signal
        For each star; empty when nothing reaches the floor.
    """
    engine = engine or SurveyEngine(settings.bin_minutes / 1440)
    searches = [_StarSearch(curve, settings) for curve in curves]
    while active := [search for search in searches if search.is_active]:
        coarse, wholes = [search.coarse for search in active], [search.whole for search in active]
        spectra = engine(coarse, settings.period_range, settings.duration_factors, wholes)
        for search, spectrum in zip(active, spectra, strict=True):
            search.advance(spectrum)
    return [_ranked(search.with_false_alarms(), search.curve.baseline_days) for search in searches]


class _StarSearch:
    """How far the search of one star is.

    Attributes
    ----------
    curve, left
        All of the data, and what is not masked.
    whole, coarse
        The same in bins.
    signals
        In the order of finding.
    is_active
        Whether another spectrum is wanted.
    """

    def __init__(self, curve: Curve, settings: SearchSettings) -> None:
        self.curve = self.left = curve
        self.whole = self.coarse = binned(curve, settings.bin_minutes / 1440)
        self.signals: list[Signal] = []
        self._settings = settings
        self._noise: Floats = np.empty(0)
        self._n_dips = 0
        self.is_active = self._is_long_enough()

    def advance(self, spectrum: Spectrum) -> None:
        """Take the strongest signal of what is left, and mask it."""
        self._noise = spectrum.power
        found = _strongest(self.left, self.coarse, spectrum, self._settings)
        if isinstance(found, Signal) and found.detection_statistic >= self._settings.statistic_floor:
            self.signals.append(found)
            wide = replace(found.box, duration=max(found.box.duration, found.transit.duration))
            self._leave(~wide.covers(self.left.time, self._settings.mask_durations))
            self.is_active = (
                len(self.signals) < self._settings.max_signals
                and not found.statistics.is_contact_binary
                and self.left.time.size >= _LEAST_LEFT * self.curve.time.size
                and self._is_long_enough()
            )
        elif isinstance(found, _Dip) and self._n_dips < _MOST_DIPS:
            self._n_dips += 1
            self._leave(~found.covers(self.left.time))
            self.is_active = self._is_long_enough()
        else:
            self.is_active = False

    def with_false_alarms(self) -> list[Signal]:
        """Return the signals with their probabilities of being noise."""
        return [self._with_false_alarm(signal) for signal in self.signals]

    def _with_false_alarm(self, signal: Signal) -> Signal:
        """Ask how likely noise makes what is left of a signal's peak once its shape is judged.

        It is compared with the spectrum that it was found in: beside that of the data without it, which lacks
        its aliases, too, a peak of noise would seem ten times less likely than it is. Only what is beyond
        doubt, which would be compared with itself, is compared with the last spectrum: the same where its
        own ended the search.
        """
        height = signal.peak * signal.detection_statistic / signal.statistics.snr
        noise = self._noise if height >= _CLEAR else signal.power
        return replace(signal, log10_false_alarm=log10_false_alarm(noise, height))

    def _leave(self, samples: NDArray[np.bool_]) -> None:
        self.left = self.left.where(samples)
        self.coarse = binned(self.left, self._settings.bin_minutes / 1440)

    def _is_long_enough(self) -> bool:
        shortest, longest = self._settings.period_range
        return self.left.longest_period(longest) > shortest


def _ranked(signals: list[Signal], baseline_days: float) -> list[Signal]:
    """Order signals, and relate each to those before it.

    Those beyond doubt come first, by strength; then the others as they were found, the most likely first.
    """
    ranked = sorted(signals, key=lambda signal: -max(signal.detection_statistic, _CLEAR))
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


def _strongest(
    curve: Curve, coarse: Curve, spectrum: Spectrum, settings: SearchSettings
) -> Signal | _Dip | None:
    """Find the most likely of the spectrum's peaks that is a signal.

    Returns
    -------
    Signal, _Dip or None
        The dip where peaks are the aliases of a single one, which hides what is periodic. None when no peak
        has enough observed transits and reaches the floor.
    """
    shortest, longest = settings.period_range
    limits = Limits(
        (shortest, curve.longest_period(longest)), settings.duration_factors, settings.min_transits
    )
    strong = np.flatnonzero(spectrum.power >= _LEAST_OF_FLOOR * settings.statistic_floor)
    if not strong.size:
        return None
    among = spectrum.at(strong)
    peaks = strong[distinct_peaks(among, log_odds(among), settings.n_peaks, coarse.baseline_days)]
    # A strong signal is in what is taken for noise, so that its evidence means little; nor is it needed.
    evidence = None
    if spectrum.power[peaks].max() < _CLEAR:
        evidence = _evidence(coarse, spectrum, settings)
        peaks = evidence.most_likely_first(spectrum, peaks)
    # Red noise only lowers ratios.
    weakest = LEAST_RATIO * settings.statistic_floor
    tried = (
        refine(coarse, _located(coarse, spectrum, peak), _spacing(spectrum.periods, peak), limits, weakest)
        for peak in peaks[:_MOST_REFINED]
    )
    refined = [found for found in tried if found]
    dip = _single_dip(refined, settings.statistic_floor)
    if dip is not None:
        return dip
    best = _first_significant(coarse, refined, settings.statistic_floor, by_strength=evidence is None)
    if best is None:
        return None
    alias = right_alias(coarse, best, limits, evidence)
    return measured_signal(curve, alias, spectrum, best.box.period, limits)


def _evidence(curve: Curve, spectrum: Spectrum, settings: SearchSettings) -> Evidence:
    step = settings.bin_minutes / 1440
    periods = float(spectrum.periods[0]), float(spectrum.periods[-1])
    durations = event_durations(periods, settings.duration_factors, step)
    return Evidence(single_events(curve, durations, step), settings.duration_factors, settings.min_transits)


def _first_significant(
    curve: Curve, refined: Sequence[Fitted], floor: float, *, by_strength: bool
) -> Fitted | None:
    """Return the first box whose detection statistic reaches the floor, or that with the highest."""
    best, highest = None, floor
    for found in sorted(refined, key=lambda found: -found.transits.strength) if by_strength else refined:
        # The statistic is at most the strength: what is weaker than the best need not be measured.
        if found.transits.strength < highest:
            continue
        statistic = significance(curve, found.box, found.transits)
        if statistic >= highest:
            best, highest = found, statistic
            if not by_strength:
                break
    return best


def _single_dip(refined: Sequence[Fitted], floor: float) -> _Dip | None:
    """Return the dip that makes the strongest peak, if that peak is nothing without it."""
    best = max(refined, key=lambda found: found.transits.snr, default=None)
    if best is None or best.transits.snr < floor:
        return None
    if best.transits.snr_without_strongest > 0.5 * best.transits.snr:
        return None
    return _Dip(best.box.epoch + best.transits.strongest * best.box.period, best.box.duration)


def _located(curve: Curve, spectrum: Spectrum, peak: int) -> Box:
    return located(curve, float(spectrum.periods[peak]), float(spectrum.duration[peak]))


def _spacing(periods: Floats, index: int) -> float:
    """Largest distance to a neighbouring trial period, days."""
    near = periods[max(index - 1, 0) : index + 2].tolist()
    return max((after - before for before, after in pairwise(near)), default=0.0)
