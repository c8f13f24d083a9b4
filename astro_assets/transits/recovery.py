"""Whether a search found the signals that it should have found, and what became of those it did not.

Expected signals and candidates are compared here; neither is made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.folded_boxes import Box, TransitStatistics, detection_statistic, measure

#: Found period over the known one that count as found.
RATIOS: Final = (Fraction(1), Fraction(1, 2), Fraction(2))
#: Largest relative difference of periods, whatever the baseline.
_LARGEST_DIFFERENCE: Final = 1e-3
#: Least drift over the baseline that is allowed, in periods.
_LEAST_DRIFT: Final = 0.1


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate of the star: its id, rank from 1, period in days, and whether the threshold keeps it."""

    candidate_id: str
    rank: int
    period: float
    is_above_threshold: bool


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

    Candidates below the threshold do not count.
    """
    matching = [
        (candidate, ratio)
        for candidate in candidates
        if candidate.is_above_threshold
        and (ratio := period_ratio(candidate.period, known_period, duration, baseline)) is not None
    ]
    return min(matching, key=lambda pair: (pair[1] != 1, pair[0].rank), default=None)


def cause_of_miss(statistics: TransitStatistics, threshold: float, candidates: Sequence[Found]) -> str:
    """Say what at the known ephemeris kept a signal from being found.

    Parameters
    ----------
    statistics
        Of the box at the known ephemeris.
    threshold
        What the detection statistic must reach.
    candidates
        What was found instead.
    """
    others = [f"{found.period:.5g} d" for found in candidates if found.is_above_threshold]
    instead = f"; found instead: {', '.join(others)}" if others else "; nothing was found"
    if statistics.n_transits == 0:
        return f"no epoch is listed, or nothing observed there is left after detrending{instead}"
    if statistics.n_transits == 1:
        return f"only one transit is left at the known epoch after detrending{instead}"
    if statistics.snr < threshold:
        depth = f"{1e6 * statistics.depth:.0f} ppm deep"
        return f"the box at the known epoch is {depth}, SNR {statistics.snr:.1f} with red noise{instead}"
    limits = {
        "one transit carries it": statistics.snr_without_strongest,
        "a sinusoid explains it": statistics.snr_beyond_sinusoid,
    }
    for cause, value in limits.items():
        if value < threshold:
            return f"{cause}: {value:.1f} of SNR {statistics.snr:.1f} left{instead}"
    if detection_statistic(statistics) < threshold:
        return f"as bright elsewhere in phase (SNR {statistics.brightening_snr:.1f}) as it is faint{instead}"
    return f"strong enough at the known ephemeris, but another peak or period was taken{instead}"


def statistics_at(curve: Curve, period: float, epoch: float, duration: float) -> TransitStatistics:
    """Measure the box of a known ephemeris in a detrended curve; days."""
    return measure(curve, Box(period, epoch, duration))
