"""Whether a search found the signals that it should have found, and what became of those it did not.

Expected signals and candidates are compared here; neither is made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.folded_boxes import TransitStatistics, detection_statistic
from astro_assets.transits.search.settings import SearchSettings

#: Found period over the known one that count as found.
RATIOS: Final = (Fraction(1), Fraction(1, 2), Fraction(2))
#: Largest relative difference of periods, whatever the baseline.
_LARGEST_DIFFERENCE: Final = 1e-3
#: Least drift over the baseline that is allowed, in periods.
_LEAST_DRIFT: Final = 0.1


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate of the star: its id, rank from 1, period in days, and whether it is detected."""

    candidate_id: str
    rank: int
    period: float
    is_detected: bool


def period_ratio(
    found: float, known: float, duration: float, baseline: float, ratios: Sequence[Fraction] = RATIOS
) -> Fraction | None:
    """Tell which harmonic of a known period a found one is.

    Parameters
    ----------
    found, known
        Periods, days.
    duration
        Of the known transit, days.
    baseline
        Days from the first to the last sample: periods agree where the transits drift over it by less than
        the duration, or than a tenth of the known period where that is longer.
    ratios
        Found over known that count.

    Returns
    -------
    Fraction or None
        None where the periods disagree.
    """
    for ratio in ratios:
        difference = abs(found / (float(ratio) * known) - 1)
        if difference < _LARGEST_DIFFERENCE and difference * baseline < max(duration, _LEAST_DRIFT * known):
            return ratio
    return None


def recovered(
    known_period: float, duration: float, baseline: float, candidates: Sequence[Found]
) -> tuple[Found, Fraction] | None:
    """Return the candidate that is a known signal, the true period before its harmonics, and its ratio.

    Candidates that are not detected do not count.
    """
    kept = [candidate for candidate in candidates if candidate.is_detected]
    return _matching(known_period, duration, baseline, kept)


def _matching(
    known_period: float, duration: float, baseline: float, candidates: Sequence[Found]
) -> tuple[Found, Fraction] | None:
    matching = [
        (candidate, ratio)
        for candidate in candidates
        if (ratio := period_ratio(candidate.period, known_period, duration, baseline)) is not None
    ]
    return min(matching, key=lambda pair: (pair[1] != 1, pair[0].rank), default=None)


def cause_of_miss(
    known: Box,
    statistics: TransitStatistics,
    baseline: float,
    candidates: Sequence[Found],
    settings: SearchSettings,
) -> str:
    """Say what kept a signal from being found.

    Parameters
    ----------
    known
        The known ephemeris.
    statistics
        Of that box in the data.
    baseline
        Days from the first to the last sample.
    candidates
        All that the search kept of the star, none of which is the signal and detected.
    settings
        Of the search.
    """
    others = [f"{found.period:.5g} d" for found in candidates if found.is_detected]
    instead = f"found instead: {', '.join(others)}" if others else "nothing was found"
    cause = (
        _outside_the_search(known, baseline, settings)
        or _not_detected(known, baseline, candidates, settings)
        or _lacking(statistics, settings)
        or "strong enough at the known ephemeris, but another peak or period was taken"
    )
    return f"{cause}; {instead}"


def _outside_the_search(known: Box, baseline: float, settings: SearchSettings) -> str | None:
    shortest = settings.shortest_period_days
    longest = min(settings.longest_period_days, baseline / 2)
    if shortest <= known.period <= longest:
        return None
    return f"the period is outside the range searched, {shortest:g} to {longest:.5g} d"


def _not_detected(
    known: Box, baseline: float, candidates: Sequence[Found], settings: SearchSettings
) -> str | None:
    weak = _matching(known.period, known.duration, baseline, candidates)
    if weak is None:
        return None
    return (
        f"found, but not detected: the statistic is below {settings.detection_threshold:g} and the "
        f"false-alarm probability not below {settings.false_alarm_threshold:.2g} (rank {weak[0].rank})"
    )


def _lacking(statistics: TransitStatistics, settings: SearchSettings) -> str | None:
    """Return what the data lack at the known ephemeris; None if a search could keep it."""
    n, least, threshold = statistics.n_transits, settings.min_transits, settings.detection_threshold
    if n == 0:
        return "no epoch is listed, or nothing observed there is left after detrending"
    if n < least:
        return f"{n} of the {least} transits needed left at the known epoch after detrending"
    if detection_statistic(statistics) >= threshold:
        return None
    depth = f"{1e6 * statistics.depth:.0f} ppm deep"
    if statistics.snr < threshold:
        return f"the box at the known epoch is {depth}, SNR {statistics.snr:.1f} with red noise"
    limits = {
        "one transit carries it": statistics.snr_without_strongest,
        "a sinusoid explains it": statistics.snr_beyond_sinusoid,
    }
    for cause, left in limits.items():
        # A binary in contact is below the threshold for the former only: its shape does not count against it.
        if left < threshold:
            return f"{cause}: {left:.1f} of SNR {statistics.snr:.1f} left"
    return f"as bright elsewhere in phase (SNR {statistics.brightening_snr:.1f}) as it is faint"
