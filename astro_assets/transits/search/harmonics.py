"""Commensurable periods of one star's signals.

Only the arithmetic of period ratios lives here.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from astro_assets.transits.search.boxes import Box

#: Ratios of a signal's period to a stronger one's that point to one cause.
RATIOS: Final = tuple(
    Fraction(text) for text in ("1", "1/2", "2", "1/3", "3", "2/3", "3/2", "1/4", "4", "1/5", "5")
)


def harmonic_relation(box: Box, stronger: Sequence[Box], baseline_days: float) -> tuple[int, Fraction] | None:
    """Find the strongest earlier signal whose period is commensurable.

    Two periods are commensurable when, over the baseline, the multiples drift apart by less than the mean of
    the two durations.

    Parameters
    ----------
    box
        The signal asked about.
    stronger
        Earlier signals, strongest first.
    baseline_days
        Time from the first to the last sample.

    Returns
    -------
    tuple of int and Fraction, or None
        Position in ``stronger`` and this period over that one.
    """
    for position, other in enumerate(stronger):
        tolerance = 0.5 * (box.duration + other.duration) / baseline_days
        for ratio in RATIOS:
            if abs(box.period / (float(ratio) * other.period) - 1) < tolerance:
                return position, ratio
    return None
