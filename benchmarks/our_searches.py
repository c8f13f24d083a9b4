"""What the project's own search finds in injected curves: by its spectrum alone, and as a run does.

The spectrum's periods are ranked by how likely a box of its height and duration is a transit, as in a run.
All of a cell are searched together, as a run does; each is asked for its strongest signal, however weak.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import numpy as np
from injection_cells import Cell
from injections import Injection
from peer_searches import N_PEAKS, Answer, answer_of

from astro_assets.transits.noise import red_noise_factor
from astro_assets.transits.search.engine import Spectrum
from astro_assets.transits.search.exact import exact_periodogram
from astro_assets.transits.search.ranking import log_odds
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.search.survey import SurveyEngine

SPECTRUM, SEARCH, NEAR = "ours, spectrum", "ours, search", "ours, spectrum near"
#: Curves searched together.
BATCH: Final = 256
#: Less than users may set: every curve has a strongest signal.
_FLOOR: Final = 0.0


def settings_of(cell: Cell) -> SearchSettings:
    """Return the default settings with the cell's ranges, and no threshold."""
    (shortest, longest), (briefest, lengthiest) = cell.periods, cell.factors
    settings = SearchSettings(
        shortest_period_days=shortest, longest_period_days=longest, shortest_duration_factor=briefest,
        longest_duration_factor=lengthiest, max_signals=1,
    )  # fmt: skip
    return settings.model_copy(update={"statistic_floor": _FLOOR})


def our_answers(cell: Cell, injections: Sequence[Injection]) -> dict[str, list[Answer]]:
    """Search curves of a cell: for each way of searching an answer a curve."""
    settings = settings_of(cell)
    curves = [one.curve for one in injections]
    engine = SurveyEngine(settings.bin_minutes / 1440)
    started = time.process_time()
    spectra = engine(curves, settings.period_range, settings.duration_factors)
    seconds = (time.process_time() - started) / len(curves)
    found = find_signals(curves, settings)
    answers = {
        SPECTRUM: [_answer(one, spectrum, seconds) for one, spectrum in zip(injections, spectra, strict=True)]
    }
    seconds = (time.process_time() - started) / len(curves) - seconds
    answers[SEARCH] = [
        Answer(
            (*(signal.box.period for signal in signals), *[np.nan] * (N_PEAKS - len(signals))),
            signals[0].detection_statistic if signals else np.nan,
            np.nan,
            seconds,
        )
        for signals in found
    ]
    if cell.near is not None:
        answers[NEAR] = [
            _answer(one, _around(spectrum, one.period, cell.near), np.nan)
            for one, spectrum in zip(injections, spectra, strict=True)
        ]
    return answers


def _around(spectrum: Spectrum, period: float, part: float) -> Spectrum:
    near = np.abs(spectrum.periods / period - 1) < part
    return Spectrum(spectrum.periods[near], spectrum.power[near], spectrum.duration[near])


def _answer(one: Injection, spectrum: Spectrum, seconds: float) -> Answer:
    return answer_of(one, spectrum.periods, spectrum.power, seconds, log_odds(spectrum))


def exact_ratio(one: Injection) -> float:
    """Signal-to-noise ratio of the best box at the true period, in white noise, on a fine grid."""
    drift = np.linspace(-0.5, 0.5, 21) * one.duration / one.curve.baseline_days
    durations = one.duration * np.linspace(0.6, 1.2, 13)
    found = exact_periodogram(
        one.curve.time, one.curve.flux, one.curve.flux_err, one.period * (1 + drift), durations, "snr", 20
    )
    return float(found.power.max())


def noise_factor(one: Injection) -> float:
    """By how much the noise of boxes as long as the transit exceeds white noise."""
    curve = one.curve
    return red_noise_factor(curve.time, curve.flux, curve.weight, curve.cadence_days, one.duration)
